/* Changes by somebody who makes the checksum fit: the password's own tag is what stops them. The
 * keys come from the format's page, so Argon2 does not run here either. */
#include "edits.h"
#include "fixtures.h"

#include "src/keyfile/internal.h"

#include <stdlib.h>

static struct clv_secret *key_of(const char *tag)
{
    char *hex = document_cell(tag, "Argon2id key");
    struct clv_secret *key = secret_hex(hex);

    free(hex);
    return key;
}

/* What a reader with the right password says. */
static clv_status unseal(struct clv_view file, const struct clv_secret *key)
{
    struct clv_keyfile_parts parts;
    struct clv_secret *clear = NULL;
    clv_status st = clv_keyfile_take_apart(file, &parts, NULL);

    if (st == CLV_OK)
        st = clv_keyfile_unseal(&parts, key, &clear, NULL);
    if (st == CLV_OK)
        st = clv_keyfile_check_description(&parts.info, clear, NULL);
    clv_secret_free(&clear);
    return st;
}

static void flip_every_bit(const char *tag)
{
    struct clv_view file = document_file(tag);
    struct clv_secret *key = key_of(tag);
    uint8_t *copy = malloc(file.len);
    unsigned reached_the_tag = 0;

    cr_assert_eq(unseal(file, key), CLV_OK);
    cr_assert(copy);
    memcpy(copy, file.data, file.len);
    for (size_t bit = 0; bit < 8 * (file.len - 82); bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct clv_view forged = with_fitting_checksum(clv_view_of(copy, file.len));
        clv_status st = unseal(forged, key);
        cr_assert_neq(st, CLV_OK, "bit %zu", bit);
        cr_assert_neq(st, CLV_E_DAMAGED, "bit %zu", bit);
        reached_the_tag += st == CLV_E_PASSWORD;
        free((void *)(uintptr_t)forged.data);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cr_assert_gt(reached_the_tag, 500);
    free(copy);
    free((void *)(uintptr_t)file.data);
    clv_secret_free(&key);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(resealed, no_flipped_bit_of_a_part_gets_past_the_tag)
{
    flip_every_bit("clvkey-part");
}

Test(resealed, no_flipped_bit_of_a_signature_key_gets_past_the_tag)
{
    flip_every_bit("clvkey-signature");
}

Test(resealed, no_flipped_bit_of_a_witness_key_gets_past_the_tag)
{
    flip_every_bit("clvkey-witness");
}

Test(resealed, no_fact_can_be_exchanged)
{
    static const struct {
        const char *name, *line;
    } forged[] = {
        {"world", "world: PRODUCTION"},
        {"owner", "owner: Carl Abt"},
        {"slot", "slot: 2"},
        {"ceremony", "ceremony: rehearsal-2"},
        {"description", "description: x"},
        {"created", "created: 2026-11-23T09:12:45Z"},
    };
    struct clv_view file = document_file("clvkey-part");
    struct clv_secret *key = key_of("clvkey-part");

    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        struct edit e = edit_open(file);
        edit_replace(&e, edit_find(&e, forged[i].name), forged[i].line);
        struct clv_view bad = edit_close(&e, true);
        cr_assert_eq(unseal(bad, key), CLV_E_PASSWORD, "%s", forged[i].line);
        free((void *)(uintptr_t)bad.data);
    }
    free((void *)(uintptr_t)file.data);
    clv_secret_free(&key);
}

/* Somebody with the password, who lies about the part: sealed again under a changed header. */
static clv_status lie(void (*change)(struct clv_keyfile_info *))
{
    struct clv_view file = document_file("clvkey-part");
    struct clv_secret *key = key_of("clvkey-part"), *clear = NULL;
    struct clv_keyfile_parts parts;
    struct clv_writer header, forged;
    clv_status st;

    cr_assert_eq(clv_keyfile_take_apart(file, &parts, NULL), CLV_OK);
    cr_assert_eq(clv_keyfile_unseal(&parts, key, &clear, NULL), CLV_OK);
    change(&parts.info);
    clv_writer_init(&header);
    clv_writer_init(&forged);
    clv_keyfile_write_header(&parts, &header);
    parts.header = clv_writer_view(&header);
    cr_assert_eq(clv_keyfile_seal(&parts, key, clear, NULL), CLV_OK);
    cr_assert_eq(clv_keyfile_write_file(&parts, &forged, NULL), CLV_OK);
    st = unseal(clv_writer_view(&forged), key);
    clv_writer_clear(&header);
    clv_writer_clear(&forged);
    clv_secret_free(&clear);
    clv_secret_free(&key);
    free((void *)(uintptr_t)file.data);
    return st;
}

static void nothing(struct clv_keyfile_info *info)
{
    (void)info;
}

static void another_pattern(struct clv_keyfile_info *info)
{
    info->pattern[0] ^= 1;
}

static void another_commitment(struct clv_keyfile_info *info)
{
    info->commitment[31] ^= 1;
}

static void another_owner(struct clv_keyfile_info *info)
{
    info->owner[0] = 'R';
}

static void another_world(struct clv_keyfile_info *info)
{
    info->test_world = false;
}

Test(resealed, a_file_that_contradicts_itself_is_forged)
{
    cr_assert_eq(lie(nothing), CLV_OK);
    cr_assert_eq(lie(another_pattern), CLV_E_FORGED);
    cr_assert_eq(lie(another_commitment), CLV_E_FORGED);
    cr_assert_eq(lie(another_owner), CLV_E_FORGED);
    cr_assert_eq(lie(another_world), CLV_E_FORGED);
    cr_assert_eq(clv_secret_alive(), 0);
}
