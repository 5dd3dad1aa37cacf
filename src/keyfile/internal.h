/* What the files of keyfile share with each other; tests of the format look in here too. */
#ifndef CLAVIGER_KEYFILE_INTERNAL_H
#define CLAVIGER_KEYFILE_INTERNAL_H

#include "claviger/keyfile.h"

/* libsodium's hashes and ciphers may leave words of their input on the stack. */
#define CLV_STACK_RESIDUE 16384

/* ---- the format: docs/formats/keyfile.md ---- */

#define CLV_KEYFILE_MAGIC "claviger key file"
#define CLV_KEYFILE_VERSION "1"
#define CLV_KEYFILE_CIPHER "xchacha20-poly1305-ietf"
#define CLV_KEYFILE_NONCE_LEN 24
#define CLV_KEYFILE_TAG_LEN 16
#define CLV_KEYFILE_WRAP 64
#define CLV_KEYFILE_RSA_MIN 1100 /* RSAPrivateKey of 2048 bits, whatever its numbers are */
#define CLV_KEYFILE_RSA_MAX 1200
#define CLV_KEYFILE_CLEAR_MAX CLV_KEYFILE_RSA_MAX
#define CLV_KEYFILE_SEALED_MAX (CLV_KEYFILE_CLEAR_MAX + CLV_KEYFILE_TAG_LEN)

/* A file taken apart. */
struct clv_keyfile_parts {
    struct clv_keyfile_info info;
    uint8_t salt[CLV_KDF_SALT_LEN];
    uint8_t nonce[CLV_KEYFILE_NONCE_LEN];
    struct clv_view header; /* the associated data; borrowed from the file */
    uint8_t sealed[CLV_KEYFILE_SEALED_MAX];
    size_t sealed_len;
};

/* What differs between the kinds; rows from CLV_KEYFILE_PART on. */
struct clv_keyfile_kind_facts {
    const char *word; /* in the header */
    const char *what; /* for people */
    const char *stem; /* in file names */
    size_t clear_len; /* of what is sealed: a key part has its nonce before it */
};
const struct clv_keyfile_kind_facts *clv_keyfile_facts(enum clv_keyfile_kind kind);
/* Lower-case letters and digits of text; everything else becomes one '-' between them. */
#define CLV_KEYFILE_SIMPLE 32
void clv_keyfile_simplify(const char *text, char out[CLV_KEYFILE_SIMPLE + 1]);
/* Whether so many bytes can be what is sealed: of an RSA signature key 1100 to 1200. */
bool clv_keyfile_fits(const struct clv_keyfile_info *info, size_t clear_len);

/* header.c: magic line, fields, blank line. */
void clv_keyfile_write_header(const struct clv_keyfile_parts *parts, struct clv_writer *w);
/* Reads it from the start of file; *ret_len is its length. Fields of ret are set only as far as
 * reading came. */
clv_status clv_keyfile_read_fields(struct clv_view file, struct clv_keyfile_parts *ret,
                                   size_t *ret_len, struct clv_error *err);
/* The rules for what people type into a header.
 * errors  CLV_E_INPUT */
clv_status clv_keyfile_check_texts(const struct clv_keyfile_info *info, struct clv_error *err);

clv_status clv_keyfile_check_admin_name(const char *name, struct clv_error *err);

/* format.c: payload and checksum around it. */
clv_status clv_keyfile_write_file(const struct clv_keyfile_parts *parts, struct clv_writer *w,
                                  struct clv_error *err);
clv_status clv_keyfile_take_apart(struct clv_view file, struct clv_keyfile_parts *ret,
                                  struct clv_error *err);

/* seal.c: parts->header must be set. */
clv_status clv_keyfile_seal(struct clv_keyfile_parts *parts, const struct clv_secret *key,
                            const struct clv_secret *clear, struct clv_error *err);
/* errors  CLV_E_PASSWORD */
clv_status clv_keyfile_unseal(const struct clv_keyfile_parts *parts, const struct clv_secret *key,
                              struct clv_secret **ret_clear, struct clv_error *err);
/* What the header says of the payload: check value and commitment, or SKI. */
clv_status clv_keyfile_describe(struct clv_keyfile_info *info, const struct clv_secret *clear,
                                struct clv_error *err);
/* errors  CLV_E_FORGED: the header contradicts the payload */
clv_status clv_keyfile_check_description(const struct clv_keyfile_info *info,
                                         const struct clv_secret *clear, struct clv_error *err);

/* open.c: the same as clv_keyfile_open(), from memory. */
clv_status clv_keyfile_open_view(struct clv_kdf *kdf, struct clv_view file,
                                 const struct clv_secret *password, struct clv_secret **ret_payload,
                                 struct clv_keyfile_info *ret_info, struct clv_error *err);

/* Whether the name is that of a file of the plug-in. (file_name.c) */
bool clv_keyfile_is_plugin_name(const char *path);

/* file_name.c: *ret_name is the caller's to free().
 * errors  CLV_E_INPUT: a given name that is not a plain file name */
clv_status clv_keyfile_name(const struct clv_keyfile_request *request, char **ret_name,
                            struct clv_error *err);
/* Four letters of 16 bits of chance, for names; with vowels between consonants for passphrases. */
#define CLV_CONSONANTS "bcdfghjkmnprstvw"
#define CLV_VOWELS "aeou"

/* ---- signature-key files of the plug-in: tke_sigkey.c ---- */

#define CLV_TKE_SALT_LEN 32
#define CLV_TKE_NONCE_LEN 12
#define CLV_TKE_TAG_LEN 16
#define CLV_TKE_ENCKEY_MAX 8192

struct clv_tke_file {
    uint8_t salt[CLV_TKE_SALT_LEN];
    uint8_t ski[CLV_SKI_LEN];
    uint8_t enckey[CLV_TKE_ENCKEY_MAX]; /* nonce, ciphertext, tag */
    size_t enckey_len;
    enum clv_sigkey_type type;
    char name[CLV_TKE_NAME_MAX];
};
clv_status clv_tke_read_json(struct clv_view json, struct clv_tke_file *ret, struct clv_error *err);
/* RSAPrivateKey to a key; *take_der is used up on success. */
clv_status clv_sigkey_from_rsa(struct clv_secret **take_der, struct clv_sigkey *ret,
                               struct clv_error *err);
/* The key in a decrypted file. */
clv_status clv_tke_read_pem(const struct clv_secret *pem, enum clv_sigkey_type type,
                            struct clv_sigkey *ret, struct clv_error *err);

/* ---- Argon2 ---- */

/* matrix.c: memory for the largest profile asked for, in huge pages where there are any. */
struct clv_matrix {
    uint8_t *map;
    size_t map_len;
    uint8_t *data; /* aligned to 2 MiB within map */
    size_t len;
};
/* errors  CLV_E_MEMORY */
clv_status clv_matrix_map(size_t len, struct clv_matrix *ret, struct clv_error *err);
void clv_matrix_unmap(struct clv_matrix *matrix); /* wipes; zero state */
bool clv_matrix_is_zero(const struct clv_matrix *matrix, size_t len);
/* Bytes of memory of the machine, and of what can be had now; 0 when the system does not say. */
void clv_memory_now(uint64_t *ret_total, uint64_t *ret_available);

/* One Argon2id call, in matrix when it is given, else in the library's own memory. */
struct clv_argon2_input {
    uint32_t memory_kib, passes, lanes;
    struct clv_view password, salt, secret, associated;
};
clv_status clv_argon2id(struct clv_matrix *matrix, const struct clv_argon2_input *input,
                        uint8_t *out, size_t out_len, struct clv_error *err);

#endif
