#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct clv_session *clv_session_new(void)
{
    return calloc(1, sizeof(struct clv_session));
}

void clv_session_forget_parts(struct clv_session *session)
{
    for (size_t i = 0; i < CLV_EP11_MAX_PARTS; i++) {
        free(session->parts[i].data);
        session->parts[i] = (struct clv_sealed){0};
    }
}

clv_status clv_session_keep_part(struct clv_session *session, struct clv_view sealed,
                                 struct clv_error *err)
{
    uint8_t *copy = malloc(sealed.len);
    if (copy == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a sealed part");
    memcpy(copy, sealed.data, sealed.len);
    clv_session_forget_parts(session);
    session->parts[0] = (struct clv_sealed){copy, sealed.len};
    return CLV_OK;
}

uint32_t clv_session_slots(const struct clv_session *session)
{
    uint32_t slots = 0;
    for (size_t i = 0; i < CLV_EP11_MAX_PARTS; i++)
        slots |= (uint32_t)(session->parts[i].data != NULL) << i;
    return slots;
}

bool clv_session_importer_current(const struct clv_session *session)
{
    return session->has_importer && !session->importer_gone &&
           (!session->seen ||
            memcmp(session->domain_id, session->importer_domain_id, CLV_EP11_DOMAIN_ID_LEN) == 0);
}

void clv_session_free(struct clv_session **session)
{
    if (*session == NULL)
        return;
    clv_session_forget_parts(*session);
    free(*session);
    *session = NULL;
}

uint32_t clv_domain_index(const uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN])
{
    return (uint32_t)domain_id[0] << 24 | (uint32_t)domain_id[1] << 16 |
           (uint32_t)domain_id[2] << 8 | domain_id[3];
}
