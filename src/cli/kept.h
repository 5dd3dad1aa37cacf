/* What a ceremony keeps in its folder so that it can be resumed without its first command line. All
 * of it is public.
 *
 *     script.yaml   the script, byte for byte
 *     site.yaml     the site file, byte for byte; not in a rehearsal, which makes a new one each
 * time places        "key-files: DIR", "site: FILE" and "mirror: DIR", absolute, a line each;
 *                   "drill: NAME"; "follow-up: DIR", the rehearsal whose units these are
 *
 * The folder of the journal's second copy keeps the same; each folder names the other one. */
#ifndef CLV_CLI_KEPT_H
#define CLV_CLI_KEPT_H

#include "claviger/base.h"

#define KEPT_SCRIPT "script.yaml"
#define KEPT_SITE "site.yaml"
#define KEPT_PLACES "places"

/* Refuses a folder that holds a journal, and says how to go on with it.
 * errors  CLV_E_EXISTS; CLV_E_RULE: as kept_check_free() */
clv_status kept_check_fresh(const char *dir, struct clv_error *err);
/* Of a rehearsal; either may be NULL. */
struct kept_rehearsal {
    const char *drill;     /* its name */
    const char *follow_up; /* folder of the rehearsal whose units these are */
};
/* Makes dir if need be. The copies must have these hashes: what was read is what is kept. site and
 * mirror may be NULL. errors  CLV_E_MISMATCH: a file changed since it was read; those of
 * clv_file_replace() */
clv_status kept_write(const char *dir, const char *script, const uint8_t *script_hash,
                      const char *site, const uint8_t *site_hash, const char *key_dir,
                      const char *mirror, const struct kept_rehearsal *rehearsal,
                      struct clv_error *err);
/* Looks at the lock and lets go of it: before anything is waited for or started. Whoever writes
 * takes it anew. errors  CLV_E_RULE: another claviger has the ceremony open, and which one */
clv_status kept_check_free(const char *dir, struct clv_error *err);
/* Whether dir holds a ceremony that has not come to its end, and that nobody is going on with. */
bool kept_is_unfinished(const char *dir);

struct kept {
    char *script, *site; /* paths of the copies */
    char *key_dir;       /* as noted */
    char *drill;         /* of a rehearsal, or NULL */
    char *follow_up;     /* likewise */
    char *mirror;        /* folder of the journal's other copy, or NULL */
    char *site_folder;   /* where the site file was: relative names in it start there; or NULL */
};
/* errors  CLV_E_MISSING: nothing is kept there; CLV_E_FORMAT */
clv_status kept_read(const char *dir, struct kept *ret, struct clv_error *err);
void kept_clear(struct kept *kept);
/* Script, site file and key files for the units that the ceremony in dir set aside.
 * errors  CLV_E_MISSING: it set none aside, or is not over; CLV_E_RULE: somebody is at it still */
clv_status kept_follow_up(const char *dir, struct kept *ret, struct clv_error *err);

#endif
