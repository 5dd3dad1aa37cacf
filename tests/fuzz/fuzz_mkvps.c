/* What the kernel shows of its registers: taken whole or not at all. */
#include <stdlib.h>
#include <string.h>

#include "src/unit/zcrypt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_registers registers, untouched;
    struct clv_error err = {0};
    memset(&untouched, 0x5a, sizeof untouched);
    registers = untouched;
    clv_status status = clv_mkvps_parse(clv_view_of(data, len), &registers, &err);
    if (status != CLV_OK) {
        if (memcmp(&registers, &untouched, sizeof registers) != 0 || err.fact[0] == '\0')
            abort();
        return 0;
    }
    if (len < strlen("WK CUR: - -\nWK NEW: - -\n") || data[len - 1] != '\n')
        abort();
    return 0;
}
