/* What is inside a signature key of the plug-in once the password has opened it. The first byte
 * chooses the kind of key; the rest is the PEM text. */
#include <stdlib.h>
#include <string.h>

#include "src/keyfile/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_secret *pem = NULL;
    struct clv_sigkey key = {0};
    enum clv_sigkey_type type;

    if (len < 2 || len > 8192)
        return 0;
    type = data[0] == 'r' ? CLV_SIGKEY_RSA : CLV_SIGKEY_P521;
    if (clv_secret_new(len - 1, &pem, NULL) != CLV_OK)
        abort();
    memcpy(clv_secret_write(pem), data + 1, len - 1);
    clv_secret_close(pem);
    if (clv_tke_read_pem(pem, type, &key, NULL) == CLV_OK && key.type != type)
        abort();
    clv_sigkey_clear(&key);
    clv_secret_free(&pem);
    if (clv_secret_alive() != 0)
        abort();
    return 0;
}
