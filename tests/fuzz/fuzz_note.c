/* Signed notes, checkpoints and verifier keys. Property: what parses writes itself again. */
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"

static void checkpoint_round_trip(struct clv_view text)
{
    struct clv_checkpoint c;
    struct clv_writer w = {0};
    if (clv_checkpoint_parse(text, &c, NULL) != CLV_OK)
        return;
    clv_writer_init(&w);
    clv_checkpoint_write(&c, &w);
    if (!clv_view_equal(clv_writer_view(&w), text))
        abort();
    clv_writer_clear(&w);
}

static void vkey_round_trip(struct clv_view text)
{
    struct clv_vkey key;
    char again[CLV_VKEY_TEXT];
    if (clv_vkey_parse(text, &key, NULL) != CLV_OK)
        return;
    clv_vkey_format(&key, again);
    if (!clv_view_equal(clv_view_of(again, strlen(again)), text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_view view = clv_view_of(data, len);
    struct clv_note note;
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    if (clv_note_parse(view, &note, NULL) == CLV_OK) {
        if (note.num_signatures == 0 || note.num_signatures > CLV_NOTE_SIGNATURES)
            abort();
        checkpoint_round_trip(note.text);
    }
    checkpoint_round_trip(view);
    vkey_round_trip(view);
    if (clv_origin_parse(view, id, &test, NULL) == CLV_OK && strlen(id) > len)
        abort();
    return 0;
}
