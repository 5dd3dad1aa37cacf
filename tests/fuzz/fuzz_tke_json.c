/* The JSON around a signature key of the plug-in, before any password. */
#include <stdlib.h>
#include <string.h>

#include "src/keyfile/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_tke_file file = {0};
    struct clv_error err = {0};

    if (clv_tke_read_json(clv_view_of(data, len), &file, &err) != CLV_OK) {
        if (err.code != CLV_E_FOREIGN && err.code != CLV_E_FORMAT)
            abort();
        return 0;
    }
    if (file.enckey_len <= CLV_TKE_NONCE_LEN + CLV_TKE_TAG_LEN ||
        file.enckey_len > CLV_TKE_ENCKEY_MAX || !memchr(file.name, 0, sizeof file.name))
        abort();
    return 0;
}
