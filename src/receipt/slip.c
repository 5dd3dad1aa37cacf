/* Slips: "CLV1S.<T or P>.<ceremony id>.<size>.<kind>.<root>.<check>". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define KIND_MAX 8
#define ROOT_CHARS 52

static bool kind_is_valid(const char *kind)
{
    return is_upper_word(clv_view_of(kind, strlen(kind)), KIND_MAX) && !strchr(kind, '-');
}

clv_status clv_slip_of(const struct clv_journal *j, const char *kind, struct clv_slip *ret,
                       struct clv_error *err)
{
    struct clv_slip slip = {.test = clv_journal_is_test(j), .size = clv_journal_size(j)};
    if (!kind_is_valid(kind))
        return clv_fail(err, CLV_E_INPUT, "the kind of a slip is 1 to %d of A-Z and 0-9", KIND_MAX);
    if (slip.size == 0)
        return clv_fail(err, CLV_E_USAGE, "an empty journal gives no slip");
    snprintf(slip.ceremony_id, sizeof slip.ceremony_id, "%s", clv_journal_ceremony_id(j));
    snprintf(slip.kind, sizeof slip.kind, "%s", kind);
    clv_journal_root(j, slip.root);
    *ret = slip;
    return CLV_OK;
}

clv_status clv_slip_format(const struct clv_slip *slip, char out[CLV_SLIP_TEXT],
                           struct clv_error *err)
{
    char id[CODE_WORD(CLV_CEREMONY_ID_MAX)], kind[CODE_WORD(KIND_MAX)], root[ROOT_CHARS + 1];
    if (!kind_is_valid(slip->kind))
        return clv_fail(err, CLV_E_INPUT, "the kind of a slip is 1 to %d of A-Z and 0-9", KIND_MAX);
    code_word(slip->ceremony_id, id);
    code_word(slip->kind, kind);
    base32_encode(clv_view_of(slip->root, sizeof slip->root), root);
    snprintf(out, CLV_SLIP_TEXT, "%s.%c.%s.%" PRIu64 ".%s.%s.", code_slip.word,
             slip->test ? 'T' : 'P', id, slip->size, kind, root);
    code_close(&code_slip, out);
    return CLV_OK;
}

/* Decimal, without leading zeros. */
static bool parse_size(struct clv_view field, uint64_t *ret)
{
    uint64_t size = 0;
    if (field.len == 0 || field.len > 18 || field.data[0] == '0')
        return false;
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] < '0' || field.data[i] > '9')
            return false;
        size = size * 10 + (uint64_t)(field.data[i] - '0');
    }
    *ret = size;
    return true;
}

static bool parse_fields(const struct clv_view field[], struct clv_slip *slip)
{
    struct clv_view world = field[0];
    slip->test = clv_view_equal(world, clv_view_of("T", 1));
    return (slip->test || clv_view_equal(world, clv_view_of("P", 1))) &&
           code_unword(field[1], CLV_CEREMONY_ID_MAX, slip->ceremony_id) &&
           parse_size(field[2], &slip->size) && code_unword(field[3], KIND_MAX, slip->kind) &&
           kind_is_valid(slip->kind) && base32_decode(field[4], slip->root, CLV_HASH_LEN);
}

clv_status clv_slip_parse(struct clv_view text, struct clv_slip *ret, struct clv_error *err)
{
    struct code_text code;
    struct clv_slip slip = {0};
    clv_status status = code_open(text, &code_slip, &code, err);
    if (status != CLV_OK)
        return status;
    if (!parse_fields(code.field, &slip))
        return clv_fail(err, CLV_E_FORMAT, "the fields of the slip are not those of a slip");
    *ret = slip;
    return CLV_OK;
}

clv_status clv_slip_check(const struct clv_slip *slip, const struct clv_journal *j,
                          struct clv_error *err)
{
    uint8_t root[CLV_HASH_LEN];
    if (strcmp(slip->ceremony_id, clv_journal_ceremony_id(j)) != 0 ||
        slip->test != clv_journal_is_test(j))
        return clv_fail(err, CLV_E_FOREIGN, "the slip is of %s ceremony %s, the journal of %s %s",
                        slip->test ? "TEST" : "production", slip->ceremony_id,
                        clv_journal_is_test(j) ? "TEST" : "production", clv_journal_ceremony_id(j));
    if (slip->size > clv_journal_size(j))
        return clv_fail(err, CLV_E_FORGED,
                        "the slip shows %" PRIu64 " entries, the journal has %" PRIu64
                        ": it was rolled back",
                        slip->size, clv_journal_size(j));
    clv_journal_root_at(j, slip->size, root);
    if (memcmp(root, slip->root, CLV_HASH_LEN) != 0)
        return clv_fail(err, CLV_E_FORGED,
                        "the first %" PRIu64 " entries are not those on the slip: the journal was "
                        "rewritten",
                        slip->size);
    return CLV_OK;
}
