/* Reads an answers file. Any line may be a password, so every value goes into guarded memory, and
 * no error repeats one. */
#include <stdlib.h>
#include <string.h>

#include "answers.h"

#define FILE_MAX ((size_t)256 * 1024)
#define LINES_MAX 500 /* each holds a page of locked memory */
#define VALUE_MAX 4096

static bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static clv_status read_id(struct clv_view text, struct clv_answer_line *line, struct clv_error *err)
{
    const char *p = (const char *)text.data;
    size_t len = text.len;
    line->open_ended = len > 0 && p[len - 1] == '*';
    if (line->open_ended)
        len--;
    if ((len == 0 && !line->open_ended) || len >= sizeof line->id)
        return clv_fail(err, CLV_E_FORMAT,
                        "line %u: an id of 1 to %d characters must stand before ':'", line->number,
                        CLV_ANSWERS_ID - 1);
    for (size_t i = 0; i < len; i++) {
        if (!is_id_char(p[i]))
            return clv_fail(err, CLV_E_FORMAT,
                            "line %u, column %zu: an id has a-z, 0-9, '.', '-', '_' and perhaps a "
                            "final '*'",
                            line->number, i + 1);
    }
    memcpy(line->id, p, len);
    return CLV_OK;
}

static clv_status read_value(struct clv_view text, struct clv_answer_line *line,
                             struct clv_error *err)
{
    if (text.len > VALUE_MAX)
        return clv_fail(err, CLV_E_FORMAT, "line %u: the answer is longer than %d bytes",
                        line->number, VALUE_MAX);
    if (memchr(text.data, '\0', text.len) != NULL)
        return clv_fail(err, CLV_E_FORMAT, "line %u: there is a zero byte in it", line->number);
    clv_status status = clv_secret_new(text.len + 1, &line->value, err);
    if (status != CLV_OK)
        return status;
    memcpy(clv_secret_write(line->value), text.data, text.len);
    clv_secret_close(line->value);
    return CLV_OK;
}

/* "id: answer"; exactly one blank behind the colon is not part of the answer. */
static clv_status read_line(struct clv_view text, struct clv_answer_line *line,
                            struct clv_error *err)
{
    const uint8_t *colon = memchr(text.data, ':', text.len);
    if (colon == NULL)
        return clv_fail(err, CLV_E_FORMAT, "line %u: no ':' between id and answer", line->number);
    size_t id_len = (size_t)(colon - text.data), at = id_len + 1;
    if (at < text.len && text.data[at] == ' ')
        at++;
    clv_status status = read_id((struct clv_view){text.data, id_len}, line, err);
    if (status != CLV_OK)
        return status;
    return read_value((struct clv_view){text.data + at, text.len - at}, line, err);
}

static bool is_comment(struct clv_view text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ' ' && text.data[i] != '\t')
            return text.data[i] == '#';
    }
    return true; /* an empty line */
}

/* The next line, without its end (LF or CR LF). */
static struct clv_view next_line(struct clv_view *rest)
{
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
    struct clv_view line = {rest->data, len};
    size_t taken = end != NULL ? len + 1 : len;
    *rest = (struct clv_view){rest->data + taken, rest->len - taken};
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

static clv_status read_lines(struct clv_view rest, struct clv_answers *answers,
                             struct clv_error *err)
{
    for (unsigned number = 1; rest.len > 0; number++) {
        struct clv_view text = next_line(&rest);
        if (is_comment(text))
            continue;
        if (answers->num_lines == LINES_MAX)
            return clv_fail(err, CLV_E_FORMAT, "line %u: more than %d answers", number, LINES_MAX);
        struct clv_answer_line *line = &answers->lines[answers->num_lines++];
        line->number = number;
        clv_status status = read_line(text, line, err);
        if (status != CLV_OK)
            return status;
    }
    return CLV_OK;
}

clv_status clv_answers_read(const char *path, struct clv_answers **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct clv_answers *answers = NULL;
    clv_status status = clv_file_read(path, FILE_MAX, &data, &len, err);
    if (status != CLV_OK)
        goto out;
    answers = calloc(1, sizeof *answers);
    if (answers != NULL)
        answers->lines = calloc(LINES_MAX, sizeof *answers->lines);
    if (answers == NULL || answers->lines == NULL) {
        status = clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
        goto out;
    }
    status = read_lines((struct clv_view){data, len}, answers, err);
out:
    if (data != NULL)
        clv_wipe(data, len);
    free(data);
    if (status != CLV_OK) {
        clv_answers_free(&answers);
        (void)clv_while(err, status, "reading the answers in %s", path);
        return status;
    }
    *ret = answers;
    return CLV_OK;
}

void clv_answers_free(struct clv_answers **answers)
{
    if (answers == NULL || *answers == NULL)
        return;
    struct clv_answers *old = *answers;
    *answers = NULL;
    for (size_t i = 0; old->lines != NULL && i < old->num_lines; i++)
        clv_secret_free(&old->lines[i].value);
    free(old->lines);
    free(old);
}
