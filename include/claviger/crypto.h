/* crypto: the primitives EP11 and the check values need, over OpenSSL libcrypto.
 *
 * The only room that includes <openssl/...>. P-521 (ECDSA with SHA-512, ECDH), RSA (X9.31, PKCS#1
 * v1.5), AES key wrap, AES-CMAC, SHA-2, PBKDF2 and AES-GCM for other people's key files, and the
 * certificate of a TLS server. It knows no message, no file and no person. Secrets come in and go
 * out as clv_secret; OpenSSL's own heap is made to wipe what it frees (clv_crypto_init).
 *
 * All points are uncompressed 04||X||Y (133 bytes for P-521), scalars 66 bytes big-endian. */
#ifndef CLAVIGER_CRYPTO_H
#define CLAVIGER_CRYPTO_H

#include "claviger/base.h"

#define CLV_SHA256_LEN 32
#define CLV_SHA512_LEN 64
#define CLV_P521_POINT_LEN 133
#define CLV_P521_SCALAR_LEN 66
#define CLV_P521_SIGNATURE_MAX 141 /* DER SEQUENCE { r, s } */
#define CLV_RSA2048_LEN 256
#define CLV_SKI_LEN 32

/* Once a process, after clv_secret_init() (again does no harm): makes sure that OpenSSL wipes what
 * it frees, and gives it a locked heap for private numbers. The wiping allocator itself is set
 * before main(), as OpenSSL demands.
 * errors  CLV_E_MEMORY: the heap cannot be locked, with what to do
 *         CLV_E_INTERNAL: another library used OpenSSL even earlier */
clv_status clv_crypto_init(struct clv_error *err);

void clv_sha256(const void *data, size_t len, uint8_t out[CLV_SHA256_LEN]);
void clv_sha512(const void *data, size_t len, uint8_t out[CLV_SHA512_LEN]);
/* Over several pieces, as if they stood one behind the other. */
void clv_sha256_pieces(const struct clv_view *pieces, size_t num, uint8_t out[CLV_SHA256_LEN]);

/* ---- check values and key wrap; key: 32 bytes ---- */
/* AES-256-CMAC of data under key. source  RFC 4493, NIST SP 800-38B */
clv_status clv_aes_cmac(const struct clv_secret *key, const void *data, size_t len, uint8_t out[16],
                        struct clv_error *err);
/* One AES-256 block. */
clv_status clv_aes_ecb_block(const struct clv_secret *key, const uint8_t in[16], uint8_t out[16],
                             struct clv_error *err);
/* RFC 3394, default IV: wrapped is clear_len + 8 bytes; clear is 16 or more, a multiple of 8. */
clv_status clv_aes_wrap(const struct clv_secret *kek, const struct clv_secret *clear,
                        uint8_t *ret_wrapped, struct clv_error *err);
/* errors  CLV_E_FORGED: the integrity check fails
 *         CLV_E_FORMAT: not 24 or more bytes, a multiple of eight */
clv_status clv_aes_unwrap(const struct clv_secret *kek, const void *wrapped, size_t wrapped_len,
                          struct clv_secret **ret_clear, struct clv_error *err);

/* ---- P-521 ---- */
/* ret_scalar: 66 bytes. */
clv_status clv_p521_generate(struct clv_secret **ret_scalar, uint8_t ret_point[CLV_P521_POINT_LEN],
                             struct clv_error *err);
/* errors  CLV_E_FORMAT: scalar not in 1..n-1 */
clv_status clv_p521_point(const struct clv_secret *scalar, uint8_t ret_point[CLV_P521_POINT_LEN],
                          struct clv_error *err);
/* errors  CLV_E_FORMAT: not an uncompressed point on the curve */
clv_status clv_p521_check_point(const void *point, size_t len, struct clv_error *err);
/* ECDSA over a SHA-512 digest, DER form in ret_sig; *ret_len up to CLV_P521_SIGNATURE_MAX. */
clv_status clv_p521_sign(const struct clv_secret *scalar, const uint8_t digest[CLV_SHA512_LEN],
                         uint8_t ret_sig[CLV_P521_SIGNATURE_MAX], size_t *ret_len,
                         struct clv_error *err);
/* r and s as 66 bytes each, left-padded (device certificates carry them so). */
clv_status clv_p521_sign_raw(const struct clv_secret *scalar, const uint8_t digest[CLV_SHA512_LEN],
                             uint8_t ret_r[66], uint8_t ret_s[66], struct clv_error *err);
/* Strict DER. errors  CLV_E_FORGED */
clv_status clv_p521_verify(const uint8_t point[CLV_P521_POINT_LEN],
                           const uint8_t digest[CLV_SHA512_LEN], const void *sig, size_t sig_len,
                           struct clv_error *err);
clv_status clv_p521_verify_raw(const uint8_t point[CLV_P521_POINT_LEN],
                               const uint8_t digest[CLV_SHA512_LEN], const uint8_t r[66],
                               const uint8_t s[66], struct clv_error *err);
/* X coordinate of the shared point, 66 bytes, left-padded. */
clv_status clv_p521_ecdh(const struct clv_secret *scalar, const void *peer_point, size_t peer_len,
                         struct clv_secret **ret_z, struct clv_error *err);

/* ---- RSA; keys are PKCS#1 DER ---- */
/* 65537, bits 2048, 3072 or 4096. ret_public: RSAPublicKey DER, the caller's to free(). */
clv_status clv_rsa_generate(unsigned bits, struct clv_secret **ret_private, uint8_t **ret_public,
                            size_t *ret_public_len, struct clv_error *err);
clv_status clv_rsa_public(const struct clv_secret *private_der, uint8_t **ret_public,
                          size_t *ret_public_len, struct clv_error *err);
/* Checks a public key as every function here does: strict structure, a modulus of 2048, 3072 or
 * 4096 bits, exponent 65537.
 * errors  CLV_E_FORMAT */
clv_status clv_rsa_modulus_bits(const void *public_der, size_t len, unsigned *ret_bits,
                                struct clv_error *err);
/* X9.31 over a SHA-256 digest: raw private operation, no min(s, n - s). Output: modulus length. */
clv_status clv_rsa_sign_x931(const struct clv_secret *private_der,
                             const uint8_t digest[CLV_SHA256_LEN], uint8_t *ret_sig, size_t cap,
                             size_t *ret_len, struct clv_error *err);
/* Takes n - s as well. errors  CLV_E_FORGED */
clv_status clv_rsa_verify_x931(const void *public_der, size_t len,
                               const uint8_t digest[CLV_SHA256_LEN], const void *sig,
                               size_t sig_len, struct clv_error *err);
clv_status clv_rsa_verify_pkcs1(const void *public_der, size_t len,
                                const uint8_t digest[CLV_SHA256_LEN], const void *sig,
                                size_t sig_len, struct clv_error *err);
/* PKCS#1 v1.5 type 2; clear is at least 11 bytes shorter than the modulus. */
clv_status clv_rsa_encrypt(const void *public_der, size_t len, const struct clv_secret *clear,
                           uint8_t *ret_cipher, size_t cap, size_t *ret_len, struct clv_error *err);
/* The padding is checked in constant time.
 * errors  CLV_E_FORGED: whatever is wrong with the block, on purpose the same; an empty message
 *         too */
clv_status clv_rsa_decrypt(const struct clv_secret *private_der, const void *cipher, size_t len,
                           struct clv_secret **ret_clear, struct clv_error *err);

/* ---- other people's key files ---- */
/* errors  CLV_E_UNSUPPORTED: iterations 0 or above ten million, salt above 4096 bytes */
clv_status clv_pbkdf2_sha256(const struct clv_secret *password, const void *salt, size_t salt_len,
                             unsigned iterations, struct clv_secret **ret_key32,
                             struct clv_error *err);
/* AES-256-GCM, 12-byte nonce, 16-byte tag behind the ciphertext, no associated data.
 * errors  CLV_E_FORGED: tag
 *         CLV_E_FORMAT: nothing but a tag, or less */
clv_status clv_aes_gcm_open(const struct clv_secret *key32, const uint8_t nonce[12],
                            const void *cipher_tag, size_t len, struct clv_secret **ret_clear,
                            struct clv_error *err);

/* ---- a TLS server's proof of who it is ---- */
/* A new P-256 key (PKCS#8) and behind it a certificate signed with itself, both as PEM, without a
 * NUL. A client trusts it by having this very certificate among its roots. It holds for the names,
 * DNS names or addresses, and does not expire.
 * source  RFC 5280, RFC 7468 */
clv_status clv_tls_identity_make(const char *const *names, size_t num, struct clv_secret **ret_pem,
                                 struct clv_error *err);

/* ---- power-on self-test: known answers of everything above ----
 * errors  CLV_E_INTERNAL: names the primitive */
clv_status clv_crypto_self_test(struct clv_error *err);

#endif
