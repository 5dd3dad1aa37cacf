#include <stdlib.h>

#include "internal.h"

/* A hash of bytes in memory cannot fail but for lack of memory; going on with a wrong one is worse
 * than stopping. */
static void must(bool ok)
{
    if (!ok)
        abort();
}

void clv_sha256(const void *data, size_t len, uint8_t out[CLV_SHA256_LEN])
{
    must(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1);
}

void clv_sha512(const void *data, size_t len, uint8_t out[CLV_SHA512_LEN])
{
    must(EVP_Digest(data, len, out, NULL, EVP_sha512(), NULL) == 1);
}

void clv_sha256_pieces(const struct clv_view *pieces, size_t num, uint8_t out[CLV_SHA256_LEN])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < num; i++)
        must(EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len) == 1);
    must(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
    EVP_MD_CTX_free(ctx);
}
