/* The texts of a receipt's codes, k of n, and the way back:
 * "CLV1R:<ceremony id>:<serial>:<k>/<n>:<tag of the whole>:<base45>:<tag of this text>" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/crypto.h"
#include "internal.h"

static const char code_start[] = "CLV1R:";
static const char slip_start[] = "CLV1S:";
static const char reader_start[] = "QR-Code:";

void short_tag(const void *data, size_t len, char out[TAG_DIGITS + 1])
{
    uint8_t hash[CLV_SHA256_LEN];
    clv_sha256(data, len, hash);
    snprintf(out, TAG_DIGITS + 1, "%02X%02X%02X%02X", hash[0], hash[1], hash[2], hash[3]);
}

bool is_upper_word(struct clv_view v, size_t max)
{
    if (v.len == 0 || v.len > max)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (!(v.data[i] >= 'A' && v.data[i] <= 'Z') && !(v.data[i] >= '0' && v.data[i] <= '9') &&
            v.data[i] != '-')
            return false;
    return true;
}

struct clv_view trim(struct clv_view v)
{
    while (v.len && memchr(" \t\r\n", v.data[0], 4))
        v = clv_view_of(v.data + 1, v.len - 1);
    while (v.len && memchr(" \t\r\n", v.data[v.len - 1], 4))
        v.len--;
    return v;
}

bool view_starts(struct clv_view v, const char *prefix)
{
    size_t len = strlen(prefix);
    return v.len >= len && memcmp(v.data, prefix, len) == 0;
}

/* ---- splitting ------------------------------------------------------------------------------- */

struct heading {
    char id[CLV_CEREMONY_ID_MAX + 1], serial[CLV_SERIAL_MAX + 1], tag[TAG_DIGITS + 1];
    unsigned k, n;
};

static void write_code(const struct heading *h, struct clv_view part, char out[CLV_CODE_TEXT])
{
    char body[CLV_CODE_TEXT], tag[TAG_DIGITS + 1];
    base45_encode(part, body);
    int len = snprintf(out, CLV_CODE_TEXT, "%s%s:%s:%u/%u:%s:%s", code_start, h->id, h->serial,
                       h->k, h->n, h->tag, body);
    short_tag(out, (size_t)len, tag);
    snprintf(out + len, CLV_CODE_TEXT - (size_t)len, ":%s", tag);
}

/* Codes of about the same size, none of an odd number of bytes but the last. */
static void split(struct clv_view packed, struct heading *h, struct clv_codes *ret)
{
    h->n = (unsigned)((packed.len + CLV_CODE_BYTES - 1) / CLV_CODE_BYTES);
    size_t each = (packed.len + h->n - 1) / h->n;
    each += each % 2;
    for (h->k = 1; h->k <= h->n; h->k++) {
        size_t take = packed.len < each ? packed.len : each;
        write_code(h, clv_view_of(packed.data, take), ret->text[h->k - 1]);
        packed = clv_view_of(packed.data + take, packed.len - take);
    }
    ret->num = h->n;
}

clv_status clv_receipt_codes(struct clv_view receipt, const char *serial, struct clv_codes *ret,
                             struct clv_error *err)
{
    struct heading h = {0};
    struct clv_receipt_facts facts;
    struct clv_writer packed = {0};
    if (!is_upper_word(clv_view_of(serial, strlen(serial)), CLV_SERIAL_MAX))
        return clv_fail(err, CLV_E_INPUT, "a document serial is 1 to %d of A-Z, 0-9 and '-'",
                        CLV_SERIAL_MAX);
    clv_writer_init(&packed);
    clv_status status = clv_receipt_verify(receipt, NULL, &facts, err);
    if (status == CLV_OK)
        status = pack(receipt, &packed, err);
    if (status == CLV_OK && packed.len > (size_t)CLV_CODES_MAX * CLV_CODE_BYTES)
        status = clv_fail(err, CLV_E_INPUT, "the receipt is too long for %d codes", CLV_CODES_MAX);
    if (status == CLV_OK) {
        memcpy(h.id, facts.ceremony_id, sizeof h.id);
        memcpy(h.serial, serial, strlen(serial) + 1);
        short_tag(packed.data, packed.len, h.tag);
        split(clv_writer_view(&packed), &h, ret);
    }
    clv_writer_clear(&packed);
    return status;
}

/* ---- joining --------------------------------------------------------------------------------- */

struct joining {
    struct heading first;
    bool any;
    struct clv_view body[CLV_CODES_MAX]; /* data NULL: not seen yet */
};

/* Takes the field before the next ':' off *rest. */
static bool take_field(struct clv_view *rest, struct clv_view *ret)
{
    const uint8_t *colon = rest->len ? memchr(rest->data, ':', rest->len) : NULL;
    if (!colon)
        return false;
    *ret = clv_view_of(rest->data, (size_t)(colon - rest->data));
    *rest = clv_view_of(colon + 1, rest->len - ret->len - 1);
    return true;
}

static bool parse_count(struct clv_view v, unsigned *ret_k, unsigned *ret_n)
{
    char text[8], exact[16];
    if (v.len >= sizeof text)
        return false;
    memcpy(text, v.data, v.len);
    text[v.len] = '\0';
    if (sscanf(text, "%2u/%2u", ret_k, ret_n) != 2)
        return false;
    snprintf(exact, sizeof exact, "%u/%u", *ret_k, *ret_n);
    return strcmp(exact, text) == 0 && *ret_k >= 1 && *ret_k <= *ret_n && *ret_n <= CLV_CODES_MAX;
}

static bool tag_holds(struct clv_view line)
{
    char tag[TAG_DIGITS + 1];
    if (line.len < TAG_DIGITS + 1 || line.data[line.len - TAG_DIGITS - 1] != ':')
        return false;
    short_tag(line.data, line.len - TAG_DIGITS - 1, tag);
    return memcmp(line.data + line.len - TAG_DIGITS, tag, TAG_DIGITS) == 0;
}

static bool parse_heading(struct clv_view line, struct heading *h, struct clv_view *ret_body)
{
    struct clv_view id, serial, count, tag, rest;
    rest = clv_view_of(line.data + sizeof code_start - 1, line.len - (sizeof code_start - 1));
    if (!take_field(&rest, &id) || !take_field(&rest, &serial) || !take_field(&rest, &count) ||
        !take_field(&rest, &tag) || rest.len < TAG_DIGITS + 1)
        return false;
    if (!is_upper_word(id, CLV_CEREMONY_ID_MAX) || !is_upper_word(serial, CLV_SERIAL_MAX) ||
        !is_upper_word(tag, TAG_DIGITS) || !parse_count(count, &h->k, &h->n))
        return false;
    memcpy(h->id, id.data, id.len);
    memcpy(h->serial, serial.data, serial.len);
    memcpy(h->tag, tag.data, tag.len);
    *ret_body = clv_view_of(rest.data, rest.len - TAG_DIGITS - 1);
    return true;
}

static clv_status check_same(const struct heading *a, const struct heading *b,
                             struct clv_error *err)
{
    if (strcmp(a->id, b->id) != 0)
        return clv_fail(err, CLV_E_FOREIGN, "codes of two ceremonies are mixed: %s and %s", a->id,
                        b->id);
    if (strcmp(a->serial, b->serial) != 0)
        return clv_fail(err, CLV_E_FOREIGN, "codes of two receipts are mixed: %s and %s", a->serial,
                        b->serial);
    if (a->n != b->n || strcmp(a->tag, b->tag) != 0)
        return clv_fail(err, CLV_E_FOREIGN, "codes of two different prints of receipt %s are mixed",
                        a->serial);
    return CLV_OK;
}

static clv_status join_line(struct joining *j, struct clv_view line, size_t number,
                            struct clv_error *err)
{
    struct heading h = {0};
    struct clv_view body;
    line = trim(line);
    if (line.len == 0 || view_starts(line, slip_start))
        return CLV_OK;
    if (!view_starts(line, code_start))
        return clv_fail(err, CLV_E_FORMAT, "line %zu is not a code of a claviger receipt", number);
    if (!tag_holds(line) || !parse_heading(line, &h, &body))
        return clv_fail(err, CLV_E_FORMAT,
                        "the code on line %zu was misread or changed: its check "
                        "value does not fit",
                        number);
    if (!j->any)
        j->first = h;
    j->any = true;
    clv_status status = check_same(&j->first, &h, err);
    if (status != CLV_OK)
        return status;
    if (j->body[h.k - 1].data && !clv_view_equal(j->body[h.k - 1], body))
        return clv_fail(err, CLV_E_FOREIGN, "code %u of receipt %s is there twice and differs", h.k,
                        h.serial);
    j->body[h.k - 1] = body;
    return CLV_OK;
}

/* "code 2 of 3 of receipt 7F3A-03 is missing" */
static clv_status check_complete(const struct joining *j, struct clv_error *err)
{
    char missing[128] = "", have[128] = "";
    const struct heading *h = &j->first;
    unsigned num_missing = 0;
    for (unsigned k = 1; k <= h->n; k++) {
        char *list = j->body[k - 1].data ? have : missing;
        size_t len = strlen(list);
        snprintf(list + len, sizeof missing - len, "%s%u", len ? ", " : "", k);
        num_missing += !j->body[k - 1].data;
    }
    if (num_missing == 0)
        return CLV_OK;
    (void)clv_fail(err, CLV_E_MISSING, "this is code %s of %u of receipt %s; code %s %s missing",
                   have, h->n, h->serial, missing, num_missing == 1 ? "is" : "are");
    clv_hint(err, "Scan the missing code as well and give all of them together.");
    return CLV_E_MISSING;
}

static clv_status join_bodies(const struct joining *j, struct clv_writer *packed,
                              struct clv_error *err)
{
    char tag[TAG_DIGITS + 1];
    for (unsigned k = 0; k < j->first.n; k++) {
        uint8_t part[CLV_CODE_TEXT];
        size_t len = 0;
        if (j->body[k].len > CLV_CODE_TEXT)
            return clv_fail(err, CLV_E_FORMAT, "code %u is too long", k + 1);
        clv_status status = base45_decode(j->body[k], part, &len, err);
        if (status != CLV_OK)
            return clv_while(err, "reading code %u of receipt %s", k + 1, j->first.serial);
        clv_write_bytes(packed, part, len);
    }
    clv_status status = clv_writer_done(packed, err);
    if (status != CLV_OK)
        return status;
    short_tag(packed->data, packed->len, tag);
    if (strcmp(tag, j->first.tag) != 0)
        return clv_fail(err, CLV_E_FORMAT, "the codes of receipt %s do not belong together",
                        j->first.serial);
    return clv_writer_done(packed, err);
}

/* The next start of a code behind the first byte; some readers print codes without anything between
 * them (zbarimg --raw -Sbinary does). */
static size_t next_start(struct clv_view text)
{
    for (size_t i = 1; i + sizeof code_start - 1 <= text.len; i++) {
        struct clv_view here = clv_view_of(text.data + i, text.len - i);
        if (view_starts(here, code_start) || view_starts(here, slip_start))
            return i;
    }
    return text.len;
}

bool take_code(struct clv_view *rest, struct clv_view *ret)
{
    struct clv_view line = *rest;
    if (rest->len == 0)
        return false;
    if (!clv_view_take_line(rest, &line))
        *rest = clv_view_of(line.data + line.len, 0);
    if (view_starts(line, reader_start))
        line =
            clv_view_of(line.data + sizeof reader_start - 1, line.len - (sizeof reader_start - 1));
    bool starts = view_starts(line, code_start) || view_starts(line, slip_start);
    size_t len = starts ? next_start(line) : line.len;
    if (len < line.len) /* what is behind it, newline included, comes next */
        *rest = clv_view_of(line.data + len, (size_t)(rest->data + rest->len - line.data) - len);
    *ret = clv_view_of(line.data, len);
    return true;
}

static clv_status join_all(struct clv_view scanned, struct joining *j, struct clv_error *err)
{
    size_t number = 0;
    if (scanned.len > CLV_RECEIPT_MAX)
        return clv_fail(err, CLV_E_FORMAT, "this is more text than the codes of a receipt have");
    for (struct clv_view code; take_code(&scanned, &code);) {
        clv_status status = join_line(j, code, ++number, err);
        if (status != CLV_OK)
            return status;
    }
    if (!j->any)
        return clv_fail(err, CLV_E_FORMAT, "there is no code of a receipt");
    return check_complete(j, err);
}

/* The heading is not signed: it must at least agree with what is. */
static clv_status check_heading(const struct joining *j, struct clv_view text,
                                struct clv_error *err)
{
    struct proof p = {0};
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    clv_status status = proof_parse(text, &p, err);
    if (status == CLV_OK)
        status = clv_origin_parse(p.checkpoint.origin, id, &test, err);
    if (status == CLV_OK && strcmp(id, j->first.id) != 0)
        status = clv_fail(err, CLV_E_FOREIGN, "codes labelled %s carry a receipt of %s",
                          j->first.id, id);
    proof_clear(&p);
    return status;
}

clv_status clv_receipt_from_codes(struct clv_view scanned, uint8_t **ret_text, size_t *ret_len,
                                  char ret_serial[CLV_SERIAL_MAX + 1], struct clv_error *err)
{
    struct joining j = {0};
    struct clv_writer packed = {0}, text = {0};
    clv_writer_init(&packed);
    clv_writer_init(&text);
    clv_status status = join_all(scanned, &j, err);
    if (status == CLV_OK)
        status = join_bodies(&j, &packed, err);
    if (status == CLV_OK)
        status = unpack(clv_writer_view(&packed), &text, err);
    if (status == CLV_OK)
        status = check_heading(&j, clv_writer_view(&text), err);
    if (status == CLV_OK) {
        size_t len = text.len;
        clv_write_u8(&text, 0);
        status = clv_writer_detach(&text, ret_text, ret_len, err);
        if (status == CLV_OK)
            *ret_len = len;
    }
    if (status == CLV_OK && ret_serial)
        memcpy(ret_serial, j.first.serial, CLV_SERIAL_MAX + 1);
    clv_writer_clear(&packed);
    clv_writer_clear(&text);
    return status;
}
