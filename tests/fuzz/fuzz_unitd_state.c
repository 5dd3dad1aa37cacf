/* unitd: the state file behind a checksum that is always right. What is accepted encodes to the
 * same bytes again. */
#include "tests/fuzz/fuzz_unitd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_unitd_vault *vault = NULL;
    struct clv_writer framed = {0}, again = {0};
    uint8_t hash[CLV_SHA256_LEN];
    must(clv_secret_init(NULL) == CLV_OK && clv_crypto_init(NULL) == CLV_OK);
    clv_write_bytes(&framed, data, len);
    clv_sha256(data, len, hash);
    clv_write_bytes(&framed, hash, sizeof(hash));
    must(clv_writer_done(&framed, NULL) == CLV_OK);
    if (clv_unitd_vault_decode(clv_writer_view(&framed), fuzz_ports(), &vault, NULL) == CLV_OK) {
        must(clv_unitd_vault_encode(vault, &again, NULL) == CLV_OK);
        must(clv_view_equal(clv_writer_view(&framed), clv_writer_view(&again)));
    }
    clv_unitd_vault_free(&vault);
    clv_writer_clear(&framed);
    clv_writer_clear(&again);
    return 0;
}
