/* clv_event_decode: whatever it takes comes back as the same event. */
#include <stdint.h>
#include <stdlib.h>

#include "claviger/ceremony.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_event event, again;
    struct clv_writer w = {0};
    if (clv_event_decode(clv_view_of(data, len), &event, NULL) != CLV_OK)
        return 0;
    if (clv_event_encode(&event, &w, NULL) != CLV_OK ||
        clv_event_decode(clv_writer_view(&w), &again, NULL) != CLV_OK)
        abort();
    clv_writer_clear(&w);
    return 0;
}
