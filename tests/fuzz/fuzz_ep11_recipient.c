/* ep11: RecipientInfos opened with fixed importer keys. Whatever opens has 32 bytes; whatever does
 * not gives a reason that a unit can answer with. */
#include <string.h>

#include "tests/fuzz/fuzz_ep11.h"

static struct clv_secret *scalar;
static struct clv_secret *rsa;
static uint8_t point[CLV_P521_POINT_LEN];

static struct clv_secret *load(const char *path)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct clv_secret *secret = NULL;
    must(clv_file_read(path, 1 << 16, &data, &len, NULL) == CLV_OK);
    must(clv_secret_new(len, &secret, NULL) == CLV_OK);
    memcpy(clv_secret_write(secret), data, len);
    clv_secret_close(secret);
    free(data);
    return secret;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    must(clv_secret_init(NULL) == CLV_OK && clv_crypto_init(NULL) == CLV_OK);
    scalar = load(CLV_FUZZ_KEYS "/importer-p521.scalar");
    rsa = load(CLV_FUZZ_KEYS "/importer-rsa.der");
    must(clv_p521_point(scalar, point, NULL) == CLV_OK);
    return 0;
}

static void try_open(struct clv_view bytes, enum clv_ep11_key_type type,
                     const struct clv_secret *importer)
{
    struct clv_secret *part = NULL;
    uint32_t reason = 0;
    if (clv_ep11_recipient_open(bytes, type, importer, &part, &reason, NULL) == CLV_OK)
        must(part != NULL && clv_secret_len(part) == 32 && reason == 0);
    else
        must(part == NULL && reason >= 23 && reason <= 28);
    clv_secret_free(&part);
}

/* What passes the look from outside has the lengths of a sealed part: a unit may still refuse it.
 */
static void try_check(struct clv_view bytes)
{
    const struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521,
                                            .bits = clv_view_of(point, sizeof(point))};
    clv_status status = clv_ep11_recipient_check(bytes, &key, NULL);
    must(status == CLV_E_FORMAT || status == CLV_E_MISMATCH ||
         (status == CLV_OK && bytes.len >= 313));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_check(clv_view_of(data, len));
    try_open(clv_view_of(data, len), CLV_EP11_KEY_P521, scalar);
    try_open(clv_view_of(data, len), CLV_EP11_KEY_RSA, rsa);
    must(clv_secret_alive() == 2);
    return 0;
}
