/* Sealing and unsealing a payload, and what the header says of it. */
#include "internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(CLV_KEYFILE_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(CLV_KEYFILE_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(CLV_KDF_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

clv_status clv_keyfile_seal(struct clv_keyfile_parts *parts, const struct clv_secret *key,
                            const struct clv_secret *clear, struct clv_error *err)
{
    unsigned long long len = 0;

    if (!clv_keyfile_fits(&parts->info, clv_secret_len(clear)))
        return clv_fail(err, CLV_E_INTERNAL, "a payload of %zu bytes does not fit its kind",
                        clv_secret_len(clear));
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        parts->sealed, &len, clv_secret_read(clear), clv_secret_len(clear), parts->header.data,
        parts->header.len, NULL, parts->nonce, clv_secret_read(key));
    clv_secret_close(key);
    clv_secret_close(clear);
    sodium_stackzero(CLV_STACK_RESIDUE);
    parts->sealed_len = (size_t)len;
    return CLV_OK;
}

clv_status clv_keyfile_unseal(const struct clv_keyfile_parts *parts, const struct clv_secret *key,
                              struct clv_secret **ret_clear, struct clv_error *err)
{
    struct clv_secret *clear = NULL;
    clv_status st = clv_secret_new(parts->sealed_len - CLV_KEYFILE_TAG_LEN, &clear, err);
    int failed;

    if (st != CLV_OK)
        return st;
    failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        clv_secret_write(clear), NULL, NULL, parts->sealed, parts->sealed_len, parts->header.data,
        parts->header.len, parts->nonce, clv_secret_read(key));
    clv_secret_close(key);
    clv_secret_close(clear);
    sodium_stackzero(CLV_STACK_RESIDUE);
    if (failed) {
        clv_secret_free(&clear);
        st = clv_fail(err, CLV_E_PASSWORD, "wrong password");
        clv_kept(err, "The file is undamaged; nothing was changed.");
        clv_hint(err, "Try again, or choose another file.");
        return st;
    }
    *ret_clear = clear;
    return CLV_OK;
}

const char *clv_keyfile_commitment_kind(const struct clv_keyfile_info *info)
{
    static const char *const kinds[2][2] = {
        {"PRODUCTION random", "PRODUCTION typed"},
        {"TEST random", "TEST typed"},
    };

    return kinds[info->test_world][info->origin == CLV_ORIGIN_TYPED];
}

static struct clv_commitment_facts facts_of(const struct clv_keyfile_info *info)
{
    return (struct clv_commitment_facts){
        .ceremony = info->ceremony[0] ? info->ceremony : "none",
        .slot = info->slot,
        .owner = info->owner,
        .kind = clv_keyfile_commitment_kind(info),
    };
}

static clv_status describe_part(struct clv_keyfile_info *info, const struct clv_secret *opening,
                                struct clv_error *err)
{
    struct clv_commitment_facts facts = facts_of(info);
    struct clv_check_values values = {0};
    struct clv_secret *part = NULL;
    clv_status st = clv_opening_part(opening, &part, err);

    if (st != CLV_OK)
        return st;
    st = clv_check_values(part, &values, err);
    clv_secret_free(&part);
    if (st != CLV_OK ||
        (st = clv_commitment_make(&facts, opening, info->commitment, err)) != CLV_OK)
        return st;
    info->has_pattern = info->origin == CLV_ORIGIN_RANDOM;
    /* A typed part may be guessable: nothing that would confirm a guess goes into the header. */
    if (info->has_pattern)
        memcpy(info->pattern, values.pattern, sizeof info->pattern);
    else
        memcpy(info->cmac0, values.cmac0, sizeof info->cmac0);
    clv_wipe(&values, sizeof values);
    return CLV_OK;
}

static clv_status describe_rsa(struct clv_keyfile_info *info, const struct clv_secret *der,
                               struct clv_error *err)
{
    uint8_t *public = NULL;
    size_t len = 0;
    unsigned bits = 0;
    clv_status st = clv_rsa_public(der, &public, &len, err);

    if (st == CLV_OK)
        st = clv_rsa_modulus_bits(public, len, &bits, err);
    if (st == CLV_OK && bits != 2048)
        st = clv_fail(err, CLV_E_FORMAT, "an RSA signature key has 2048 bits, this one has %u",
                      bits);
    if (st == CLV_OK)
        clv_sha256(public, len, info->ski);
    free(public);
    return st;
}

static clv_status describe_sigkey(struct clv_keyfile_info *info, const struct clv_secret *scalar,
                                  struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN];
    clv_status st = clv_p521_point(scalar, point, err);

    if (st == CLV_OK)
        clv_sha256(point, sizeof point, info->ski);
    return st;
}

static clv_status describe_witness(struct clv_keyfile_info *info, const struct clv_secret *seed,
                                   struct clv_error *err)
{
    struct clv_secret *secret = NULL;
    clv_status st = clv_witness_key_pair(seed, &secret, info->witness_key, err);

    clv_secret_free(&secret);
    return st;
}

clv_status clv_keyfile_describe(struct clv_keyfile_info *info, const struct clv_secret *clear,
                                struct clv_error *err)
{
    if (info->kind == CLV_KEYFILE_PART)
        return describe_part(info, clear, err);
    if (info->kind == CLV_KEYFILE_WITNESS)
        return describe_witness(info, clear, err);
    if (info->sigkey_type == CLV_SIGKEY_RSA)
        return describe_rsa(info, clear, err);
    return describe_sigkey(info, clear, err);
}

clv_status clv_keyfile_check_description(const struct clv_keyfile_info *info,
                                         const struct clv_secret *clear, struct clv_error *err)
{
    struct clv_keyfile_info actual = *info;
    clv_status st = clv_keyfile_describe(&actual, clear, err);

    if (st == CLV_OK && memcmp(actual.pattern, info->pattern, sizeof actual.pattern) == 0 &&
        memcmp(actual.cmac0, info->cmac0, sizeof actual.cmac0) == 0 &&
        memcmp(actual.commitment, info->commitment, sizeof actual.commitment) == 0 &&
        memcmp(actual.ski, info->ski, sizeof actual.ski) == 0 &&
        memcmp(actual.witness_key, info->witness_key, sizeof actual.witness_key) == 0)
        return CLV_OK;
    if (st != CLV_OK && st != CLV_E_RULE && st != CLV_E_FORMAT)
        return st; /* memory, library: says nothing about the file */
    return clv_fail(err, CLV_E_FORGED,
                    "the password is right, but the file holds something else than it says");
}
