/* Device certificates: the two formats that no vector covers, built here byte by byte, the
 * published IBM roots, and altered certificates. */
#include <criterion/criterion.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(device_cert, .init = test_start);

struct pair {
    struct clv_secret *scalar;
    uint8_t point[CLV_P521_POINT_LEN];
};

static struct pair new_pair(void)
{
    struct pair p = {0};
    cr_assert_eq(clv_p521_generate(&p.scalar, p.point, NULL), CLV_OK);
    return p;
}

static void check_signed(struct clv_view bytes, unsigned format, const struct pair *own,
                         const struct pair *signer)
{
    struct clv_ep11_device_cert cert;
    struct clv_error err = {0};
    cr_assert_eq(clv_ep11_device_cert_decode(bytes, &cert, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(cert.format, format);
    cr_assert_arr_eq(cert.point, own->point, sizeof(cert.point));
    cr_assert_eq(clv_ep11_device_cert_verify(&cert, signer->point, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_device_cert_verify(&cert, own->point, NULL), CLV_E_FORGED);
}

static void sign(const struct pair *signer, const struct clv_view *pieces, size_t num, uint8_t *r,
                 uint8_t *s)
{
    uint8_t digest[CLV_SHA512_LEN];
    struct clv_writer all = {0};
    for (size_t i = 0; i < num; i++)
        clv_write_view(&all, pieces[i]);
    clv_sha512(all.data, all.len, digest);
    clv_writer_clear(&all);
    cr_assert_eq(clv_p521_sign_raw(signer->scalar, digest, r, s, NULL), CLV_OK);
}

/* Offsets from the start of the certificate; the SignerInfo part starts at 182. */
static const struct cex8 {
    size_t len, key_header, key_info, spki, spki_end, r, s, oa_info_len;
} cex8[] = {
    {7973, 182 + 54, 182 + 61, 182 + 198, 182 + 356, 182 + 376, 182 + 444, 80},
    {7810, 182 + 54, 182 + 59, 182 + 116, 182 + 274, 182 + 294, 182 + 362, 0},
};

static void check_cex8(const struct cex8 *f)
{
    static uint8_t cert[7973];
    struct pair own = new_pair();
    struct pair signer = new_pair();
    struct clv_ep11_device_cert decoded;
    for (size_t i = 0; i < sizeof(cert); i++)
        cert[i] = (uint8_t)(i * 7);
    memcpy(cert + f->spki + 25, own.point, sizeof(own.point));
    const struct clv_view pieces[] = {
        clv_view_of(cert + 4, 95),
        clv_view_of(cert + 99, 83),
        clv_view_of(cert + f->key_header, f->key_info - f->key_header),
        clv_view_of(cert + f->key_info, f->spki - f->key_info),
        clv_view_of(cert + f->spki, f->spki_end - f->spki),
    };
    sign(&signer, pieces, 5, cert + f->r, cert + f->s);
    check_signed(clv_view_of(cert, f->len), 3, &own, &signer);

    cr_assert_eq(clv_ep11_device_cert_decode(clv_view_of(cert, f->len), &decoded, NULL), CLV_OK);
    cr_assert_arr_eq(decoded.signer_ski, cert + 182 + 9, CLV_SKI_LEN);
    cr_assert_arr_eq(decoded.subject_ski, cert + f->key_info + 23, CLV_SKI_LEN);
    cr_assert_arr_eq(decoded.adapter_id, cert + 4 + 25, 12);
    cr_assert_eq(decoded.oa_info.len, f->oa_info_len);

    static const size_t covered[] = {4, 98, 99, 181};
    for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
        cert[covered[i]] ^= 1;
        cr_assert_eq(clv_ep11_device_cert_decode(clv_view_of(cert, f->len), &decoded, NULL),
                     CLV_OK);
        cr_assert_eq(clv_ep11_device_cert_verify(&decoded, signer.point, NULL), CLV_E_FORGED);
        cert[covered[i]] ^= 1;
    }
    cert[f->len - 1] ^= 1; /* the Dilithium half, which is not looked at */
    check_signed(clv_view_of(cert, f->len), 3, &own, &signer);
    clv_secret_free(&own.scalar);
    clv_secret_free(&signer.scalar);
}

Test(device_cert, cex8_with_and_without_oa_info)
{
    check_cex8(&cex8[0]);
    check_cex8(&cex8[1]);
}

/* Header 52, body 240 (with the key at 72), signature 140. */
#define BODY_AT 52
#define BODY_LEN 240
#define KEY_AT (BODY_AT + 72)
#define KEY_LEN (26 + CLV_P521_POINT_LEN)
#define SIG_AT (BODY_AT + BODY_LEN)
#define SIG_LEN (8 + 66 + 66)
#define CEX5_LEN (SIG_AT + SIG_LEN)

static void put_u32(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static void build_cex5(uint8_t cert[CEX5_LEN], const struct pair *own, const struct pair *signer)
{
    memset(cert, 0, CEX5_LEN);
    put_u32(cert + 4, 1);
    put_u32(cert + 8, BODY_AT - 8);
    put_u32(cert + 12, BODY_LEN);
    put_u32(cert + 16, SIG_AT - 16);
    put_u32(cert + 20, SIG_LEN);
    uint8_t *body = cert + BODY_AT;
    put_u32(body + 4, 2);
    put_u32(body + 8, KEY_AT - BODY_AT - 8);
    put_u32(body + 12, KEY_LEN);
    memcpy(body + 36, "ADAPTER1", 8);
    memcpy(body + 52, "own name", 8);
    memcpy(body + 64, "parents.", 8);
    uint8_t *key = cert + KEY_AT;
    key[22] = 0x02;
    key[23] = 0x09;
    key[25] = CLV_P521_POINT_LEN;
    memcpy(key + 26, own->point, CLV_P521_POINT_LEN);
    const struct clv_view piece = clv_view_of(body, BODY_LEN);
    sign(signer, &piece, 1, cert + SIG_AT + 8, cert + SIG_AT + 8 + 66);
}

Test(device_cert, cex5)
{
    uint8_t cert[CEX5_LEN];
    struct pair own = new_pair();
    struct pair signer = new_pair();
    struct clv_ep11_device_cert decoded;
    build_cex5(cert, &own, &signer);
    check_signed(clv_view_of(cert, sizeof(cert)), 1, &own, &signer);
    cr_assert_eq(clv_ep11_device_cert_decode(clv_view_of(cert, sizeof(cert)), &decoded, NULL),
                 CLV_OK);
    cr_assert_arr_eq(decoded.subject_ski, "own name", 8);
    cr_assert_arr_eq(decoded.signer_ski, "parents.", 8);
    cr_assert_arr_eq(decoded.adapter_id, "ADAPTER1", 8);
    for (size_t len = 0; len < sizeof(cert); len++)
        cr_assert_eq(clv_ep11_device_cert_decode(clv_view_of(cert, len), &decoded, NULL),
                     CLV_E_FORMAT, "%zu bytes", len);
    for (size_t bit = 0; bit < 8 * sizeof(cert); bit++) {
        cert[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (clv_ep11_device_cert_decode(clv_view_of(cert, sizeof(cert)), &decoded, NULL) ==
                CLV_OK &&
            bit / 8 >= BODY_AT && bit / 8 < SIG_AT)
            cr_assert_eq(clv_ep11_device_cert_verify(&decoded, signer.point, NULL), CLV_E_FORGED);
        cert[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    clv_secret_free(&own.scalar);
    clv_secret_free(&signer.scalar);
}

Test(device_cert, no_single_bit_of_ours_can_change)
{
    struct pair own = new_pair();
    struct pair signer = new_pair();
    struct clv_writer w = {0};
    uint8_t ski[CLV_SKI_LEN];
    static const uint8_t adapter[12] = "CLAVIGER0001";
    clv_ep11_device_ski(signer.point, ski);
    cr_assert_eq(clv_ep11_device_cert_encode(&w, own.point, adapter, ski, signer.scalar, NULL),
                 CLV_OK);
    cr_assert_eq(w.len, 672);
    check_signed(clv_writer_view(&w), 2, &own, &signer);
    for (size_t bit = 0; bit + 8 < 8 * w.len; bit++) { /* the last byte is padding, not signed */
        struct clv_ep11_device_cert cert;
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        clv_status status = clv_ep11_device_cert_decode(clv_writer_view(&w), &cert, NULL);
        if (status == CLV_OK)
            status = clv_ep11_device_cert_verify(&cert, signer.point, NULL);
        cr_assert_neq(status, CLV_OK, "bit %zu", bit);
        w.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    clv_writer_clear(&w);
    clv_secret_free(&own.scalar);
    clv_secret_free(&signer.scalar);
}

/* The rule for device keys' identifiers reproduces those that IBM publishes with its roots. */
static const struct {
    const char *ski, *point;
} ibm_roots[] = {
    {"5f4717480b75b8bcbc224c62dfbd7a3b8987e54193d40a1a664fa221e5387123",
     "04018bd55521ae1d52a07630d04cd1adeb82f22fea54da7ccf5d4e33e0c5ff075519f4d9d902a6800d47dc2c0e5fd"
     "4"
     "f6ebe63096f37fadf9717b8a679d0fb1d5957cdc0116f34a637240bf0abcef0528cb8eb4cdde17154010d10692c75"
     "3"
     "fdadebcfb452130fa664bc8546c1bd72211297ad0038836a4e55182530d6ccb10ffa2004f7f9cd"},
    {"b23884d4dea35eaabab109e0a6c400b2f5bea652f14ab23d2a47220696eb0e6b",
     "040112ec7b6c304f2ded0dcbc0d8ec3c43ee2fb377052a46517747bfe5ad35e68f50016644a438cc6c20c4d1b2508"
     "5"
     "eea9c83a99514d9b39b6e3d60f472237ac894d81002b53cdf6a39ca67e258a0e714d6609d7ea3f687aa0b3bf8b69f"
     "9"
     "2e7dcf539792abb8b063be8f9393124c10271d4c569626cb6e8ea79f502670c201848e328041a7"},
    {"96c87ef655f67918b4f38c612ed9e492fe152555a63cd5fe2b719ee77b3277f6",
     "0401b6de79e40847a31b10ed5e2458d70b5acb8f2e3c1a78875a99cdee110cdd27020174485b0e71deb3668e57418"
     "1"
     "443eb3801d0d2060b90ce8f2c09bf0fb346c3657018f9caef6a395b32b03f3327993f55b96e0a3c5fab1dc640e033"
     "c"
     "eaede78b41d27400f611494f227c5695abd40d8facdbb30a0a4a63e62bb2867805e85768cbcd33"},
};

Test(device_cert, identifiers_of_ibm_roots)
{
    for (size_t i = 0; i < sizeof(ibm_roots) / sizeof(ibm_roots[0]); i++) {
        uint8_t point[CLV_P521_POINT_LEN], want[CLV_SKI_LEN], ski[CLV_SKI_LEN];
        cr_assert_eq(
            clv_unhex(ibm_roots[i].point, strlen(ibm_roots[i].point), point, sizeof(point), NULL),
            CLV_OK);
        cr_assert_eq(clv_unhex(ibm_roots[i].ski, 64, want, sizeof(want), NULL), CLV_OK);
        cr_assert_eq(clv_p521_check_point(point, sizeof(point), NULL), CLV_OK);
        clv_ep11_device_ski(point, ski);
        cr_assert_arr_eq(ski, want, sizeof(ski));
    }
}
