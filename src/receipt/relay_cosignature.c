/* A cosignature as one code, as the line of a note, and as eight rows to be typed. 80 bytes: 128
 * characters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define BYTES 80
#define CHARS 128
#define ROW_CHARS (CHARS / CLV_RELAY_ROWS)
#define ROW_CHECK 2
static const char note_start[] = "\u2014 "; /* of a signature line */

static void pack_cosignature(const struct clv_relayed *r, char chars[CHARS + 1])
{
    uint8_t bytes[BYTES];
    struct clv_writer w = {0};
    clv_writer_init_fixed(&w, bytes, sizeof bytes);
    clv_write_u32(&w, r->cosignature.id);
    clv_write_u32(&w, (uint32_t)r->size);
    clv_write_u64(&w, r->cosignature.time);
    clv_write_bytes(&w, r->cosignature.signature, sizeof r->cosignature.signature);
    base32_encode(clv_view_of(bytes, sizeof bytes), chars);
}

static clv_status unpack_cosignature(struct clv_view chars, struct clv_relayed *ret,
                                     struct clv_error *err)
{
    uint8_t bytes[BYTES];
    struct clv_reader r;
    struct clv_relayed relayed = {0};
    if (!base32_decode(chars, bytes, sizeof bytes))
        return clv_fail(err, CLV_E_FORMAT, "this is not the text of a cosignature");
    clv_reader_init(&r, bytes, sizeof bytes);
    relayed.cosignature.id = clv_read_u32(&r, "key id");
    relayed.size = clv_read_u32(&r, "size");
    relayed.cosignature.time = clv_read_u64(&r, "time");
    clv_read_into(&r, relayed.cosignature.signature, sizeof relayed.cosignature.signature,
                  "signature");
    if (relayed.cosignature.time > INT64_MAX)
        clv_reader_fault(&r, "time", "is too large");
    clv_status status = clv_reader_done(&r, err);
    if (status == CLV_OK)
        *ret = relayed;
    return status;
}

/* ---- one code -------------------------------------------------------------------------------- */

void clv_relay_cosignature_code(const struct clv_relayed *relayed, char ret[CLV_RELAY_CODE])
{
    char chars[CHARS + 1];
    pack_cosignature(relayed, chars);
    snprintf(ret, CLV_RELAY_CODE, "%s.%s.", code_cosignature.word, chars);
    code_close(&code_cosignature, ret);
}

static clv_status read_code(struct clv_view text, struct clv_relayed *ret, struct clv_error *err)
{
    struct code_text code;
    clv_status status = code_open(text, &code_cosignature, &code, err);
    return status == CLV_OK ? unpack_cosignature(code.field[0], ret, err) : status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void row_check(unsigned number, const char *chars, char out[ROW_CHECK + 1])
{
    char text[8 + ROW_CHARS];
    int len =
        snprintf(text, sizeof text, "%s%u%.*s", code_cosignature.word, number, ROW_CHARS, chars);
    base32_check(text, (size_t)len, out, ROW_CHECK);
}

void clv_relay_cosignature_rows(const struct clv_relayed *relayed,
                                char ret[CLV_RELAY_ROWS][CLV_RELAY_ROW])
{
    char chars[CHARS + 1], check[ROW_CHECK + 1];
    pack_cosignature(relayed, chars);
    for (unsigned i = 0; i < CLV_RELAY_ROWS; i++) {
        const char *at = chars + (size_t)i * ROW_CHARS;
        row_check(i + 1, at, check);
        snprintf(ret[i], CLV_RELAY_ROW, "%u  %.4s %.4s %.4s %.4s  %s", i + 1, at, at + 4, at + 8,
                 at + 12, check);
    }
}

/* Its characters without blanks and hyphens; false when they are not number, characters, check. */
static bool squeeze(struct clv_view row, char out[1 + ROW_CHARS + ROW_CHECK + 1])
{
    size_t num = 0;
    for (size_t i = 0; i < row.len; i++) {
        uint8_t c = row.data[i];
        if (c == ' ' || c == '-' || c == '\t')
            continue;
        if (num == 1 + ROW_CHARS + ROW_CHECK || base32_char(c) == '\0')
            return false;
        out[num++] = base32_char(c);
    }
    out[num] = '\0';
    return num == 1 + ROW_CHARS + ROW_CHECK && out[0] >= '1' && out[0] <= '0' + CLV_RELAY_ROWS;
}

static clv_status read_row(struct clv_view row, unsigned *ret_number, char ret[ROW_CHARS + 1],
                           struct clv_error *err)
{
    char chars[1 + ROW_CHARS + ROW_CHECK + 1], check[ROW_CHECK + 1];
    if (!squeeze(row, chars))
        return clv_fail(err, CLV_E_FORMAT,
                        "a row is its number, 1 to %d, four groups of four characters and two more",
                        CLV_RELAY_ROWS);
    unsigned number = (unsigned)(chars[0] - '0');
    row_check(number, chars + 1, check);
    if (memcmp(check, chars + 1 + ROW_CHARS, ROW_CHECK) != 0)
        return clv_fail(err, CLV_E_FORMAT, "row %u is mistyped: its last two characters do not fit",
                        number);
    *ret_number = number;
    memcpy(ret, chars + 1, ROW_CHARS);
    ret[ROW_CHARS] = '\0';
    return CLV_OK;
}

static clv_status check_rows(const char rows[CLV_RELAY_ROWS][ROW_CHARS + 1], struct clv_error *err)
{
    char missing[3 * CLV_RELAY_ROWS + 1] = "";
    for (unsigned i = 0; i < CLV_RELAY_ROWS; i++) {
        size_t len = strlen(missing);
        if (!rows[i][0])
            snprintf(missing + len, sizeof missing - len, "%s%u", len ? ", " : "", i + 1);
    }
    return missing[0]
               ? clv_fail(err, CLV_E_MISSING, "of the cosignature, row %s is not there", missing)
               : CLV_OK;
}

static clv_status read_rows(struct clv_view text, struct clv_relayed *ret, struct clv_error *err)
{
    char rows[CLV_RELAY_ROWS][ROW_CHARS + 1] = {0}, chars[CHARS + 1], row[ROW_CHARS + 1];
    struct clv_view line;
    while (relay_take_line(&text, &line)) {
        unsigned number = 0;
        clv_status status = read_row(line, &number, row, err);
        if (status != CLV_OK)
            return status;
        if (rows[number - 1][0] && strcmp(rows[number - 1], row) != 0)
            return clv_fail(err, CLV_E_FORMAT, "there are two different rows %u", number);
        memcpy(rows[number - 1], row, sizeof row);
    }
    clv_status status = check_rows((const char(*)[ROW_CHARS + 1]) rows, err);
    if (status != CLV_OK)
        return status;
    for (size_t i = 0; i < CLV_RELAY_ROWS; i++)
        memcpy(chars + i * ROW_CHARS, rows[i], ROW_CHARS + 1);
    return unpack_cosignature(clv_view_of(chars, CHARS), ret, err);
}

/* ---- one of the three ------------------------------------------------------------------------ */

/* Trimmed as it is, it gets its line feed back. The line does not say of how many entries. */
static clv_status read_line(struct clv_view line, struct clv_relayed *ret, struct clv_error *err)
{
    struct clv_writer w = {0};
    struct clv_view name;
    struct clv_relayed relayed = {0};
    clv_writer_init(&w);
    clv_write_view(&w, line);
    clv_write_u8(&w, '\n');
    clv_status status = clv_writer_done(&w, err);
    if (status == CLV_OK)
        status = clv_cosignature_parse(clv_writer_view(&w), &name, &relayed.cosignature, err);
    clv_writer_clear(&w);
    if (status == CLV_OK)
        *ret = relayed;
    return status;
}

bool clv_relay_is_cosignature(struct clv_view text)
{
    return code_starts(text, &code_cosignature);
}

clv_status clv_relay_cosignature_read(struct clv_view text, struct clv_relayed *ret,
                                      struct clv_error *err)
{
    struct clv_view rest = text, line;
    if (text.len > CLV_RECEIPT_MAX)
        return clv_fail(err, CLV_E_FORMAT, "this is more text than a cosignature has");
    while (relay_take_line(&rest, &line)) {
        if (clv_relay_is_cosignature(line))
            return read_code(line, ret, err);
        if (view_starts(line, note_start))
            return read_line(line, ret, err);
    }
    return clv_code_resembles(text) ? read_code(text, ret, err) : read_rows(text, ret, err);
}

/* ---- line after line ------------------------------------------------------------------------- */

static bool is_row(const char *line)
{
    char chars[ROW_CHARS + 1];
    unsigned number = 0;
    return read_row(trim(clv_view_of(line, strlen(line))), &number, chars, NULL) == CLV_OK;
}

clv_status clv_relay_cosignature_more(struct clv_writer *typed, const char *line,
                                      struct clv_relayed *ret, struct clv_error *err)
{
    size_t before = typed->len;
    clv_write_format(typed, "%s\n", line);
    clv_status status = clv_writer_done(typed, err);
    if (status == CLV_OK)
        status = clv_relay_cosignature_read(clv_writer_view(typed), ret, err);
    if (status != CLV_E_FORMAT)
        return status;
    typed->len = before;
    if (before == 0 || !is_row(line))
        return status;
    /* It is good, and does not go with the others. */
    typed->len = 0;
    clv_write_format(typed, "%s\n", line);
    return clv_fail(err, CLV_E_MISSING,
                    "this row is of another cosignature than those before it: type the other rows "
                    "of this one, too");
}
