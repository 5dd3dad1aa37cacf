/* unitd: one software unit in a known state, made anew for each input. */
#ifndef CLAVIGER_FUZZ_UNITD_H
#define CLAVIGER_FUZZ_UNITD_H

#include <stdlib.h>
#include <string.h>

#include "claviger/unitd.h"

#define FUZZ_INSTANCE "482cf2ce-a06c-4265-9819-0b4acf54f2ba"

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

static inline void fuzz_fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0x55, len);
}

static inline struct clv_unitd_ports *fuzz_ports(void)
{
    static const struct clv_random random = {.fill = fuzz_fill};
    static struct clv_unitd_ports ports;
    ports = clv_unitd_ports_default();
    ports.random = &random;
    return &ports;
}

/* Scalars of the administrator and of the importer key: these bytes throughout. */
#define FUZZ_ADMIN 0x01
#define FUZZ_IMPORTER 0x02

static inline struct clv_secret *fuzz_secret(size_t len, uint8_t byte)
{
    struct clv_secret *s = NULL;
    must(clv_secret_new(len, &s, NULL) == CLV_OK);
    uint8_t *p = clv_secret_write(s);
    memset(p, byte, len);
    p[0] = len == CLV_P521_SCALAR_LEN ? 0 : byte;
    clv_secret_close(s);
    return s;
}

static inline void fuzz_add_admin(struct clv_unitd_domain *domain)
{
    uint8_t point[CLV_P521_POINT_LEN] = {0};
    struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521,
                                      .bits = clv_view_of(point, sizeof(point))};
    struct clv_secret *scalar = fuzz_secret(CLV_P521_SCALAR_LEN, FUZZ_ADMIN);
    struct clv_unitd_admin *admin = &domain->admins[0];
    struct clv_ep11_signer signer;
    struct clv_writer w;
    clv_writer_init_fixed(&w, admin->cert, sizeof(admin->cert));
    must(clv_p521_point(scalar, point, NULL) == CLV_OK);
    must(clv_ep11_signer_p521(scalar, &signer, NULL) == CLV_OK);
    must(clv_ep11_admin_cert_encode(&w, "Fuzz", &key, &signer, NULL) == CLV_OK);
    admin->cert_len = w.len;
    memcpy(admin->ski, signer.ski, CLV_SKI_LEN);
    domain->num_admins = 1;
    clv_secret_free(&scalar);
}

/* Domain 0: operational with one administrator, importer key, and a key in the next register.
 * Domain 1: imprint mode. */
static inline struct clv_unitd_vault *fuzz_vault(void)
{
    struct clv_unitd_vault *vault = NULL;
    struct clv_unitd_setup setup = {
        .num_units = {2},
        .instance_id = FUZZ_INSTANCE,
        .module_id = (const uint8_t *)"TESTF022\0\0\0\0\0\0\0",
        .ports = fuzz_ports(),
    };
    must(clv_secret_init(NULL) == CLV_OK && clv_crypto_init(NULL) == CLV_OK);
    must(clv_unitd_vault_new(&setup, &vault, NULL) == CLV_OK);
    struct clv_unitd_domain *domain = clv_unitd_vault_domain(vault, 0);
    domain->instance = 1;
    memset(domain->counter, 0, sizeof(domain->counter));
    domain->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD] = 1;
    domain->attributes[CLV_EP11_ATTR_REVOKE_THRESHOLD] = 1;
    domain->attributes[CLV_EP11_ATTR_PERMISSIONS] |= 0x4f;
    domain->attributes[CLV_EP11_ATTR_MODE] |= CLV_EP11_MODE_LEFT_IMPRINT;
    fuzz_add_admin(domain);
    domain->importer_private = fuzz_secret(CLV_P521_SCALAR_LEN, FUZZ_IMPORTER);
    domain->importer_len = CLV_P521_POINT_LEN;
    must(clv_p521_point(domain->importer_private, domain->importer_bits, NULL) == CLV_OK);
    domain->next_wk = fuzz_secret(32, 3);
    return vault;
}

/* Encoded once; each input gets its own copy. */
static inline struct clv_view fuzz_state(void)
{
    static uint8_t *data;
    static size_t len;
    if (!data) {
        struct clv_unitd_vault *vault = fuzz_vault();
        struct clv_writer w = {0};
        must(clv_unitd_vault_encode(vault, &w, NULL) == CLV_OK);
        must(clv_writer_detach(&w, &data, &len, NULL) == CLV_OK);
        clv_unitd_vault_free(&vault);
    }
    return clv_view_of(data, len);
}

#endif
