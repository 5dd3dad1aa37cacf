/* Disk space for what a ceremony writes: how much is set aside, and what of it is the receipts'.
 * The numbers are measured, see docs/decisions/0006-two-media.md. */
#include <sys/stat.h>

#include "internal.h"

#define KIB ((size_t)1024)
/* The journal, checkpoints in it, of one ceremony without a hitch. */
#define JOURNAL_SCRIPT (20 * KIB)
#define JOURNAL_SEAT (4 * KIB)
#define JOURNAL_UNIT (7 * KIB)
#define JOURNAL_UNIT_SIGNER (1 * KIB)
/* For wrong passwords, decisions, a roll back, resumptions: as much again. */
#define JOURNAL_TIMES 2
#define RECEIPT (128 * KIB) /* its paper and its proof */
#define STEP (64 * KIB)

static size_t space_for(const struct clv_script *script, size_t num_units)
{
    size_t seats = 1 + script->num_witnesses + script->num_signers + script->num_owners;
    size_t journal = JOURNAL_SCRIPT + seats * JOURNAL_SEAT +
                     num_units * (JOURNAL_UNIT + script->num_signers * JOURNAL_UNIT_SIGNER);
    /* For each part when it is made and when it is loaded; one for all; one that went wrong. */
    size_t receipts = 2 * script->num_owners + 2;
    size_t all = JOURNAL_TIMES * journal + receipts * RECEIPT;
    return (all + STEP - 1) / STEP * STEP;
}

/* Before units were found: those that the site file counts. */
static size_t num_units(const struct clv_conductor *c)
{
    size_t named = 0;
    for (size_t i = 0; i < c->config.site->num_instances; i++) {
        const struct clv_site_instance *in = &c->config.site->instances[i];
        named += in->num_units ? in->num_units : in->num_queues;
    }
    return c->ceremony->num_units > named ? c->ceremony->num_units : named;
}

clv_status set_space_aside(struct clv_conductor *c, struct clv_error *err)
{
    size_t wanted = space_for(c->config.script, num_units(c));
    clv_status st = CLV_OK;
    if (clv_journal_reserve_left(c->journal) < wanted)
        st = clv_journal_reserve(c->journal, wanted, err);
    if (st == CLV_OK)
        c->reserve_seen = clv_journal_reserve_left(c->journal);
    return st;
}

bool make_room_for_receipt(struct clv_conductor *c)
{
    struct stat receipts, journal;
    return stat(c->receipts_dir, &receipts) == 0 && stat(c->config.dir, &journal) == 0 &&
           receipts.st_dev == journal.st_dev && clv_journal_give_back(c->journal, RECEIPT);
}
