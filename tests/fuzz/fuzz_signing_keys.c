/* SIGNSERVKEYS: names that may stand in an address, tokens in secrets, or an error. */
#include <stdlib.h>
#include <string.h>

#include "claviger/unit/signing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_signing_entry *keys = NULL;
    struct clv_error err = {0};
    size_t num = 0;
    if (clv_secret_init(NULL) != CLV_OK)
        abort();
    if (clv_signing_keys_parse(clv_view_of(data, len), &keys, &num, &err) != CLV_OK) {
        if (keys != NULL || err.fact[0] == '\0' || clv_secret_alive() != 0)
            abort();
        return 0;
    }
    for (size_t i = 0; i < num; i++)
        if (!clv_ep11_signing_name_ok(keys[i].name))
            abort();
    clv_signing_keys_free(&keys, num);
    if (clv_secret_alive() != 0)
        abort();
    return 0;
}
