/* Shared by the messages of this room, and by the vector tests that look inside them. */
#ifndef CLV_EP11_INTERNAL_H
#define CLV_EP11_INTERNAL_H

#include "claviger/der.h"
#include "claviger/ep11.h"

/* ---- object identifiers and AlgorithmIdentifiers (oid.c) ---- */
enum clv_ep11_oid {
    CLV_OID_UNKNOWN,
    CLV_OID_SHA256,
    CLV_OID_SHA512,
    CLV_OID_RSA,
    CLV_OID_SHA256_RSA,
    CLV_OID_ECDSA_SHA512,
    CLV_OID_DILITHIUM_R2_87,
    CLV_OID_EC_PUBLIC_KEY,
    CLV_OID_P521,
    CLV_OID_AES256_WRAP,
    CLV_OID_STD_DH_SHA256,
    CLV_OID_COMMON_NAME,
    CLV_OID_ORGANIZATIONAL_UNIT,
    CLV_OID_SUBJECT_KEY_ID,
};
enum clv_ep11_null { CLV_NULL_ABSENT, CLV_NULL_PRESENT };

void clv_ep11_oid_write(struct clv_writer *w, enum clv_ep11_oid oid);
enum clv_ep11_oid clv_ep11_oid_read(struct clv_reader *r, const char *field);
/* Faults r unless the next element is this OID. */
void clv_ep11_oid_expect(struct clv_reader *r, enum clv_ep11_oid oid, const char *field);
void clv_ep11_algorithm_write(struct clv_writer *w, enum clv_ep11_oid oid, enum clv_ep11_null null);
/* An AlgorithmIdentifier with NULL parameters or none. */
enum clv_ep11_oid clv_ep11_algorithm_read(struct clv_reader *r, const char *field);
void clv_ep11_algorithm_expect(struct clv_reader *r, enum clv_ep11_oid oid, const char *field);

/* ---- elements (element.c) ---- */
/* clv_reader_done() with "while doing". */
clv_status clv_ep11_done(const struct clv_reader *r, const char *doing, struct clv_error *err);
/* OCTET STRING with an `82 hh ll` length, as units write it. */
void clv_ep11_write_octets_82(struct clv_writer *w, struct clv_view content);
/* BIT STRING without unused bits. */
void clv_ep11_write_bits(struct clv_writer *w, struct clv_view bits);
struct clv_view clv_ep11_read_bits(struct clv_reader *r, const char *field);
/* An OCTET STRING, or another tag, of exactly len bytes, copied to out. */
void clv_ep11_read_fixed(struct clv_reader *r, uint8_t tag, void *out, size_t len,
                         const char *field);

/* ---- one SubjectPublicKeyInfo inside something larger (public_key.c) ---- */
/* Reads the shape; clv_ep11_public_key_check() then judges the key itself. */
void clv_ep11_spki_read(struct clv_reader *r, struct clv_ep11_public_key *ret);
/* A point on the curve, or RSA with exponent 65537 and 2048, 3072 or 4096 bits (stored in key).
 * errors  CLV_E_FORMAT */
clv_status clv_ep11_public_key_check(struct clv_ep11_public_key *key, struct clv_error *err);

/* ---- RecipientInfo, step by step (recipient.c) ---- */
#define CLV_EP11_UKM_LEN 40
#define CLV_EP11_WRAPPED_LEN 40
#define CLV_EP11_PART_LEN 32
#define CLV_EP11_SHARED_INFO_MAX 69

/* The SharedInfo that enters the key derivation; null: parameters of keyInfo (b.8). */
void clv_ep11_shared_info(struct clv_writer *w, const uint8_t ukm[CLV_EP11_UKM_LEN],
                          enum clv_ep11_null null);
/* KEK = SHA-256(z || 00000001 || SharedInfo), 32 bytes. */
clv_status clv_ep11_derive_kek(const struct clv_secret *z, const uint8_t ukm[CLV_EP11_UKM_LEN],
                               enum clv_ep11_null null, struct clv_secret **ret_kek,
                               struct clv_error *err);
/* What makes a P-521 RecipientInfo the one it is; seal() draws it at random. */
struct clv_ep11_exchange {
    const struct clv_secret *ephemeral;
    uint8_t ephemeral_point[CLV_P521_POINT_LEN];
    uint8_t ukm[CLV_EP11_UKM_LEN];
    uint8_t recipient_ski[CLV_SKI_LEN];
};
clv_status clv_ep11_recipient_seal_p521(struct clv_writer *w,
                                        const uint8_t importer_point[CLV_P521_POINT_LEN],
                                        const struct clv_ep11_exchange *exchange,
                                        const struct clv_secret *part, struct clv_error *err);

/* ---- device certificates of other formats (device_cert_older.c) ---- */
clv_status clv_ep11_device_cert_decode_cex5(struct clv_view bytes, struct clv_ep11_device_cert *ret,
                                            struct clv_error *err);
clv_status clv_ep11_device_cert_decode_cex8(struct clv_view bytes, struct clv_ep11_device_cert *ret,
                                            struct clv_error *err);

#endif
