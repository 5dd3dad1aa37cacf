/* Key parts: made by chance or from typed digits, never accepted when every byte is the same. */
#include "claviger/custody.h"

#include <string.h>

clv_status clv_part_check(const struct clv_secret *part, struct clv_error *err)
{
    clv_status st;

    if (clv_secret_len(part) != CLV_PART_LEN)
        return clv_fail(err, CLV_E_FORMAT, "a key part has %d bytes, this one has %zu",
                        CLV_PART_LEN, clv_secret_len(part));
    if (!clv_secret_uniform(part))
        return CLV_OK;
    st = clv_fail(err, CLV_E_RULE, "every byte of this key part is the same");
    clv_hint(err, "Take 64 hexadecimal digits made by chance, or let a part be generated.");
    return st;
}

/* Hands *take over when it is a good part, frees it otherwise. */
static clv_status deliver(struct clv_secret **take, struct clv_secret **ret, struct clv_error *err)
{
    clv_status st = clv_part_check(*take, err);

    if (st == CLV_OK) {
        *ret = *take;
        *take = NULL;
    }
    clv_secret_free(take);
    return st;
}

clv_status clv_part_random(const struct clv_random *random, struct clv_secret **ret_part,
                           struct clv_error *err)
{
    struct clv_secret *part = NULL;
    clv_status st = clv_secret_new(CLV_PART_LEN, &part, err);

    if (st != CLV_OK)
        return st;
    clv_random_fill(random, clv_secret_write(part), CLV_PART_LEN);
    clv_secret_close(part);
    return deliver(&part, ret_part, err);
}

clv_status clv_part_from_hex(const struct clv_secret *typed, struct clv_secret **ret_part,
                             struct clv_error *err)
{
    struct clv_secret *part = NULL;
    clv_status st = clv_secret_new(CLV_PART_LEN, &part, err);

    if (st != CLV_OK)
        return st;
    st = clv_unhex((const char *)clv_secret_read(typed), clv_secret_len(typed),
                   clv_secret_write(part), CLV_PART_LEN, err);
    clv_secret_close(part);
    clv_secret_close(typed);
    if (st != CLV_OK) {
        clv_secret_free(&part);
        return st;
    }
    return deliver(&part, ret_part, err);
}

clv_status clv_opening_new(const struct clv_random *random, const struct clv_secret *part,
                           struct clv_secret **ret_opening, struct clv_error *err)
{
    struct clv_secret *opening = NULL;
    uint8_t *out;
    clv_status st = clv_part_check(part, err);

    if (st != CLV_OK || (st = clv_secret_new(CLV_OPENING_LEN, &opening, err)) != CLV_OK)
        return st;
    out = clv_secret_write(opening);
    clv_random_fill(random, out, CLV_COMMITMENT_NONCE_LEN);
    memcpy(out + CLV_COMMITMENT_NONCE_LEN, clv_secret_read(part), CLV_PART_LEN);
    clv_secret_close(part);
    clv_secret_close(opening);
    *ret_opening = opening;
    return CLV_OK;
}

clv_status clv_opening_part(const struct clv_secret *opening, struct clv_secret **ret_part,
                            struct clv_error *err)
{
    struct clv_secret *part = NULL;
    clv_status st;

    if (clv_secret_len(opening) != CLV_OPENING_LEN)
        return clv_fail(err, CLV_E_FORMAT, "the opening of a commitment has %d bytes, this has %zu",
                        CLV_OPENING_LEN, clv_secret_len(opening));
    if ((st = clv_secret_new(CLV_PART_LEN, &part, err)) != CLV_OK)
        return st;
    memcpy(clv_secret_write(part), clv_secret_read(opening) + CLV_COMMITMENT_NONCE_LEN,
           CLV_PART_LEN);
    clv_secret_close(opening);
    clv_secret_close(part);
    return deliver(&part, ret_part, err);
}
