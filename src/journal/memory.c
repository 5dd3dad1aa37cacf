/* What a witness remembers of the journals they cosigned. docs/formats/witness.md has the form. */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define MEMORY_MAX (4u * 1024 * 1024)
static const char magic[] = "claviger witness memory";
static const char version_line[] = "version: 1";
static const char witness_word[] = "witness: ";
static const char sum_word[] = "checksum: sha256 ";
#define SUM_LINE_LEN (sizeof sum_word - 1 + 2 * CLV_HASH_LEN + 1)

void clv_witness_memories_clear(struct clv_witness_memories *m)
{
    free(m->memory);
    *m = (struct clv_witness_memories){0};
}

/* ---- writing --------------------------------------------------------------------------------- */

static void sum_line(struct clv_view text, char out[SUM_LINE_LEN + 1])
{
    uint8_t sum[CLV_HASH_LEN];
    crypto_hash_sha256(sum, text.data, text.len);
    memcpy(out, sum_word, sizeof sum_word - 1);
    clv_hex(sum, sizeof sum, out + sizeof sum_word - 1);
    memcpy(out + SUM_LINE_LEN - 1, "\n", 2);
}

static void write_one(const struct clv_witness_memory *m, struct clv_writer *w)
{
    char key[CLV_VKEY_TEXT], *root = clv_base64(m->root, sizeof m->root);
    clv_vkey_format(&m->log, key);
    if (root)
        clv_write_format(w, "%s %" PRIu64 " %s %" PRIu64 "\n", key, m->size, root, m->time);
    else
        w->failed = true;
    free(root);
}

clv_status clv_witness_memories_write(const struct clv_witness_memories *m, struct clv_writer *w,
                                      struct clv_error *err)
{
    char text[CLV_VKEY_TEXT], sum[SUM_LINE_LEN + 1];
    clv_vkey_format(&m->witness, text);
    clv_write_format(w, "%s\n%s\n%s%s\n", magic, version_line, witness_word, text);
    for (size_t i = 0; i < m->num; i++)
        write_one(&m->memory[i], w);
    clv_status status = clv_writer_done(w, err);
    if (status != CLV_OK)
        return status;
    sum_line(clv_writer_view(w), sum);
    clv_write_text(w, sum);
    return clv_writer_done(w, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool line_is(struct clv_view *rest, const char *want)
{
    struct clv_view line;
    return clv_view_take_line(rest, &line) && line.len == strlen(want) &&
           memcmp(line.data, want, line.len) == 0;
}

/* Takes what stands before the next blank, or the rest of the line. */
static struct clv_view take_word(struct clv_view *line)
{
    const uint8_t *blank = line->len ? memchr(line->data, ' ', line->len) : NULL;
    struct clv_view word =
        clv_view_of(line->data, blank ? (size_t)(blank - line->data) : line->len);
    *line = blank ? clv_view_of(blank + 1, line->len - word.len - 1) : clv_view_of(NULL, 0);
    return word;
}

static bool names_a_ceremony(const struct clv_vkey *log)
{
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test;
    return clv_origin_parse(clv_view_of(log->name, strlen(log->name)), id, &test, NULL) == CLV_OK;
}

static bool read_one(struct clv_view line, struct clv_witness_memory *ret)
{
    struct clv_witness_memory m = {0};
    return clv_vkey_parse(take_word(&line), &m.log, NULL) == CLV_OK && names_a_ceremony(&m.log) &&
           decimal_parse(take_word(&line), &m.size) && m.size > 0 &&
           clv_hash_parse(take_word(&line), m.root) && decimal_parse(line, &m.time) &&
           (*ret = m, true);
}

static clv_status add(struct clv_witness_memories *m, const struct clv_witness_memory *one,
                      struct clv_error *err)
{
    struct clv_witness_memory *grown = reallocarray(m->memory, m->num + 1, sizeof *grown);
    if (!grown)
        return clv_fail(err, CLV_E_MEMORY, "no memory for what a witness remembers");
    m->memory = grown;
    m->memory[m->num++] = *one;
    return CLV_OK;
}

static clv_status check_sum(struct clv_view *text, struct clv_error *err)
{
    char sum[SUM_LINE_LEN + 1];
    struct clv_view body = {text->data, text->len > SUM_LINE_LEN ? text->len - SUM_LINE_LEN : 0};
    sum_line(body, sum);
    if (body.len == 0 || body.data[body.len - 1] != '\n' ||
        memcmp(sum, body.data + body.len, SUM_LINE_LEN) != 0)
        return clv_fail(err, CLV_E_DAMAGED,
                        "the witness's memory is damaged: its checksum does not "
                        "fit");
    *text = body;
    return CLV_OK;
}

static clv_status read_head(struct clv_view *text, struct clv_vkey *ret_witness,
                            struct clv_error *err)
{
    struct clv_view line;
    size_t word = sizeof witness_word - 1;
    clv_status status = check_sum(text, err);
    if (status != CLV_OK)
        return status;
    if (!line_is(text, magic))
        return clv_fail(err, CLV_E_FOREIGN, "this is not what a witness remembers");
    if (!line_is(text, version_line))
        return clv_fail(err, CLV_E_UNSUPPORTED, "the witness's memory is of another version");
    if (!clv_view_take_line(text, &line) || line.len <= word ||
        memcmp(line.data, witness_word, word) != 0)
        return clv_fail(err, CLV_E_FORMAT, "the witness's memory names no witness");
    return clv_cosigner_parse(clv_view_of(line.data + word, line.len - word), ret_witness, err);
}

clv_status clv_witness_memories_read(struct clv_view text, struct clv_witness_memories *ret,
                                     struct clv_error *err)
{
    struct clv_witness_memories m = {0};
    struct clv_witness_memory one;
    struct clv_view line;
    clv_status status = read_head(&text, &m.witness, err);
    while (status == CLV_OK && text.len > 0) {
        if (!clv_view_take_line(&text, &line) || !read_one(line, &one) ||
            clv_witness_recall(&m, &one.log))
            status = clv_fail(err, CLV_E_FORMAT, "line %zu of the witness's memory is malformed",
                              m.num + 4);
        else
            status = add(&m, &one, err);
    }
    if (status == CLV_OK)
        *ret = m;
    else
        clv_witness_memories_clear(&m);
    return status;
}

struct clv_witness_memory *clv_witness_recall(const struct clv_witness_memories *m,
                                              const struct clv_vkey *log)
{
    for (size_t i = 0; i < m->num; i++)
        if (strcmp(m->memory[i].log.name, log->name) == 0)
            return &m->memory[i];
    return NULL;
}

clv_status clv_witness_remember(struct clv_witness_memories *m, const struct clv_vkey *log,
                                const struct clv_checkpoint *checkpoint, uint64_t time,
                                struct clv_error *err)
{
    struct clv_witness_memory now = {.log = *log, .size = checkpoint->size, .time = time};
    struct clv_witness_memory *known = clv_witness_recall(m, log);
    memcpy(now.root, checkpoint->root, sizeof now.root);
    if (!known)
        return add(m, &now, err);
    *known = now;
    return CLV_OK;
}

/* ---- on disk --------------------------------------------------------------------------------- */

clv_status clv_witness_memories_load(const char *path, const struct clv_vkey *witness,
                                     struct clv_witness_memories *ret, struct clv_error *err)
{
    struct clv_witness_memories m = {.witness = *witness};
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read_private(path, MEMORY_MAX, &data, &len, err);
    if (status == CLV_E_MISSING) {
        if (err)
            *err = (struct clv_error){0};
        *ret = m;
        return CLV_OK;
    }
    if (status == CLV_OK)
        status = clv_witness_memories_read(clv_view_of(data, len), &m, err);
    free(data);
    if (status == CLV_OK && !clv_vkey_equal(&m.witness, witness))
        status = clv_fail(err, CLV_E_FOREIGN, "%s is the memory of another witness, %s",
                          clv_path_name(path), m.witness.name);
    if (status == CLV_OK)
        *ret = m;
    else
        clv_witness_memories_clear(&m);
    return clv_while(err, status, "reading what the witness remembers");
}

clv_status clv_witness_memories_store(const char *path, const struct clv_witness_memories *m,
                                      struct clv_error *err)
{
    struct clv_writer w = {0};
    clv_writer_init(&w);
    clv_status status = clv_witness_memories_write(m, &w, err);
    if (status == CLV_OK)
        status = clv_file_replace(path, w.data, w.len, err);
    clv_writer_clear(&w);
    return clv_while(err, status, "remembering what is cosigned");
}
