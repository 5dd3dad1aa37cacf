/* Commitments: SHA-256 over length-prefixed facts, a nonce and the part. The nonce makes the hash
 * say nothing about the part; the prefixes make the encoding unambiguous. */
#include "claviger/custody.h"

#include <sodium.h>
#include <string.h>

static const char domain_tag[] = "claviger/part-commit/v1";

static void write_prefixed(struct clv_writer *w, const char *text)
{
    clv_write_u32(w, (uint32_t)strlen(text));
    clv_write_text(w, text);
}

static clv_status encode_facts(const struct clv_commitment_facts *facts, struct clv_writer *w,
                               struct clv_error *err)
{
    clv_write_text(w, domain_tag);
    write_prefixed(w, facts->ceremony);
    clv_write_u32(w, facts->slot);
    write_prefixed(w, facts->owner);
    write_prefixed(w, facts->kind);
    return clv_writer_done(w, err);
}

clv_status clv_commitment_make(const struct clv_commitment_facts *facts,
                               const struct clv_secret *opening, uint8_t ret[CLV_COMMITMENT_LEN],
                               struct clv_error *err)
{
    struct clv_writer w = {0};
    clv_status st;

    if (clv_secret_len(opening) != CLV_OPENING_LEN)
        return clv_fail(err, CLV_E_FORMAT, "the opening of a commitment has %d bytes, this has %zu",
                        CLV_OPENING_LEN, clv_secret_len(opening));
    clv_writer_init(&w);
    if ((st = encode_facts(facts, &w, err)) == CLV_OK) {
        const struct clv_view pieces[] = {
            clv_writer_view(&w),
            {clv_secret_read(opening), CLV_OPENING_LEN},
        };

        clv_sha256_pieces(pieces, 2, ret);
        clv_secret_close(opening);
    }
    clv_writer_clear(&w);
    return st;
}

clv_status clv_commitment_check(const struct clv_commitment_facts *facts,
                                const struct clv_secret *opening,
                                const uint8_t expected[CLV_COMMITMENT_LEN], struct clv_error *err)
{
    uint8_t actual[CLV_COMMITMENT_LEN];
    clv_status st = clv_commitment_make(facts, opening, actual, err);

    if (st != CLV_OK)
        return st;
    if (sodium_memcmp(actual, expected, sizeof actual) != 0)
        return clv_fail(err, CLV_E_MISMATCH, "the key part is not the one that was committed to");
    return CLV_OK;
}
