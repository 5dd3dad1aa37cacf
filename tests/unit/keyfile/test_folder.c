#include "fixtures.h"

#include <stdlib.h>
#include <sys/stat.h>

TestSuite(folder, .fini = temp_dir_remove);

static void put(const char *name, const char *tag)
{
    struct clv_view file = document_file(tag);

    free(temp_write(name, file));
    free((void *)(uintptr_t)file.data);
}

static void fill_folder(void)
{
    put("b-part.clvkey", "clvkey-part");
    put("a-sig.clvkey", "clvkey-signature");
    put("unrelated.txt", "clvkey-part");
    put(".hidden.clvkey", "clvkey-part");
    free(temp_write("c-cut.clvkey", clv_view_of("claviger key file\nversion", 25)));
    free(temp_write("d-other.clvkey", clv_view_of("something else", 14)));
}

static void assert_name(const struct clv_keyfile_entry *entry, const char *name)
{
    cr_assert_str_eq(clv_path_name(entry->path), name);
}

Test(folder, lists_good_files_and_bad_ones_with_their_reason)
{
    struct clv_keyfile_list list = {0};

    fill_folder();
    cr_assert_eq(clv_keyfile_list(temp_dir(), CLV_KEYFILE_ANY, &list, NULL), CLV_OK);
    cr_assert_eq(list.num_entries, 4);
    assert_name(&list.entries[0], "a-sig.clvkey");
    assert_name(&list.entries[1], "b-part.clvkey");
    assert_name(&list.entries[2], "c-cut.clvkey");
    assert_name(&list.entries[3], "d-other.clvkey");
    cr_assert(list.entries[0].good && list.entries[1].good);
    cr_assert_eq(list.entries[1].info.slot, 1);
    cr_assert_not(list.entries[2].good || list.entries[3].good);
    cr_assert_eq(list.entries[2].why.code, CLV_E_DAMAGED);
    cr_assert_eq(list.entries[3].why.code, CLV_E_FOREIGN);
    clv_keyfile_list_clear(&list);
}

Test(folder, lists_one_kind_and_still_every_bad_file)
{
    struct clv_keyfile_list list = {0};

    fill_folder();
    cr_assert_eq(clv_keyfile_list(temp_dir(), CLV_KEYFILE_PART, &list, NULL), CLV_OK);
    cr_assert_eq(list.num_entries, 3);
    assert_name(&list.entries[0], "b-part.clvkey");
    clv_keyfile_list_clear(&list);
    clv_keyfile_list_clear(&list);
}

Test(folder, that_is_not_there_is_empty_and_is_not_made)
{
    struct clv_keyfile_list list = {0};
    char *path = temp_path("nowhere");

    cr_assert_eq(clv_keyfile_list(path, CLV_KEYFILE_ANY, &list, NULL), CLV_OK);
    cr_assert_eq(list.num_entries, 0);
    cr_assert_eq(temp_dir_count(), 0);
    free(path);
}

Test(folder, open_to_others_is_refused)
{
    struct clv_keyfile_list list = {0};

    cr_assert_eq(chmod(temp_dir(), 0755), 0);
    cr_assert_eq(clv_keyfile_list(temp_dir(), CLV_KEYFILE_ANY, &list, NULL), CLV_E_PERMISSION);
}

static void assert_default(const char *files, const char *data, const char *home, const char *want)
{
    char *dir = NULL;

    files ? setenv("CLOUDTKEFILES", files, 1) : unsetenv("CLOUDTKEFILES");
    data ? setenv("XDG_DATA_HOME", data, 1) : unsetenv("XDG_DATA_HOME");
    home ? setenv("HOME", home, 1) : unsetenv("HOME");
    clv_status st = clv_keyfile_default_dir(&dir, NULL);
    cr_assert_eq(st, want ? CLV_OK : CLV_E_MISSING);
    if (want)
        cr_assert_str_eq(dir, want);
    free(dir);
}

Test(folder, default_follows_the_environment)
{
    assert_default("/keys", "/data", "/home/lena", "/keys");
    assert_default("", "/data", "/home/lena", "/data/claviger");
    assert_default(NULL, "relative", "/home/lena", "/home/lena/.local/share/claviger");
    assert_default(NULL, NULL, "/home/lena", "/home/lena/.local/share/claviger");
    assert_default(NULL, NULL, NULL, NULL);
}
