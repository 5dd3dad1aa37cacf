/* What the keyfile room says about each of many key files: its code and exit code, one line a file.
 *
 *     keyfile_class header FILE...            headers only
 *     keyfile_class open FILE... < password   opens each with the same password */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "claviger/base.h"
#include "claviger/keyfile.h"

static clv_status read_password(struct clv_secret **ret, struct clv_error *err)
{
    struct clv_secret *password = NULL;
    clv_status status = clv_secret_new(CLV_PASSWORD_MAX, &password, err);
    if (status != CLV_OK)
        return status;
    ssize_t len = read(STDIN_FILENO, clv_secret_write(password), CLV_PASSWORD_MAX);
    clv_secret_close(password);
    if (len < 1) {
        clv_secret_free(&password);
        return clv_fail(err, CLV_E_INPUT, "there is no password on standard input");
    }
    clv_secret_shrink(password, (size_t)len);
    *ret = password;
    return CLV_OK;
}

static void print_class(clv_status status, const char *path)
{
    printf("%s %d %s\n", clv_code_name(status), clv_exit_code(status), path);
}

static clv_status open_all(char **paths, struct clv_error *err)
{
    struct clv_secret *password = NULL;
    struct clv_kdf *kdf = NULL;
    clv_status status = read_password(&password, err);
    if (status == CLV_OK)
        status = clv_kdf_new(CLV_KDF_STANDARD, &kdf, err);
    for (char **path = paths; status == CLV_OK && *path; path++) {
        struct clv_secret *payload = NULL;
        struct clv_keyfile_info info = {0};
        print_class(clv_keyfile_open(kdf, *path, password, &payload, &info, NULL), *path);
        clv_secret_free(&payload);
    }
    clv_kdf_free(&kdf);
    clv_secret_free(&password);
    return status;
}

static void read_all(char **paths)
{
    for (char **path = paths; *path; path++) {
        struct clv_keyfile_info info = {0};
        print_class(clv_keyfile_read_header(*path, &info, NULL), *path);
    }
}

int main(int argc, char **argv)
{
    struct clv_error err = {0};
    if (argc < 3 || clv_secret_init(&err) != CLV_OK)
        return 2;
    if (strcmp(argv[1], "header") == 0)
        read_all(argv + 2);
    else if (open_all(argv + 2, &err) != CLV_OK) {
        fprintf(stderr, "%s\n", err.fact);
        return clv_exit_code(err.code);
    }
    return 0;
}
