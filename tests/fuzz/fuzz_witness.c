/* What a witness is asked, answers and remembers. Property: what is read writes itself again. */
#include <stdlib.h>
#include <string.h>

#include "claviger/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void memories(struct clv_view text)
{
    struct clv_witness_memories m;
    struct clv_writer w = {0};
    if (clv_witness_memories_read(text, &m, NULL) != CLV_OK)
        return;
    clv_writer_init(&w);
    if (clv_witness_memories_write(&m, &w, NULL) != CLV_OK ||
        !clv_view_equal(clv_writer_view(&w), text))
        abort();
    clv_writer_clear(&w);
    clv_witness_memories_clear(&m);
}

static void request(struct clv_view text)
{
    struct clv_cosign_request r;
    struct clv_witness_memory nothing = {.log = {.name = "example.org", .type = 1}};
    if (clv_cosign_request_parse(text, &r, NULL) != CLV_OK)
        return;
    if (r.proof.num_hashes > CLV_PROOF_MAX || r.note.num_signatures == 0)
        abort();
    if (clv_witness_check(&r, &nothing, NULL) == CLV_OK)
        abort();
}

static void request_codes(struct clv_view text)
{
    struct clv_vkey key, again_key;
    struct clv_relay_codes codes;
    uint8_t *read = NULL, *again = NULL;
    size_t read_len = 0, again_len = 0;
    if (clv_relay_request_read(text, &read, &read_len, &key, NULL) != CLV_OK)
        return;
    /* Whether it is signed is not looked at when reading; codes are made of signed ones only. */
    if (clv_relay_request_codes(clv_view_of(read, read_len), &key, &codes, NULL) == CLV_OK) {
        struct clv_writer w = {0};
        for (size_t i = 0; i < codes.num; i++)
            clv_write_format(&w, "%s\n", codes.text[i]);
        if (clv_relay_request_read(clv_writer_view(&w), &again, &again_len, &again_key, NULL) !=
                CLV_OK ||
            !clv_view_equal(clv_view_of(read, read_len), clv_view_of(again, again_len)))
            abort();
        clv_writer_clear(&w);
    }
    free(read);
    free(again);
}

static void cosignature(struct clv_view text)
{
    struct clv_relayed r, again;
    struct clv_cosignature c;
    struct clv_view name;
    char code[CLV_RELAY_CODE];
    if (clv_relay_cosignature_read(text, &r, NULL) == CLV_OK) {
        clv_relay_cosignature_code(&r, code);
        if (clv_relay_cosignature_read(clv_view_of(code, strlen(code)), &again, NULL) != CLV_OK ||
            memcmp(&r.cosignature, &again.cosignature, sizeof r.cosignature) != 0)
            abort();
    }
    (void)clv_cosignature_parse(text, &name, &c, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_view text = clv_view_of(data, len);
    memories(text);
    request(text);
    request_codes(text);
    cosignature(text);
    return 0;
}
