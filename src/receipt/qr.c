/* QR codes over libqrencode. */
#include "claviger/receipt/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

struct clv_qr {
    unsigned version, width;
    uint8_t dark[]; /* width * width */
};

static const QRecLevel levels[] = {
    [CLV_QR_L] = QR_ECLEVEL_L, [CLV_QR_M] = QR_ECLEVEL_M, [CLV_QR_Q] = QR_ECLEVEL_Q};

static clv_status encode(const char *text, enum clv_qr_level level, QRcode **ret,
                         struct clv_error *err)
{
    QRinput *input = QRinput_new2(0, levels[level]);
    if (!input)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a QR code");
    clv_status status = CLV_OK;
    if (QRinput_append(input, QR_MODE_AN, (int)strlen(text), (const unsigned char *)text) != 0)
        status = clv_fail(err, errno == ENOMEM ? CLV_E_MEMORY : CLV_E_INPUT,
                          "the text has characters that do not go into a QR code");
    QRcode *code = status == CLV_OK ? QRcode_encodeInput(input) : NULL;
    if (status == CLV_OK && !code)
        status = errno == ERANGE ? clv_fail(err, CLV_E_USAGE, "the text is too long for a QR code")
                                 : clv_fail(err, CLV_E_MEMORY, "no memory for a QR code");
    QRinput_free(input);
    if (status == CLV_OK)
        *ret = code;
    return status;
}

clv_status clv_qr_new(const char *text, enum clv_qr_level level, unsigned max_version,
                      struct clv_qr **ret, struct clv_error *err)
{
    QRcode *code = NULL;
    clv_status status = encode(text, level, &code, err);
    if (code == NULL)
        return status;
    unsigned width = (unsigned)code->width, version = (unsigned)code->version;
    struct clv_qr *qr = NULL;
    if (version > max_version)
        status = clv_fail(err, CLV_E_USAGE, "the text needs QR version %u, %u is allowed", version,
                          max_version);
    else if (!(qr = calloc(1, sizeof *qr + (size_t)width * width)))
        status = clv_fail(err, CLV_E_MEMORY, "no memory for a QR code");
    if (qr) {
        qr->version = version;
        qr->width = width;
        for (size_t i = 0; i < (size_t)width * width; i++)
            qr->dark[i] = code->data[i] & 1;
        *ret = qr;
    }
    QRcode_free(code);
    return status;
}

void clv_qr_free(struct clv_qr **qr)
{
    free(*qr);
    *qr = NULL;
}

unsigned clv_qr_version(const struct clv_qr *qr)
{
    return qr->version;
}

unsigned clv_qr_width(const struct clv_qr *qr)
{
    return qr->width;
}

bool clv_qr_dark(const struct clv_qr *qr, unsigned x, unsigned y)
{
    return x < qr->width && y < qr->width && qr->dark[(size_t)y * qr->width + x];
}

/* ---- as text --------------------------------------------------------------------------------- */

/* Coordinates count from the corner of the quiet zone; before the code they wrap to large numbers,
 * which are light like everything outside. */
static bool has_glyph(const struct clv_qr *qr, enum clv_qr_style style, unsigned quiet, unsigned x,
                      unsigned y)
{
    bool dark = clv_qr_dark(qr, x - quiet, y - quiet);
    return style == CLV_QR_LIGHT_GLYPHS ? !dark : dark;
}

static void half_blocks(const struct clv_qr *qr, enum clv_qr_style style, unsigned quiet,
                        struct clv_writer *w)
{
    static const char *const blocks[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};
    unsigned side = qr->width + 2 * quiet;
    for (unsigned y = 0; y < side; y += 2) {
        for (unsigned x = 0; x < side; x++)
            clv_write_text(
                w,
                blocks[has_glyph(qr, style, quiet, x, y)][has_glyph(qr, style, quiet, x, y + 1)]);
        clv_write_text(w, "\n");
    }
}

static void ascii(const struct clv_qr *qr, unsigned quiet, struct clv_writer *w)
{
    unsigned side = qr->width + 2 * quiet;
    for (unsigned y = 0; y < side; y++) {
        for (unsigned x = 0; x < side; x++)
            clv_write_text(w, has_glyph(qr, CLV_QR_ASCII, quiet, x, y) ? "##" : "  ");
        clv_write_text(w, "\n");
    }
}

char *clv_qr_text(const struct clv_qr *qr, enum clv_qr_style style, unsigned quiet)
{
    struct clv_writer w = {0};
    uint8_t *text = NULL;
    size_t len = 0;
    clv_writer_init(&w);
    if (style == CLV_QR_ASCII)
        ascii(qr, quiet, &w);
    else
        half_blocks(qr, style, quiet, &w);
    clv_write_u8(&w, 0);
    if (clv_writer_detach(&w, &text, &len, NULL) != CLV_OK)
        text = NULL;
    clv_writer_clear(&w);
    return (char *)text;
}

clv_status clv_qr_render_text(const char *text, enum clv_qr_style style, char **ret_lines,
                              struct clv_error *err)
{
    struct clv_qr *qr = NULL;
    clv_status status = clv_qr_new(text, CLV_QR_M, 5, &qr, err);
    if (status == CLV_E_USAGE)
        status = clv_qr_new(text, CLV_QR_L, 5, &qr, err);
    if (status != CLV_OK)
        return status;
    char *lines = clv_qr_text(qr, style, 2);
    clv_qr_free(&qr);
    if (!lines)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a QR code");
    *ret_lines = lines;
    return CLV_OK;
}
