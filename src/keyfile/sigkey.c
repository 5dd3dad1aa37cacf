/* Signature keys as the rest of the program uses them. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

clv_status clv_sigkey_from_scalar(struct clv_secret **take_scalar, struct clv_sigkey *ret,
                                  struct clv_error *err)
{
    struct clv_sigkey key = {.type = CLV_SIGKEY_P521};
    clv_status st;

    if (clv_secret_len(*take_scalar) != CLV_P521_SCALAR_LEN)
        return clv_fail(err, CLV_E_FORMAT, "a P-521 scalar has %d bytes, this one has %zu",
                        CLV_P521_SCALAR_LEN, clv_secret_len(*take_scalar));
    if ((st = clv_p521_point(*take_scalar, key.point, err)) != CLV_OK)
        return st;
    clv_sha256(key.point, sizeof key.point, key.ski);
    key.key = *take_scalar;
    *take_scalar = NULL;
    *ret = key;
    return CLV_OK;
}

clv_status clv_sigkey_generate(struct clv_sigkey *ret, struct clv_error *err)
{
    struct clv_sigkey key = {.type = CLV_SIGKEY_P521};
    clv_status st = clv_p521_generate(&key.key, key.point, err);

    if (st != CLV_OK)
        return st;
    clv_sha256(key.point, sizeof key.point, key.ski);
    *ret = key;
    return CLV_OK;
}

void clv_sigkey_clear(struct clv_sigkey *key)
{
    clv_secret_free(&key->key);
    free(key->rsa_public);
    memset(key, 0, sizeof *key);
}
