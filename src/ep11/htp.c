/* HTP strings: CPRB and payload as text, with a head that names the module or tells of an error of
 * the service in front of it (docs/protocol.md, b.13). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define HTP_ERROR_BAD_HEX 12
#define HTP_ERROR_SYNTAX 1
#define HTP_ERROR_TYPE 9

/* Head of a response: type 2, return code 8, reason code 8, program 8, location 30, text 100. */
#define HEAD_LEN 156
#define HEAD_TYPE_LEN 2
#define HEAD_CODE_LEN 8
#define HEAD_TEXT_AT 56
#define HEAD_TEXT_LEN 100

static const char rule[] = ";PCI request;XPNUM   ;";
static const char gap[] = ";        ;";

/* ---- text to bytes and back ---- */
static void write_hex(struct clv_writer *w, struct clv_view bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < bytes.len; i++) {
        clv_write_u8(w, (uint8_t)digits[bytes.data[i] >> 4]);
        clv_write_u8(w, (uint8_t)digits[bytes.data[i] & 15]);
    }
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static clv_status read_hex(struct clv_view text, uint8_t **ret_bytes, size_t *ret_len,
                           struct clv_error *err)
{
    if (text.len % 2 != 0 || text.len > 2 * (CLV_EP11_CPRB_LEN + CLV_EP11_MAX_PAYLOAD))
        return clv_fail(err, CLV_E_FORMAT, "%zu hex digits are odd or too many", text.len);
    uint8_t *bytes = malloc(text.len / 2 + 1);
    if (!bytes)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a message");
    for (size_t i = 0; i < text.len / 2; i++) {
        int high = digit_of(text.data[2 * i]);
        int low = digit_of(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            free(bytes);
            return clv_fail(err, CLV_E_FORMAT, "no hex digit at position %zu", 2 * i);
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *ret_bytes = bytes;
    *ret_len = text.len / 2;
    return CLV_OK;
}

/* The payload takes the place of the CPRB it came in. */
static void drop_header(uint8_t *bytes, const struct clv_ep11_cprb *cprb)
{
    memmove(bytes, bytes + CLV_EP11_CPRB_LEN, cprb->payload.len);
}

/* One to seven decimal digits, no sign, no blank. */
static bool read_number(struct clv_view text, unsigned *ret)
{
    unsigned value = 0;
    if (text.len == 0 || text.len > 7)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    *ret = value;
    return true;
}

/* Everything up to the next `end`, which is skipped; false when there is none. */
static bool take_until(struct clv_view *text, char end, struct clv_view *ret)
{
    const uint8_t *at = text->len > 0 ? memchr(text->data, end, text->len) : NULL;
    if (!at)
        return false;
    size_t len = (size_t)(at - text->data);
    *ret = clv_view_of(text->data, len);
    *text = clv_view_of(at + 1, text->len - len - 1);
    return true;
}

static bool take_text(struct clv_view *text, const char *expected)
{
    size_t len = strlen(expected);
    if (text->len < len || memcmp(text->data, expected, len) != 0)
        return false;
    *text = clv_view_of(text->data + len, text->len - len);
    return true;
}

/* The whole string: length, the head that body holds already, CPRB and payload. Clears body. */
static clv_status write_frame(struct clv_writer *w, struct clv_writer *body, uint32_t domain,
                              struct clv_view payload, struct clv_error *err)
{
    struct clv_writer cprb = {0};
    clv_ep11_cprb_encode(&cprb, domain, payload);
    write_hex(body, clv_writer_view(&cprb));
    clv_status status = clv_writer_done(&cprb, err);
    if (status == CLV_OK)
        status = clv_writer_done(body, err);
    if (status == CLV_OK && payload.len > CLV_EP11_MAX_PAYLOAD)
        status = clv_fail(err, CLV_E_INTERNAL, "a message of %zu bytes is too long", payload.len);
    if (status == CLV_OK) {
        clv_write_format(w, "%zu", body->len);
        clv_write_writer(w, body);
        status = clv_writer_done(w, err);
    }
    clv_writer_clear(&cprb);
    clv_writer_clear(body);
    return status;
}

/* ---- request ---- */
clv_status clv_ep11_htp_request_encode(struct clv_writer *w, unsigned module_index, uint32_t domain,
                                       struct clv_view payload, struct clv_error *err)
{
    struct clv_writer body = {0};
    clv_write_text(&body, rule);
    clv_write_format(&body, "%u", module_index);
    clv_write_text(&body, gap);
    return write_frame(w, &body, domain, payload, err);
}

static clv_status bad_request(unsigned code, struct clv_ep11_htp_error *ret_htp_error,
                              clv_status status)
{
    if (ret_htp_error)
        *ret_htp_error = (struct clv_ep11_htp_error){.type = HTP_ERROR_TYPE, .code = code};
    return status;
}

/* Splits a request into module index and hex. */
static bool split_request(struct clv_view text, unsigned *ret_module, struct clv_view *ret_hex)
{
    struct clv_view number, module;
    unsigned len = 0;
    struct clv_view rest = text;
    if (!take_until(&rest, ';', &number) || !read_number(number, &len) ||
        len != text.len - number.len)
        return false;
    if (!take_text(&rest, rule + 1) || !take_until(&rest, ';', &module) ||
        !read_number(module, ret_module) || !take_text(&rest, gap + 1))
        return false;
    *ret_hex = rest;
    return true;
}

clv_status clv_ep11_htp_request_decode(struct clv_view text, unsigned *ret_module_index,
                                       uint32_t *ret_domain, uint8_t **ret_payload,
                                       size_t *ret_payload_len,
                                       struct clv_ep11_htp_error *ret_htp_error,
                                       struct clv_error *err)
{
    unsigned module = 0;
    struct clv_view hex = {0};
    uint8_t *bytes = NULL;
    size_t len = 0;
    struct clv_ep11_cprb cprb = {0};

    if (!split_request(text, &module, &hex))
        return bad_request(HTP_ERROR_SYNTAX, ret_htp_error,
                           clv_fail(err, CLV_E_FORMAT, "not a PCI request"));
    clv_status status = read_hex(hex, &bytes, &len, err);
    if (status != CLV_OK)
        return bad_request(HTP_ERROR_BAD_HEX, ret_htp_error, status);
    status = clv_ep11_cprb_decode(clv_view_of(bytes, len), &cprb, err);
    if (status == CLV_OK && cprb.left > 0)
        status = clv_fail(err, CLV_E_FORMAT, "%zu bytes follow the message", cprb.left);
    if (status != CLV_OK) {
        free(bytes);
        return bad_request(HTP_ERROR_SYNTAX, ret_htp_error, status);
    }
    drop_header(bytes, &cprb);
    *ret_module_index = module;
    *ret_domain = cprb.domain;
    *ret_payload = bytes;
    *ret_payload_len = cprb.payload.len;
    return CLV_OK;
}

/* ---- response ---- */
/* Numbers have blanks behind and no zeros in front: clients compare them as text. */
static void write_head(struct clv_writer *w, const char *type, unsigned code, const char *text)
{
    char padded[HEAD_TEXT_LEN + 1];
    size_t len = strnlen(text, HEAD_TEXT_LEN);
    memset(padded, ' ', HEAD_TEXT_LEN);
    for (size_t i = 0; i < len; i++)
        padded[i] = text[i] >= 0x20 && text[i] < 0x7f && text[i] != ';' ? text[i] : '?';
    padded[HEAD_TEXT_LEN] = '\0';
    clv_write_format(w, ";%-2s%-8u%-8u%-8s%-30s%s;", type, code, 0u, "CLAVIGER", "crypto unit",
                     padded);
}

clv_status clv_ep11_htp_response_encode(struct clv_writer *w, uint32_t domain,
                                        struct clv_view payload, struct clv_error *err)
{
    struct clv_writer body = {0};
    write_head(&body, "00", 0, "");
    return write_frame(w, &body, domain, payload, err);
}

clv_status clv_ep11_htp_response_wrap(struct clv_writer *w, struct clv_view cprb,
                                      struct clv_error *err)
{
    struct clv_writer body = {0};
    write_head(&body, "00", 0, "");
    write_hex(&body, cprb);
    clv_status status = clv_writer_done(&body, err);
    if (status == CLV_OK) {
        clv_write_format(w, "%zu", body.len);
        clv_write_writer(w, &body);
        status = clv_writer_done(w, err);
    }
    clv_writer_clear(&body);
    return status;
}

void clv_ep11_htp_error_encode(struct clv_writer *w, struct clv_ep11_htp_error error,
                               const char *text)
{
    const size_t len = HEAD_LEN + 2; /* both semicolons */
    char type[12] = "";
    struct clv_writer number;
    clv_writer_init_fixed(&number, type, sizeof(type) - 1);
    clv_write_format(&number, "%u", error.type % 100);
    clv_write_format(w, "%zu", len);
    write_head(w, type, error.code, text);
}

/* A field of the head without its padding, for a message to a person. */
static void show_field(struct clv_view head, size_t at, size_t len, char *out, size_t cap)
{
    while (len > 0 && head.data[at] == ' ')
        at++, len--;
    while (len > 0 && head.data[at + len - 1] == ' ')
        len--;
    if (len > cap - 1)
        len = cap - 1;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = head.data[at + i];
        out[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    out[len] = '\0';
}

static clv_status service_error(struct clv_view head, struct clv_error *err)
{
    char type[HEAD_TYPE_LEN + 1];
    char code[HEAD_CODE_LEN + 1];
    char reason[HEAD_CODE_LEN + 1];
    char text[HEAD_TEXT_LEN + 1];
    show_field(head, 0, HEAD_TYPE_LEN, type, sizeof(type));
    show_field(head, HEAD_TYPE_LEN, HEAD_CODE_LEN, code, sizeof(code));
    show_field(head, HEAD_TYPE_LEN + HEAD_CODE_LEN, HEAD_CODE_LEN, reason, sizeof(reason));
    show_field(head, HEAD_TEXT_AT, HEAD_TEXT_LEN, text, sizeof(text));
    return clv_fail(err, CLV_E_UNIT,
                    "the service in front of the crypto unit answers: %s%s"
                    "(error type %s, return code %s, reason %s)",
                    text, text[0] ? " " : "", type, code, reason);
}

/* The length in front is not looked at: services are known to send a wrong one. */
static clv_status split_response(struct clv_view text, struct clv_view *ret_hex,
                                 struct clv_error *err)
{
    struct clv_view number, head;
    if (!take_until(&text, ';', &number) || text.len < HEAD_LEN)
        return clv_fail(err, CLV_E_FORMAT, "the answer is shorter than its head");
    head = clv_view_of(text.data, HEAD_LEN);
    if (memcmp(head.data, "00", HEAD_TYPE_LEN) != 0)
        return service_error(head, err);
    text = clv_view_of(text.data + HEAD_LEN, text.len - HEAD_LEN);
    if (!take_until(&text, ';', &number))
        return clv_fail(err, CLV_E_FORMAT, "the answer has no message behind its head");
    *ret_hex = text;
    return CLV_OK;
}

clv_status clv_ep11_htp_response_decode(struct clv_view text, uint32_t *ret_domain,
                                        uint8_t **ret_payload, size_t *ret_payload_len,
                                        struct clv_error *err)
{
    struct clv_view hex = {0};
    uint8_t *bytes = NULL;
    size_t len = 0;
    struct clv_ep11_cprb cprb = {0};

    clv_status status = split_response(text, &hex, err);
    if (status != CLV_OK)
        return status;
    status = read_hex(hex, &bytes, &len, err);
    if (status != CLV_OK)
        return status;
    status = clv_ep11_cprb_decode(clv_view_of(bytes, len), &cprb, err);
    if (status == CLV_OK && (cprb.return_code != 0 || cprb.reason != 0))
        status = clv_fail(err, CLV_E_UNIT,
                          "the crypto module did not take the message (return code %u, reason %u)",
                          (unsigned)cprb.return_code, (unsigned)cprb.reason);
    if (status != CLV_OK) {
        free(bytes);
        return status;
    }
    drop_header(bytes, &cprb);
    *ret_domain = cprb.domain;
    *ret_payload = bytes;
    *ret_payload_len = cprb.payload.len;
    return CLV_OK;
}
