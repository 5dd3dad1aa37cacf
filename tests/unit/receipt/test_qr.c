/* Codes on the terminal, read back from the text alone with an independent reader. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony.h"
#include "claviger/receipt.h"

static const char payload[] = "CLV1S.T.CLVX20261123X7F3A5C01.57.RECEIPT."
                              "7GULQ616PLGQU14LBNSDKUHFTJFUQEAQ6HWK1CFLJWXS1MCC00N0.41HH71CC";

struct picture {
    unsigned width, height;
    uint8_t light[200][200];
};

/* Paints one module as 4x4 pixels and asks zbarimg. */
static struct text read_back(const struct picture *p)
{
    char path[] = "/tmp/clv-qr-XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "wb");
    fprintf(f, "P5\n%u %u\n255\n", p->width * 4, p->height * 4);
    for (unsigned y = 0; y < p->height * 4; y++)
        for (unsigned x = 0; x < p->width * 4; x++)
            fputc(p->light[y / 4][x / 4] ? 255 : 0, f);
    fclose(f);
    struct text out =
        run((const char *const[]){ZBARIMG, "--nodbus", "-q", "--raw", "-Sbinary", path, NULL});
    unlink(path);
    return out;
}

static bool take(const char **at, const char *glyph)
{
    size_t len = strlen(glyph);
    if (strncmp(*at, glyph, len) != 0)
        return false;
    *at += len;
    return true;
}

/* What a terminal would show: glyphs in one colour, the rest in the other. */
static struct picture look_at(const char *lines, bool glyphs_are_light)
{
    struct picture p = {0};
    unsigned x = 0, y = 0;
    for (const char *at = lines; *at;) {
        bool upper = false, lower = false;
        if (take(&at, "\n")) {
            p.width = x;
            x = 0;
            y += 2;
            continue;
        }
        if (take(&at, "\u2588"))
            upper = lower = true;
        else if (take(&at, "\u2580"))
            upper = true;
        else if (take(&at, "\u2584"))
            lower = true;
        else
            cr_assert(take(&at, " "), "only blocks and blanks");
        p.light[y][x] = upper == glyphs_are_light;
        p.light[y + 1][x] = lower == glyphs_are_light;
        x++;
    }
    p.height = y;
    return p;
}

static void expect_payload(const struct picture *p)
{
    struct text out = read_back(p);
    cr_assert_eq(out.len, strlen(payload));
    cr_assert_eq(memcmp(out.data, payload, out.len), 0);
    free(out.data);
}

Test(qr, half_blocks_dark_on_light)
{
    char *lines = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_qr_render_text(payload, CLV_QR_DARK_GLYPHS, &lines, &err), CLV_OK, "%s",
                 err.fact);
    struct picture p = look_at(lines, false);
    cr_assert_eq(p.width, 37 + 4, "version 5 with a quiet zone of 2 fits 80x24");
    cr_assert_leq(p.height / 2, 21);
    expect_payload(&p);
    free(lines);
}

Test(qr, half_blocks_light_on_dark)
{
    char *lines = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_qr_render_text(payload, CLV_QR_LIGHT_GLYPHS, &lines, &err), CLV_OK);
    struct picture p = look_at(lines, true);
    expect_payload(&p);
    free(lines);
}

Test(qr, ascii)
{
    char *lines = NULL;
    struct clv_error err = {0};
    struct picture p = {0};
    unsigned x = 0;
    cr_assert_eq(clv_qr_render_text(payload, CLV_QR_ASCII, &lines, &err), CLV_OK);
    for (const char *at = lines; *at;) {
        if (take(&at, "\n")) {
            p.width = x;
            x = 0;
            p.height++;
            continue;
        }
        bool dark = take(&at, "##");
        cr_assert(dark || take(&at, "  "));
        p.light[p.height][x++] = !dark;
    }
    expect_payload(&p);
    free(lines);
}

Test(qr, limits)
{
    struct clv_qr *qr = NULL;
    struct clv_error err = {0};
    char lines[300];
    cr_assert_eq(clv_qr_new("lower case", CLV_QR_L, 5, &qr, &err), CLV_E_INPUT);
    cr_assert_eq(clv_qr_new("CONTROL\n", CLV_QR_L, 5, &qr, &err), CLV_E_INPUT);
    memset(lines, 'A', sizeof lines);
    lines[155] = '\0';
    cr_assert_eq(clv_qr_new(lines, CLV_QR_L, 5, &qr, &err), CLV_E_USAGE);
    cr_assert_null(qr);
    lines[154] = '\0';
    cr_assert_eq(clv_qr_new(lines, CLV_QR_L, 5, &qr, &err), CLV_OK);
    cr_assert_eq(clv_qr_version(qr), 5);
    cr_assert_eq(clv_qr_width(qr), 37);
    clv_qr_free(&qr);
    cr_assert_null(qr);
}
