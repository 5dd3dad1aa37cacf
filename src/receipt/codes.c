/* The texts of a receipt's codes, k of n, and the way back:
 * "CLV1R.<ceremony id>.<serial>.<k>.<n>.<tag of the whole>.<characters>.<check of this text>" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/crypto.h"
#include "internal.h"

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

/* ---- splitting ------------------------------------------------------------------------------- */

struct heading {
    char id[CLV_CEREMONY_ID_MAX + 1], serial[CLV_SERIAL_MAX + 1], tag[TAG_LEN + 1];
    unsigned k, n;
};

static void write_code(const struct heading *h, struct clv_view part, char out[CLV_CODE_TEXT])
{
    char id[CODE_WORD(CLV_CEREMONY_ID_MAX)], serial[CODE_WORD(CLV_SERIAL_MAX)];
    code_word(h->id, id);
    code_word(h->serial, serial);
    snprintf(out, CLV_CODE_TEXT, "%s.%s.%s.%u.%u.%s.%.*s.", code_receipt.word, id, serial, h->k,
             h->n, h->tag, (int)part.len, (const char *)part.data);
    code_close(&code_receipt, out);
}

/* Codes of the same size, the last one may be shorter. */
static clv_status split(struct clv_view packed, struct heading *h, struct clv_codes *ret,
                        struct clv_error *err)
{
    size_t left = base32_len(packed.len);
    char *chars = malloc(left + 1);
    if (!chars)
        return clv_fail(err, CLV_E_MEMORY, "no memory for codes");
    base32_encode(packed, chars);
    base32_check(packed.data, packed.len, h->tag, TAG_LEN);
    h->n = (unsigned)((packed.len + CLV_CODE_BYTES - 1) / CLV_CODE_BYTES);
    size_t each = (left + h->n - 1) / h->n;
    const char *at = chars;
    for (h->k = 1; h->k <= h->n; h->k++) {
        size_t take = left < each ? left : each;
        write_code(h, clv_view_of(at, take), ret->text[h->k - 1]);
        at += take;
        left -= take;
    }
    ret->num = h->n;
    free(chars);
    return CLV_OK;
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
        status = split(clv_writer_view(&packed), &h, ret, err);
    }
    clv_writer_clear(&packed);
    return status;
}

/* ---- joining --------------------------------------------------------------------------------- */

struct joining {
    struct heading first;
    bool any;
    char body[CLV_CODES_MAX][CLV_CODE_TEXT]; /* "": not seen yet */
};

static bool parse_heading(const struct clv_view field[], struct heading *h)
{
    if (field[4].len != TAG_LEN || field[5].len == 0)
        return false;
    memcpy(h->tag, field[4].data, TAG_LEN);
    return code_unword(field[0], CLV_CEREMONY_ID_MAX, h->id) &&
           code_unword(field[1], CLV_SERIAL_MAX, h->serial) &&
           code_number(field[3], CLV_CODES_MAX, &h->n) && code_number(field[2], h->n, &h->k);
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

/* number: of the code among those that were read. */
static clv_status join_code(struct joining *j, struct clv_view text, size_t number,
                            struct clv_error *err)
{
    struct heading h = {0};
    struct code_text code;
    char fault[100];
    snprintf(fault, sizeof fault, "line %zu is not a code of a claviger receipt", number);
    if (!code_starts(text, &code_receipt))
        return code_refuse(text, fault, err);
    snprintf(fault, sizeof fault,
             "code %zu of those read was misread or changed: its check value does not fit", number);
    if (code_open(text, &code_receipt, &code, NULL) != CLV_OK || !parse_heading(code.field, &h))
        return code_refuse(text, fault, err);
    if (!j->any)
        j->first = h;
    j->any = true;
    clv_status status = check_same(&j->first, &h, err);
    if (status != CLV_OK)
        return status;
    char *body = j->body[h.k - 1];
    if (body[0] && !clv_view_equal(clv_view_of(body, strlen(body)), code.field[5]))
        return clv_fail(err, CLV_E_FOREIGN, "code %u of receipt %s is there twice and differs", h.k,
                        h.serial);
    memcpy(body, code.field[5].data, code.field[5].len);
    body[code.field[5].len] = '\0';
    return CLV_OK;
}

/* "code 2 of 3 of receipt 7F3A-03 is missing" */
static clv_status check_complete(const struct joining *j, struct clv_error *err)
{
    char missing[128] = "", have[128] = "";
    const struct heading *h = &j->first;
    unsigned num_missing = 0;
    for (unsigned k = 1; k <= h->n; k++) {
        char *list = j->body[k - 1][0] ? have : missing;
        size_t len = strlen(list);
        snprintf(list + len, sizeof missing - len, "%s%u", len ? ", " : "", k);
        num_missing += !j->body[k - 1][0];
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
    uint8_t bytes[CLV_CODES_MAX * CLV_CODE_TEXT];
    struct clv_writer chars = {0};
    char tag[TAG_LEN + 1];
    clv_writer_init(&chars);
    for (unsigned k = 0; k < j->first.n; k++)
        clv_write_text(&chars, j->body[k]);
    size_t len = chars.len * 5 / 8;
    clv_status status = clv_writer_done(&chars, err);
    if (status == CLV_OK && !base32_decode(clv_writer_view(&chars), bytes, len))
        status = clv_fail(err, CLV_E_FORMAT, "the codes of receipt %s are not the text of one",
                          j->first.serial);
    clv_writer_clear(&chars);
    if (status != CLV_OK)
        return status;
    base32_check(bytes, len, tag, TAG_LEN);
    if (strcmp(tag, j->first.tag) != 0)
        return clv_fail(err, CLV_E_FORMAT, "the codes of receipt %s do not belong together",
                        j->first.serial);
    clv_write_bytes(packed, bytes, len);
    return clv_writer_done(packed, err);
}

static clv_status join_all(struct clv_view scanned, struct joining *j, struct clv_error *err)
{
    size_t number = 0;
    if (scanned.len > CLV_RECEIPT_MAX)
        return clv_fail(err, CLV_E_FORMAT, "this is more text than the codes of a receipt have");
    for (struct clv_view code; take_code(&scanned, &code);) {
        clv_status status =
            code_starts(code, &code_slip) ? CLV_OK : join_code(j, code, ++number, err);
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
    if (status == CLV_OK)
        status = detach_text(&text, ret_text, ret_len, err);
    if (status == CLV_OK && ret_serial)
        memcpy(ret_serial, j.first.serial, CLV_SERIAL_MAX + 1);
    clv_writer_clear(&packed);
    clv_writer_clear(&text);
    return status;
}
