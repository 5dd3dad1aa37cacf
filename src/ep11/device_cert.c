/* Device (OA) certificates (docs/protocol.md, b.10): which format, and the one of CEX6 and CEX7 in
 * both directions. The others are in device_cert_older.c. */
#include "internal.h"

#include <string.h>

#define CEX8_LEN_WITH_OA_INFO 7973
#define CEX8_LEN 7810
#define FIRST_BYTE_CEX7 0x45

#define HEADER_LEN 32
#define NUM_SECTIONS 5
enum { SECTION_INFO, SECTION_META, SECTION_AUX, SECTION_SPKI, SECTION_SIGNER };

static const uint8_t version_3[] = {3};

static size_t padding_of(size_t len)
{
    return (8 - len % 8) % 8;
}

/* ---- reading ---- */
static void read_header(struct clv_reader *r, size_t total, uint32_t sections[NUM_SECTIONS])
{
    (void)clv_read_bytes(r, 3, "header"); /* the mark, looked at before, and two spare bytes */
    if (clv_read_u8(r, "number of sections") != NUM_SECTIONS)
        clv_reader_fault(r, "number of sections", "is not 5");
    if (clv_read_u32(r, "total length") != total)
        clv_reader_fault(r, "total length", "is not the length of the certificate");
    for (size_t i = 0; i < NUM_SECTIONS; i++)
        sections[i] = clv_read_u32(r, "section length");
    (void)clv_read_bytes(r, 4, "header padding");
}

static void read_meta(struct clv_reader *r, struct clv_ep11_device_cert *cert)
{
    struct clv_reader seq;
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "metadata");
    (void)clv_der_octets_n(&seq, 4, "version");
    (void)clv_der_octets_n(&seq, 4, "trust flags");
    (void)clv_der_octets_n(&seq, 8, "adapter type");
    clv_ep11_read_fixed(&seq, CLV_DER_OCTETS, cert->adapter_id, sizeof(cert->adapter_id),
                        "adapter id");
    (void)clv_der_octets_n(&seq, 32, "source configuration");
    (void)clv_der_octets_n(&seq, 4, "boot count");
    (void)clv_der_octets_n(&seq, 4, "key type");
    clv_ep11_read_fixed(&seq, CLV_DER_OCTETS, cert->subject_ski, CLV_SKI_LEN, "subject SKI");
    clv_ep11_read_fixed(&seq, CLV_DER_OCTETS, cert->signer_ski, CLV_SKI_LEN, "signer SKI");
    (void)clv_der_octets_n(&seq, 16, "signing time");
    cert->oa_info = clv_der_octets(&seq, "OA info");
    clv_der_leave(&seq);
    clv_der_leave(r);
}

static void read_spki(struct clv_reader *r, struct clv_ep11_device_cert *cert)
{
    struct clv_ep11_public_key key;
    clv_ep11_spki_read(r, &key);
    clv_der_leave(r);
    if (key.type == CLV_EP11_KEY_P521 && key.bits.len == sizeof(cert->point))
        memcpy(cert->point, key.bits.data, sizeof(cert->point));
    else
        clv_reader_fault(r, "device key", "is not a P-521 key");
}

/* r and s are as wide as the curve, leading zeros and all: not what DER asks for. */
static void read_signer(struct clv_reader *r, struct clv_ep11_device_cert *cert)
{
    struct clv_reader seq, octets, pair;
    uint8_t ski[CLV_SKI_LEN];
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "SignerInfo");
    clv_der_expect(&seq, CLV_DER_INTEGER, version_3, sizeof(version_3), "SignerInfo version");
    clv_ep11_read_fixed(&seq, CLV_DER_CONTEXT_0, ski, sizeof(ski), "signer SKI");
    if (memcmp(ski, cert->signer_ski, sizeof(ski)) != 0)
        clv_reader_fault(&seq, "signer SKI", "is not the one of the metadata");
    clv_ep11_algorithm_expect(&seq, CLV_OID_SHA512, "digest algorithm");
    clv_ep11_algorithm_expect(&seq, CLV_OID_ECDSA_SHA512, "signature algorithm");
    clv_der_enter(&seq, CLV_DER_OCTETS, &octets, "signature");
    clv_der_enter(&octets, CLV_DER_SEQUENCE, &pair, "signature");
    clv_der_read_unsigned(&pair, cert->r, sizeof(cert->r), "signature r");
    clv_der_read_unsigned(&pair, cert->s, sizeof(cert->s), "signature s");
    clv_der_leave(&pair);
    clv_der_leave(&octets);
    clv_der_leave(&seq);
    clv_der_leave(r);
}

static clv_status decode_cex7(struct clv_view bytes, struct clv_ep11_device_cert *cert,
                              struct clv_error *err)
{
    struct clv_reader r;
    struct clv_reader sections[NUM_SECTIONS];
    size_t signed_len = 0;
    clv_reader_init(&r, bytes.data, bytes.len);
    read_header(&r, bytes.len, cert->sections);
    for (size_t i = 0; i < NUM_SECTIONS; i++) {
        signed_len = r.pos;
        clv_reader_sub(&r, cert->sections[i], &sections[i], "section");
        (void)clv_read_bytes(&r, padding_of(cert->sections[i]), "section padding");
    }
    read_meta(&sections[SECTION_META], cert);
    read_spki(&sections[SECTION_SPKI], cert);
    read_signer(&sections[SECTION_SIGNER], cert);
    clv_status status = clv_reader_done(&r, err);
    if (status != CLV_OK)
        return status;
    cert->format = 2;
    cert->signed_bytes = clv_view_of(bytes.data, signed_len);
    cert->composite[0] = cert->signed_bytes;
    cert->num_composite = 1;
    return CLV_OK;
}

clv_status clv_ep11_device_cert_decode(struct clv_view bytes, struct clv_ep11_device_cert *ret,
                                       struct clv_error *err)
{
    struct clv_ep11_device_cert cert = {0};
    clv_status status;
    if (bytes.len == CEX8_LEN || bytes.len == CEX8_LEN_WITH_OA_INFO)
        status = clv_ep11_device_cert_decode_cex8(bytes, &cert, err);
    else if (bytes.len > 0 && bytes.data[0] == FIRST_BYTE_CEX7)
        status = decode_cex7(bytes, &cert, err);
    else
        status = clv_ep11_device_cert_decode_cex5(bytes, &cert, err);
    if (status == CLV_OK)
        status = clv_p521_check_point(cert.point, sizeof(cert.point), err);
    if (status == CLV_OK)
        *ret = cert;
    return clv_while(err, status, "reading a device certificate");
}

clv_status clv_ep11_device_cert_verify(const struct clv_ep11_device_cert *cert,
                                       const uint8_t signer_point[CLV_P521_POINT_LEN],
                                       struct clv_error *err)
{
    uint8_t digest[CLV_SHA512_LEN];
    struct clv_writer composite = {0};
    for (size_t i = 0; i < cert->num_composite; i++)
        clv_write_view(&composite, cert->composite[i]);
    clv_status status = clv_writer_done(&composite, err);
    if (status == CLV_OK) {
        struct clv_view covered = clv_writer_view(&composite);
        clv_sha512(covered.data, covered.len, digest);
        status = clv_p521_verify_raw(signer_point, digest, cert->r, cert->s, err);
    }
    clv_writer_clear(&composite);
    return clv_while(err, status, "verifying a device certificate");
}

/* ---- writing ---- */
/* Only keys, SKIs and the adapter id are looked at by anybody; the rest looks like a CEX7's. */
static void write_meta(struct clv_writer *w, const uint8_t adapter_id[12],
                       const uint8_t subject_ski[CLV_SKI_LEN],
                       const uint8_t signer_ski[CLV_SKI_LEN])
{
    static const uint8_t version[4] = {0, 0, 0, 2};
    static const uint8_t trust[4] = {0, 1, 3, 3};
    static const uint8_t adapter_type[8] = "4769    ";
    static const uint8_t zeros[32];
    static const uint8_t one[4] = {0, 0, 0, 1};
    static const uint8_t signing_time[16] = "2026010100000000";
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets(w, version, sizeof(version));
    clv_der_write_octets(w, trust, sizeof(trust));
    clv_der_write_octets(w, adapter_type, sizeof(adapter_type));
    clv_der_write_octets(w, adapter_id, 12);
    clv_der_write_octets(w, zeros, sizeof(zeros)); /* source configuration */
    clv_der_write_octets(w, one, sizeof(one));     /* boot count */
    clv_der_write_octets(w, one, sizeof(one));     /* key type */
    clv_der_write_octets(w, subject_ski, CLV_SKI_LEN);
    clv_der_write_octets(w, signer_ski, CLV_SKI_LEN);
    clv_der_write_octets(w, signing_time, sizeof(signing_time));
    clv_der_write_octets(w, NULL, 0); /* OA info */
    clv_der_close(w, seq);
}

static void write_aux(struct clv_writer *w)
{
    static const uint8_t version[1] = {1};
    static const uint8_t zeros[64];
    static const uint8_t owner2[4] = {0, 0, 0, 2};
    static const uint8_t owner3[4] = {0, 0, 0, 3};
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets(w, version, sizeof(version));
    clv_der_write_octets(w, zeros, sizeof(zeros)); /* segment hash */
    clv_der_write_octets(w, owner2, sizeof(owner2));
    clv_der_write_octets(w, owner3, sizeof(owner3));
    clv_der_close(w, seq);
}

static void write_signer(struct clv_writer *w, const uint8_t signer_ski[CLV_SKI_LEN],
                         const uint8_t r[66], const uint8_t s[66])
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_INTEGER, version_3, sizeof(version_3));
    clv_der_write(w, CLV_DER_CONTEXT_0, signer_ski, CLV_SKI_LEN);
    clv_ep11_algorithm_write(w, CLV_OID_SHA512, CLV_NULL_ABSENT);
    clv_ep11_algorithm_write(w, CLV_OID_ECDSA_SHA512, CLV_NULL_ABSENT);
    size_t octets = clv_der_open(w, CLV_DER_OCTETS);
    size_t pair = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_INTEGER, r, 66);
    clv_der_write(w, CLV_DER_INTEGER, s, 66);
    clv_der_close(w, pair);
    clv_der_close(w, octets);
    clv_der_close(w, seq);
}

/* The signer section has one length whatever the signature, so the header can be written first. */
static void write_header(struct clv_writer *w, const uint32_t sections[NUM_SECTIONS])
{
    uint32_t total = HEADER_LEN;
    for (size_t i = 0; i < NUM_SECTIONS; i++)
        total += sections[i] + (uint32_t)padding_of(sections[i]);
    clv_write_u8(w, FIRST_BYTE_CEX7);
    clv_write_zeros(w, 2);
    clv_write_u8(w, NUM_SECTIONS);
    clv_write_u32(w, total);
    for (size_t i = 0; i < NUM_SECTIONS; i++)
        clv_write_u32(w, sections[i]);
    clv_write_zeros(w, 4);
}

static void write_section(struct clv_writer *w, const struct clv_writer *section)
{
    clv_write_writer(w, section);
    clv_write_zeros(w, padding_of(section->len));
}

clv_status
clv_ep11_device_cert_encode(struct clv_writer *w, const uint8_t point[CLV_P521_POINT_LEN],
                            const uint8_t adapter_id[12], const uint8_t signer_ski[CLV_SKI_LEN],
                            const struct clv_secret *signer_scalar, struct clv_error *err)
{
    const struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521,
                                            .bits = clv_view_of(point, CLV_P521_POINT_LEN)};
    uint8_t subject_ski[CLV_SKI_LEN];
    uint8_t digest[CLV_SHA512_LEN];
    uint8_t r[66] = {0};
    uint8_t s[66] = {0};
    struct clv_writer sections[NUM_SECTIONS] = {0};
    struct clv_writer cert = {0};
    uint32_t lens[NUM_SECTIONS] = {0};

    clv_ep11_device_ski(point, subject_ski);
    clv_write_u32(&sections[SECTION_INFO], 1);
    write_meta(&sections[SECTION_META], adapter_id, subject_ski, signer_ski);
    write_aux(&sections[SECTION_AUX]);
    clv_ep11_spki_encode(&sections[SECTION_SPKI], &key);
    write_signer(&sections[SECTION_SIGNER], signer_ski, r, s);
    clv_status status = CLV_OK;
    for (size_t i = 0; status == CLV_OK && i < NUM_SECTIONS; i++) {
        status = clv_writer_done(&sections[i], err);
        lens[i] = (uint32_t)sections[i].len;
    }
    if (status != CLV_OK)
        goto out;

    write_header(&cert, lens);
    for (size_t i = 0; i < SECTION_SIGNER; i++)
        write_section(&cert, &sections[i]);
    status = clv_writer_done(&cert, err);
    if (status != CLV_OK)
        goto out;
    clv_sha512(cert.data, cert.len, digest);
    status = clv_p521_sign_raw(signer_scalar, digest, r, s, err);
    if (status != CLV_OK)
        goto out;
    clv_writer_clear(&sections[SECTION_SIGNER]);
    write_signer(&sections[SECTION_SIGNER], signer_ski, r, s);
    write_section(&cert, &sections[SECTION_SIGNER]);
    status = clv_writer_done(&cert, err);
    if (status != CLV_OK)
        goto out;
    clv_write_writer(w, &cert);
    status = clv_writer_done(w, err);
out:
    for (size_t i = 0; i < NUM_SECTIONS; i++)
        clv_writer_clear(&sections[i]);
    clv_writer_clear(&cert);
    return clv_while(err, status, "making a device certificate");
}
