/* The self-test of the password hash: the published vector, and a second implementation. */
#include "internal.h"

#include <sodium.h>
#include <string.h>

/* source  RFC 9106 section 5.3 */
static clv_status check_vector(struct clv_error *err)
{
    static const uint8_t want[32] = {
        0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37,
        0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75,
        0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
    };
    uint8_t password[32], salt[16], secret[8], associated[12], out[32];
    const struct clv_argon2_input input = {
        .memory_kib = 32,
        .passes = 3,
        .lanes = 4,
        .password = {password, sizeof password},
        .salt = {salt, sizeof salt},
        .secret = {secret, sizeof secret},
        .associated = {associated, sizeof associated},
    };
    clv_status st;

    memset(password, 1, sizeof password);
    memset(salt, 2, sizeof salt);
    memset(secret, 3, sizeof secret);
    memset(associated, 4, sizeof associated);
    st = clv_argon2id(NULL, &input, out, sizeof out, err);
    if (st == CLV_OK && memcmp(out, want, sizeof want) != 0)
        st = clv_fail(err, CLV_E_INTERNAL, "Argon2id does not give the value of RFC 9106");
    return st;
}

/* libsodium has one lane only; the code that differs between lanes is in the vector above. */
static clv_status check_second_opinion(struct clv_error *err)
{
    static const char password[] = "claviger self-test";
    uint8_t salt[crypto_pwhash_SALTBYTES], ours[32], theirs[32];
    const struct clv_argon2_input input = {
        .memory_kib = 1024,
        .passes = 2,
        .lanes = 1,
        .password = {(const uint8_t *)password, strlen(password)},
        .salt = {salt, sizeof salt},
    };
    clv_status st;

    memset(salt, 0x5a, sizeof salt);
    if ((st = clv_argon2id(NULL, &input, ours, sizeof ours, err)) != CLV_OK)
        return st;
    if (crypto_pwhash(theirs, sizeof theirs, password, strlen(password), salt, 2, 1024 * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return clv_fail(err, CLV_E_MEMORY, "no memory to compare two implementations of Argon2id");
    if (memcmp(ours, theirs, sizeof ours) != 0)
        return clv_fail(err, CLV_E_INTERNAL, "two implementations of Argon2id do not agree");
    return CLV_OK;
}

clv_status clv_kdf_self_test(struct clv_error *err)
{
    clv_status st = check_vector(err);

    return st == CLV_OK ? check_second_opinion(err) : st;
}
