#include "edits.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct edit edit_open(struct clv_view file)
{
    struct edit e = {0};
    const uint8_t *p = file.data, *end = file.data + file.len;

    while (p < end) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
        cr_assert(stop && e.num < EDIT_LINES);
        e.lines[e.num++] = clv_view_of(p, (size_t)(stop - p));
        p = stop + 1;
    }
    return e;
}

size_t edit_find(const struct edit *e, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < e->num; i++)
        if (e->lines[i].len > len && memcmp(e->lines[i].data, name, len) == 0 &&
            e->lines[i].data[len] == ':')
            return i;
    cr_assert_fail("no line %s", name);
    return 0;
}

void edit_replace(struct edit *e, size_t at, const char *text)
{
    e->lines[at] = clv_view_of(text, strlen(text));
}

void edit_remove(struct edit *e, size_t at)
{
    memmove(&e->lines[at], &e->lines[at + 1], (e->num - at - 1) * sizeof e->lines[0]);
    e->num--;
}

void edit_insert(struct edit *e, size_t at, struct clv_view line)
{
    cr_assert_lt(e->num, EDIT_LINES);
    memmove(&e->lines[at + 1], &e->lines[at], (e->num - at) * sizeof e->lines[0]);
    e->lines[at] = line;
    e->num++;
}

void edit_swap(struct edit *e, size_t a, size_t b)
{
    struct clv_view kept = e->lines[a];

    e->lines[a] = e->lines[b];
    e->lines[b] = kept;
}

static void write_checksum(struct clv_writer *w)
{
    uint8_t sum[CLV_SHA256_LEN];
    char hex[2 * CLV_SHA256_LEN + 1];

    clv_sha256(w->data, w->len, sum);
    clv_hex(sum, sizeof sum, hex);
    clv_write_format(w, "checksum: sha256 %s\n", hex);
}

static struct clv_view finish(struct clv_writer *w)
{
    uint8_t *data = NULL;
    size_t len = 0;

    cr_assert_eq(clv_writer_detach(w, &data, &len, NULL), CLV_OK);
    return clv_view_of(data, len);
}

struct clv_view edit_close(const struct edit *e, bool fitting)
{
    struct clv_writer w;

    clv_writer_init(&w);
    for (size_t i = 0; i < e->num - (fitting ? 1 : 0); i++) {
        clv_write_view(&w, e->lines[i]);
        clv_write_u8(&w, '\n');
    }
    if (fitting)
        write_checksum(&w);
    return finish(&w);
}

struct clv_view with_fitting_checksum(struct clv_view file)
{
    struct clv_writer w;
    const size_t line_len = strlen("checksum: sha256 ") + 2 * CLV_SHA256_LEN + 1;

    clv_writer_init(&w);
    clv_write_bytes(&w, file.data, file.len - line_len);
    write_checksum(&w);
    return finish(&w);
}

clv_status parse(struct clv_view file)
{
    struct clv_keyfile_info info;

    return clv_keyfile_parse(file, &info, NULL);
}
