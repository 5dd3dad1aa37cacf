/* The file around the header: payload in base64, checksum in the last line.
 *
 * The checksum is looked at before anything else, and Argon2 is far away: a damaged file must never
 * be taken for a wrong password, nor cost the time of one. */
#include "internal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SUM_PREFIX "checksum: sha256 "
#define SUM_LINE_LEN (sizeof SUM_PREFIX - 1 + 2 * CLV_SHA256_LEN + 1)

/* clang-format off */
static const struct clv_keyfile_kind_facts kinds[CLV_NUM_KEYFILE_KINDS] = {
    [CLV_KEYFILE_PART]    = { "key-part",      "key part",      "part",    CLV_OPENING_LEN      },
    [CLV_KEYFILE_SIGKEY]  = { "signature-key", "signature key", "sigkey",  CLV_P521_SCALAR_LEN  },
    [CLV_KEYFILE_WITNESS] = { "witness-key",   "witness's key", "witness", CLV_WITNESS_SEED_LEN },
};
/* clang-format on */

const struct clv_keyfile_kind_facts *clv_keyfile_facts(enum clv_keyfile_kind kind)
{
    return &kinds[kind];
}

bool clv_keyfile_fits(const struct clv_keyfile_info *info, size_t clear_len)
{
    if (info->kind == CLV_KEYFILE_SIGKEY && info->sigkey_type == CLV_SIGKEY_RSA)
        return clear_len >= CLV_KEYFILE_RSA_MIN && clear_len <= CLV_KEYFILE_RSA_MAX;
    return clear_len == kinds[info->kind].clear_len;
}

/* ---- writing ---- */

static void write_payload(const struct clv_keyfile_parts *parts, struct clv_writer *w)
{
    char text[2 * CLV_KEYFILE_SEALED_MAX];
    size_t len, take;

    sodium_bin2base64(text, sizeof text, parts->sealed, parts->sealed_len,
                      sodium_base64_VARIANT_ORIGINAL);
    len = strlen(text);
    for (size_t pos = 0; pos < len; pos += take) {
        take = len - pos < CLV_KEYFILE_WRAP ? len - pos : CLV_KEYFILE_WRAP;
        clv_write_bytes(w, text + pos, take);
        clv_write_u8(w, '\n');
    }
}

static void write_checksum(struct clv_writer *w)
{
    struct clv_view all = clv_writer_view(w);
    uint8_t sum[CLV_SHA256_LEN];
    char hex[2 * CLV_SHA256_LEN + 1];

    clv_sha256(all.data, all.len, sum);
    clv_hex(sum, sizeof sum, hex);
    clv_write_format(w, SUM_PREFIX "%s\n", hex);
}

clv_status clv_keyfile_write_file(const struct clv_keyfile_parts *parts, struct clv_writer *w,
                                  struct clv_error *err)
{
    clv_keyfile_write_header(parts, w);
    write_payload(parts, w);
    clv_status st = clv_writer_done(w, err);
    if (st != CLV_OK)
        return st;
    write_checksum(w);
    return clv_writer_done(w, err);
}

/* ---- reading ---- */

static bool starts_like_ours(struct clv_view file)
{
    size_t len = strlen(CLV_KEYFILE_MAGIC);

    return memcmp(file.data, CLV_KEYFILE_MAGIC, file.len < len ? file.len : len) == 0;
}

/* Whether the last line has the form of our checksum; *ret_sum is what it says. */
static bool find_checksum(struct clv_view file, uint8_t ret_sum[CLV_SHA256_LEN])
{
    const char *line;

    if (file.len < SUM_LINE_LEN || file.data[file.len - 1] != '\n')
        return false;
    line = (const char *)file.data + file.len - SUM_LINE_LEN;
    if (memcmp(line, SUM_PREFIX, strlen(SUM_PREFIX)) != 0)
        return false;
    line += strlen(SUM_PREFIX);
    for (size_t i = 0; i < 2 * CLV_SHA256_LEN; i++)
        if (!strchr("0123456789abcdef", line[i]))
            return false;
    return clv_unhex(line, 2 * CLV_SHA256_LEN, ret_sum, CLV_SHA256_LEN, NULL) == CLV_OK;
}

static clv_status damaged(struct clv_error *err, const char *what)
{
    clv_status st = clv_fail(err, CLV_E_DAMAGED, "the key file is damaged: %s", what);

    clv_hint(err, "The password was not tried. Use another copy of this file.");
    return st;
}

static clv_status no_checksum(struct clv_view file, struct clv_error *err)
{
    if (file.len == 0)
        return damaged(err, "it is empty");
    if (!starts_like_ours(file))
        return clv_fail(err, CLV_E_FOREIGN, "this is not a claviger key file");
    if (memchr(file.data, '\r', file.len))
        return damaged(err, "its line ends were changed, as a copy in text mode does");
    return damaged(err, "it ends too early, or its last line was changed");
}

static clv_status check_sum(struct clv_view file, struct clv_error *err)
{
    uint8_t said[CLV_SHA256_LEN], sum[CLV_SHA256_LEN];

    if (file.len > CLV_KEYFILE_MAX)
        return clv_fail(err, CLV_E_FORMAT, "a key file has at most %d bytes", CLV_KEYFILE_MAX);
    if (!find_checksum(file, said))
        return no_checksum(file, err);
    clv_sha256(file.data, file.len - SUM_LINE_LEN, sum);
    return memcmp(said, sum, sizeof sum) == 0 ? CLV_OK : damaged(err, "its checksum does not fit");
}

/* Exactly the lines that write_payload() makes of the right number of bytes. */
static clv_status read_payload(struct clv_view text, struct clv_keyfile_parts *ret,
                               struct clv_error *err)
{
    const char *end = NULL;
    const char *start = (const char *)text.data;

    if (sodium_base642bin(ret->sealed, sizeof ret->sealed, start, text.len, "\n", &ret->sealed_len,
                          &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != start + text.len || ret->sealed_len < CLV_KEYFILE_TAG_LEN ||
        !clv_keyfile_fits(&ret->info, ret->sealed_len - CLV_KEYFILE_TAG_LEN))
        return clv_fail(err, CLV_E_FORMAT,
                        "the payload is not the base64 text of what a file of its kind seals");
    return CLV_OK;
}

/* The law of the format: what was read writes back to the same bytes. */
static clv_status check_canonical(struct clv_view file, const struct clv_keyfile_parts *parts,
                                  struct clv_error *err)
{
    struct clv_writer w;
    clv_writer_init(&w);
    clv_status st = clv_keyfile_write_file(parts, &w, err);
    if (st == CLV_OK && !clv_view_equal(clv_writer_view(&w), file))
        st = clv_fail(err, CLV_E_FORMAT, "the key file is not in the one form the format has");
    clv_writer_clear(&w);
    return st;
}

clv_status clv_keyfile_take_apart(struct clv_view file, struct clv_keyfile_parts *ret,
                                  struct clv_error *err)
{
    struct clv_keyfile_parts parts = {0};
    size_t header_len = 0, payload_len;
    clv_status st = check_sum(file, err);

    if (st != CLV_OK || (st = clv_keyfile_read_fields(file, &parts, &header_len, err)) != CLV_OK)
        return st;
    if (header_len > file.len - SUM_LINE_LEN)
        return clv_fail(err, CLV_E_FORMAT, "the key file has no payload");
    parts.header = clv_view_of(file.data, header_len);
    payload_len = file.len - SUM_LINE_LEN - header_len;
    st = read_payload(clv_view_of(file.data + header_len, payload_len), &parts, err);
    if (st != CLV_OK || (st = check_canonical(file, &parts, err)) != CLV_OK)
        return st;
    clv_sha256(file.data, file.len, parts.info.file_id);
    *ret = parts;
    return CLV_OK;
}

clv_status clv_keyfile_parse(struct clv_view file, struct clv_keyfile_info *ret_info,
                             struct clv_error *err)
{
    struct clv_keyfile_parts parts;
    clv_status st = clv_keyfile_take_apart(file, &parts, err);

    if (st == CLV_OK)
        *ret_info = parts.info;
    return st;
}
