/* The module's identity: made once, read by everything that answers. */
#ifndef CLAVIGER_SRC_UNITD_DEVICE_H
#define CLAVIGER_SRC_UNITD_DEVICE_H

#include "internal.h"

/* errors  CLV_E_USAGE: instance_id; CLV_E_MEMORY, CLV_E_INTERNAL. identity is to be cleared either
 * way. */
clv_status identity_new(struct identity *identity, const struct clv_unitd_setup *setup,
                        struct clv_error *err);
void identity_clear(struct identity *identity);
bool uuid_is_valid(const char *text);
void hsm_id_text(const struct identity *identity, uint32_t domain, char ret[CLV_UNITD_UUID_TEXT]);

#endif
