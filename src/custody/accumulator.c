/* The one accumulator: mask and masked sum, two secrets of which neither says anything alone. */
#include "claviger/custody.h"

#include <stdlib.h>
#include <string.h>

struct clv_accumulator {
    struct clv_secret *mask;
    struct clv_secret *masked;
    unsigned count;
};

void clv_accumulator_clear(struct clv_accumulator *acc, const struct clv_random *random)
{
    uint8_t *mask = clv_secret_write(acc->mask);

    clv_random_fill(random, mask, CLV_PART_LEN);
    memcpy(clv_secret_write(acc->masked), mask, CLV_PART_LEN);
    clv_secret_close(acc->masked);
    clv_secret_close(acc->mask);
    acc->count = 0;
}

clv_status clv_accumulator_new(const struct clv_random *random, struct clv_accumulator **ret,
                               struct clv_error *err)
{
    struct clv_accumulator *acc = calloc(1, sizeof *acc);
    clv_status st;

    if (!acc)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the accumulator");
    if ((st = clv_secret_new(CLV_PART_LEN, &acc->mask, err)) != CLV_OK ||
        (st = clv_secret_new(CLV_PART_LEN, &acc->masked, err)) != CLV_OK) {
        clv_accumulator_free(&acc);
        return st;
    }
    clv_accumulator_clear(acc, random);
    *ret = acc;
    return CLV_OK;
}

void clv_accumulator_free(struct clv_accumulator **acc)
{
    if (!*acc)
        return;
    clv_secret_free(&(*acc)->mask);
    clv_secret_free(&(*acc)->masked);
    free(*acc);
    *acc = NULL;
}

clv_status clv_accumulator_add(struct clv_accumulator *acc, const struct clv_secret *part,
                               struct clv_error *err)
{
    clv_status st = clv_part_check(part, err);

    if (st != CLV_OK)
        return st;
    clv_secret_xor(acc->masked, part);
    acc->count++;
    return CLV_OK;
}

unsigned clv_accumulator_count(const struct clv_accumulator *acc)
{
    return acc->count;
}

static clv_status unmask(const struct clv_accumulator *acc, struct clv_secret **ret_key,
                         struct clv_error *err)
{
    struct clv_secret *key = NULL;
    clv_status st = clv_secret_new(CLV_PART_LEN, &key, err);

    if (st != CLV_OK)
        return st;
    clv_secret_xor(key, acc->masked);
    clv_secret_xor(key, acc->mask);
    *ret_key = key;
    return CLV_OK;
}

clv_status clv_accumulator_check_values(struct clv_accumulator *acc, struct clv_check_values *ret,
                                        struct clv_error *err)
{
    struct clv_secret *key = NULL;
    clv_status st;

    if (acc->count == 0)
        return clv_fail(err, CLV_E_RULE, "no key part has been added yet");
    if ((st = unmask(acc, &key, err)) != CLV_OK)
        return st;
    if (clv_secret_uniform(key))
        st = clv_fail(err, CLV_E_RULE,
                      "the key parts add up to a key of which every byte is the same");
    else
        st = clv_check_values(key, ret, err);
    clv_secret_free(&key);
    return st;
}
