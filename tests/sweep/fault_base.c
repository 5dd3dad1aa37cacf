/* Durable files: at every call that fails there is the old file or the new one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_walk.h"
#include "run.h"

static const char old_text[] = "old", new_text[] = "the new content of the file";

static char *path_in(const char *dir, const char *name)
{
    char *path = clv_path_join(dir, name);
    cr_assert(path);
    return path;
}

static bool file_holds(const char *dir, const char *text)
{
    size_t len = 0;
    char *path = path_in(dir, "file");
    bool holds = false;
    if (access(path, F_OK) == 0) {
        uint8_t *data = file_bytes(path, &len);
        holds = len == strlen(text) && memcmp(data, text, len) == 0;
        free(data);
    }
    free(path);
    return holds;
}

static bool file_is_there(const char *dir)
{
    return folder_num(dir, "file") == 1;
}

static void check_no_draft(const char *dir)
{
    if (!walk_fault_lasts())
        cr_assert_eq(folder_num_drafts(dir), 0, "%s: a draft is left behind", walk_point());
}

/* ---- a new file ------------------------------------------------------------------------------ */

static void nothing(const char *dir)
{
    (void)dir;
}

static clv_status create(const char *dir, struct clv_error *err)
{
    char *path = clv_path_join(dir, "file");
    clv_status status = path ? clv_file_create(path, new_text, strlen(new_text), err)
                             : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    return status;
}

static void check_created(const char *dir, clv_status status, const struct clv_error *err)
{
    check_no_draft(dir);
    if (status == CLV_OK)
        cr_assert(file_holds(dir, new_text), "%s", walk_point());
    else if (!walk_fault_lasts())
        cr_assert_not(file_is_there(dir), "%s: %s, and there is a file", walk_point(), err->fact);
    else if (file_is_there(dir))
        cr_assert(file_holds(dir, new_text) && err->kept[0], "%s", walk_point());
}

static clv_status create_again(const char *dir, struct clv_error *err)
{
    if (file_is_there(dir))
        return CLV_OK;
    return create(dir, err);
}

static void is_new(const char *dir)
{
    cr_assert(file_holds(dir, new_text), "%s", walk_point());
}

/* ---- in place of another --------------------------------------------------------------------- */

static void put_old(const char *dir)
{
    char *path = path_in(dir, "file");
    file_write(path, old_text, strlen(old_text));
    free(path);
}

static clv_status replace(const char *dir, struct clv_error *err)
{
    char *path = clv_path_join(dir, "file");
    clv_status status = path ? clv_file_replace(path, new_text, strlen(new_text), err)
                             : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    return status;
}

static void check_replaced(const char *dir, clv_status status, const struct clv_error *err)
{
    check_no_draft(dir);
    if (status == CLV_OK || file_holds(dir, new_text))
        cr_assert(status == CLV_OK || err->kept[0], "%s: %s, and the file is new", walk_point(),
                  err->fact);
    else
        cr_assert(file_holds(dir, old_text), "%s: neither old nor new", walk_point());
}

/* ---- away ------------------------------------------------------------------------------------ */

static clv_status take_away(const char *dir, struct clv_error *err)
{
    char *path = clv_path_join(dir, "file");
    clv_status status =
        path ? clv_file_remove(path, err) : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    return status;
}

static void check_removed(const char *dir, clv_status status, const struct clv_error *err)
{
    (void)err;
    cr_assert(status != CLV_OK || !file_is_there(dir), "%s", walk_point());
    cr_assert(!file_is_there(dir) || file_holds(dir, old_text), "%s", walk_point());
}

static clv_status take_away_again(const char *dir, struct clv_error *err)
{
    return file_is_there(dir) ? take_away(dir, err) : CLV_OK;
}

static void is_gone(const char *dir)
{
    cr_assert_not(file_is_there(dir), "%s", walk_point());
}

/* ---- a folder -------------------------------------------------------------------------------- */

static clv_status make_folders(const char *dir, struct clv_error *err)
{
    char *path = clv_path_join(dir, "one/two");
    clv_status status =
        path ? clv_dir_private(path, err) : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    return status;
}

static void check_folders(const char *dir, clv_status status, const struct clv_error *err)
{
    (void)err;
    char *path = path_in(dir, "one/two");
    cr_assert(status != CLV_OK || access(path, F_OK) == 0, "%s", walk_point());
    free(path);
}

static void folders_are_there(const char *dir)
{
    check_folders(dir, CLV_OK, NULL);
}

Test(fault_base, create)
{
    walk_sweep(&(struct walk){.name = "a new file",
                              .prepare = nothing,
                              .act = create,
                              .check = check_created,
                              .recover = create_again,
                              .settled = is_new});
}

Test(fault_base, replace)
{
    walk_sweep(&(struct walk){.name = "a file replaced",
                              .prepare = put_old,
                              .act = replace,
                              .check = check_replaced,
                              .recover = replace,
                              .settled = is_new});
}

Test(fault_base, take_away)
{
    walk_sweep(&(struct walk){.name = "a file removed",
                              .prepare = put_old,
                              .act = take_away,
                              .check = check_removed,
                              .recover = take_away_again,
                              .settled = is_gone});
}

Test(fault_base, folders)
{
    walk_sweep(&(struct walk){.name = "a folder in a folder",
                              .prepare = nothing,
                              .act = make_folders,
                              .check = check_folders,
                              .recover = make_folders,
                              .settled = folders_are_there});
}
