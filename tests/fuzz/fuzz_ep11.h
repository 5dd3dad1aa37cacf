/* The law that the targets of this room share: what a decoder takes, the encoder writes, and what
 * the encoder writes comes back as it was. Real units use longer length forms than the encoder, so
 * the first round may change bytes; the second never does. */
#ifndef CLAVIGER_FUZZ_EP11_H
#define CLAVIGER_FUZZ_EP11_H

#include <stdlib.h>

#include "claviger/ep11.h"

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

/* A target gives one function: decodes bytes and, if they are good, writes them again to w. */
typedef bool fuzz_round(struct clv_view bytes, struct clv_writer *w);

static inline void fuzz_round_trip(fuzz_round *round, const uint8_t *data, size_t len)
{
    struct clv_writer first = {0};
    struct clv_writer second = {0};
    if (round(clv_view_of(data, len), &first)) {
        must(clv_writer_done(&first, NULL) == CLV_OK);
        must(round(clv_writer_view(&first), &second));
        must(clv_view_equal(clv_writer_view(&first), clv_writer_view(&second)));
    }
    clv_writer_clear(&first);
    clv_writer_clear(&second);
}

#endif
