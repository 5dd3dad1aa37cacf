/* SignerInfos: several, mixed, altered, of kinds we do not verify. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "src/ep11/internal.h"
#include "start.h"

TestSuite(signature, .init = test_start);

static const char text[] = "what is signed";
#define MESSAGE clv_view_of(text, sizeof(text))

struct key {
    struct clv_secret *private_key;
    uint8_t point[CLV_P521_POINT_LEN];
    uint8_t *rsa_public;
    struct clv_ep11_public_key public_key;
    struct clv_ep11_signer signer;
};

static void make_p521(struct key *k)
{
    cr_assert_eq(clv_p521_generate(&k->private_key, k->point, NULL), CLV_OK);
    k->public_key.type = CLV_EP11_KEY_P521;
    k->public_key.bits = clv_view_of(k->point, sizeof(k->point));
    cr_assert_eq(clv_ep11_signer_p521(k->private_key, &k->signer, NULL), CLV_OK);
}

static void make_rsa(struct key *k)
{
    size_t len = 0;
    cr_assert_eq(clv_rsa_generate(2048, &k->private_key, &k->rsa_public, &len, NULL), CLV_OK);
    k->public_key.type = CLV_EP11_KEY_RSA;
    k->public_key.bits = clv_view_of(k->rsa_public, len);
    cr_assert_eq(clv_ep11_signer_rsa(k->private_key, &k->signer, NULL), CLV_OK);
}

static void drop(struct key *k)
{
    clv_secret_free(&k->private_key);
    free(k->rsa_public);
}

static void read_one(struct clv_view bytes, struct clv_ep11_signer_info *ret)
{
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_ep11_signer_info_read(&r, ret);
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
}

Test(signature, several_administrators_sign_one_after_another)
{
    struct key ec = {0};
    struct key rsa = {0};
    struct clv_writer w = {0};
    make_p521(&ec);
    make_rsa(&rsa);
    const struct clv_ep11_signer signers[] = {rsa.signer, ec.signer};
    const struct clv_ep11_public_key *keys[] = {&rsa.public_key, &ec.public_key};
    cr_assert_eq(clv_ep11_sign(&w, signers, 2, MESSAGE, NULL), CLV_OK);

    struct clv_reader r;
    clv_reader_init(&r, w.data, w.len);
    for (size_t i = 0; i < 2; i++) {
        struct clv_ep11_signer_info si = {0};
        clv_ep11_signer_info_read(&r, &si);
        cr_assert_arr_eq(si.ski, signers[i].ski, CLV_SKI_LEN);
        cr_assert_eq(clv_ep11_signature_verify(&si, keys[i], MESSAGE, NULL), CLV_OK);
        cr_assert_eq(clv_ep11_signature_verify(&si, keys[1 - i], MESSAGE, NULL), CLV_E_UNSUPPORTED);
    }
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
    clv_writer_clear(&w);
    drop(&ec);
    drop(&rsa);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(signature, no_single_bit_of_the_message_can_change)
{
    struct key ec = {0};
    struct clv_writer w = {0};
    struct clv_ep11_signer_info si;
    uint8_t changed[sizeof(text)];
    make_p521(&ec);
    cr_assert_eq(clv_ep11_sign(&w, &ec.signer, 1, MESSAGE, NULL), CLV_OK);
    read_one(clv_writer_view(&w), &si);
    memcpy(changed, text, sizeof(text));
    for (size_t bit = 0; bit < 8 * sizeof(changed); bit++) {
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_ep11_signature_verify(&si, &ec.public_key,
                                               clv_view_of(changed, sizeof(changed)), NULL),
                     CLV_E_FORGED);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    clv_writer_clear(&w);
    drop(&ec);
}

/* Whatever bit of an encoded SignerInfo changes: it no longer reads, names another signer, or
 * fails. */
Test(signature, no_single_bit_of_a_signer_info_can_change)
{
    struct key ec = {0};
    struct clv_writer w = {0};
    make_p521(&ec);
    cr_assert_eq(clv_ep11_sign(&w, &ec.signer, 1, MESSAGE, NULL), CLV_OK);
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        struct clv_reader r;
        struct clv_ep11_signer_info si = {0};
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        clv_reader_init(&r, w.data, w.len);
        clv_ep11_signer_info_read(&r, &si);
        if (clv_reader_done(&r, NULL) == CLV_OK && memcmp(si.ski, ec.signer.ski, CLV_SKI_LEN) == 0)
            cr_assert_neq(clv_ep11_signature_verify(&si, &ec.public_key, MESSAGE, NULL), CLV_OK,
                          "bit %zu", bit);
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    clv_writer_clear(&w);
    drop(&ec);
}

static void write_dilithium(struct clv_writer *w)
{
    const struct clv_ep11_signer_info si = {.algorithm = CLV_EP11_SIG_DILITHIUM,
                                            .signature = clv_view_of("opaque", 6)};
    clv_ep11_signer_info_encode(w, &si);
}

Test(signature, a_units_ecdsa_signature_is_found_wherever_it_stands)
{
    struct key ec = {0};
    struct key other = {0};
    struct clv_writer first = {0};
    struct clv_writer second = {0};
    make_p521(&ec);
    make_p521(&other);
    cr_assert_eq(clv_ep11_sign(&first, &ec.signer, 1, MESSAGE, NULL), CLV_OK);
    write_dilithium(&first);
    write_dilithium(&second);
    cr_assert_eq(clv_ep11_sign(&second, &ec.signer, 1, MESSAGE, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_device_signature_verify(clv_writer_view(&first), ec.point, MESSAGE, NULL),
                 CLV_OK);
    cr_assert_eq(
        clv_ep11_device_signature_verify(clv_writer_view(&second), ec.point, MESSAGE, NULL),
        CLV_OK);
    cr_assert_eq(
        clv_ep11_device_signature_verify(clv_writer_view(&second), other.point, MESSAGE, NULL),
        CLV_E_FORGED);
    /* Two of them would leave open which one counts. */
    cr_assert_eq(clv_ep11_sign(&second, &other.signer, 1, MESSAGE, NULL), CLV_OK);
    cr_assert_eq(
        clv_ep11_device_signature_verify(clv_writer_view(&second), ec.point, MESSAGE, NULL),
        CLV_E_FORMAT);
    clv_writer_clear(&first);
    clv_writer_clear(&second);
    drop(&ec);
    drop(&other);
}

Test(signature, a_response_without_an_ecdsa_signature_is_forged)
{
    static const uint8_t point[CLV_P521_POINT_LEN];
    struct clv_writer w = {0};
    cr_assert_eq(clv_ep11_device_signature_verify(clv_writer_view(&w), point, MESSAGE, NULL),
                 CLV_E_FORGED);
    write_dilithium(&w);
    cr_assert_eq(clv_ep11_device_signature_verify(clv_writer_view(&w), point, MESSAGE, NULL),
                 CLV_E_FORGED);
    clv_writer_clear(&w);
}

Test(signature, dilithium_is_carried_and_not_verified)
{
    struct clv_writer w = {0};
    struct clv_ep11_signer_info si;
    const struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521};
    write_dilithium(&w);
    read_one(clv_writer_view(&w), &si);
    cr_assert_eq(si.algorithm, CLV_EP11_SIG_DILITHIUM);
    cr_assert_eq(clv_ep11_signature_verify(&si, &key, MESSAGE, NULL), CLV_E_UNSUPPORTED);
    clv_writer_clear(&w);
}

/* IBM's own reader tolerates AlgorithmIdentifiers without parameters. */
Test(signature, a_missing_null_is_tolerated)
{
    struct clv_writer w = {0};
    struct clv_ep11_signer_info si;
    static const uint8_t ski[CLV_SKI_LEN];
    size_t seq = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write(&w, CLV_DER_INTEGER, "\x03", 1);
    clv_der_write(&w, CLV_DER_CONTEXT_0, ski, sizeof(ski));
    clv_ep11_algorithm_write(&w, CLV_OID_SHA256, CLV_NULL_ABSENT);
    clv_ep11_algorithm_write(&w, CLV_OID_SHA256_RSA, CLV_NULL_ABSENT);
    clv_der_write_octets(&w, "s", 1);
    clv_der_close(&w, seq);
    read_one(clv_writer_view(&w), &si);
    cr_assert_eq(si.algorithm, CLV_EP11_SIG_RSA_PKCS1);
    clv_writer_clear(&w);
}

static void refuse_pair(enum clv_ep11_oid digest, enum clv_ep11_oid algorithm)
{
    struct clv_writer w = {0};
    struct clv_reader r;
    struct clv_ep11_signer_info si = {0};
    static const uint8_t ski[CLV_SKI_LEN];
    size_t seq = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write(&w, CLV_DER_INTEGER, "\x03", 1);
    clv_der_write(&w, CLV_DER_CONTEXT_0, ski, sizeof(ski));
    clv_ep11_algorithm_write(&w, digest, CLV_NULL_PRESENT);
    clv_ep11_algorithm_write(&w, algorithm, CLV_NULL_PRESENT);
    clv_der_write_octets(&w, "s", 1);
    clv_der_close(&w, seq);
    clv_reader_init(&r, w.data, w.len);
    clv_ep11_signer_info_read(&r, &si);
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_E_FORMAT);
    clv_writer_clear(&w);
}

Test(signature, other_pairs_of_algorithms_are_refused)
{
    refuse_pair(CLV_OID_SHA256, CLV_OID_ECDSA_SHA512);
    refuse_pair(CLV_OID_SHA512, CLV_OID_RSA);
    refuse_pair(CLV_OID_SHA512, CLV_OID_SHA512);
}
