/* Complete requests of IBM's SDK: every field, every signature, and the same bytes again. */
#include "check.h"
#include "src/ep11/internal.h"

#include <string.h>

#define MAX_SIGNERS 8

TestSuite(vectors_requests, .init = test_start);

static void same_hex(struct vectors *v, const json_t *from, const char *field, struct clv_view got)
{
    vectors_same(got, vectors_hex(v, from, field), field);
}

static size_t keys_of(struct vectors *v, const json_t *keys, const json_t *names,
                      struct check_key *(*one)(struct vectors *, const json_t *, const char *),
                      struct check_key *ret)
{
    size_t i;
    json_t *name;
    json_array_foreach(names, i, name)
    {
        cr_assert_lt(i, MAX_SIGNERS);
        ret[i] = *one(v, keys, json_string_value(name));
    }
    return json_array_size(names);
}

static struct check_key *key_a(struct vectors *v, const json_t *keys, const char *name)
{
    static struct check_key key;
    key = check_key_a(v, keys, name);
    return &key;
}

static struct check_key *key_b(struct vectors *v, const json_t *keys, const char *name)
{
    static struct check_key key;
    key = check_key_b(v, keys, name);
    return &key;
}

/* ---- inputs ---- */
static void check_attribute_list(struct vectors *v, struct clv_view input)
{
    struct clv_error err = {0};
    struct clv_ep11_attributes attrs;
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_attributes_decode(input, &attrs, NULL, &err), &err, "attributes");
    clv_ep11_attributes_encode(w, &attrs);
    vectors_same(clv_writer_view(w), input, "attributes, encoded again");
}

static void check_certificate(struct vectors *v, struct clv_view input)
{
    struct clv_error err = {0};
    struct clv_ep11_admin_cert cert;
    (void)v;
    check_ok(clv_ep11_admin_cert_decode(input, &cert, &err), &err, "certificate");
}

static void check_parameters(struct vectors *v, struct clv_view input)
{
    struct clv_error err = {0};
    struct clv_ep11_parameter entries[8];
    size_t num = 0;
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_parameters_decode(input, entries, 8, &num, &err), &err, "parameter map");
    cr_assert_eq(num, 3);
    clv_ep11_parameters_encode(w, entries, num);
    vectors_same(clv_writer_view(w), input, "parameter map, encoded again");
}

static const struct {
    uint32_t command;
    void (*check)(struct vectors *v, struct clv_view input);
} inputs[] = {
    {CLV_EP11_ADMIN_LOGIN, check_certificate},
    {CLV_EP11_SET_ATTR, check_attribute_list},
    {CLV_EP11_EXPORT_WK, check_parameters},
};

static void check_input(struct vectors *v, const struct clv_ep11_admin_block *block)
{
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if (inputs[i].command == block->command)
            inputs[i].check(v, block->input);
}

/* ---- import: one request a part, all with the ids and counter of the outer one ---- */
struct import {
    const struct check_key *signers; /* one a part */
    size_t num;
    enum clv_ep11_key_type importer_type;
    const struct clv_secret *importer;
    const json_t *parts; /* hex strings */
};

static void check_part(struct vectors *v, struct clv_view bytes,
                       const struct clv_ep11_admin_block *outer, const struct import *import,
                       size_t i)
{
    struct clv_error err = {0};
    struct clv_ep11_admin_request req;
    struct clv_ep11_admin_block block;
    struct clv_secret *part = NULL;
    uint32_t reason = 0;
    check_admin_request(v, bytes, &req, &block);
    cr_assert_eq(block.command, outer->command);
    cr_assert_arr_eq(block.domain_id, outer->domain_id, sizeof(block.domain_id));
    vectors_same(block.module_id, outer->module_id, "module id of a part");
    vectors_same(block.counter, outer->counter, "counter of a part");
    check_signatures(v, &req, &import->signers[i], 1);
    check_ok(clv_ep11_recipient_open(block.input, import->importer_type, import->importer, &part,
                                     &reason, &err),
             &err, "open a part");
    vectors_same(clv_view_of(clv_secret_read(part), clv_secret_len(part)),
                 vectors_hex_of(v, json_array_get(import->parts, i)), "part");
    clv_secret_close(part);
    clv_secret_free(&part);
}

static void check_import(struct vectors *v, const struct clv_ep11_admin_block *block,
                         const struct import *import)
{
    struct clv_error err = {0};
    struct clv_reader r;
    clv_reader_init(&r, block->input.data, block->input.len);
    for (size_t i = 0; i < import->num; i++)
        check_part(v, clv_der_whole(&r, CLV_DER_SEQUENCE, "part"), block, import, i);
    check_ok(clv_reader_done(&r, &err), &err, "parts");

    struct clv_ep11_admin_request req;
    clv_reader_init(&r, block->input.data, block->input.len);
    for (size_t i = 0; i < import->num; i++)
        clv_ep11_admin_request_read(&r, &req);
    check_ok(clv_reader_done(&r, &err), &err, "parts, read in a row");
}

/* ---- information requests ---- */
static void check_info_request(struct vectors *v, struct clv_view payload, uint32_t function,
                               uint32_t domain)
{
    struct clv_error err = {0};
    struct clv_ep11_info_request req;
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_info_request_decode(payload, &req, &err), &err, "get_xcp_info");
    cr_assert_eq(req.function, function);
    cr_assert_eq(req.domain, domain);
    cr_assert(req.type == CLV_EP11_INFO_MODULE || req.type == CLV_EP11_INFO_DOMAIN);
    cr_assert_eq(req.subtype, 0);
    clv_ep11_info_request_encode(w, &req);
    vectors_same(clv_writer_view(w), payload, "get_xcp_info, encoded again");
}

/* ---- layout ep11-b: requests.json and ceremony.json have the same parsed fields ---- */
static void check_fields_b(struct vectors *v, const json_t *from,
                           const struct clv_ep11_admin_request *req,
                           const struct clv_ep11_admin_block *block)
{
    cr_assert_eq(req->function, vectors_u32(v, from, "function_id"));
    cr_assert_eq(req->domain, vectors_u32(v, from, "req_domain"));
    cr_assert_eq(block->command, vectors_u32(v, from, "cmd_id"));
    same_hex(v, from, "domain_id", clv_view_of(block->domain_id, sizeof(block->domain_id)));
    same_hex(v, from, "module_id", block->module_id);
    same_hex(v, from, "transaction_counter", block->counter);
    cr_assert_eq(vectors_int(from, "cmd_input_len"), (json_int_t)block->input.len);
    if (vectors_has(from, "cmd_input"))
        same_hex(v, from, "cmd_input", block->input);
    if (vectors_has(from, "signer_infos_len"))
        cr_assert_eq(vectors_int(from, "signer_infos_len"), (json_int_t)req->signatures.len);
}

static void check_import_b(struct vectors *v, const json_t *keys, const json_t *from,
                           const struct clv_ep11_admin_block *block)
{
    const json_t *parts = vectors_array(from, "parts");
    const json_t *part_signers = vectors_array(from, "part_signers");
    struct check_key signers[MAX_SIGNERS];
    struct check_key importer = check_key_b(v, keys, "importer_ec");
    const struct import import = {.signers = signers,
                                  .num = keys_of(v, keys, part_signers, key_b, signers),
                                  .importer_type = CLV_EP11_KEY_P521,
                                  .importer = importer.private_key,
                                  .parts = parts};
    cr_assert_eq(import.num, json_array_size(parts));
    check_import(v, block, &import);
}

static void check_request_b(struct vectors *v, const json_t *keys, const json_t *from,
                            unsigned module, uint32_t domain, struct clv_ep11_admin_block *ret)
{
    struct clv_ep11_admin_request req;
    unsigned got_module = 0;
    uint32_t got_domain = 0;
    struct clv_view payload =
        check_htp_request(v, vectors_text(from, "htp_request"), &got_module, &got_domain);
    cr_assert_eq(got_module, module);
    cr_assert_eq(got_domain, domain);
    *ret = (struct clv_ep11_admin_block){0};
    if (clv_ep11_peek_function(payload) == CLV_EP11_FN_INFO) {
        check_info_request(v, payload, vectors_u32(v, from, "function_id"),
                           vectors_u32(v, from, "req_domain"));
        return;
    }
    cr_assert_eq(clv_ep11_peek_function(payload), CLV_EP11_FN_ADMIN);
    check_admin_request(v, payload, &req, ret);
    check_fields_b(v, from, &req, ret);
    check_input(v, ret);
    struct check_key signers[MAX_SIGNERS];
    size_t num = keys_of(v, keys, json_object_get(from, "signers"), key_b, signers);
    check_signatures(v, &req, signers, num);
}

/* A command carries the unit's counter plus one, a query none. */
static void check_counter(const struct clv_ep11_admin_block *block, struct clv_view unit_counter)
{
    uint8_t next[CLV_EP11_COUNTER_LEN];
    if (clv_ep11_is_query(block->command))
        return;
    clv_ep11_counter_next(unit_counter.data, next);
    vectors_same(block->counter, clv_view_of(next, sizeof(next)), "transaction counter");
}

static void check_requests_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    unsigned module = (unsigned)vectors_int(root, "crypto_module_index");
    uint32_t domain = (uint32_t)vectors_int(root, "domain_index");
    struct clv_view counter = vectors_hex(v, root, "unit_transaction_counter");
    json_array_foreach(vectors_array(root, "requests"), i, from)
    {
        struct clv_ep11_admin_block block;
        check_request_b(v, keys, from, module, domain, &block);
        if (block.command == 0)
            continue;
        check_counter(&block, counter);
        if (!clv_ep11_is_query(block.command)) {
            vectors_same(block.module_id, vectors_hex(v, root, "module_id"), "module");
            vectors_same(clv_view_of(block.domain_id + 4, 4),
                         vectors_hex(v, root, "domain_instance"), "domain instance");
        }
        if (vectors_has(from, "parts"))
            check_import_b(v, keys, from, &block);
    }
}

Test(vectors_requests, requests_b)
{
    vectors_each(VECTORS_EP11_B, "requests.json", check_requests_b);
}

/* Who signed each part of an import: the file does not say. */
static size_t find_part_signers(struct vectors *v, const json_t *keys, struct clv_view input,
                                struct check_key *ret)
{
    static const char *const names[] = {"admin1", "admin2", "admin3", "admin4"};
    struct clv_reader r;
    size_t num = 0;
    clv_reader_init(&r, input.data, input.len);
    for (; clv_reader_left(&r) > 0; num++) {
        struct clv_ep11_admin_request part;
        struct clv_ep11_signer_info si = {0};
        struct clv_reader signatures;
        clv_ep11_admin_request_read(&r, &part);
        clv_reader_init(&signatures, part.signatures.data, part.signatures.len);
        clv_ep11_signer_info_read(&signatures, &si);
        size_t i = 0;
        do {
            cr_assert(i < 4 && num < MAX_SIGNERS, "part %zu is signed by nobody we know", num);
            ret[num] = check_key_b(v, keys, names[i++]);
        } while (memcmp(ret[num].ski, si.ski, sizeof(si.ski)) != 0);
    }
    return num;
}

static void check_ceremony_import_b(struct vectors *v, const json_t *root, const json_t *keys,
                                    const struct clv_ep11_admin_block *block)
{
    struct check_key signers[MAX_SIGNERS];
    struct check_key importer = check_key_b(
        v, keys, vectors_text(vectors_object(root, "initial"), "importer_key_to_return"));
    const struct import import = {.signers = signers,
                                  .num = find_part_signers(v, keys, block->input, signers),
                                  .importer_type = CLV_EP11_KEY_P521,
                                  .importer = importer.private_key,
                                  .parts = vectors_array(root, "parts")};
    cr_assert_eq(import.num, json_array_size(import.parts));
    check_import(v, block, &import);
}

/* The parts make the key, the key makes the pattern that commit and set immediate carry. */
static void check_key_of_ceremony_b(struct vectors *v, const json_t *root)
{
    static const uint8_t one = 1;
    uint8_t key[CLV_EP11_PART_LEN] = {0};
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    size_t i;
    json_t *part;
    json_array_foreach(vectors_array(root, "parts"), i, part)
    {
        struct clv_view bytes = vectors_hex_of(v, part);
        cr_assert_eq(bytes.len, sizeof(key));
        for (size_t at = 0; at < sizeof(key); at++)
            key[at] ^= bytes.data[at];
    }
    same_hex(v, root, "wrapping_key", clv_view_of(key, sizeof(key)));
    const struct clv_view pieces[] = {clv_view_of(&one, 1), clv_view_of(key, sizeof(key))};
    clv_sha256_pieces(pieces, 2, pattern);
    cr_assert(clv_ep11_pattern_equal(pattern, vectors_hex(v, root, "vp").data));
}

/* What the steps do to a unit is tested with a unit; here, that each message reads and writes. */
static void check_ceremony_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    uint32_t domain = (uint32_t)vectors_int(vectors_object(root, "initial"), "domain_index");
    json_array_foreach(vectors_array(root, "steps"), i, from)
    {
        struct clv_ep11_admin_block block;
        check_request_b(v, keys, from, 1, domain, &block);
        if (block.command == CLV_EP11_IMPORT_WK)
            check_ceremony_import_b(v, root, keys, &block);
        if (block.command == CLV_EP11_COMMIT_WK || block.command == CLV_EP11_FINALIZE_WK)
            same_hex(v, root, "vp", block.input);
    }
    check_key_of_ceremony_b(v, root);
}

Test(vectors_requests, ceremony_b)
{
    vectors_each(VECTORS_EP11_B, "ceremony.json", check_ceremony_b);
}

/* ---- layout ep11: ceremony.json ---- */
static void check_import_a(struct vectors *v, const struct clv_ep11_admin_block *block,
                           const struct check_key *signer, bool p521)
{
    const json_t *file = vectors_load(v, "recipient_info.json");
    if (!file)
        return;
    const json_t *from = vectors_object(file, p521 ? "p521" : "rsa2048");
    const struct check_key signers[] = {*signer, *signer, *signer};
    json_t *parts = json_array();
    size_t i;
    json_t *part;
    if (p521)
        json_array_foreach(vectors_array(from, "parts"), i, part)
            json_array_append(parts, json_object_get(part, "part"));
    else
        json_array_append(parts, json_object_get(from, "part"));
    const struct import import = {
        .signers = signers,
        .num = json_array_size(parts),
        .importer_type = p521 ? CLV_EP11_KEY_P521 : CLV_EP11_KEY_RSA,
        .importer =
            vectors_secret(v, from, p521 ? "importer_private_d" : "importer_private_der_pkcs1"),
        .parts = parts};
    check_import(v, block, &import);
    json_decref(parts);
}

static void check_signed_a(struct vectors *v, const json_t *keys, const json_t *step,
                           const struct clv_ep11_admin_request *req,
                           const struct clv_ep11_admin_block *block)
{
    struct check_key signers[MAX_SIGNERS];
    size_t num = keys_of(v, keys, json_object_get(step, "signers"), key_a, signers);
    const char *name = vectors_text(step, "name");
    if (block->command == CLV_EP11_IMPORT_WK) {
        cr_assert_eq(num, 1);
        check_import_a(v, block, &signers[0], strstr(name, "p521") != NULL);
        num = 0;
    }
    check_signatures(v, req, signers, num);
    if (!vectors_has(step, "signer_infos"))
        return;
    struct clv_writer *w = vectors_writer(v);
    size_t i;
    json_t *info;
    json_array_foreach(vectors_array(step, "signer_infos"), i, info)
        clv_write_view(w, vectors_hex_of(v, info));
    vectors_same(clv_writer_view(w), req->signatures, "SignerInfos");
    same_hex(v, step, "admin_block", req->block);
    same_hex(v, step, "input", block->input);
}

static void check_step_a(struct vectors *v, const json_t *root, const json_t *keys,
                         const json_t *step)
{
    struct clv_ep11_admin_request req;
    struct clv_ep11_admin_block block;
    unsigned module = 0;
    uint32_t domain = 0;
    struct clv_view payload =
        check_htp_request(v, vectors_text(step, "htp_request"), &module, &domain);
    cr_assert_eq((json_int_t)module, vectors_int(root, "module_index"));
    cr_assert_eq((json_int_t)domain, vectors_int(root, "domain_index"));
    if (clv_ep11_peek_function(payload) == CLV_EP11_FN_INFO) {
        check_info_request(v, payload, 0x00010026, domain);
        return;
    }
    check_admin_request(v, payload, &req, &block);
    cr_assert_eq(block.command, vectors_u32(v, step, "cmd_id"));
    same_hex(v, step, "domain_id", clv_view_of(block.domain_id, sizeof(block.domain_id)));
    same_hex(v, step, "transaction_counter", block.counter);
    if (!clv_ep11_is_query(block.command))
        same_hex(v, root, "module_id", block.module_id);
    check_input(v, &block);
    check_signed_a(v, keys, step, &req, &block);
}

static void check_ceremony_a(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *step;
    unsigned module = 0;
    uint32_t domain = 0;
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    check_ok(clv_ep11_location_decode(vectors_text(root, "location"), &module, &domain, NULL), NULL,
             "location");
    cr_assert_eq((json_int_t)module, vectors_int(root, "module_index"));
    cr_assert_eq((json_int_t)domain, vectors_int(root, "domain_index"));
    json_array_foreach(vectors_array(root, "steps"), i, step) check_step_a(v, root, keys, step);
}

Test(vectors_requests, ceremony_a)
{
    vectors_each(VECTORS_EP11, "ceremony.json", check_ceremony_a);
}
