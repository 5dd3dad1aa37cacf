/* The files of a receipt: proof and codes, read back before anybody is told of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

clv_status issue_path(const char *dir, const char *stem, const char *ending, char **ret,
                      struct clv_error *err)
{
    char name[120];
    snprintf(name, sizeof(name), "%s%s", stem, ending);
    char *path = clv_path_join(dir, name);
    if (path == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    *ret = path;
    return CLV_OK;
}

static clv_status write_beside(const struct issue *i, const char *ending, struct clv_view data,
                               struct clv_error *err)
{
    char *path = NULL;
    clv_status st = issue_path(i->dir, i->stem, ending, &path, err);
    if (st == CLV_OK)
        st = clv_file_create(path, data.data, data.len, err);
    free(path);
    return st;
}

/* The codes as a reader would print them: what `claviger verify` takes when paper was scanned. */
static clv_status write_codes(const struct issue *i, const struct clv_codes *codes,
                              struct clv_error *err)
{
    struct clv_writer w = {0};
    for (size_t k = 0; k < codes->num; k++)
        clv_write_format(&w, "%s\n", codes->text[k]);
    clv_status st = clv_writer_done(&w, err);
    if (st == CLV_OK)
        st = write_beside(i, ".codes", clv_writer_view(&w), err);
    clv_writer_clear(&w);
    return st;
}

static clv_status read_beside(const struct issue *i, const char *ending, uint8_t **ret,
                              size_t *ret_len, struct clv_error *err)
{
    char *path = NULL;
    clv_status st = issue_path(i->dir, i->stem, ending, &path, err);
    if (st == CLV_OK)
        st = clv_file_read(path, CLV_RECEIPT_MAX, ret, ret_len, err);
    free(path);
    return st;
}

/* The file again from disk, and the same file from the codes. */
static clv_status read_back(const struct issue *i, struct clv_error *err)
{
    struct clv_receipt_facts *facts = calloc(1, sizeof(*facts));
    uint8_t *file = NULL, *from_codes = NULL, *codes = NULL;
    size_t file_len = 0, from_codes_len = 0, codes_len = 0;
    clv_status st = facts ? read_beside(i, ".tlog-proof", &file, &file_len, err)
                          : clv_fail(err, CLV_E_MEMORY, "no memory to read a receipt back");
    if (st == CLV_OK)
        st = clv_receipt_verify(clv_view_of(file, file_len), clv_journal_key(i->journal), facts,
                                err);
    if (st == CLV_OK)
        st = read_beside(i, ".codes", &codes, &codes_len, err);
    if (st == CLV_OK)
        st = clv_receipt_from_codes(clv_view_of(codes, codes_len), &from_codes, &from_codes_len,
                                    NULL, err);
    if (st == CLV_OK &&
        !clv_view_equal(clv_view_of(file, file_len), clv_view_of(from_codes, from_codes_len)))
        st = clv_fail(err, CLV_E_MISMATCH, "the codes do not give the receipt's file back");
    free(file);
    free(from_codes);
    free(codes);
    free(facts);
    return clv_while(err, st, "reading the receipt back");
}

clv_status issue_receipt(const struct issue *i, struct clv_codes *ret_codes, struct clv_error *err)
{
    uint8_t *proof = NULL;
    size_t len = 0;
    clv_status st = clv_receipt_encode(i->journal, i->seq, &proof, &len, err);
    if (st == CLV_OK)
        st = clv_receipt_codes(clv_view_of(proof, len), i->serial, ret_codes, err);
    if (st == CLV_OK)
        st = write_beside(i, ".tlog-proof", clv_view_of(proof, len), err);
    if (st == CLV_OK)
        st = write_codes(i, ret_codes, err);
    if (st == CLV_OK)
        st = read_back(i, err);
    free(proof);
    return st;
}

/* ---- who cosigned ---- */

void fill_cosigners(const struct clv_journal *j, struct cosigner_rows *ret)
{
    struct clv_note note;
    ret->num = 0;
    if (clv_note_parse(clv_journal_note(j), &note, NULL) != CLV_OK)
        return;
    for (size_t i = 0; i < note.num_signatures && ret->num < MAX_COSIGNERS; i++) {
        const struct clv_note_signature *line = &note.signatures[i];
        struct clv_cosignature c;
        char time[CLV_TIME_TEXT];
        if (line->id == clv_journal_key(j)->id || !clv_cosignature_of_line(line, &c))
            continue;
        clv_time_text((int64_t)c.time * 1000, time);
        snprintf(ret->text[ret->num++], sizeof(ret->text[0]), "%.*s+%08x, %" PRIu64 " entries, %s",
                 (int)line->name.len, (const char *)line->name.data, line->id,
                 clv_journal_signed_size(j), time);
    }
}

size_t add_cosigners(const struct cosigner_rows *cosigners, struct clv_document_row *rows)
{
    for (size_t i = 0; i < cosigners->num; i++)
        rows[i] = (struct clv_document_row){i == 0 ? "Journal cosigned by" : "", cosigners->text[i],
                                            false};
    return cosigners->num;
}
