/* What a signing service says and is told (docs/protocol.md, end of b.14): JSON around base64
 * around DER. The service hashes the message itself, with SHA-512; its keys are P-521. */
#include "internal.h"

#include "claviger/der.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_LEN ((CLV_P521_POINT_LEN - 1) / 2)

bool clv_ep11_signing_name_ok(const char *name)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    size_t len = strlen(name);
    return len > 0 && len <= CLV_EP11_SIGNING_NAME_MAX && name[strspn(name, unreserved)] == '\0' &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

clv_status clv_ep11_signing_request_encode(struct clv_writer *w, struct clv_view message,
                                           struct clv_error *err)
{
    char *input = clv_base64(message.data, message.len), *text = NULL;
    json_t *root =
        input == NULL ? NULL : json_pack("{ss ss}", "hash_algorithm", "sha2-512", "input", input);
    if (root != NULL)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    free(input);
    if (text == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a message");
    clv_write_text(w, text);
    free(text);
    return clv_writer_done(w, err);
}

/* The bytes in one member; other members do not matter. */
static clv_status member_bytes(struct clv_view body, const char *member, uint8_t **ret,
                               size_t *ret_len, struct clv_error *err)
{
    if (body.len > CLV_EP11_REST_MAX)
        return clv_fail(err, CLV_E_FORMAT, "a body of %zu bytes is too long", body.len);
    json_t *root = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(root, member));
    clv_status status = text == NULL
                            ? clv_fail(err, CLV_E_FORMAT, "not a JSON object with a \"%s\"", member)
                            : clv_unbase64(text, strlen(text), ret, ret_len, err);
    json_decref(root);
    return status;
}

clv_status clv_ep11_signing_public_decode(struct clv_view body,
                                          uint8_t ret_point[CLV_P521_POINT_LEN],
                                          struct clv_error *err)
{
    uint8_t *der = NULL, point[CLV_P521_POINT_LEN] = {0x04};
    size_t len = 0;
    struct clv_reader r, numbers;
    clv_status status = member_bytes(body, "publickey", &der, &len, err);
    if (status == CLV_OK) {
        clv_reader_init(&r, der, len);
        clv_der_enter(&r, CLV_DER_SEQUENCE, &numbers, "public key");
        clv_der_read_unsigned(&numbers, point + 1, NUMBER_LEN, "X");
        clv_der_read_unsigned(&numbers, point + 1 + NUMBER_LEN, NUMBER_LEN, "Y");
        clv_der_leave(&numbers);
        status = clv_reader_done(&r, err);
    }
    free(der);
    if (status == CLV_OK && clv_p521_check_point(point, sizeof(point), NULL) != CLV_OK)
        status = clv_fail(err, CLV_E_FORMAT, "the public key is no point of P-521");
    if (status != CLV_OK)
        return clv_while(err, status, "reading a public key of the signing service");
    memcpy(ret_point, point, sizeof(point));
    return CLV_OK;
}

/* Written anew: a unit gets the one minimal form, whatever the service's looked like. */
clv_status clv_ep11_signing_signature_decode(struct clv_view body, uint8_t *ret_sig, size_t cap,
                                             size_t *ret_len, struct clv_error *err)
{
    uint8_t *der = NULL, rs[2][NUMBER_LEN] = {0};
    size_t len = 0;
    struct clv_reader r, numbers;
    struct clv_writer w = {0};
    clv_status status = member_bytes(body, "signature", &der, &len, err);
    if (status == CLV_OK) {
        clv_reader_init(&r, der, len);
        clv_der_enter(&r, CLV_DER_SEQUENCE, &numbers, "signature");
        clv_der_read_unsigned(&numbers, rs[0], NUMBER_LEN, "r");
        clv_der_read_unsigned(&numbers, rs[1], NUMBER_LEN, "s");
        clv_der_leave(&numbers);
        status = clv_reader_done(&r, err);
    }
    free(der);
    if (status != CLV_OK)
        return clv_while(err, status, "reading a signature of the signing service");
    size_t mark = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(&w, rs[0], NUMBER_LEN);
    clv_der_write_unsigned(&w, rs[1], NUMBER_LEN);
    clv_der_close(&w, mark);
    status = clv_writer_done(&w, err);
    if (status == CLV_OK && w.len > cap)
        status = clv_fail(err, CLV_E_INTERNAL, "no room for a signature");
    if (status == CLV_OK) {
        memcpy(ret_sig, w.data, w.len);
        *ret_len = w.len;
    }
    clv_writer_clear(&w);
    return status;
}
