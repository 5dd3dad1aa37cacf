/* What PDF and plain text have in common: checking a document, breaking lines. */
#include "claviger/receipt/document.h"

#include <string.h>

#include "internal.h"

#define TEXT_MAX 2000 /* characters of a value */
#define SHORT_MAX 120 /* of what stands in headings */

bool given(const char *text)
{
    return text && *text;
}

static clv_status check_text(const char *text, size_t max, const char *what, struct clv_error *err)
{
    return given(text) ? clv_text_check(text, max, what, err) : CLV_OK;
}

static clv_status check_rows(const struct clv_document *doc, struct clv_error *err)
{
    clv_status status = CLV_OK;
    for (size_t i = 0; i < doc->num_rows && status == CLV_OK; i++) {
        status = check_text(doc->rows[i].label, SHORT_MAX, "a label of the document", err);
        if (status == CLV_OK)
            status = check_text(doc->rows[i].value, TEXT_MAX, "a value of the document", err);
    }
    for (size_t i = 0; i < doc->num_lines && status == CLV_OK; i++) {
        status = check_text(doc->lines[i].who, SHORT_MAX, "a name to sign", err);
        if (status == CLV_OK)
            status = check_text(doc->lines[i].statement, TEXT_MAX, "a statement to sign", err);
    }
    return status;
}

clv_status document_check(const struct clv_document *doc, struct clv_error *err)
{
    const struct {
        const char *text, *what;
        bool needed;
    } fields[] = {{doc->kind, "the kind of the document", true},
                  {doc->title, "the title of the document", false},
                  {doc->serial, "the serial of the document", true},
                  {doc->ceremony_id, "the ceremony id", true},
                  {doc->printed_at, "the time of printing", false},
                  {doc->footer, "the footer of the document", false}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].needed && !given(fields[i].text))
            return clv_fail(err, CLV_E_INPUT, "%s is missing", fields[i].what);
        clv_status status = check_text(fields[i].text, SHORT_MAX, fields[i].what, err);
        if (status != CLV_OK)
            return status;
    }
    return check_rows(doc, err);
}

/* Of the UTF-8 character at text; what follows a lead byte was checked before. */
static size_t char_len(const char *text)
{
    size_t len = 1;
    while (((unsigned char)text[len] & 0xc0) == 0x80)
        len++;
    return len;
}

size_t line_break(const char *text, bool (*fits)(void *ctx, const char *text, size_t n), void *ctx,
                  size_t *ret_skip)
{
    size_t at = 0, fitting = 0, blank = 0;
    if (fits(ctx, text, strlen(text)))
        return *ret_skip = strlen(text);
    while (text[at]) {
        size_t next = at + char_len(text + at);
        if (text[at] == ' ')
            blank = at;
        if (!fits(ctx, text, next))
            break;
        at = fitting = next;
    }
    if (fitting == 0) /* not even one character: it must go on all the same */
        fitting = char_len(text);
    size_t len = blank > 0 ? blank : fitting;
    *ret_skip = len;
    while (text[*ret_skip] == ' ')
        ++*ret_skip;
    return len;
}
