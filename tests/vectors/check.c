#include "check.h"

#include <stdlib.h>
#include <string.h>

void check_ok(clv_status status, const struct clv_error *err, const char *what)
{
    char text[2048] = "";
    if (status != CLV_OK)
        clv_error_format(err, text, sizeof(text));
    cr_assert_eq(status, CLV_OK, "%s: %s", what, text);
}

/* ---- keys ---- */
static void finish_p521(struct check_key *key, struct clv_view point)
{
    struct clv_error err = {0};
    uint8_t derived[CLV_P521_POINT_LEN];
    check_ok(clv_p521_point(key->private_key, derived, &err), &err, "scalar to point");
    vectors_same(clv_view_of(derived, sizeof(derived)), point, "public point");
    key->public_key = (struct clv_ep11_public_key){.type = CLV_EP11_KEY_P521, .bits = point};
    check_ok(clv_ep11_signer_p521(key->private_key, &key->signer, &err), &err, "signer");
    clv_ep11_admin_ski(&key->public_key, key->ski);
}

static void finish_rsa(struct vectors *v, struct check_key *key)
{
    struct clv_error err = {0};
    uint8_t *der = NULL;
    size_t len = 0;
    check_ok(clv_rsa_public(key->private_key, &der, &len, &err), &err, "RSA public key");
    vectors_keep(v, der);
    key->public_key = (struct clv_ep11_public_key){
        .type = CLV_EP11_KEY_RSA, .bits = clv_view_of(der, len), .rsa_bits = 2048};
    check_ok(clv_ep11_signer_rsa(key->private_key, &key->signer, &err), &err, "signer");
    clv_ep11_admin_ski(&key->public_key, key->ski);
}

struct check_key check_key_b(struct vectors *v, const json_t *keys, const char *name)
{
    struct check_key key = {0};
    const json_t *from = vectors_object(keys, name);
    if (strcmp(vectors_text(from, "type"), "p521") == 0) {
        key.private_key = vectors_secret(v, from, "d");
        finish_p521(&key, vectors_hex(v, from, "point"));
    } else {
        cr_assert_str_eq(vectors_text(from, "type"), "rsa2048");
        key.private_key = vectors_secret(v, from, "pkcs1_private_key");
        finish_rsa(v, &key);
        vectors_same(key.public_key.bits, vectors_hex(v, from, "pkcs1_public_key"), name);
    }
    return key;
}

struct check_key check_key_a(struct vectors *v, const json_t *keys, const char *name)
{
    struct check_key key = {0};
    size_t i;
    json_t *admin;
    json_array_foreach(vectors_array(keys, "admins"), i, admin)
    {
        if (strcmp(vectors_text(admin, "name"), name) != 0)
            continue;
        if (strcmp(vectors_text(admin, "key_type"), "p521ec") == 0) {
            key.private_key = vectors_secret(v, admin, "private_d");
            finish_p521(&key, vectors_hex(v, admin, "public_point"));
        } else {
            cr_assert_str_eq(vectors_text(admin, "key_type"), "rsa2048");
            key.private_key = vectors_secret(v, admin, "private_der_pkcs1");
            finish_rsa(v, &key);
        }
        return key;
    }
    cr_assert(false, "no administrator %s", name);
    return key;
}

/* ---- requests ---- */
struct clv_view check_htp_request(struct vectors *v, const char *text, unsigned *ret_module,
                                  uint32_t *ret_domain)
{
    struct clv_error err = {0};
    uint8_t *payload = NULL;
    size_t len = 0;
    struct clv_ep11_htp_error htp_error = {0};
    struct clv_view whole = clv_view_of(text, strlen(text));
    check_ok(clv_ep11_htp_request_decode(whole, ret_module, ret_domain, &payload, &len, &htp_error,
                                         &err),
             &err, "HTP request");
    vectors_keep(v, payload);
    struct clv_writer *w = vectors_writer(v);
    check_ok(
        clv_ep11_htp_request_encode(w, *ret_module, *ret_domain, clv_view_of(payload, len), &err),
        &err, "HTP request");
    vectors_same(clv_writer_view(w), whole, "HTP request, encoded again");
    return clv_view_of(payload, len);
}

struct clv_view check_htp_response(struct vectors *v, const char *text)
{
    struct clv_error err = {0};
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    check_ok(clv_ep11_htp_response_decode(clv_view_of(text, strlen(text)), &domain, &payload, &len,
                                          &err),
             &err, "HTP response");
    vectors_keep(v, payload);
    return clv_view_of(payload, len);
}

void check_admin_request(struct vectors *v, struct clv_view bytes,
                         struct clv_ep11_admin_request *ret, struct clv_ep11_admin_block *ret_block)
{
    struct clv_error err = {0};
    check_ok(clv_ep11_admin_request_decode(bytes, ret, &err), &err, "xcpAdminReq");
    check_ok(clv_ep11_admin_block_decode(ret->block, ret_block, NULL, &err), &err, "xcpAdminBlk");
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_admin_request_encode(w, ret);
    vectors_same(clv_writer_view(w), bytes, "xcpAdminReq, encoded again");
    w = vectors_writer(v);
    clv_ep11_admin_block_encode(w, ret_block);
    vectors_same(clv_writer_view(w), ret->block, "xcpAdminBlk, encoded again");
    vectors_same(ret_block->whole, ret->block, "what signatures cover");
}

void check_signatures(struct vectors *v, const struct clv_ep11_admin_request *req,
                      const struct check_key *keys, size_t num)
{
    struct clv_error err = {0};
    struct clv_reader r;
    struct clv_writer *w = vectors_writer(v);
    clv_reader_init(&r, req->signatures.data, req->signatures.len);
    for (size_t i = 0; i < num; i++) {
        struct clv_ep11_signer_info si = {0};
        clv_ep11_signer_info_read(&r, &si);
        cr_assert(clv_reader_ok(&r), "SignerInfo %zu", i);
        clv_ep11_signer_info_encode(w, &si);
        vectors_same(clv_view_of(si.ski, sizeof(si.ski)),
                     clv_view_of(keys[i].ski, sizeof(keys[i].ski)), "signer");
        check_ok(clv_ep11_signature_verify(&si, &keys[i].public_key, req->block, &err), &err,
                 "signature");
    }
    check_ok(clv_reader_done(&r, &err), &err, "SignerInfos");
    vectors_same(clv_writer_view(w), req->signatures, "SignerInfos, encoded again");
}

/* ---- responses ---- */
struct check_verdict check_response(struct clv_view payload, struct clv_view device_point)
{
    struct check_verdict verdict = {.outcome = CHECK_MALFORMED, .reason = CLV_EP11_NO_REASON};
    struct clv_ep11_response rsp;
    if (clv_ep11_response_decode(payload, &rsp, NULL) != CLV_OK)
        return verdict;
    if (rsp.return_value != 0) {
        verdict.outcome = CHECK_COMMAND_ERROR;
        verdict.return_code = rsp.return_value;
        return verdict;
    }
    clv_status status =
        clv_ep11_device_signature_verify(rsp.signatures, device_point.data, rsp.block, NULL);
    if (status == CLV_E_FORGED)
        verdict.outcome = CHECK_BAD_SIGNATURE;
    if (status != CLV_OK)
        return verdict;
    if (clv_ep11_response_block_decode(rsp.block, &verdict.block, NULL) != CLV_OK)
        return verdict;
    verdict.return_code = verdict.block.return_code;
    verdict.reason = clv_ep11_reason(&verdict.block);
    verdict.outcome = verdict.return_code == 0 ? CHECK_OK : CHECK_COMMAND_ERROR;
    return verdict;
}
