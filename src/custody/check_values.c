/* Check values: what may be said of a key. One table in the header gives names and lengths. */
#include "claviger/custody.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t len;
    bool typed;
} kinds[CLV_NUM_CHECK_KINDS] = {
#define CLV_CHECK_ROW(kind, text, bytes, fit) [kind] = {text, bytes, fit},
    CLV_CHECK_KINDS(CLV_CHECK_ROW)
#undef CLV_CHECK_ROW
};

static void pattern_of(const struct clv_secret *key, uint8_t ret[CLV_PATTERN_LEN])
{
    const uint8_t prefix = 0x01;
    const struct clv_view pieces[] = {
        {&prefix, 1},
        {clv_secret_read(key), clv_secret_len(key)},
    };

    clv_sha256_pieces(pieces, 2, ret);
    clv_secret_close(key);
}

clv_status clv_check_values(const struct clv_secret *key, struct clv_check_values *ret,
                            struct clv_error *err)
{
    const uint8_t zeros[16] = {0};
    uint8_t cmac[16], block[16];
    clv_status st;

    if (clv_secret_len(key) != CLV_PART_LEN)
        return clv_fail(err, CLV_E_FORMAT, "a master key has %d bytes, this value has %zu",
                        CLV_PART_LEN, clv_secret_len(key));
    if ((st = clv_aes_cmac(key, zeros, sizeof zeros, cmac, err)) != CLV_OK ||
        (st = clv_aes_ecb_block(key, zeros, block, err)) != CLV_OK)
        return st;
    pattern_of(key, ret->pattern);
    memcpy(ret->cmac0, cmac, sizeof ret->cmac0);
    memcpy(ret->ecb0, block, sizeof ret->ecb0);
    /* The rest of both blocks would let a guess at the key be tested. */
    clv_wipe(cmac, sizeof cmac);
    clv_wipe(block, sizeof block);
    return CLV_OK;
}

const char *clv_check_name(enum clv_check_kind kind)
{
    return kinds[kind].name;
}

bool clv_check_fit_for_typed(enum clv_check_kind kind)
{
    return kinds[kind].typed;
}

struct clv_view clv_check_bytes(const struct clv_check_values *values, enum clv_check_kind kind)
{
    const uint8_t *data = values->pattern;

    if (kind == CLV_CHECK_KCV_CMAC0 || kind == CLV_CHECK_KCV_CMAC0_5)
        data = values->cmac0;
    else if (kind == CLV_CHECK_KCV_ECB0)
        data = values->ecb0;
    return (struct clv_view){data, kinds[kind].len};
}

void clv_check_text(const struct clv_check_values *values, enum clv_check_kind kind,
                    char buf[CLV_CHECK_TEXT])
{
    struct clv_view bytes = clv_check_bytes(values, kind);
    int n = snprintf(buf, CLV_CHECK_TEXT, "%s ", kinds[kind].name);
    /* Short values are read in one go, a pattern in groups. */
    size_t group = bytes.len > 8 ? 4 : 16;

    clv_hex_groups(bytes.data, bytes.len, group, buf + n, CLV_CHECK_TEXT - (size_t)n);
}

/* "NAME hex", behind a comma unless it is the first. Returns the new length. */
static size_t append_value(const struct clv_check_values *values, enum clv_check_kind kind,
                           char *buf, size_t len, size_t cap)
{
    struct clv_view bytes = clv_check_bytes(values, kind);
    char hex[2 * CLV_PATTERN_LEN + 1];

    clv_hex(bytes.data, bytes.len, hex);
    return len + (size_t)snprintf(buf + len, cap - len, "%s%s %s", len ? ", " : "",
                                  clv_check_name(kind), hex);
}

void clv_check_record(const struct clv_check_values *values, char buf[CLV_CHECK_RECORD])
{
    static const enum clv_check_kind recorded[] = {CLV_CHECK_CCA_MKVP, CLV_CHECK_WKVP,
                                                   CLV_CHECK_KCV_CMAC0_5, CLV_CHECK_KCV_ECB0};
    size_t len = 0;

    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++)
        len = append_value(values, recorded[i], buf, len, CLV_CHECK_RECORD);
}

clv_status clv_check_part_record(const struct clv_secret *part, bool typed,
                                 char buf[CLV_CHECK_PART_RECORD], struct clv_error *err)
{
    static const enum clv_check_kind recorded[] = {CLV_CHECK_EP11_VP, CLV_CHECK_CCA_MKVP,
                                                   CLV_CHECK_WKVP, CLV_CHECK_KCV_CMAC0,
                                                   CLV_CHECK_KCV_ECB0};
    struct clv_check_values values;
    size_t len = 0;
    clv_status st = clv_check_values(part, &values, err);

    if (st != CLV_OK)
        return st;
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++)
        if (!typed || clv_check_fit_for_typed(recorded[i]))
            len = append_value(&values, recorded[i], buf, len, CLV_CHECK_PART_RECORD);
    clv_wipe(&values, sizeof values);
    return CLV_OK;
}

static bool read_value(const char *text, const char *name, uint8_t *out, size_t len)
{
    const char *at = strstr(text, name);

    return at && strlen(at) >= strlen(name) + 2 * len &&
           clv_unhex(at + strlen(name), 2 * len, out, len, NULL) == CLV_OK;
}

/* Read leniently, then written again: only the one spelling passes. */
bool clv_check_record_read(const char *text, const uint8_t pattern[CLV_PATTERN_LEN],
                           struct clv_check_values *ret)
{
    struct clv_check_values values;
    char again[CLV_CHECK_RECORD];

    memcpy(values.pattern, pattern, sizeof values.pattern);
    if (!read_value(text, "KCV-CMAC0 ", values.cmac0, sizeof values.cmac0) ||
        !read_value(text, "KCV-ECB0 ", values.ecb0, sizeof values.ecb0))
        return false;
    clv_check_record(&values, again);
    if (strcmp(text, again) != 0)
        return false;
    *ret = values;
    return true;
}

bool clv_pattern_equal(const uint8_t a[CLV_PATTERN_LEN], const uint8_t b[CLV_PATTERN_LEN])
{
    return memcmp(a, b, CLV_PATTERN_COMPARED) == 0;
}
