/* Signatures over blocks: made by administrators, verified by whoever receives them. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_MAX 512 /* RSA-4096 */

static clv_status verify_p521(const struct clv_ep11_signer_info *si,
                              const struct clv_ep11_public_key *key, struct clv_view message,
                              struct clv_error *err)
{
    uint8_t digest[CLV_SHA512_LEN];
    if (key->type != CLV_EP11_KEY_P521 || key->bits.len != CLV_P521_POINT_LEN)
        return clv_fail(err, CLV_E_UNSUPPORTED, "an ECDSA signature needs a P-521 key");
    clv_sha512(message.data, message.len, digest);
    return clv_p521_verify(key->bits.data, digest, si->signature.data, si->signature.len, err);
}

static clv_status verify_rsa(const struct clv_ep11_signer_info *si,
                             const struct clv_ep11_public_key *key, struct clv_view message,
                             struct clv_error *err)
{
    uint8_t digest[CLV_SHA256_LEN];
    if (key->type != CLV_EP11_KEY_RSA)
        return clv_fail(err, CLV_E_UNSUPPORTED, "an RSA signature needs an RSA key");
    clv_sha256(message.data, message.len, digest);
    if (si->algorithm == CLV_EP11_SIG_RSA_X931)
        return clv_rsa_verify_x931(key->bits.data, key->bits.len, digest, si->signature.data,
                                   si->signature.len, err);
    return clv_rsa_verify_pkcs1(key->bits.data, key->bits.len, digest, si->signature.data,
                                si->signature.len, err);
}

clv_status clv_ep11_signature_verify(const struct clv_ep11_signer_info *si,
                                     const struct clv_ep11_public_key *key, struct clv_view message,
                                     struct clv_error *err)
{
    switch (si->algorithm) {
    case CLV_EP11_SIG_P521:
        return verify_p521(si, key, message, err);
    case CLV_EP11_SIG_RSA_X931:
    case CLV_EP11_SIG_RSA_PKCS1:
        return verify_rsa(si, key, message, err);
    case CLV_EP11_SIG_DILITHIUM:
        break;
    }
    return clv_fail(err, CLV_E_UNSUPPORTED, "Dilithium signatures are not verified");
}

clv_status clv_ep11_device_signature_verify(struct clv_view signatures,
                                            const uint8_t point[CLV_P521_POINT_LEN],
                                            struct clv_view message, struct clv_error *err)
{
    const struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521,
                                            .bits = clv_view_of(point, CLV_P521_POINT_LEN)};
    struct clv_ep11_signer_info ecdsa = {0};
    bool found = false;
    struct clv_reader r;
    clv_reader_init(&r, signatures.data, signatures.len);
    while (clv_reader_left(&r) > 0) {
        struct clv_ep11_signer_info si = {0};
        clv_ep11_signer_info_read(&r, &si);
        if (si.algorithm != CLV_EP11_SIG_P521)
            continue;
        if (found)
            clv_reader_fault(&r, "signatures", "hold two ECDSA signatures");
        ecdsa = si;
        found = true;
    }
    clv_status status = clv_ep11_done(&r, "reading the unit's signature", err);
    if (status != CLV_OK)
        return status;
    if (!found)
        return clv_fail(err, CLV_E_FORGED, "the response carries no ECDSA signature of the unit");
    return clv_ep11_signature_verify(&ecdsa, &key, message, err);
}

/* ---- signers over a key in memory ---- */
static clv_status sign_p521(void *ctx, struct clv_view message, uint8_t *sig, size_t cap,
                            size_t *ret_len, struct clv_error *err)
{
    const struct clv_secret *scalar = ctx;
    uint8_t digest[CLV_SHA512_LEN];
    if (cap < CLV_P521_SIGNATURE_MAX)
        return clv_fail(err, CLV_E_INTERNAL, "no room for a P-521 signature");
    clv_sha512(message.data, message.len, digest);
    return clv_p521_sign(scalar, digest, sig, ret_len, err);
}

static clv_status sign_rsa(void *ctx, struct clv_view message, uint8_t *sig, size_t cap,
                           size_t *ret_len, struct clv_error *err)
{
    const struct clv_secret *private_der = ctx;
    uint8_t digest[CLV_SHA256_LEN];
    clv_sha256(message.data, message.len, digest);
    return clv_rsa_sign_x931(private_der, digest, sig, cap, ret_len, err);
}

/* A signer's context is untyped and not const; both sign functions above only read it. */
static void *context_of(const struct clv_secret *secret)
{
    return (void *)(uintptr_t)secret;
}

clv_status clv_ep11_signer_p521(const struct clv_secret *scalar, struct clv_ep11_signer *ret,
                                struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN];
    clv_status status = clv_p521_point(scalar, point, err);
    if (status != CLV_OK)
        return status;
    *ret = (struct clv_ep11_signer){
        .algorithm = CLV_EP11_SIG_P521, .sign = sign_p521, .ctx = context_of(scalar)};
    clv_sha256(point, sizeof(point), ret->ski);
    return CLV_OK;
}

clv_status clv_ep11_signer_rsa(const struct clv_secret *private_der, struct clv_ep11_signer *ret,
                               struct clv_error *err)
{
    uint8_t *public_der = NULL;
    size_t len = 0;
    clv_status status = clv_rsa_public(private_der, &public_der, &len, err);
    if (status != CLV_OK)
        return status;
    *ret = (struct clv_ep11_signer){
        .algorithm = CLV_EP11_SIG_RSA_X931, .sign = sign_rsa, .ctx = context_of(private_der)};
    clv_sha256(public_der, len, ret->ski);
    free(public_der);
    return CLV_OK;
}

clv_status clv_ep11_sign(struct clv_writer *w, const struct clv_ep11_signer *signers,
                         size_t num_signers, struct clv_view message, struct clv_error *err)
{
    for (size_t i = 0; i < num_signers; i++) {
        uint8_t sig[SIGNATURE_MAX];
        size_t len = 0;
        clv_status status = signers[i].sign(signers[i].ctx, message, sig, sizeof(sig), &len, err);
        if (status != CLV_OK)
            return status;
        struct clv_ep11_signer_info si = {.algorithm = signers[i].algorithm,
                                          .signature = clv_view_of(sig, len)};
        memcpy(si.ski, signers[i].ski, sizeof(si.ski));
        clv_ep11_signer_info_encode(w, &si);
    }
    return clv_writer_done(w, err);
}
