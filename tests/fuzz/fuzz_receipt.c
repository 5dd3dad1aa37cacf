/* Receipt files. Property: what verifies goes through the packed form and comes back the same. */
#include <stdlib.h>
#include <string.h>

#include "src/receipt/internal.h"

static void round_trip(struct clv_view text)
{
    struct clv_writer packed = {0}, again = {0};
    clv_writer_init(&packed);
    clv_writer_init(&again);
    if (pack(text, &packed, NULL) == CLV_OK &&
        (unpack(clv_writer_view(&packed), &again, NULL) != CLV_OK ||
         !clv_view_equal(clv_writer_view(&again), text)))
        abort();
    clv_writer_clear(&packed);
    clv_writer_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_view text = clv_view_of(data, len);
    struct clv_receipt_facts facts;
    struct clv_evidence_report report;
    if (clv_receipt_verify(text, NULL, &facts, NULL) == CLV_OK) {
        char *lines = NULL;
        round_trip(text);
        if (clv_entry_text(clv_view_of(facts.entry.text, facts.entry.len), &lines, NULL) != CLV_OK)
            abort();
        free(lines);
    }
    if (clv_evidence_verify_bytes(text, NULL, &report, NULL) != CLV_OK || !report.verdict[0])
        abort();
    return 0;
}
