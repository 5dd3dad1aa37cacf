/* The settings of the commands, and lists of numbers: whatever is read is written as it was. */
#include <stdlib.h>
#include <string.h>

#include "src/tke/internal.h"

#define MAX_NUMBER 40

static void numbers(const uint8_t *data, size_t len)
{
    bool set[MAX_NUMBER + 1] = {0}, again[MAX_NUMBER + 1] = {0};
    char text[400], *input = strndup((const char *)data, len);
    if (input && clv_tke_numbers(input, MAX_NUMBER, set, NULL) == CLV_OK) {
        clv_tke_number_list(set, MAX_NUMBER, text, sizeof(text));
        if (clv_tke_numbers(text, MAX_NUMBER, again, NULL) != CLV_OK ||
            memcmp(set, again, sizeof(set)) != 0)
            abort();
    }
    free(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_tke_settings s = {0};
    struct clv_error err = {0};
    numbers(data, len);
    if (clv_tke_settings_parse(clv_view_of(data, len), &s, &err) != CLV_OK) {
        if (err.fact[0] == '\0' || s.units || s.site_file)
            abort();
        return 0;
    }
    for (size_t i = 0; i < s.num_units; i++)
        if (!clv_tke_settings_has_unit(&s, s.units[i].instance, s.units[i].hsm))
            abort();
    if (s.num_sigkeys > CLV_TKE_MAX_SIGKEYS || (s.site_file && s.site_file[0] != '/'))
        abort();
    clv_tke_settings_clear(&s);
    return 0;
}
