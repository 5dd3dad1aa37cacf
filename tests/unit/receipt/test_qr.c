/* Codes on the terminal, read back from the text alone with an independent reader. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony.h"
#include "claviger/receipt.h"

/* What is shown on terminals: of each kind one as long as they get. */
static const char *const payloads[] = {
    "CLV1S.T.CLVX20261123X7F3A5C01.4294967295.RECEIPT."
    "7GULQ616PLGQU14LBNSDKUHFTJFUQEAQ6HWK1CFLJWXS1MCC00N0.41HH71CC",
    ("CLV1C.1.4.VUXH.040H2GSCAQNK4C1J6QQK2CHK5LTLCCS10000019U7561G9MV467"
     "0952VNKCX4BWUKX63JN1LFLQB3V4PPWGDB3005K1A9E90P8MWN9W7MMG558230K.1MRP"),
    ("CLV1W.AGMEJV800000A0000006N103HJKTM0Q5NWN0TTR8JR44AGC4DUCKX7TQNVAD"
     "2X6E6F5G0GDPLVSX1UJEWA3FHHUCTM8MPNAPKXMLQLX2BUB8UF0S1A5PBMHUND3DNQ0C.LER8"),
};
#define NUM_PAYLOADS (sizeof payloads / sizeof *payloads)

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

static struct picture look_at_ascii(const char *lines)
{
    struct picture p = {0};
    unsigned x = 0;
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
    return p;
}

static void expect(const char *payload, const struct picture *p)
{
    struct text out = read_back(p);
    cr_assert_eq(out.len, strlen(payload));
    cr_assert_eq(memcmp(out.data, payload, out.len), 0);
    free(out.data);
}

static struct picture show(const char *payload, enum clv_qr_style style)
{
    char *lines = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_qr_render_text(payload, style, &lines, &err), CLV_OK, "%s", err.fact);
    struct picture p = look_at(lines, style == CLV_QR_LIGHT_GLYPHS);
    free(lines);
    return p;
}

Test(qr, half_blocks_dark_on_light)
{
    for (size_t i = 0; i < NUM_PAYLOADS; i++) {
        struct picture p = show(payloads[i], CLV_QR_DARK_GLYPHS);
        cr_assert_eq(p.width, 37 + 4, "version 5 with a quiet zone of 2 fits 80x24");
        cr_assert_leq(p.height / 2, 21);
        expect(payloads[i], &p);
    }
}

Test(qr, half_blocks_light_on_dark)
{
    for (size_t i = 0; i < NUM_PAYLOADS; i++) {
        struct picture p = show(payloads[i], CLV_QR_LIGHT_GLYPHS);
        expect(payloads[i], &p);
    }
}

Test(qr, ascii)
{
    for (size_t i = 0; i < NUM_PAYLOADS; i++) {
        char *lines = NULL;
        struct clv_error err = {0};
        cr_assert_eq(clv_qr_render_text(payloads[i], CLV_QR_ASCII, &lines, &err), CLV_OK);
        struct picture p = look_at_ascii(lines);
        expect(payloads[i], &p);
        free(lines);
    }
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
