/* RSA signature keys in files of ours: as they come from files of the plug-in. */
#include "fixtures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/keyfile/internal.h"

TestSuite(rsa, .fini = temp_dir_remove);

static void rsa_request(struct request *r, unsigned bits, uint8_t ret_ski[CLV_SKI_LEN])
{
    uint8_t *public = NULL;
    size_t len = 0;
    request_sigkey(r);
    clv_secret_free(&r->payload);
    cr_assert_eq(clv_rsa_generate(bits, &r->payload, &public, &len, NULL), CLV_OK);
    clv_sha256(public, len, ret_ski);
    r->ask.payload = r->payload;
    r->info.sigkey_type = CLV_SIGKEY_RSA;
    free(public);
}

Test(rsa, sealed_opened_and_used)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_keyfile_info info = {0};
    struct clv_secret *payload = NULL;
    struct clv_sigkey key = {0};
    uint8_t ski[CLV_SKI_LEN];
    char *path = NULL;

    rsa_request(&r, 2048, ski);
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &info, &path, NULL), CLV_OK);
    cr_assert_eq(info.sigkey_type, CLV_SIGKEY_RSA);
    cr_assert_arr_eq(info.ski, ski, sizeof ski);
    cr_assert_eq(clv_keyfile_open(kdf, path, r.password, &payload, &info, NULL), CLV_OK);
    cr_assert(clv_secret_equal(payload, r.payload));
    cr_assert_eq(clv_sigkey_from_payload(info.sigkey_type, &payload, &key, NULL), CLV_OK);
    cr_assert_null(payload);
    cr_assert_arr_eq(key.ski, ski, sizeof ski);
    cr_assert_eq(clv_sigkey_prove(&key, clv_random_system(), NULL), CLV_OK);
    clv_sigkey_clear(&key);
    free(path);
    request_clear(&r);
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(rsa, other_sizes_and_other_things_are_refused)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_keyfile_info info = {0};
    uint8_t ski[CLV_SKI_LEN];
    char *path = NULL;

    rsa_request(&r, 3072, ski);
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &info, &path, NULL), CLV_E_FORMAT);
    request_clear(&r);
    r = (struct request){0};
    rsa_request(&r, 2048, ski);
    clv_secret_write(r.payload)[0] ^= 1; /* no SEQUENCE any more */
    clv_secret_close(r.payload);
    cr_assert_neq(clv_keyfile_create(kdf, &r.ask, &info, &path, NULL), CLV_OK);
    request_clear(&r);
    r = (struct request){0};
    request_sigkey(&r); /* a scalar that says RSA */
    r.info.sigkey_type = CLV_SIGKEY_RSA;
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &info, &path, NULL), CLV_E_FORMAT);
    cr_assert_null(path);
    request_clear(&r);
    clv_kdf_free(&kdf);
}

/* Every byte changed, with a checksum that fits, every truncation: refused before any password, or
 * still the same header. */
Test(rsa, the_file_cut_and_changed_anywhere)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_keyfile_info info = {0}, seen;
    uint8_t ski[CLV_SKI_LEN], *data = NULL;
    size_t len = 0;
    char *path = NULL;

    rsa_request(&r, 2048, ski);
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &info, &path, NULL), CLV_OK);
    cr_assert_eq(clv_file_read_private(path, CLV_KEYFILE_MAX, &data, &len, NULL), CLV_OK);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_neq(clv_keyfile_parse(clv_view_of(data, cut), &seen, NULL), CLV_OK);
    for (size_t at = 0; at < len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            data[at] ^= (uint8_t)(1u << bit);
            cr_assert_neq(clv_keyfile_parse(clv_view_of(data, len), &seen, NULL), CLV_OK,
                          "byte %zu, bit %u", at, bit);
            data[at] ^= (uint8_t)(1u << bit);
        }
    free(data);
    free(path);
    request_clear(&r);
    clv_kdf_free(&kdf);
}

/* ---- the plug-in's, by the same doors ---- */

static const char plugin_json[] = "{\"name\":\"Sofia\",\"seaSalt\":\"%s\",\"enckey\":\"%s\","
                                  "\"ski\":\"%s\",\"keyType\":\"p521ec\"}";

Test(rsa, plug_in_files_are_listed_with_ours)
{
    char hex[3][200], text[900];
    struct clv_keyfile_list list = {0};
    for (int i = 0; i < 3; i++) {
        memset(hex[i], 'a', sizeof hex[i]);
        hex[i][i == 1 ? 120 : 64] = '\0';
    }
    snprintf(text, sizeof text, plugin_json, hex[0], hex[1], hex[2]);
    free(temp_write("one.sigkey", clv_view_of(text, strlen(text))));
    free(temp_write("two.sigkey", clv_view_of(text, strlen(text) - 1)));
    cr_assert_eq(clv_keyfile_list(temp_dir(), CLV_KEYFILE_PART, &list, NULL), CLV_OK);
    cr_assert_eq(list.num_entries, 0);
    clv_keyfile_list_clear(&list);
    cr_assert_eq(clv_keyfile_list(temp_dir(), CLV_KEYFILE_SIGKEY, &list, NULL), CLV_OK);
    cr_assert_eq(list.num_entries, 2);
    cr_assert(list.entries[0].good && list.entries[0].info.of_plugin);
    cr_assert_str_eq(list.entries[0].info.admin_name, "Sofia");
    cr_assert_str_eq(list.entries[0].info.owner, "");
    cr_assert_eq(list.entries[0].info.ski[31], 0xaa);
    cr_assert_not(list.entries[1].good);
    cr_assert_eq(list.entries[1].why.code, CLV_E_FOREIGN);
    clv_keyfile_list_clear(&list);
}
