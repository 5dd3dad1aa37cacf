#include "gzip.h"

#include <zlib.h>

#define GZIP_ONLY (16 + MAX_WBITS) /* neither zlib's own wrapping nor none */
#define STEP 4096

static clv_status inflate_all(z_stream *z, size_t max, struct clv_writer *w, struct clv_error *err)
{
    uint8_t out[STEP];
    int rc = Z_OK;
    while (rc == Z_OK) {
        z->next_out = out;
        z->avail_out = sizeof(out);
        rc = inflate(z, Z_NO_FLUSH);
        clv_write_bytes(w, out, sizeof(out) - z->avail_out);
        if (z->total_out > max)
            return clv_fail(err, CLV_E_FORMAT, "the body unpacks to more than %zu bytes", max);
    }
    if (rc != Z_STREAM_END || z->avail_in > 0)
        return clv_fail(err, CLV_E_FORMAT, "the body is not one whole gzip member");
    return clv_writer_done(w, err);
}

clv_status gzip_open(struct clv_view packed, size_t max, struct clv_writer *w,
                     struct clv_error *err)
{
    z_stream z = {.next_in = (z_const Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.len};
    if (inflateInit2(&z, GZIP_ONLY) != Z_OK)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for a compressed body");
    clv_status status = inflate_all(&z, max, w, err);
    inflateEnd(&z);
    return status;
}
