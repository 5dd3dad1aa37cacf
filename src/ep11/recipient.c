/* RecipientInfo: one key part sealed for one importer key (docs/protocol.md, b.7 and b.8). */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    REASON_RECIPIENT = 23,
    REASON_SIZE = 24,
    REASON_POINT = 25,
    REASON_UNWRAP = 27,
    REASON_PART_SIZE = 28,
};

static const uint8_t version_rsa[] = {2};
static const uint8_t version_ec[] = {3};
static const uint8_t kek_bits[] = {0, 0, 1, 0};

/* ---- P-521: key agreement ---- */
void clv_ep11_shared_info(struct clv_writer *w, const uint8_t ukm[CLV_EP11_UKM_LEN],
                          enum clv_ep11_null null)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_ep11_algorithm_write(w, CLV_OID_AES256_WRAP, null);
    size_t entity = clv_der_open(w, CLV_DER_EXPLICIT_0);
    clv_der_write_octets(w, ukm, CLV_EP11_UKM_LEN);
    clv_der_close(w, entity);
    size_t supplement = clv_der_open(w, CLV_DER_EXPLICIT_2);
    clv_der_write_octets(w, kek_bits, sizeof(kek_bits));
    clv_der_close(w, supplement);
    clv_der_close(w, seq);
}

clv_status clv_ep11_derive_kek(const struct clv_secret *z, const uint8_t ukm[CLV_EP11_UKM_LEN],
                               enum clv_ep11_null null, struct clv_secret **ret_kek,
                               struct clv_error *err)
{
    static const uint8_t first_block[] = {0, 0, 0, 1};
    uint8_t buf[CLV_EP11_SHARED_INFO_MAX];
    struct clv_writer info;
    clv_writer_init_fixed(&info, buf, sizeof(buf));
    clv_ep11_shared_info(&info, ukm, null);
    clv_status status = clv_writer_done(&info, err);
    if (status != CLV_OK)
        return status;

    struct clv_secret *kek = NULL;
    status = clv_secret_new(CLV_SHA256_LEN, &kek, err);
    if (status != CLV_OK)
        return status;
    const struct clv_view pieces[] = {
        clv_view_of(clv_secret_read(z), clv_secret_len(z)),
        clv_view_of(first_block, sizeof(first_block)),
        clv_writer_view(&info),
    };
    clv_sha256_pieces(pieces, sizeof(pieces) / sizeof(pieces[0]), clv_secret_write(kek));
    clv_secret_close(kek);
    clv_secret_close(z);
    *ret_kek = kek;
    return CLV_OK;
}

static void write_recipient_p521(struct clv_writer *w, const struct clv_ep11_exchange *exchange,
                                 const uint8_t wrapped[CLV_EP11_WRAPPED_LEN])
{
    size_t info = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_INTEGER, version_ec, sizeof(version_ec));
    size_t originator = clv_der_open(w, CLV_DER_EXPLICIT_0);
    size_t key = clv_der_open(w, CLV_DER_EXPLICIT_1);
    size_t public_key = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_ep11_oid_write(w, CLV_OID_EC_PUBLIC_KEY); /* bare: no AlgorithmIdentifier, no curve */
    clv_ep11_write_bits(w, clv_view_of(exchange->ephemeral_point, CLV_P521_POINT_LEN));
    clv_der_close(w, public_key);
    clv_der_close(w, key);
    clv_der_close(w, originator);
    size_t ukm = clv_der_open(w, CLV_DER_EXPLICIT_1);
    clv_der_write_octets(w, exchange->ukm, sizeof(exchange->ukm));
    clv_der_close(w, ukm);
    size_t agreement = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_ep11_oid_write(w, CLV_OID_STD_DH_SHA256);
    clv_ep11_algorithm_write(w, CLV_OID_AES256_WRAP, CLV_NULL_PRESENT);
    clv_der_close(w, agreement);
    size_t recipients = clv_der_open(w, CLV_DER_SEQUENCE);
    size_t recipient = clv_der_open(w, CLV_DER_SEQUENCE);
    size_t ski = clv_der_open(w, CLV_DER_EXPLICIT_0);
    clv_der_write_octets(w, exchange->recipient_ski, sizeof(exchange->recipient_ski));
    clv_der_close(w, ski);
    clv_der_write_octets(w, wrapped, CLV_EP11_WRAPPED_LEN);
    clv_der_close(w, recipient);
    clv_der_close(w, recipients);
    clv_der_close(w, info);
}

clv_status clv_ep11_recipient_seal_p521(struct clv_writer *w,
                                        const uint8_t importer_point[CLV_P521_POINT_LEN],
                                        const struct clv_ep11_exchange *exchange,
                                        const struct clv_secret *part, struct clv_error *err)
{
    struct clv_secret *z = NULL;
    struct clv_secret *kek = NULL;
    uint8_t wrapped[CLV_EP11_WRAPPED_LEN];

    clv_status status =
        clv_p521_ecdh(exchange->ephemeral, importer_point, CLV_P521_POINT_LEN, &z, err);
    if (status == CLV_OK)
        status = clv_ep11_derive_kek(z, exchange->ukm, CLV_NULL_PRESENT, &kek, err);
    if (status == CLV_OK)
        status = clv_aes_wrap(kek, part, wrapped, err);
    if (status == CLV_OK) {
        write_recipient_p521(w, exchange, wrapped);
        status = clv_writer_done(w, err);
    }
    clv_secret_free(&kek);
    clv_secret_free(&z);
    return status;
}

static clv_status seal_p521(struct clv_writer *w, const struct clv_ep11_public_key *importer,
                            const struct clv_secret *part, struct clv_error *err)
{
    struct clv_ep11_exchange exchange = {0};
    struct clv_secret *ephemeral = NULL;
    if (importer->bits.len != CLV_P521_POINT_LEN)
        return clv_fail(err, CLV_E_FORMAT, "the importer key is not a P-521 point");
    clv_status status = clv_p521_generate(&ephemeral, exchange.ephemeral_point, err);
    if (status != CLV_OK)
        return status;
    exchange.ephemeral = ephemeral;
    clv_random_fill(clv_random_system(), exchange.ukm, sizeof(exchange.ukm));
    clv_ep11_importer_ski(importer, exchange.recipient_ski);
    status = clv_ep11_recipient_seal_p521(w, importer->bits.data, &exchange, part, err);
    clv_secret_free(&ephemeral);
    return status;
}

/* ---- RSA: key transport ---- */
static clv_status seal_rsa(struct clv_writer *w, const struct clv_ep11_public_key *importer,
                           const struct clv_secret *part, struct clv_error *err)
{
    uint8_t ski[CLV_SKI_LEN];
    uint8_t cipher[512];
    size_t cipher_len = 0;
    clv_status status = clv_rsa_encrypt(importer->bits.data, importer->bits.len, part, cipher,
                                        sizeof(cipher), &cipher_len, err);
    if (status != CLV_OK)
        return status;
    clv_ep11_importer_ski(importer, ski);
    size_t info = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_INTEGER, version_rsa, sizeof(version_rsa));
    clv_der_write(w, CLV_DER_CONTEXT_0, ski, sizeof(ski));
    clv_ep11_algorithm_write(w, CLV_OID_RSA, CLV_NULL_PRESENT);
    clv_der_write_octets(w, cipher, cipher_len);
    clv_der_close(w, info);
    return clv_writer_done(w, err);
}

clv_status clv_ep11_recipient_seal(struct clv_writer *w, const struct clv_ep11_public_key *importer,
                                   const struct clv_secret *part, struct clv_error *err)
{
    if (clv_secret_len(part) != CLV_EP11_PART_LEN)
        return clv_fail(err, CLV_E_INTERNAL, "a key part has %d bytes, not %zu", CLV_EP11_PART_LEN,
                        clv_secret_len(part));
    clv_status status = importer->type == CLV_EP11_KEY_P521 ? seal_p521(w, importer, part, err)
                                                            : seal_rsa(w, importer, part, err);
    return clv_while(err, status, "sealing a key part for a unit");
}

/* ---- opening ---- */
struct sealed {
    struct clv_view point, ukm; /* P-521 only */
    struct clv_view ski;        /* whom it is for: the 32 bytes, and for P-521 their header */
    struct clv_view cipher;
};

/* The recipient's SKI does not decide: clients disagree on how it is computed (b.6). */
static void read_p521(struct clv_reader *r, struct sealed *ret)
{
    struct clv_reader info, originator, key, public_key, ukm, agreement, recipients, recipient;
    clv_der_enter(r, CLV_DER_SEQUENCE, &info, "RecipientInfo");
    clv_der_expect(&info, CLV_DER_INTEGER, version_ec, sizeof(version_ec), "RecipientInfo version");
    clv_der_enter(&info, CLV_DER_EXPLICIT_0, &originator, "originator");
    clv_der_enter(&originator, CLV_DER_EXPLICIT_1, &key, "originator key");
    clv_der_enter(&key, CLV_DER_SEQUENCE, &public_key, "originator key");
    clv_ep11_oid_expect(&public_key, CLV_OID_EC_PUBLIC_KEY, "originator key");
    ret->point = clv_ep11_read_bits(&public_key, "originator key");
    clv_der_leave(&public_key);
    clv_der_leave(&key);
    clv_der_leave(&originator);
    clv_der_enter(&info, CLV_DER_EXPLICIT_1, &ukm, "user keying material");
    ret->ukm = clv_der_octets_n(&ukm, CLV_EP11_UKM_LEN, "user keying material");
    clv_der_leave(&ukm);
    clv_der_enter(&info, CLV_DER_SEQUENCE, &agreement, "key agreement");
    clv_ep11_oid_expect(&agreement, CLV_OID_STD_DH_SHA256, "key agreement");
    clv_ep11_algorithm_expect(&agreement, CLV_OID_AES256_WRAP, "key wrap");
    clv_der_leave(&agreement);
    clv_der_enter(&info, CLV_DER_SEQUENCE, &recipients, "recipients");
    clv_der_enter(&recipients, CLV_DER_SEQUENCE, &recipient, "recipient");
    ret->ski = clv_der_read(&recipient, CLV_DER_EXPLICIT_0, "recipient SKI");
    ret->cipher = clv_der_octets(&recipient, "wrapped part");
    clv_der_leave(&recipient);
    clv_der_leave(&recipients);
    clv_der_leave(&info);
}

static void read_rsa(struct clv_reader *r, struct sealed *ret)
{
    struct clv_reader info;
    clv_der_enter(r, CLV_DER_SEQUENCE, &info, "RecipientInfo");
    clv_der_expect(&info, CLV_DER_INTEGER, version_rsa, sizeof(version_rsa),
                   "RecipientInfo version");
    ret->ski = clv_der_read(&info, CLV_DER_CONTEXT_0, "recipient SKI");
    clv_ep11_algorithm_expect(&info, CLV_OID_RSA, "key encryption");
    ret->cipher = clv_der_octets(&info, "encrypted part");
    clv_der_leave(&info);
}

/* SharedInfo with NULL first, then without: the wrap's own check tells which one was meant. */
static clv_status unwrap(const struct sealed *sealed, const struct clv_secret *z,
                         struct clv_secret **ret_part, struct clv_error *err)
{
    static const enum clv_ep11_null forms[] = {CLV_NULL_PRESENT, CLV_NULL_ABSENT};
    clv_status status = CLV_E_FORGED;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]) && status == CLV_E_FORGED; i++) {
        struct clv_secret *kek = NULL;
        status = clv_ep11_derive_kek(z, sealed->ukm.data, forms[i], &kek, err);
        if (status == CLV_OK)
            status = clv_aes_unwrap(kek, sealed->cipher.data, sealed->cipher.len, ret_part, err);
        clv_secret_free(&kek);
    }
    return status;
}

static clv_status open_p521(const struct sealed *sealed, const struct clv_secret *scalar,
                            struct clv_secret **ret_part, uint32_t *reason, struct clv_error *err)
{
    struct clv_secret *z = NULL;
    *reason = REASON_SIZE;
    if (sealed->cipher.len != CLV_EP11_WRAPPED_LEN)
        return clv_fail(err, CLV_E_FORMAT, "a wrapped part has %d bytes, not %zu",
                        CLV_EP11_WRAPPED_LEN, sealed->cipher.len);
    *reason = REASON_POINT;
    clv_status status = clv_p521_check_point(sealed->point.data, sealed->point.len, err);
    if (status != CLV_OK)
        return status;
    *reason = REASON_UNWRAP;
    status = clv_p521_ecdh(scalar, sealed->point.data, sealed->point.len, &z, err);
    if (status == CLV_OK)
        status = unwrap(sealed, z, ret_part, err);
    clv_secret_free(&z);
    return status;
}

static clv_status rsa_cipher_len(const struct clv_secret *private_der, size_t *ret_len,
                                 struct clv_error *err)
{
    uint8_t *public_der = NULL;
    size_t len = 0;
    unsigned bits = 0;
    clv_status status = clv_rsa_public(private_der, &public_der, &len, err);
    if (status == CLV_OK)
        status = clv_rsa_modulus_bits(public_der, len, &bits, err);
    if (status == CLV_OK)
        *ret_len = bits / 8;
    free(public_der);
    return status;
}

static clv_status open_rsa(const struct sealed *sealed, const struct clv_secret *private_der,
                           struct clv_secret **ret_part, uint32_t *reason, struct clv_error *err)
{
    size_t want = 0;
    *reason = REASON_UNWRAP;
    clv_status status = rsa_cipher_len(private_der, &want, err);
    if (status != CLV_OK)
        return status;
    if (sealed->cipher.len != want) {
        *reason = REASON_SIZE;
        return clv_fail(err, CLV_E_FORMAT, "an encrypted part has %zu bytes, not %zu", want,
                        sealed->cipher.len);
    }
    return clv_rsa_decrypt(private_der, sealed->cipher.data, sealed->cipher.len, ret_part, err);
}

static clv_status read_sealed(struct clv_view bytes, enum clv_ep11_key_type type,
                              struct sealed *ret, struct clv_error *err)
{
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    if (type == CLV_EP11_KEY_P521)
        read_p521(&r, ret);
    else
        read_rsa(&r, ret);
    return clv_reader_done(&r, err);
}

static clv_status open_sealed(struct clv_view bytes, enum clv_ep11_key_type type,
                              const struct clv_secret *importer_private,
                              struct clv_secret **ret_part, uint32_t *reason, struct clv_error *err)
{
    struct sealed sealed = {0};
    *reason = REASON_RECIPIENT;
    clv_status status = read_sealed(bytes, type, &sealed, err);
    if (status != CLV_OK)
        return status;
    if (type == CLV_EP11_KEY_P521)
        return open_p521(&sealed, importer_private, ret_part, reason, err);
    return open_rsa(&sealed, importer_private, ret_part, reason, err);
}

clv_status clv_ep11_recipient_open(struct clv_view bytes, enum clv_ep11_key_type type,
                                   const struct clv_secret *importer_private,
                                   struct clv_secret **ret_part, uint32_t *ret_reason,
                                   struct clv_error *err)
{
    struct clv_secret *part = NULL;
    uint32_t reason = REASON_RECIPIENT;
    clv_status status = open_sealed(bytes, type, importer_private, &part, &reason, err);
    if (status == CLV_OK && clv_secret_len(part) != CLV_EP11_PART_LEN) {
        reason = REASON_PART_SIZE;
        status = clv_fail(err, CLV_E_MISMATCH, "the sealed part has %zu bytes, not %d",
                          clv_secret_len(part), CLV_EP11_PART_LEN);
        clv_secret_free(&part);
    }
    if (status == CLV_OK)
        *ret_part = part;
    else if (ret_reason)
        *ret_reason = reason;
    return clv_while(err, status, "opening a sealed key part");
}

/* ---- looking at what somebody else sealed ---- */

static clv_status check_form(const struct sealed *sealed,
                             const struct clv_ep11_public_key *importer, struct clv_error *err)
{
    bool ec = importer->type == CLV_EP11_KEY_P521;
    size_t want = ec ? CLV_EP11_WRAPPED_LEN : importer->rsa_bits / 8;
    if (sealed->cipher.len != want)
        return clv_fail(err, CLV_E_FORMAT, "a sealed part of %zu bytes, not %zu",
                        sealed->cipher.len, want);
    return ec ? clv_p521_check_point(sealed->point.data, sealed->point.len, err) : CLV_OK;
}

/* By the rule for importer keys or by that for administrators (b.6). */
static bool is_for(const struct sealed *sealed, const struct clv_ep11_public_key *importer)
{
    static const uint8_t header[] = {CLV_DER_OCTETS, CLV_SKI_LEN};
    uint8_t ski[CLV_SKI_LEN], other[CLV_SKI_LEN];
    size_t skip = importer->type == CLV_EP11_KEY_P521 ? sizeof(header) : 0;
    if (sealed->ski.len != skip + CLV_SKI_LEN || memcmp(sealed->ski.data, header, skip) != 0)
        return false;
    clv_ep11_importer_ski(importer, ski);
    clv_ep11_admin_ski(importer, other);
    return memcmp(sealed->ski.data + skip, ski, CLV_SKI_LEN) == 0 ||
           memcmp(sealed->ski.data + skip, other, CLV_SKI_LEN) == 0;
}

clv_status clv_ep11_recipient_check(struct clv_view bytes,
                                    const struct clv_ep11_public_key *importer,
                                    struct clv_error *err)
{
    struct sealed sealed = {0};
    clv_status status = read_sealed(bytes, importer->type, &sealed, err);
    if (status == CLV_OK)
        status = check_form(&sealed, importer, err);
    if (status == CLV_OK && !is_for(&sealed, importer))
        status = clv_fail(err, CLV_E_MISMATCH, "it is sealed for another importer key");
    return clv_while(err, status, "looking at a sealed key part");
}
