#include "needles.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 * 1024 * 1024)
#define SECRET_MAX 512

/* ---- forms ---------------------------------------------------------------------------------- */

static void add(struct needles *n, const char *what, const char *form, const void *bytes,
                size_t len)
{
    cr_assert_geq(len, 8, "a form so short is found anywhere");
    n->needle = realloc(n->needle, (n->num + 1) * sizeof(n->needle[0]));
    cr_assert(n->needle);
    struct needle *needle = &n->needle[n->num++];
    *needle = (struct needle){.bytes = malloc(len), .len = len};
    cr_assert(needle->bytes && asprintf(&needle->what, "%s, %s", what, form) > 0);
    memcpy(needle->bytes, bytes, len);
}

/* group: digits between two blanks; 0: no blanks. */
static void add_hex(struct needles *n, const char *what, const uint8_t *secret, size_t len,
                    const char *digits, size_t group)
{
    char text[SECRET_MAX * 3 + 1];
    size_t at = 0;
    for (size_t i = 0; i < 2 * len; i++) {
        if (group && i && i % group == 0)
            text[at++] = ' ';
        text[at++] = digits[i % 2 ? secret[i / 2] & 15 : secret[i / 2] >> 4];
    }
    add(n, what, "hex", text, at);
}

/* What base64 of a text says of the secret that begins `skip` bytes into a group of three. */
static void add_base64(struct needles *n, const char *what, const uint8_t *secret, size_t len,
                       size_t skip)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t padded[SECRET_MAX + 4] = {0};
    char text[SECRET_MAX * 2];
    size_t at = 0;
    memcpy(padded + skip, secret, len);
    for (size_t i = 0; i + 3 <= skip + len; i += 3) {
        uint32_t group = (uint32_t)padded[i] << 16 | (uint32_t)padded[i + 1] << 8 | padded[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            text[at++] = digits[group >> shift & 63];
    }
    size_t unsure = skip == 0 ? 0 : skip + 1; /* digits that hold bits of what stands before */
    add(n, what, "base64", text + unsure, at - unsure);
}

void needles_add(struct needles *n, const char *what, const void *secret, size_t len)
{
    static const char *const cases[] = {"0123456789abcdef", "0123456789ABCDEF"};
    static const size_t groups[] = {0, 2, 4, 8};
    cr_assert_leq(len, SECRET_MAX);
    add(n, what, "as it is", secret, len);
    for (size_t c = 0; c < 2; c++)
        for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
            add_hex(n, what, secret, len, cases[c], groups[g]);
    for (size_t skip = 0; skip < 3; skip++)
        add_base64(n, what, secret, len, skip);
}

void needles_clear(struct needles *n)
{
    for (size_t i = 0; i < n->num; i++) {
        free(n->needle[i].what);
        free(n->needle[i].bytes);
    }
    free(n->needle);
    *n = (struct needles){0};
}

/* ---- search --------------------------------------------------------------------------------- */

const char *needles_in(const struct needles *n, const void *data, size_t len)
{
    for (size_t i = 0; i < n->num; i++)
        if (memmem(data, len, n->needle[i].bytes, n->needle[i].len) != NULL)
            return n->needle[i].what;
    return NULL;
}

/* Others' files come and go while we look: what is gone holds nothing. */
static const char *look_into(const struct needles *n, const char *path, size_t len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    uint8_t *data = malloc(len + 1);
    const char *found = NULL;
    cr_assert(data);
    ssize_t got = fd >= 0 ? read(fd, data, len) : 0;
    if (got > 0)
        found = needles_in(n, data, (size_t)got);
    if (fd >= 0)
        close(fd);
    free(data);
    return found;
}

char *needles_in_folder(const struct needles *n, const char *folder, time_t since,
                        const char *except, size_t *ret_num_files)
{
    DIR *dir = opendir(folder);
    char *result = NULL;
    for (struct dirent *e; dir && !result && (e = readdir(dir)) != NULL;) {
        char path[4096];
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (lstat(path, &st) != 0 || (except && strcmp(path, except) == 0))
            continue;
        if (S_ISDIR(st.st_mode))
            result = needles_in_folder(n, path, since, except, ret_num_files);
        if (!S_ISREG(st.st_mode) || st.st_mtime < since || (size_t)st.st_size > FILE_MAX)
            continue;
        if (ret_num_files)
            (*ret_num_files)++;
        const char *what = look_into(n, path, (size_t)st.st_size);
        if (what)
            cr_assert(asprintf(&result, "%s in %s", what, path) > 0);
    }
    if (dir)
        closedir(dir);
    return result;
}
