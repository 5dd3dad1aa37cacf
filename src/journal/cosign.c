/* Cosignatures of witnesses. source  C2SP tlog-cosignature */
#include "claviger/journal/cosign.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define ID_LEN 4
#define TIME_LEN 8
#define LINE_LEN (ID_LEN + TIME_LEN + CLV_ED25519_SIGNATURE_LEN)

clv_status clv_cosigner_init(struct clv_vkey *ret, const char *name, const uint8_t key[32],
                             struct clv_error *err)
{
    return vkey_init_typed(ret, name, CLV_VKEY_TYPE_COSIGNER, key, err);
}

clv_status clv_cosigner_parse(struct clv_view text, struct clv_vkey *ret, struct clv_error *err)
{
    return vkey_parse_typed(text, CLV_VKEY_TYPE_COSIGNER, ret, err);
}

/* ---- one cosignature ------------------------------------------------------------------------- */

static void write_message(struct clv_writer *w, struct clv_view checkpoint, uint64_t time)
{
    clv_write_format(w, "cosignature/v1\ntime %" PRIu64 "\n", time);
    clv_write_view(w, checkpoint);
}

clv_status clv_cosign(struct clv_view checkpoint, const struct clv_vkey *witness,
                      const struct clv_secret *secret, uint64_t time, struct clv_cosignature *ret,
                      struct clv_error *err)
{
    struct clv_writer message = {0};
    clv_writer_init(&message);
    write_message(&message, checkpoint, time);
    clv_status status = clv_writer_done(&message, err);
    if (status == CLV_OK) {
        *ret = (struct clv_cosignature){.id = witness->id, .time = time};
        crypto_sign_detached(ret->signature, NULL, message.data, message.len,
                             clv_secret_read(secret));
        clv_secret_close(secret);
    }
    clv_writer_clear(&message);
    return status;
}

clv_status clv_cosignature_check(const struct clv_cosignature *c, struct clv_view checkpoint,
                                 const struct clv_vkey *witness, struct clv_error *err)
{
    struct clv_writer message = {0};
    if (c->id != witness->id)
        return clv_fail(err, CLV_E_FOREIGN, "the cosignature is of the key %08x, not of %s+%08x",
                        c->id, witness->name, witness->id);
    clv_writer_init(&message);
    write_message(&message, checkpoint, c->time);
    clv_status status = clv_writer_done(&message, err);
    bool holds = status == CLV_OK && c->time <= INT64_MAX &&
                 ed25519_holds(clv_writer_view(&message),
                               clv_view_of(c->signature, sizeof c->signature), witness->key);
    clv_writer_clear(&message);
    if (status != CLV_OK)
        return status;
    return holds ? CLV_OK
                 : clv_fail(err, CLV_E_FORGED, "the cosignature of %s+%08x does not hold",
                            witness->name, witness->id);
}

void clv_cosignature_write(const struct clv_cosignature *c, const struct clv_vkey *witness,
                           struct clv_writer *w)
{
    struct clv_writer raw = {0};
    clv_writer_init(&raw);
    clv_write_u64(&raw, c->time);
    clv_write_bytes(&raw, c->signature, sizeof c->signature);
    if (raw.failed)
        w->failed = true;
    else
        signature_line(w, witness, clv_writer_view(&raw));
    clv_writer_clear(&raw);
}

bool clv_cosignature_of_line(const struct clv_note_signature *line, struct clv_cosignature *ret)
{
    struct clv_cosignature c = {0};
    struct clv_reader r;
    uint8_t raw[96];
    size_t len = 0;
    if (!clv_unbase64_into((const char *)line->base64.data, line->base64.len, raw, sizeof raw,
                           &len))
        return false;
    clv_reader_init(&r, raw, len);
    c.id = clv_read_u32(&r, "key id");
    c.time = clv_read_u64(&r, "time");
    clv_read_into(&r, c.signature, sizeof c.signature, "signature");
    bool good = clv_reader_done(&r, NULL) == CLV_OK && c.time <= INT64_MAX;
    if (good)
        *ret = c;
    return good;
}

/* A line is read as the only signature of a note about nothing. */
clv_status clv_cosignature_parse(struct clv_view line, struct clv_view *ret_name,
                                 struct clv_cosignature *ret, struct clv_error *err)
{
    struct clv_writer w = {0};
    struct clv_note note;
    clv_writer_init(&w);
    clv_write_text(&w, "-\n\n");
    clv_write_view(&w, line);
    clv_status status = clv_writer_done(&w, err);
    if (status == CLV_OK)
        status = clv_note_parse(clv_writer_view(&w), &note, err);
    if (status == CLV_OK &&
        (note.num_signatures != 1 || !clv_cosignature_of_line(&note.signatures[0], ret)))
        status = clv_fail(err, CLV_E_FORMAT, "this is not the line of one cosignature");
    if (status == CLV_OK)
        *ret_name = clv_view_of(line.data + (note.signatures[0].name.data - w.data - 3),
                                note.signatures[0].name.len);
    clv_writer_clear(&w);
    return status;
}

clv_status clv_note_check_cosigned(const struct clv_note *note, const struct clv_vkey *witness,
                                   uint64_t *ret_time, struct clv_error *err)
{
    uint64_t latest = 0;
    size_t held = 0;
    for (size_t i = 0; i < note->num_signatures; i++) {
        struct clv_cosignature c;
        if (!signed_by(&note->signatures[i], witness))
            continue;
        if (!clv_cosignature_of_line(&note->signatures[i], &c))
            return clv_fail(err, CLV_E_FORGED, "the cosignature of %s+%08x has another form",
                            witness->name, witness->id);
        clv_status status = clv_cosignature_check(&c, note->text, witness, err);
        if (status != CLV_OK)
            return status;
        latest = c.time > latest ? c.time : latest;
        held++;
    }
    if (held == 0)
        return clv_fail(err, CLV_E_FOREIGN, "it is not cosigned by %s+%08x", witness->name,
                        witness->id);
    if (ret_time)
        *ret_time = latest;
    return CLV_OK;
}
