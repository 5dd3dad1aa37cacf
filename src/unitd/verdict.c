#include "internal.h"

static const struct {
    uint32_t code, reason;
} verdicts[] = {
#define VERDICT_ROW(name, code, reason) [name] = {code, reason},
    CLV_UNITD_VERDICTS(VERDICT_ROW)
#undef VERDICT_ROW
};

uint32_t verdict_code(enum verdict v)
{
    return verdicts[v].code;
}

uint32_t verdict_reason(enum verdict v)
{
    return verdicts[v].reason;
}

/* Decoders of room ep11 say in the protocol's own reasons what was wrong. */
enum verdict verdict_of_reason(uint32_t reason, enum verdict otherwise)
{
    static const enum verdict known[] = {
        V_ATTR_SIZE,       V_ATTR_INDEX, V_ATTR_REPEATED, V_RECIPIENT,
        V_CIPHERTEXT_SIZE, V_POINT,      V_UNWRAP,        V_KEY_SIZE,
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (verdicts[known[i]].reason == reason)
            return known[i];
    return otherwise;
}
