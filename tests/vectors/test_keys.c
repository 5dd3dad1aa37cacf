/* Keys, identifiers, administrator certificates and signatures of both vector sets. */
#include "check.h"

#include <string.h>

#define NAME_LEN 30
#define P521_TBS_LEN 409
#define RSA_TBS_LEN 546
#define RSA_CERT_LEN 824

/* Offsets of the P-521 TBSCertificate that docs/protocol.md gives. */
#define ISSUER_NAME_AT 66
#define SUBJECT_NAME_AT 174
#define POINT_AT 229
#define SKI_AT 377

TestSuite(vectors_keys, .init = test_start);

static struct clv_view ski_view(const struct check_key *key)
{
    return clv_view_of(key->ski, sizeof(key->ski));
}

static struct clv_view pad_name(struct vectors *v, const char *name)
{
    struct clv_writer *w = vectors_writer(v);
    clv_write_format(w, "%-30s", name);
    return clv_writer_view(w);
}

static void check_p521_offsets(struct clv_view tbs, struct clv_view name,
                               const struct check_key *key)
{
    cr_assert_eq(tbs.len, P521_TBS_LEN);
    vectors_same(clv_view_of(tbs.data + ISSUER_NAME_AT, NAME_LEN), name, "issuer name");
    vectors_same(clv_view_of(tbs.data + SUBJECT_NAME_AT, NAME_LEN), name, "subject name");
    vectors_same(clv_view_of(tbs.data + POINT_AT, CLV_P521_POINT_LEN), key->public_key.bits,
                 "public key in the certificate");
    vectors_same(clv_view_of(tbs.data + SKI_AT, CLV_SKI_LEN), ski_view(key), "SKI extension");
}

/* A self-signature covers the TBSCertificate (P-521) or, by a slip of IBM's SDK, nothing (RSA). */
static void check_self_signature(const struct clv_ep11_admin_cert *cert,
                                 const struct check_key *key, bool over_tbs)
{
    struct clv_error err = {0};
    const struct clv_ep11_signer_info si = {.algorithm = key->signer.algorithm,
                                            .signature = cert->signature};
    const struct clv_view nothing = {0};
    check_ok(clv_ep11_signature_verify(&si, &key->public_key, over_tbs ? cert->tbs : nothing, &err),
             &err, "self-signature");
    cr_assert_eq(
        clv_ep11_signature_verify(&si, &key->public_key, over_tbs ? nothing : cert->tbs, NULL),
        CLV_E_FORGED);
}

/* A certificate of our own for the same name and key has the same TBSCertificate. */
static void check_own_certificate(struct vectors *v, const char *name, const struct check_key *key,
                                  const struct clv_ep11_admin_cert *want)
{
    struct clv_error err = {0};
    struct clv_ep11_admin_cert own;
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_admin_cert_encode(w, name, &key->public_key, &key->signer, &err), &err,
             "own certificate");
    check_ok(clv_ep11_admin_cert_decode(clv_writer_view(w), &own, &err), &err, "own certificate");
    vectors_same(own.tbs, want->tbs, "TBSCertificate");
    check_self_signature(&own, key, true);
}

static void check_certificate(struct vectors *v, struct clv_view der, const char *name,
                              const struct check_key *key, struct clv_view ski)
{
    struct clv_error err = {0};
    struct clv_ep11_admin_cert cert;
    bool p521 = key->public_key.type == CLV_EP11_KEY_P521;
    vectors_same(ski_view(key), ski, "SKI");
    check_ok(clv_ep11_admin_cert_decode(der, &cert, &err), &err, "certificate");
    cr_assert_str_eq(cert.name, name);
    cr_assert_eq(cert.key.type, key->public_key.type);
    vectors_same(clv_view_of(cert.ski, CLV_SKI_LEN), ski, "SKI of the certificate's key");
    vectors_same(cert.key.bits, key->public_key.bits, "key of the certificate");
    if (p521) {
        check_p521_offsets(cert.tbs, pad_name(v, name), key);
    } else {
        cr_assert_eq(cert.tbs.len, RSA_TBS_LEN);
        cr_assert_eq(der.len, RSA_CERT_LEN);
    }
    check_self_signature(&cert, key, p521);
    check_own_certificate(v, name, key, &cert);
}

/* The block that X9.31 signs: 6B, BB..., BA, digest, 34 CC. */
static void check_block(struct clv_view block, struct clv_view message)
{
    uint8_t want[CLV_RSA2048_LEN];
    memset(want, 0xbb, sizeof(want));
    want[0] = 0x6b;
    want[221] = 0xba;
    clv_sha256(message.data, message.len, want + 222);
    want[254] = 0x34;
    want[255] = 0xcc;
    vectors_same(clv_view_of(want, sizeof(want)), block, "X9.31 block");
}

/* X9.31 is deterministic: our signature is the SDK's, which shows that both sign the same block. */
static void check_same_signature(const struct check_key *key, struct clv_view message,
                                 struct clv_view want)
{
    struct clv_error err = {0};
    uint8_t sig[512];
    size_t len = 0;
    check_ok(key->signer.sign(key->signer.ctx, message, sig, sizeof(sig), &len, &err), &err,
             "sign");
    vectors_same(clv_view_of(sig, len), want, "X9.31 signature");
}

static void check_keys_a(struct vectors *v, json_t *root)
{
    struct clv_error err = {0};
    size_t i;
    json_t *admin;
    json_array_foreach(vectors_array(root, "admins"), i, admin)
    {
        struct check_key key = check_key_a(v, root, vectors_text(admin, "name"));
        struct clv_view message = vectors_hex(v, admin, "sample_message");
        const struct clv_ep11_signer_info si = {.algorithm = key.signer.algorithm,
                                                .signature =
                                                    vectors_hex(v, admin, "sample_signature")};
        check_certificate(v, vectors_hex(v, admin, "certificate"),
                          vectors_text(admin, "admin_name"), &key, vectors_hex(v, admin, "ski"));
        check_ok(clv_ep11_signature_verify(&si, &key.public_key, message, &err), &err,
                 "sample signature");
        message.len--;
        cr_assert_eq(clv_ep11_signature_verify(&si, &key.public_key, message, NULL), CLV_E_FORGED);
        message.len++;
        if (key.public_key.type != CLV_EP11_KEY_RSA)
            continue;
        check_block(vectors_hex(v, admin, "sample_x931_block"), message);
        check_same_signature(&key, message, si.signature);
    }
}

Test(vectors_keys, keys_a)
{
    vectors_each(VECTORS_EP11, "keys.json", check_keys_a);
}

static void check_cert_b(struct vectors *v, const json_t *keys, const json_t *from)
{
    struct check_key key = check_key_b(v, keys, vectors_text(from, "admin"));
    struct clv_view der = vectors_hex(v, from, "cert");
    const char *name = vectors_text(from, "name");
    struct clv_view padded = pad_name(v, name);
    bool p521 = key.public_key.type == CLV_EP11_KEY_P521;
    cr_assert_str_eq(vectors_text(from, "type"), p521 ? "p521" : "rsa2048");
    vectors_same(padded, clv_view_of(vectors_text(from, "name_field"), NAME_LEN), "name field");
    cr_assert_eq(vectors_int(from, "cert_len"), (json_int_t)der.len);
    cr_assert_eq(vectors_int(from, "tbs_len"), p521 ? P521_TBS_LEN : RSA_TBS_LEN);
    if (p521) {
        cr_assert(vectors_bool(from, "self_signature_verifies"));
    } else {
        cr_assert(vectors_bool(from, "self_signature_over_empty_message_verifies_x931"));
        cr_assert_not(vectors_bool(from, "self_signature_over_tbs_verifies_x931"));
    }
    check_certificate(v, der, name, &key, vectors_hex(v, from, "ski"));
}

static void check_spki(struct vectors *v, struct clv_view der, const struct check_key *key,
                       struct clv_view importer_ski)
{
    struct clv_error err = {0};
    struct clv_ep11_public_key decoded;
    uint8_t ski[CLV_SKI_LEN];
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_spki_decode(der, &decoded, &err), &err, "SubjectPublicKeyInfo");
    cr_assert_eq(decoded.type, key->public_key.type);
    vectors_same(decoded.bits, key->public_key.bits, "importer key");
    clv_ep11_spki_encode(w, &decoded);
    vectors_same(clv_writer_view(w), der, "SubjectPublicKeyInfo, encoded again");
    clv_ep11_importer_ski(&decoded, ski);
    vectors_same(clv_view_of(ski, sizeof(ski)), importer_ski, "importer SKI");
}

static void check_ski_certs(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *cert;
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    json_array_foreach(vectors_array(root, "certs"), i, cert) check_cert_b(v, keys, cert);

    const json_t *importer = vectors_object(root, "importer_ski");
    struct check_key ec = check_key_b(v, keys, "importer_ec");
    struct check_key rsa = check_key_b(v, keys, "importer_rsa");
    vectors_same(ski_view(&ec), vectors_hex(v, importer, "ec_with_04"), "SKI with 04");
    check_spki(v, vectors_hex(v, importer, "ec_spki"), &ec,
               vectors_hex(v, importer, "ec_without_04"));
    check_spki(v, vectors_hex(v, importer, "rsa_spki"), &rsa, vectors_hex(v, importer, "rsa"));
}

Test(vectors_keys, certificates_b)
{
    vectors_each(VECTORS_EP11_B, "ski_certs.json", check_ski_certs);
}

static void check_keys_b(struct vectors *v, json_t *root)
{
    const char *name;
    json_t *key;
    json_object_foreach(root, name, key)(void) check_key_b(v, root, name);
}

Test(vectors_keys, keys_b)
{
    vectors_each(VECTORS_EP11_B, "keys.json", check_keys_b);
}

static void check_digest(struct vectors *v, const json_t *from, struct clv_view message, bool p521)
{
    uint8_t digest[CLV_SHA512_LEN];
    if (p521)
        clv_sha512(message.data, message.len, digest);
    else
        clv_sha256(message.data, message.len, digest);
    vectors_same(clv_view_of(digest, p521 ? CLV_SHA512_LEN : CLV_SHA256_LEN),
                 vectors_hex(v, from, "digest"), "digest");
}

static void check_signature(struct vectors *v, const json_t *keys, const json_t *from)
{
    struct clv_error err = {0};
    struct check_key key = check_key_b(v, keys, vectors_text(from, "key"));
    bool p521 = key.public_key.type == CLV_EP11_KEY_P521;
    struct clv_view message = vectors_hex(v, from, "message");
    const struct clv_ep11_signer_info si = {.algorithm = key.signer.algorithm,
                                            .signature = vectors_hex(v, from, "signature")};
    const json_t *valid = json_object_get(from, "valid");

    cr_assert_str_eq(vectors_text(from, "alg"), p521 ? "ecdsa-p521-sha512" : "rsa2048-x931-sha256");
    if (vectors_has(from, "digest"))
        check_digest(v, from, message, p521);
    clv_status status = clv_ep11_signature_verify(&si, &key.public_key, message, &err);
    if (json_is_true(valid))
        check_ok(status, &err, "valid signature");
    else if (json_is_false(valid))
        cr_assert_eq(status, CLV_E_FORGED, "an invalid signature was accepted");
    else /* n - s: we take it, as X9.31 allows */
        check_ok(status, &err, vectors_text(from, "note"));
    if (vectors_has(from, "padded_block"))
        check_block(vectors_hex(v, from, "padded_block"), message);
    if (!p521 && json_is_true(valid))
        check_same_signature(&key, message, si.signature);
}

static void check_signatures_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    cr_assert(json_array_size(root) > 0);
    json_array_foreach(root, i, from) check_signature(v, keys, from);
}

Test(vectors_keys, signatures_b)
{
    vectors_each(VECTORS_EP11_B, "signatures.json", check_signatures_b);
}
