/* What goes wrong on purpose in a rehearsal, so that people practise what to do about it.
 * Production refuses all of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define UNITS_BEFORE_THE_CUT 3
#define OWNER 2
#define A_YEAR_MS (INT64_C(365) * 24 * 3600 * 1000)

/* The power is gone behind the entry: nothing is told, wiped or closed. */
void mishap_recorded(struct clv_conductor *c, const struct clv_event *e)
{
    if (c->config.mishap != CLV_MISHAP_POWER_CUT || e->kind != CLV_EVENT_OUTCOME ||
        e->phase != CLV_PHASE_SET_IMMEDIATE || strcmp(e->name, "done") != 0)
        return;
    if (++c->num_mishaps == UNITS_BEFORE_THE_CUT)
        c->config.power_cut(c->config.power_cut_ctx);
}

clv_status mishap_typed(struct clv_conductor *c, const struct clv_task *task,
                        struct clv_secret **password, struct clv_error *err)
{
    const struct clv_seat *seat = seat_of(c, task->person);
    struct clv_secret *shorter = NULL;
    size_t len = clv_secret_len(*password);
    if (c->config.mishap != CLV_MISHAP_STUCK_KEY || c->num_mishaps > 0 || len < 2 ||
        seat->role != CLV_ROLE_OWNER || seat->index != OWNER)
        return CLV_OK;
    clv_status st = clv_secret_new(len - 1, &shorter, err);
    if (st != CLV_OK)
        return st;
    memcpy(clv_secret_write(shorter), clv_secret_read(*password), len - 1);
    clv_secret_close(shorter);
    clv_secret_close(*password);
    clv_secret_free(password);
    *password = shorter;
    c->num_mishaps++;
    return CLV_OK;
}

/* ---- another part in the place of the right one ---- */

/* As if the owner still had last year's part on the same stick, under the same password. */
clv_status mishap_sealed(struct clv_conductor *c, const struct clv_keyfile_info *info,
                         const struct clv_secret *password, struct clv_error *err)
{
    struct clv_keyfile_info older = *info;
    struct clv_secret *part = NULL;
    char *path = NULL;
    if (c->config.mishap != CLV_MISHAP_SWAPPED_PART || info->slot != OWNER)
        return CLV_OK;
    older.created_ms -= A_YEAR_MS;
    older.ceremony[0] = '\0';
    older.origin = CLV_ORIGIN_RANDOM;
    clv_status st = clv_part_random(c->config.random, &part, err);
    struct clv_keyfile_request request = {.dir = c->config.key_dir,
                                          .name = DECOY,
                                          .info = &older,
                                          .password = password,
                                          .payload = part,
                                          .random = c->config.random};
    if (st == CLV_OK)
        st = create_keyfile(c, &request, "Preparing the drill", &older, &path, err);
    clv_secret_free(&part);
    free(path);
    return st;
}

/* The two files change places when their owner is about to open theirs. */
static clv_status swap_files(struct clv_conductor *c, const struct clv_task *task,
                             struct clv_error *err)
{
    char *mine = clv_path_join(c->config.key_dir, c->ceremony->parts[task->slot - 1].file);
    char *other = clv_path_join(c->config.key_dir, DECOY);
    clv_status st = CLV_OK;
    if (mine == NULL || other == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    else if (renameat2(AT_FDCWD, mine, AT_FDCWD, other, RENAME_EXCHANGE) != 0)
        st = clv_fail_errno(err, errno, "the files of the drill cannot change places");
    free(mine);
    free(other);
    return st;
}

/* Somebody has to play it: the page says who goes, and how it is recorded. */
static clv_status call_away(struct clv_conductor *c, const struct clv_task *task,
                            struct clv_error *err)
{
    char who[CLV_NAME_MAX * 4 + 100];
    snprintf(who, sizeof(who), "%s is called away and leaves the room now.",
             seat_of(c, task->person)->name);
    const char *lines[] = {who,
                           "Record it on this page: F4 on the full screen, !deviation line by "
                           "line; then: somebody leaves the room.",
                           "Go on with the others. Come back, or be replaced, when you are asked."};
    return ask_continue(c, "drill.owner-leaves", "Drill: an owner leaves", lines, 3, err);
}

clv_status mishap_opening(struct clv_conductor *c, const struct clv_task *task,
                          struct clv_error *err)
{
    bool swap = c->config.mishap == CLV_MISHAP_SWAPPED_PART;
    bool leave = c->config.mishap == CLV_MISHAP_OWNER_LEAVES;
    if ((!swap && !leave) || task->slot != OWNER || c->num_mishaps > 0)
        return CLV_OK;
    c->num_mishaps++;
    return swap ? swap_files(c, task, err) : call_away(c, task, err);
}

bool mishap_printing(struct clv_conductor *c, struct clv_error *err)
{
    if (c->config.mishap != CLV_MISHAP_PAPER_JAM || c->num_mishaps > 0)
        return false;
    c->num_mishaps++;
    (void)clv_fail(err, CLV_E_IO, "the printer says: paper jam");
    return true;
}
