/* Key files from memory. Each input is tried as it is, and once more with a checksum that fits, so
 * that what lies behind the checksum is reached. Whatever parses writes back to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "src/keyfile/internal.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void try_file(struct clv_view file)
{
    struct clv_keyfile_parts parts;
    struct clv_error err = {0};
    struct clv_writer w;
    char text[CLV_CHECK_TEXT];

    if (clv_keyfile_take_apart(file, &parts, &err) != CLV_OK) {
        must(err.code == CLV_E_DAMAGED || err.code == CLV_E_FOREIGN || err.code == CLV_E_FORMAT ||
             err.code == CLV_E_UNSUPPORTED);
        return;
    }
    clv_writer_init(&w);
    must(clv_keyfile_write_file(&parts, &w, NULL) == CLV_OK);
    must(clv_view_equal(clv_writer_view(&w), file));
    clv_writer_clear(&w);
    must(clv_keyfile_check_texts(&parts.info, NULL) == CLV_OK);
    clv_keyfile_check_text(&parts.info, text);
}

/* Without the checksum line the input may have. */
static size_t body_len(const uint8_t *data, size_t len)
{
    const uint8_t *at = memmem(data, len, "checksum: ", 10);

    return at ? (size_t)(at - data) : len;
}

static void try_with_checksum(const uint8_t *data, size_t len)
{
    uint8_t sum[CLV_SHA256_LEN];
    char hex[2 * CLV_SHA256_LEN + 1];
    struct clv_writer w;

    clv_writer_init(&w);
    clv_write_bytes(&w, data, body_len(data, len));
    clv_sha256(w.data, w.len, sum);
    clv_hex(sum, sizeof sum, hex);
    clv_write_format(&w, "checksum: sha256 %s\n", hex);
    must(clv_writer_done(&w, NULL) == CLV_OK);
    try_file(clv_writer_view(&w));
    clv_writer_clear(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_file(clv_view_of(data, len));
    if (len > 0)
        try_with_checksum(data, len);
    return 0;
}
