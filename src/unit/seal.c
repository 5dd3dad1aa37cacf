/* Key parts: in the clear only while this call lasts, kept as RecipientInfos. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static clv_status importers_check(const struct clv_fleet *fleet, struct clv_error *err)
{
    if (clv_fleet_num_selected(fleet) == 0)
        return clv_fail(err, CLV_E_USAGE, "no crypto unit is selected");
    for (size_t i = 0; i < fleet->num_sessions; i++) {
        const struct clv_session *session = fleet->sessions[i];
        if (session->unit.selected && !clv_session_importer_current(session))
            return clv_fail(err, CLV_E_USAGE, "crypto unit %u has no importer key yet",
                            session->unit.number);
    }
    return CLV_OK;
}

static clv_status seal_for(const struct clv_session *session, const struct clv_secret *part,
                           struct clv_sealed *ret, struct clv_error *err)
{
    struct clv_ep11_public_key importer = {
        .type = CLV_EP11_KEY_P521, .bits = clv_view_of(session->importer, CLV_P521_POINT_LEN)};
    struct clv_writer w = {0};
    clv_status status = clv_ep11_recipient_seal(&w, &importer, part, err);
    if (status == CLV_OK)
        status = clv_writer_detach(&w, &ret->data, &ret->len, err);
    clv_writer_clear(&w);
    return status;
}

static void swap_in(struct clv_session *session, unsigned slot, struct clv_sealed *sealed)
{
    free(session->parts[slot - 1].data);
    session->parts[slot - 1] = *sealed;
    *sealed = (struct clv_sealed){0};
}

clv_status clv_fleet_seal_part(struct clv_fleet *fleet, unsigned slot,
                               const struct clv_secret *part, struct clv_error *err)
{
    enum { PART_LEN = 32 };
    if (slot < 1 || slot > CLV_EP11_MAX_PARTS || clv_secret_len(part) != PART_LEN)
        return clv_fail(err, CLV_E_USAGE, "a key part has %d bytes and a slot from 1 to %d",
                        PART_LEN, CLV_EP11_MAX_PARTS);
    clv_status status = importers_check(fleet, err);
    if (status != CLV_OK)
        return status;

    struct clv_sealed *sealed = calloc(fleet->num_sessions, sizeof *sealed);
    if (sealed == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for sealed parts");
    for (size_t i = 0; status == CLV_OK && i < fleet->num_sessions; i++) {
        if (fleet->sessions[i]->unit.selected)
            status = seal_for(fleet->sessions[i], part, &sealed[i], err);
    }
    for (size_t i = 0; i < fleet->num_sessions; i++) {
        if (status == CLV_OK && sealed[i].data != NULL)
            swap_in(fleet->sessions[i], slot, &sealed[i]);
        free(sealed[i].data);
    }
    free(sealed);
    return status;
}

bool clv_fleet_parts_current(const struct clv_fleet *fleet, unsigned number)
{
    const struct clv_session *session = clv_fleet_session(fleet, number);
    return session != NULL && clv_session_slots(session) != 0 &&
           clv_session_importer_current(session);
}

bool clv_fleet_importer_current(const struct clv_fleet *fleet, unsigned number)
{
    const struct clv_session *session = clv_fleet_session(fleet, number);
    return session != NULL && clv_session_importer_current(session);
}

void clv_fleet_forget_parts(struct clv_fleet *fleet)
{
    for (size_t i = 0; i < fleet->num_sessions; i++)
        clv_session_forget_parts(fleet->sessions[i]);
}
