/* The worked examples of docs/formats/keyfile.md, decoded from the page itself. */
#include "fixtures.h"

#include "src/keyfile/internal.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_cell(const char *tag, const char *row, const void *data, size_t len)
{
    char *want = document_cell(tag, row), *got = malloc(2 * len + 1);

    cr_assert(got);
    clv_hex(data, len, got);
    cr_assert_str_eq(got, want, "%s", row);
    free(want);
    free(got);
}

static void assert_secret_cell(const char *tag, const char *row, const struct clv_secret *s)
{
    assert_cell(tag, row, clv_secret_read(s), clv_secret_len(s));
    clv_secret_close(s);
}

/* The key row, and the clear text that this key gives. */
static struct clv_secret *decode(const char *tag, struct clv_keyfile_parts *ret)
{
    struct clv_view file = document_file(tag);
    struct clv_secret *password = secret_text(PASSWORD), *key = NULL, *clear = NULL;
    struct clv_kdf *kdf = new_kdf();

    cr_assert_eq(clv_keyfile_take_apart(file, ret, NULL), CLV_OK);
    cr_assert_eq(clv_kdf_derive(kdf, ret->info.profile, password, ret->salt, &key, NULL), CLV_OK);
    assert_secret_cell(tag, "Argon2id key", key);
    cr_assert_eq(clv_keyfile_unseal(ret, key, &clear, NULL), CLV_OK);
    assert_cell(tag, "file id", ret->info.file_id, CLV_KEYFILE_ID_LEN);
    clv_kdf_free(&kdf);
    clv_secret_free(&key);
    clv_secret_free(&password);
    free((void *)(uintptr_t)file.data);
    return clear;
}

Test(document, key_part_example_decodes)
{
    struct clv_keyfile_parts parts;
    struct clv_secret *clear = decode("clvkey-part", &parts);
    const uint8_t *p = clv_secret_read(clear);

    assert_cell("clvkey-part", "commitment nonce", p, 32);
    assert_cell("clvkey-part", "part", p + 32, 32);
    clv_secret_close(clear);
    cr_assert_eq(clv_keyfile_check_description(&parts.info, clear, NULL), CLV_OK);
    cr_assert_eq(parts.info.kind, CLV_KEYFILE_PART);
    cr_assert(parts.info.test_world && parts.info.has_pattern);
    cr_assert_str_eq(parts.info.owner, "Lena Vogt");
    cr_assert_str_eq(parts.info.ceremony, "rehearsal-1");
    cr_assert_eq(parts.info.slot, 1);
    cr_assert_eq(parts.info.created_ms, INT64_C(1795425164000));
    clv_secret_free(&clear);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(document, signature_key_example_decodes)
{
    struct clv_keyfile_parts parts;
    struct clv_secret *clear = decode("clvkey-signature", &parts);

    assert_secret_cell("clvkey-signature", "scalar", clear);
    cr_assert_eq(clv_keyfile_check_description(&parts.info, clear, NULL), CLV_OK);
    cr_assert_str_eq(parts.info.admin_name, "Dana Ruiz");
    clv_secret_free(&clear);
}

Test(document, witness_key_example_decodes)
{
    struct clv_keyfile_parts parts;
    struct clv_secret *clear = decode("clvkey-witness", &parts);

    assert_secret_cell("clvkey-witness", "seed", clear);
    cr_assert_eq(clv_keyfile_check_description(&parts.info, clear, NULL), CLV_OK);
    cr_assert_str_eq(parts.info.witness_name, "claviger.invalid/witness/test/wen-li");
    parts.info.witness_key[0] ^= 1;
    cr_assert_eq(clv_keyfile_check_description(&parts.info, clear, NULL), CLV_E_FORGED);
    clv_secret_free(&clear);
}

/* The bytes under the commitment, as the page spells them. */
Test(document, commitment_example_is_the_hash_of_its_bytes)
{
    char *hex = document_block("commitment"), *out = hex;
    struct clv_view file = document_file("clvkey-part");
    struct clv_keyfile_info info;
    uint8_t bytes[256], hash[CLV_SHA256_LEN];

    for (const char *in = hex; *in; in++)
        if (*in != '\n')
            *out++ = *in;
    size_t len = (size_t)(out - hex) / 2;
    cr_assert_leq(len, sizeof bytes);
    cr_assert_eq(clv_unhex(hex, 2 * len, bytes, len, NULL), CLV_OK);
    clv_sha256(bytes, len, hash);
    cr_assert_eq(clv_keyfile_parse(file, &info, NULL), CLV_OK);
    cr_assert_arr_eq(info.commitment, hash, sizeof hash);
    free(hex);
    free((void *)(uintptr_t)file.data);
}

Test(document, names_the_profiles_the_program_has)
{
    uint8_t *page = NULL;
    size_t len = 0;
    char line[128];

    cr_assert_eq(
        clv_file_read(CLV_SOURCE_DIR "/docs/formats/keyfile.md", 1 << 20, &page, &len, NULL),
        CLV_OK);
    for (int i = 0; i < CLV_NUM_KDF_PROFILES; i++) {
        const struct clv_kdf_cost *cost = clv_kdf_cost((enum clv_kdf_profile)i);
        snprintf(line, sizeof line, "\nargon2id v=19 m=%u t=%u p=%u %s\n", cost->memory_kib,
                 cost->passes, cost->lanes, cost->name);
        cr_assert(strstr((char *)page, line), "%s", line);
    }
    free(page);
}
