/* Pages of docs/ as manual pages: the part of Markdown that they use. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

#define TEXT_MAX 16384
#define MAX_CELLS 8
#define WORD_PIECE 32

/* Paragraphs are gathered whole, because links and emphasis go over line ends. */
struct page {
    FILE *out;
    char text[TEXT_MAX];
    size_t len;
    bool in_code, in_comment;
    char headers[MAX_CELLS][200]; /* of the table that is open */
    size_t num_headers;
};

/* Where a word that fills half a line may be broken. */
static void write_word(FILE *out, const char *word, size_t len)
{
    for (size_t at = 0; at < len; at += WORD_PIECE) {
        char piece[WORD_PIECE + 1];
        size_t n = len - at < WORD_PIECE ? len - at : WORD_PIECE;
        snprintf(piece, sizeof(piece), "%.*s", (int)n, word + at);
        fprintf(out, "%s", at ? "\\:" : "");
        gen_roff(out, piece);
    }
}

static void raw(FILE *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t word = 0;
        while (at + word < len && text[at + word] != ' ' && text[at + word] != '\n')
            word++;
        write_word(out, text + at, word);
        at += word;
        if (at < len)
            fputc(text[at++], out);
    }
}

/* Text up to a closing mark in another font; returns what is behind it, or NULL without one. */
static const char *span(FILE *out, const char *at, const char *mark, char font)
{
    size_t mark_len = strlen(mark);
    const char *end = strstr(at + mark_len, mark);
    if (end == NULL || end == at + mark_len)
        return NULL;
    fprintf(out, "\\f%c", font);
    raw(out, at + mark_len, (size_t)(end - at) - mark_len);
    fprintf(out, "\\fR");
    return end + mark_len;
}

/* [text](target): the text alone. */
static const char *link_span(FILE *out, const char *at)
{
    const char *middle = strstr(at, "]("), *end = middle ? strchr(middle, ')') : NULL;
    const char *inner = strchr(at + 1, '[');
    if (end == NULL || (inner && inner < middle))
        return NULL;
    raw(out, at + 1, (size_t)(middle - at) - 1);
    return end + 1;
}

static void write_inline(FILE *out, const char *text)
{
    for (const char *at = text; *at;) {
        const char *next = NULL;
        if (*at == '`')
            next = span(out, at, "`", 'B');
        else if (strncmp(at, "**", 2) == 0)
            next = span(out, at, "**", 'B');
        else if (*at == '*' && at[1] != ' ')
            next = span(out, at, "*", 'I');
        else if (*at == '[')
            next = link_span(out, at);
        if (next == NULL) {
            raw(out, at, 1);
            next = at + 1;
        }
        at = next;
    }
}

static void flush(struct page *p)
{
    if (p->len == 0)
        return;
    if (p->text[0] == '.' || p->text[0] == '\'')
        fputs("\\&", p->out);
    write_inline(p->out, p->text);
    fputc('\n', p->out);
    p->len = 0;
    p->text[0] = '\0';
}

static void gather(struct page *p, const char *line)
{
    int n = snprintf(p->text + p->len, sizeof(p->text) - p->len, "%s%s", p->len ? " " : "", line);
    p->len += n > 0 ? (size_t)n : 0;
    if (p->len >= sizeof(p->text))
        p->len = sizeof(p->text) - 1;
}

/* Cells of "| a | b |", blanks around them cut. */
static size_t split_row(char *line, char *cells[MAX_CELLS])
{
    size_t num = 0;
    char *rest = line + 1;
    for (char *cell; num < MAX_CELLS && (cell = strsep(&rest, "|")) != NULL && rest;) {
        cell += strspn(cell, " ");
        size_t len = strlen(cell);
        while (len > 0 && cell[len - 1] == ' ')
            cell[--len] = '\0';
        cells[num++] = cell;
    }
    return num;
}

/* A row is an item: the first cell, then the others, named when there are several. */
static void table_row(struct page *p, char *line)
{
    char *cells[MAX_CELLS];
    if (line[strspn(line, "|-: ")] == '\0')
        return;
    size_t num = split_row(line, cells);
    if (p->num_headers == 0) {
        for (size_t i = 0; i < num; i++)
            snprintf(p->headers[i], sizeof(p->headers[i]), "%s", cells[i]);
        p->num_headers = num;
        return;
    }
    fprintf(p->out, ".TP\n");
    gather(p, num && cells[0][0] ? cells[0] : "\\&");
    flush(p);
    for (size_t i = 1; i < num; i++) {
        char cell[TEXT_MAX / 2];
        if (cells[i][0] == '\0')
            continue;
        bool named = num > 2 && i < p->num_headers && p->headers[i][0];
        snprintf(cell, sizeof(cell), "%s%s%s", named ? p->headers[i] : "", named ? ": " : "",
                 cells[i]);
        gather(p, cell);
        if (i + 1 < num)
            gather(p, "\n.br\n");
        flush(p);
    }
    if (num < 2)
        fprintf(p->out, "\\&\n");
}

static void heading(struct page *p, const char *line)
{
    size_t level = strspn(line, "#");
    fprintf(p->out, level <= 2 ? ".SH " : ".SS ");
    write_inline(p->out, line + level + strspn(line + level, " "));
    fputc('\n', p->out);
}

static void code_line(struct page *p, const char *line)
{
    if (line[0] == '.' || line[0] == '\'')
        fputs("\\&", p->out);
    gen_roff(p->out, line);
    fputc('\n', p->out);
}

static bool list_item(struct page *p, const char *line)
{
    size_t digits = strspn(line, "0123456789");
    if (strncmp(line, "- ", 2) == 0) {
        flush(p);
        fprintf(p->out, ".IP \\(bu 2\n");
        gather(p, line + 2);
        return true;
    }
    if (digits == 0 || digits > 3 || strncmp(line + digits, ". ", 2) != 0)
        return false;
    flush(p);
    fprintf(p->out, ".IP %.*s. 4\n", (int)digits, line);
    gather(p, line + digits + 2);
    return true;
}

static void take_line(struct page *p, char *line)
{
    if (line[0] != '|')
        p->num_headers = 0;
    if (strncmp(line, "```", 3) == 0) {
        flush(p);
        fprintf(p->out, p->in_code ? ".EE\n" : ".PP\n.EX\n");
        p->in_code = !p->in_code;
    } else if (p->in_code) {
        code_line(p, line);
    } else if (strncmp(line, "<!--", 4) == 0 || p->in_comment) {
        p->in_comment = strstr(line, "-->") == NULL;
    } else if (line[0] == '\0') {
        flush(p);
        fprintf(p->out, ".PP\n");
    } else if (line[0] == '#') {
        flush(p);
        heading(p, line);
    } else if (line[0] == '|') {
        flush(p);
        table_row(p, line);
    } else if (!list_item(p, line)) {
        gather(p, line + strspn(line, " "));
    }
}

void gen_man_page(FILE *out, const char *name, const char *section, char *markdown)
{
    struct page *p = calloc(1, sizeof(*p));
    char *rest = markdown, *line = strsep(&rest, "\n");
    if (p == NULL)
        abort();
    p->out = out;
    fprintf(out, ".\\\" Made by claviger-gen.\n.TH ");
    for (const char *c = name; *c; c++)
        fputc(toupper((unsigned char)*c), out);
    fprintf(out, " %s \"\" \"claviger " CLV_VERSION "\" \"claviger\"\n.SH NAME\n", section);
    gen_roff(out, name);
    fprintf(out, " \\- ");
    gen_roff(out, line + strspn(line, "# "));
    fprintf(out, "\n.SH DESCRIPTION\n");
    while (rest && (line = strsep(&rest, "\n")) != NULL)
        take_line(p, line);
    flush(p);
    fprintf(out, ".SH SEE ALSO\n.BR claviger (1)\n");
    free(p);
}
