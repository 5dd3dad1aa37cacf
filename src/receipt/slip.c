/* Slips: "CLV1S:<T or P>:<ceremony id>:<size>:<kind>:<root in hex>:<tag>". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define KIND_MAX 8
#define ROOT_DIGITS (2 * CLV_HASH_LEN)

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
    char root[ROOT_DIGITS + 1], tag[TAG_DIGITS + 1], text[CLV_SLIP_TEXT];
    if (!kind_is_valid(slip->kind))
        return clv_fail(err, CLV_E_INPUT, "the kind of a slip is 1 to %d of A-Z and 0-9", KIND_MAX);
    for (size_t i = 0; i < CLV_HASH_LEN; i++)
        snprintf(root + 2 * i, 3, "%02X", slip->root[i]);
    int len = snprintf(text, sizeof text, "CLV1S:%c:%s:%" PRIu64 ":%s:%s", slip->test ? 'T' : 'P',
                       slip->ceremony_id, slip->size, slip->kind, root);
    if (len < 0 || (size_t)len + 1 + TAG_DIGITS >= sizeof text)
        return clv_fail(err, CLV_E_INPUT, "the slip is too long");
    short_tag(text, (size_t)len, tag);
    memcpy(out, text, (size_t)len);
    out[len] = ':';
    memcpy(out + len + 1, tag, sizeof tag);
    return CLV_OK;
}

static bool copy_word(struct clv_view v, size_t max, char *out)
{
    if (!is_upper_word(v, max))
        return false;
    memcpy(out, v.data, v.len);
    out[v.len] = '\0';
    return true;
}

/* The fields without checking more than that they fit; the one exact form decides. */
static bool parse_fields(const char *text, struct clv_slip *slip)
{
    char world, id[33], size[20], kind[9], root[ROOT_DIGITS + 1];
    if (sscanf(text, "CLV1S:%c:%32[^:]:%18[0-9]:%8[^:]:%64[0-9A-F]:", &world, id, size, kind,
               root) != 5)
        return false;
    slip->test = world == 'T';
    slip->size = strtoull(size, NULL, 10);
    return copy_word(clv_view_of(id, strlen(id)), CLV_CEREMONY_ID_MAX, slip->ceremony_id) &&
           copy_word(clv_view_of(kind, strlen(kind)), KIND_MAX, slip->kind) &&
           clv_unhex(root, strlen(root), slip->root, CLV_HASH_LEN, NULL) == CLV_OK;
}

clv_status clv_slip_parse(struct clv_view view, struct clv_slip *ret, struct clv_error *err)
{
    char text[CLV_SLIP_TEXT], exact[CLV_SLIP_TEXT];
    struct clv_slip slip = {0};
    view = trim(view);
    if (view_starts(view, "QR-Code:"))
        view = clv_view_of(view.data + 8, view.len - 8);
    if (!view_starts(view, "CLV1S:") || view.len >= sizeof text || memchr(view.data, 0, view.len))
        return clv_fail(err, CLV_E_FORMAT, "not the code of a claviger slip");
    memcpy(text, view.data, view.len);
    text[view.len] = '\0';
    if (!parse_fields(text, &slip) || clv_slip_format(&slip, exact, NULL) != CLV_OK ||
        strcmp(text, exact) != 0 || slip.size == 0)
        return clv_fail(err, CLV_E_FORMAT,
                        "the slip was misread or changed: its check value does not fit");
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
