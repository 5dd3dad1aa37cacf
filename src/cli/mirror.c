/* Where the second copy of a ceremony's journal is, and where its receipts are. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claviger/script.h"
#include "internal.h"

/* The folder of the second copy is called like that of the ceremony, on the medium that the option
 * or the site file names. A medium that is not there is not made: it would be on the same disk. */
static clv_status make_mirror(const struct ceremony_options *o, const char *medium, char **ret,
                              struct clv_error *err)
{
    struct stat there;
    char *mirror = NULL, *dir = NULL;
    if (stat(medium, &there) != 0 || !S_ISDIR(there.st_mode)) {
        (void)clv_fail(err, CLV_E_MISSING,
                       "the medium of the journal's second copy is not there: %s", medium);
        clv_kept(err, "Nothing was begun.");
        clv_hint(err, "Connect it, or name another folder.");
        return CLV_E_MISSING;
    }
    clv_status st = clv_dir_private(o->dir, err);
    if (st == CLV_OK && (dir = realpath(o->dir, NULL)) != NULL)
        mirror = clv_path_join(medium, clv_path_name(dir));
    if (st == CLV_OK && mirror == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = clv_dir_private(mirror, err);
    char *made = st == CLV_OK ? realpath(mirror, NULL) : NULL;
    if (st == CLV_OK && (made == NULL || strcmp(made, dir) == 0))
        st = clv_fail(err, CLV_E_USAGE, "the journal's second copy would be in %s itself", o->dir);
    free(made);
    free(dir);
    if (st == CLV_OK)
        *ret = mirror;
    else
        free(mirror);
    return st;
}

clv_status mirror_find(const struct ceremony_options *o, const struct clv_site *site, char **ret,
                       struct clv_error *err)
{
    const char *medium = o->mirror ? o->mirror : site->mirror_folder;
    if (!o->resume)
        return medium ? make_mirror(o, medium, ret, err) : CLV_OK;
    if (o->mirror && (*ret = strdup(o->mirror)) == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    return CLV_OK;
}

/* A folder for several ceremonies has one for each: their receipts are numbered from 1 each time.
 */
clv_status receipts_find(const struct ceremony_options *o, const struct clv_site *site, char **ret,
                         struct clv_error *err)
{
    if (site->receipts_folder == NULL)
        return CLV_OK;
    clv_status st = clv_dir_private(o->dir, err);
    char *dir = st == CLV_OK ? realpath(o->dir, NULL) : NULL;
    char *receipts = dir ? clv_path_join(site->receipts_folder, clv_path_name(dir)) : NULL;
    free(dir);
    if (st == CLV_OK && receipts == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        *ret = receipts;
    return st;
}
