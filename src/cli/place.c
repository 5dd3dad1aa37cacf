/* Where the other program and the scripts are, relative to the running one. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static clv_status program_folder(char folder[PATH_MAX], struct clv_error *err)
{
    ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    if (len <= 0)
        return clv_fail(err, CLV_E_IO, "the folder of the running program cannot be found");
    folder[len] = '\0';
    *strrchr(folder, '/') = '\0';
    return CLV_OK;
}

static clv_status find(const char *const *places, size_t num, const char *name, char **ret_path,
                       struct clv_error *err)
{
    char folder[PATH_MAX], path[PATH_MAX * 2];
    clv_status st = program_folder(folder, err);
    for (size_t i = 0; st == CLV_OK && i < num; i++) {
        snprintf(path, sizeof(path), "%s/%s/%s", folder, places[i], name);
        if (access(path, R_OK) != 0)
            continue;
        *ret_path = strdup(path);
        return *ret_path ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    }
    return st == CLV_OK ? clv_fail(err, CLV_E_MISSING, "%s is not installed beside claviger", name)
                        : st;
}

clv_status find_program(const char *name, char **ret_path, struct clv_error *err)
{
    static const char *const places[] = {"."};
    return find(places, 1, name, ret_path, err);
}

clv_status find_script(const char *name, char **ret_path, struct clv_error *err)
{
    static const char *const places[] = {
        "../share/claviger/ceremony-scripts", /* installed */
        "../../ceremony-scripts",             /* build/<preset> of a checkout */
    };
    return find(places, 2, name, ret_path, err);
}
