/* The saved state: one file a service instance, whole or not at all. docs/unitd.md has the fields.
 */
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define MAGIC "claviger-unitd"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define VERSION 2
#define MAX_CERT 4096
#define MAX_PRIVATE 4096

/* ---- writing ---- */

static void write_block(struct clv_writer *w, const void *data, size_t len)
{
    clv_write_u32(w, (uint32_t)len);
    clv_write_bytes(w, data, len);
}

/* Length zero: there is none. */
static void write_secret(struct clv_writer *w, const struct clv_secret *secret)
{
    if (!secret) {
        clv_write_u32(w, 0);
        return;
    }
    write_block(w, clv_secret_read(secret), clv_secret_len(secret));
    clv_secret_close(secret);
}

static void write_identity(struct clv_writer *w, const struct identity *identity)
{
    clv_write_u8(w, identity->production_tests);
    clv_write_u32(w, identity->module_index);
    clv_write_bytes(w, identity->instance_id, CLV_UNITD_UUID_TEXT - 1);
    clv_write_bytes(w, identity->module_id, CLV_EP11_MODULE_ID_LEN);
    clv_write_bytes(w, identity->oa_ski, CLV_SKI_LEN);
    clv_write_bytes(w, identity->root_point, CLV_P521_POINT_LEN);
    write_secret(w, identity->oa_scalar);
    for (unsigned i = 0; i < NUM_DEVICE_CERTS; i++)
        write_block(w, identity->certs[i].data, identity->certs[i].len);
}

static void write_obeyed(struct clv_writer *w, const uint32_t *obeyed)
{
    uint8_t num = 0;
    for (unsigned i = 0; i <= CLV_UNITD_MAX_COMMAND; i++)
        num = (uint8_t)(num + (obeyed[i] > 0));
    clv_write_u8(w, num);
    for (unsigned i = 0; i <= CLV_UNITD_MAX_COMMAND; i++) {
        if (obeyed[i] == 0)
            continue;
        clv_write_u8(w, (uint8_t)i);
        clv_write_u32(w, obeyed[i]);
    }
}

static void write_domain(struct clv_writer *w, const struct clv_unitd_domain *domain)
{
    clv_write_u32(w, domain->index);
    clv_write_u32(w, domain->instance);
    clv_write_bytes(w, domain->counter, CLV_EP11_COUNTER_LEN);
    for (int i = 1; i <= CLV_EP11_ATTR_MAX; i++)
        clv_write_u32(w, domain->attributes[i]);
    clv_write_u32(w, domain->base_flags);
    clv_write_bytes(w, domain->control_points, sizeof(domain->control_points));
    clv_write_u8(w, (uint8_t)domain->num_admins);
    for (unsigned i = 0; i < domain->num_admins; i++)
        write_block(w, domain->admins[i].cert, domain->admins[i].cert_len);
    write_secret(w, domain->current_wk);
    write_secret(w, domain->next_wk);
    clv_write_u8(w, domain->next_committed);
    write_secret(w, domain->importer_private);
    clv_write_u8(w, (uint8_t)domain->importer_type);
    write_block(w, domain->importer_bits, domain->importer_len);
    write_obeyed(w, domain->obeyed);
}

clv_status state_encode(const struct clv_unitd_vault *vault, const struct unit *replaced,
                        const struct clv_unitd_domain *by, struct clv_writer *w,
                        struct clv_error *err)
{
    uint8_t hash[CLV_SHA256_LEN];
    size_t start = w->len;
    clv_write_bytes(w, MAGIC, MAGIC_LEN);
    clv_write_u16(w, VERSION);
    write_identity(w, &vault->identity);
    clv_write_u32(w, vault->num_units);
    for (unsigned i = 0; i < vault->num_units; i++) {
        const struct unit *unit = &vault->units[i];
        clv_write_u8(w, (uint8_t)unit->kind);
        write_domain(w, unit == replaced ? by : &unit->domain);
    }
    clv_status status = clv_writer_done(w, err);
    if (status != CLV_OK)
        return status;
    clv_sha256(w->data + start, w->len - start, hash);
    clv_write_bytes(w, hash, sizeof(hash));
    return clv_writer_done(w, err);
}

clv_status clv_unitd_vault_encode(const struct clv_unitd_vault *vault, struct clv_writer *w,
                                  struct clv_error *err)
{
    return state_encode(vault, NULL, NULL, w, err);
}

/* ---- reading ---- */

static struct clv_view read_block(struct clv_reader *r, size_t max, const char *field)
{
    uint32_t len = clv_read_u32(r, field);
    if (len > max)
        clv_reader_fault(r, field, "is longer than a vault writes");
    return clv_read_bytes(r, len > max ? 0 : len, field);
}

static bool read_flag(struct clv_reader *r, const char *field)
{
    uint8_t v = clv_read_u8(r, field);
    if (v > 1)
        clv_reader_fault(r, field, "is neither 0 nor 1");
    return v == 1;
}

/* must_len 0: any length; nothing there is no fault unless a length is demanded by the caller. */
static clv_status read_secret(struct clv_reader *r, size_t must_len, struct clv_secret **ret,
                              const char *field, struct clv_error *err)
{
    struct clv_view bytes = read_block(r, MAX_PRIVATE, field);
    if (bytes.len == 0)
        return CLV_OK;
    if (must_len && bytes.len != must_len) {
        clv_reader_fault(r, field, "has the wrong length");
        return CLV_OK;
    }
    clv_status status = clv_secret_new(bytes.len, ret, err);
    if (status != CLV_OK)
        return status;
    memcpy(clv_secret_write(*ret), bytes.data, bytes.len);
    clv_secret_close(*ret);
    return CLV_OK;
}

static clv_status read_cert(struct clv_reader *r, struct identity *identity, unsigned i,
                            struct clv_error *err)
{
    struct clv_view cert = read_block(r, MAX_CERT, "device certificate");
    identity->certs[i].data = malloc(cert.len ? cert.len : 1);
    if (!identity->certs[i].data)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for a device certificate");
    if (cert.len)
        memcpy(identity->certs[i].data, cert.data, cert.len);
    identity->certs[i].len = cert.len;
    return CLV_OK;
}

static clv_status read_identity(struct clv_reader *r, struct identity *identity,
                                struct clv_error *err)
{
    identity->production_tests = read_flag(r, "kind of units");
    identity->module_index = clv_read_u32(r, "module index");
    clv_read_into(r, identity->instance_id, CLV_UNITD_UUID_TEXT - 1, "service instance");
    if (!uuid_is_valid(identity->instance_id))
        clv_reader_fault(r, "service instance", "is not a UUID");
    clv_read_into(r, identity->module_id, CLV_EP11_MODULE_ID_LEN, "module id");
    clv_read_into(r, identity->oa_ski, CLV_SKI_LEN, "device key identifier");
    clv_read_into(r, identity->root_point, CLV_P521_POINT_LEN, "root key");
    clv_status status =
        read_secret(r, CLV_P521_SCALAR_LEN, &identity->oa_scalar, "device key", err);
    if (status == CLV_OK && !identity->oa_scalar)
        clv_reader_fault(r, "device key", "is missing");
    for (unsigned i = 0; i < NUM_DEVICE_CERTS && status == CLV_OK; i++)
        status = read_cert(r, identity, i, err);
    return status;
}

static void read_admin(struct clv_reader *r, struct clv_unitd_domain *domain)
{
    struct clv_ep11_admin_cert parsed = {0};
    struct clv_view cert = read_block(r, CLV_UNITD_MAX_CERT, "administrator");
    struct clv_unitd_admin *admin = &domain->admins[domain->num_admins];
    if (!clv_reader_ok(r))
        return;
    if (clv_ep11_admin_cert_decode(cert, &parsed, NULL) != CLV_OK) {
        clv_reader_fault(r, "administrator", "is not a certificate");
        return;
    }
    memcpy(admin->ski, parsed.ski, CLV_SKI_LEN);
    memcpy(admin->cert, cert.data, cert.len);
    admin->cert_len = cert.len;
    domain->num_admins++;
}

static void read_admins(struct clv_reader *r, struct clv_unitd_domain *domain)
{
    uint8_t num = clv_read_u8(r, "number of administrators");
    if (num > CLV_EP11_MAX_ADMINS)
        clv_reader_fault(r, "number of administrators", "is above 8");
    for (uint8_t i = 0; i < num && clv_reader_ok(r); i++)
        read_admin(r, domain);
}

static void read_importer_bits(struct clv_reader *r, struct clv_unitd_domain *domain)
{
    uint8_t type = clv_read_u8(r, "type of importer key");
    if (type != CLV_EP11_KEY_P521 && type != CLV_EP11_KEY_RSA)
        clv_reader_fault(r, "type of importer key", "is unknown");
    domain->importer_type = type == CLV_EP11_KEY_RSA ? CLV_EP11_KEY_RSA : CLV_EP11_KEY_P521;
    struct clv_view bits = read_block(r, CLV_UNITD_MAX_IMPORTER, "importer key");
    if (bits.len)
        memcpy(domain->importer_bits, bits.data, bits.len);
    domain->importer_len = bits.len;
}

/* Ascending, and without zeros: one way to write a tally. */
static void read_obeyed(struct clv_reader *r, uint32_t *obeyed)
{
    uint8_t num = clv_read_u8(r, "number of tallies"), last = 0;
    for (uint8_t i = 0; i < num && clv_reader_ok(r); i++) {
        uint8_t command = clv_read_u8(r, "command of a tally");
        uint32_t times = clv_read_u32(r, "tally");
        if (command <= last || command > CLV_UNITD_MAX_COMMAND || !command_is_known(command) ||
            times == 0)
            clv_reader_fault(r, "tally", "is not one a vault writes");
        else
            obeyed[command] = times;
        last = command;
    }
}

static clv_status read_domain(struct clv_reader *r, struct clv_unitd_domain *domain,
                              struct clv_error *err)
{
    domain->index = clv_read_u32(r, "domain index");
    domain->instance = clv_read_u32(r, "domain instance");
    clv_read_into(r, domain->counter, CLV_EP11_COUNTER_LEN, "transaction counter");
    for (int i = 1; i <= CLV_EP11_ATTR_MAX; i++)
        domain->attributes[i] = clv_read_u32(r, "attribute");
    domain->base_flags = clv_read_u32(r, "flags");
    clv_read_into(r, domain->control_points, sizeof(domain->control_points), "control points");
    read_admins(r, domain);
    clv_status status = read_secret(r, 32, &domain->current_wk, "current register", err);
    if (status == CLV_OK)
        status = read_secret(r, 32, &domain->next_wk, "next register", err);
    domain->next_committed = read_flag(r, "committed");
    if (status == CLV_OK)
        status = read_secret(r, 0, &domain->importer_private, "importer key", err);
    read_importer_bits(r, domain);
    read_obeyed(r, domain->obeyed);
    return status;
}

static clv_status read_units(struct clv_reader *r, struct clv_unitd_vault *vault,
                             struct clv_error *err)
{
    uint32_t num = clv_read_u32(r, "number of units");
    if (num == 0 || num > CLV_UNITD_MAX_UNITS) {
        clv_reader_fault(r, "number of units", "is not 1 to 256");
        return CLV_OK;
    }
    vault->units = calloc(num, sizeof(*vault->units));
    if (!vault->units)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for %u units", num);
    vault->num_units = num;
    clv_status status = CLV_OK;
    for (uint32_t i = 0; i < num && status == CLV_OK && clv_reader_ok(r); i++) {
        uint8_t kind = clv_read_u8(r, "kind of a unit");
        if (kind >= CLV_UNITD_NUM_KINDS)
            clv_reader_fault(r, "kind of a unit", "is unknown");
        vault->units[i].kind = (enum clv_ep11_unit_kind)(kind % CLV_UNITD_NUM_KINDS);
        status = read_domain(r, &vault->units[i].domain, err);
    }
    return status;
}

static clv_status check_frame(struct clv_view state, struct clv_error *err)
{
    uint8_t hash[CLV_SHA256_LEN];
    size_t frame = MAGIC_LEN + 2;
    if (state.len < frame || memcmp(state.data, MAGIC, MAGIC_LEN) != 0)
        return clv_fail(err, CLV_E_DAMAGED, "this is not a state file of claviger-unitd");
    if (state.data[MAGIC_LEN] != 0 || state.data[MAGIC_LEN + 1] != VERSION)
        return clv_fail(err, CLV_E_UNSUPPORTED,
                        "the state file has version %u, this program knows %u",
                        (unsigned)state.data[MAGIC_LEN] << 8 | state.data[MAGIC_LEN + 1], VERSION);
    if (state.len < frame + sizeof(hash))
        return clv_fail(err, CLV_E_DAMAGED, "the state file ends too early");
    clv_sha256(state.data, state.len - sizeof(hash), hash);
    if (memcmp(hash, state.data + state.len - sizeof(hash), sizeof(hash)) != 0)
        return clv_fail(err, CLV_E_DAMAGED, "the state file's checksum does not match");
    return CLV_OK;
}

clv_status clv_unitd_vault_decode(struct clv_view state, const struct clv_unitd_ports *ports,
                                  struct clv_unitd_vault **ret, struct clv_error *err)
{
    struct clv_reader r;
    clv_status status = check_frame(state, err);
    if (status != CLV_OK)
        return status;
    struct clv_unitd_vault *vault = calloc(1, sizeof(*vault));
    if (!vault)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the vault");
    vault->ports = *ports;
    size_t frame = MAGIC_LEN + 2;
    clv_reader_init(&r, state.data + frame, state.len - frame - CLV_SHA256_LEN);
    status = read_identity(&r, &vault->identity, err);
    if (status == CLV_OK && clv_reader_ok(&r))
        status = read_units(&r, vault, err);
    if (status == CLV_OK && clv_reader_done(&r, err) != CLV_OK) {
        status = CLV_E_DAMAGED;
        if (err)
            err->code = status;
    }
    if (status != CLV_OK)
        clv_unitd_vault_free(&vault);
    else
        *ret = vault;
    return status;
}
