/* Who the module is: serial number, device key, the two certificates above it, and the signature
 * under every answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define ADAPTER_ID_LEN 12

/* ---- names ---- */

static void uuid_text(const uint8_t random[16], char ret[CLV_UNITD_UUID_TEXT])
{
    uint8_t b[16];
    char hex[33];
    memcpy(b, random, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* RFC 9562: version 4, variant 10 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    clv_hex(b, sizeof(b), hex);
    snprintf(ret, CLV_UNITD_UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
}

bool uuid_is_valid(const char *text)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    if (strlen(text) != CLV_UNITD_UUID_TEXT - 1)
        return false;
    for (size_t i = 0; i < CLV_UNITD_UUID_TEXT - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !strchr(digits, text[i]))
            return false;
    }
    return true;
}

/* Derived, so that it never changes for a unit and needs no place in the state. */
void hsm_id_text(const struct identity *identity, uint32_t domain, char ret[CLV_UNITD_UUID_TEXT])
{
    uint8_t index[4] = {(uint8_t)(domain >> 24), (uint8_t)(domain >> 16), (uint8_t)(domain >> 8),
                        (uint8_t)domain};
    uint8_t hash[CLV_SHA256_LEN];
    struct clv_view pieces[] = {
        clv_view_of("claviger-unitd hsm_id", 21),
        clv_view_of(identity->instance_id, CLV_UNITD_UUID_TEXT - 1),
        clv_view_of(identity->module_id, CLV_EP11_MODULE_ID_LEN),
        clv_view_of(index, sizeof(index)),
    };
    clv_sha256_pieces(pieces, 4, hash);
    uuid_text(hash, ret);
}

static void choose_module_id(struct identity *identity, const struct clv_random *random)
{
    uint8_t digits[3];
    char hex[7], serial[CLV_EP11_SERIAL_LEN + 1];
    clv_random_fill(random, digits, sizeof(digits));
    clv_hex(digits, sizeof(digits), hex);
    for (char *c = hex; *c; c++)
        if (*c >= 'a')
            *c = (char)(*c - 'a' + 'A');
    if (identity->production_tests)
        snprintf(serial, sizeof(serial), "SW%.6s", hex);
    else
        snprintf(serial, sizeof(serial), "TEST%.4s", hex);
    memcpy(identity->module_id, serial, CLV_EP11_SERIAL_LEN);
    clv_random_fill(random, identity->module_id + CLV_EP11_SERIAL_LEN,
                    CLV_EP11_MODULE_ID_LEN - CLV_EP11_SERIAL_LEN);
}

static clv_status choose_names(struct identity *identity, const struct clv_unitd_setup *setup,
                               struct clv_error *err)
{
    uint8_t random[16];
    identity->production_tests = setup->production_tests;
    identity->module_index = setup->module_index;
    if (setup->instance_id && !uuid_is_valid(setup->instance_id))
        return clv_fail(err, CLV_E_USAGE, "the service instance's id is not a UUID");
    clv_random_fill(setup->ports->random, random, sizeof(random));
    if (setup->instance_id)
        memcpy(identity->instance_id, setup->instance_id, CLV_UNITD_UUID_TEXT);
    else
        uuid_text(random, identity->instance_id);
    if (setup->module_id)
        memcpy(identity->module_id, setup->module_id, CLV_EP11_MODULE_ID_LEN);
    else
        choose_module_id(identity, setup->ports->random);
    return CLV_OK;
}

/* ---- keys and certificates ---- */

struct key {
    struct clv_secret *scalar;
    uint8_t point[CLV_P521_POINT_LEN];
    uint8_t ski[CLV_SKI_LEN];
};

static clv_status secret_copy(const struct clv_secret *from, struct clv_secret **ret,
                              struct clv_error *err)
{
    struct clv_secret *copy = NULL;
    clv_status status = clv_secret_new(clv_secret_len(from), &copy, err);
    if (status != CLV_OK)
        return status;
    memcpy(clv_secret_write(copy), clv_secret_read(from), clv_secret_len(from));
    clv_secret_close(from);
    clv_secret_close(copy);
    *ret = copy;
    return CLV_OK;
}

static clv_status key_init(struct key *key, const struct clv_secret *given, struct clv_error *err)
{
    clv_status status;
    if (given) {
        status = secret_copy(given, &key->scalar, err);
        if (status == CLV_OK)
            status = clv_p521_point(key->scalar, key->point, err);
    } else {
        status = clv_p521_generate(&key->scalar, key->point, err);
    }
    if (status == CLV_OK)
        clv_ep11_device_ski(key->point, key->ski);
    return status;
}

static clv_status certify(struct identity *identity, unsigned index, const struct key *subject,
                          const struct key *signer, struct clv_error *err)
{
    uint8_t adapter_id[ADAPTER_ID_LEN];
    struct clv_writer w = {0};
    memcpy(adapter_id, identity->module_id, CLV_EP11_SERIAL_LEN);
    memset(adapter_id + CLV_EP11_SERIAL_LEN, '0', ADAPTER_ID_LEN - CLV_EP11_SERIAL_LEN);
    clv_status status = clv_ep11_device_cert_encode(&w, subject->point, adapter_id, signer->ski,
                                                    signer->scalar, err);
    if (status == CLV_OK)
        status =
            clv_writer_detach(&w, &identity->certs[index].data, &identity->certs[index].len, err);
    clv_writer_clear(&w);
    return status;
}

/* The parent's and the root's private keys are forgotten as soon as they have certified. */
clv_status identity_new(struct identity *identity, const struct clv_unitd_setup *setup,
                        struct clv_error *err)
{
    struct key oa = {0}, parent = {0}, root = {0};
    clv_status status = choose_names(identity, setup, err);
    if (status == CLV_OK)
        status = key_init(&oa, setup->oa_scalar, err);
    if (status == CLV_OK)
        status = key_init(&parent, setup->parent_scalar, err);
    if (status == CLV_OK)
        status = key_init(&root, setup->root_scalar, err);
    if (status == CLV_OK)
        status = certify(identity, 0, &oa, &parent, err);
    if (status == CLV_OK)
        status = certify(identity, 1, &parent, &root, err);
    if (status == CLV_OK) {
        identity->oa_scalar = oa.scalar;
        oa.scalar = NULL;
        memcpy(identity->oa_ski, oa.ski, CLV_SKI_LEN);
        memcpy(identity->root_point, root.point, CLV_P521_POINT_LEN);
    }
    clv_secret_free(&oa.scalar);
    clv_secret_free(&parent.scalar);
    clv_secret_free(&root.scalar);
    return status;
}

void identity_clear(struct identity *identity)
{
    clv_secret_free(&identity->oa_scalar);
    for (unsigned i = 0; i < NUM_DEVICE_CERTS; i++)
        free(identity->certs[i].data);
    *identity = (struct identity){0};
}

/* ---- signing answers ---- */

static clv_status wrong_scalar(struct clv_unitd_vault *vault, struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN];
    if (vault->wrong_scalar)
        return CLV_OK;
    return clv_p521_generate(&vault->wrong_scalar, point, err);
}

clv_status device_sign(struct clv_unitd_vault *vault, bool wrong_key, struct clv_view message,
                       struct clv_writer *w, struct clv_error *err)
{
    struct clv_ep11_signer signer = {0};
    clv_status status = wrong_key ? wrong_scalar(vault, err) : CLV_OK;
    if (status != CLV_OK)
        return status;
    status = clv_ep11_signer_p521(wrong_key ? vault->wrong_scalar : vault->identity.oa_scalar,
                                  &signer, err);
    if (status != CLV_OK)
        return status;
    /* Device keys are named by another rule than administrators' keys. */
    memcpy(signer.ski, vault->identity.oa_ski, CLV_SKI_LEN);
    return clv_ep11_sign(w, &signer, 1, message, err);
}

/* ---- importer keys ---- */

static clv_status make_importer(void *ctx, uint32_t type, struct clv_secret **ret_private,
                                uint8_t **ret_bits, size_t *ret_bits_len, struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN];
    (void)ctx;
    if (type == CLV_EP11_IMPORTER_RSA2048)
        return clv_rsa_generate(2048, ret_private, ret_bits, ret_bits_len, err);
    if (type == CLV_EP11_IMPORTER_RSA3072)
        return clv_rsa_generate(3072, ret_private, ret_bits, ret_bits_len, err);
    if (type == CLV_EP11_IMPORTER_RSA4096)
        return clv_rsa_generate(4096, ret_private, ret_bits, ret_bits_len, err);
    if (type != CLV_EP11_IMPORTER_P521)
        return clv_fail(err, CLV_E_UNSUPPORTED, "no importer keys of type %u", type);
    uint8_t *bits = malloc(sizeof(point));
    if (!bits)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for an importer key");
    clv_status status = clv_p521_generate(ret_private, point, err);
    if (status != CLV_OK) {
        free(bits);
        return status;
    }
    memcpy(bits, point, sizeof(point));
    *ret_bits = bits;
    *ret_bits_len = sizeof(point);
    return CLV_OK;
}

struct clv_unitd_ports clv_unitd_ports_default(void)
{
    return (struct clv_unitd_ports){
        .random = clv_random_system(),
        .clock = clv_clock_system(),
        .make_importer = make_importer,
    };
}
