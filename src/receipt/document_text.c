/* A document as plain lines: for the terminal, for a screen reader, for a printer without PDF. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define COLUMNS 78
#define LABEL_COLUMNS 24

static bool fits_columns(void *ctx, const char *text, size_t n)
{
    char piece[COLUMNS * 4 + 1];
    if (n >= sizeof piece)
        return false;
    memcpy(piece, text, n);
    piece[n] = '\0';
    return clv_text_width(piece) <= *(const size_t *)ctx;
}

/* Wrapped; all lines but the first are indented. */
static void write_wrapped(struct clv_writer *w, const char *text, size_t indent)
{
    size_t columns = COLUMNS - indent;
    bool first = true;
    do {
        size_t skip = 0, len = line_break(text, fits_columns, &columns, &skip);
        clv_write_format(w, "%*s%.*s\n", first ? 0 : (int)indent, "", (int)len, text);
        text += skip;
        first = false;
    } while (*text);
}

static void write_row(struct clv_writer *w, const struct clv_document_row *row)
{
    const char *label = given(row->label) ? row->label : "";
    size_t width = clv_text_width(label);
    if (!given(row->value)) {
        clv_write_format(w, "%s\n", label);
        return;
    }
    clv_write_text(w, label);
    if (width >= LABEL_COLUMNS) {
        clv_write_text(w, "\n");
        width = 0;
    }
    clv_write_format(w, "%*s", (int)(LABEL_COLUMNS - width), "");
    write_wrapped(w, row->value, LABEL_COLUMNS);
}

static void write_heading(struct clv_writer *w, const struct clv_document *d)
{
    clv_write_format(w, "%s\n%s %s\n", d->test ? WORLD_TEST : WORLD_PRODUCTION, d->kind, d->serial);
    if (given(d->title))
        write_wrapped(w, d->title, 0);
    clv_write_format(w, "Ceremony %s%s%s\n\n", d->ceremony_id,
                     given(d->printed_at) ? ", printed " : "",
                     given(d->printed_at) ? d->printed_at : "");
}

static void write_foot(struct clv_writer *w, const struct clv_document *d)
{
    if (d->num_lines > 0)
        clv_write_text(w, "\nTo sign on paper:\n");
    for (size_t i = 0; i < d->num_lines; i++) {
        clv_write_text(w, "  ");
        write_wrapped(w, given(d->lines[i].who) ? d->lines[i].who : "", 4);
        if (given(d->lines[i].statement)) {
            clv_write_text(w, "    ");
            write_wrapped(w, d->lines[i].statement, 4);
        }
    }
    if (d->num_codes > 0)
        clv_write_format(w, "\nThe paper carries this receipt in %zu QR code%s.\n", d->num_codes,
                         d->num_codes == 1 ? "" : "s");
    if (given(d->footer)) {
        clv_write_text(w, "\n");
        write_wrapped(w, d->footer, 0);
    }
    clv_write_format(w, "%s\n", d->test ? WORLD_TEST : WORLD_PRODUCTION);
}

clv_status clv_document_text(const struct clv_document *doc, char **ret_text, struct clv_error *err)
{
    struct clv_writer w = {0};
    uint8_t *text = NULL;
    size_t len = 0;
    clv_status status = document_check(doc, err);
    if (status != CLV_OK)
        return status;
    clv_writer_init(&w);
    write_heading(&w, doc);
    for (size_t i = 0; i < doc->num_rows; i++)
        write_row(&w, &doc->rows[i]);
    write_foot(&w, doc);
    clv_write_u8(&w, 0);
    status = clv_writer_detach(&w, &text, &len, err);
    clv_writer_clear(&w);
    if (status == CLV_OK)
        *ret_text = (char *)text;
    return status;
}
