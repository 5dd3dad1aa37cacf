/* The published vectors fed to a software unit: both ceremonies step by step, and every single
 * request of unit_cases.json and unit_errors.json from the state it names. The READMEs beside the
 * files say what is compared exactly and what loosely. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unitd_bench.h"
#include "vectors.h"

/* ---- from JSON to a domain, both layouts ---- */

static struct clv_secret *copy_secret(struct clv_view bytes)
{
    struct clv_secret *s = NULL;
    cr_assert_eq(clv_secret_new(bytes.len, &s, NULL), CLV_OK);
    memcpy(clv_secret_write(s), bytes.data, bytes.len);
    clv_secret_close(s);
    return s;
}

static void set_register(struct clv_secret **at, struct clv_view key)
{
    clv_secret_free(at);
    if (key.len > 0)
        *at = copy_secret(key);
}

static void set_importer(struct clv_unitd_domain *domain, struct bench *bench,
                         enum clv_ep11_key_type type)
{
    const struct clv_secret *private = bench->importer_private[type];
    clv_secret_free(&domain->importer_private);
    domain->importer_private =
        copy_secret(clv_view_of(clv_secret_read(private), clv_secret_len(private)));
    clv_secret_close(private);
    domain->importer_type = type;
    domain->importer_len = bench->importer_bits[type].len;
    memcpy(domain->importer_bits, bench->importer_bits[type].data, domain->importer_len);
}

static void add_admin(struct clv_unitd_domain *domain, struct clv_view cert)
{
    struct clv_ep11_admin_cert parsed;
    struct clv_unitd_admin *admin = &domain->admins[domain->num_admins++];
    cr_assert_eq(clv_ep11_admin_cert_decode(cert, &parsed, NULL), CLV_OK);
    memcpy(admin->ski, parsed.ski, CLV_SKI_LEN);
    memcpy(admin->cert, cert.data, cert.len);
    admin->cert_len = cert.len;
}

static void set_thresholds(struct vectors *v, struct clv_unitd_domain *domain, const json_t *state)
{
    uint32_t *a = domain->attributes;
    a[CLV_EP11_ATTR_SIGN_THRESHOLD] = (uint32_t)vectors_int(state, "signature_threshold");
    a[CLV_EP11_ATTR_REVOKE_THRESHOLD] = (uint32_t)vectors_int(state, "revocation_threshold");
    a[CLV_EP11_ATTR_PERMISSIONS] = vectors_u32(v, state, "permissions");
    if (a[CLV_EP11_ATTR_SIGN_THRESHOLD] > 0)
        a[CLV_EP11_ATTR_MODE] |= CLV_EP11_MODE_LEFT_IMPRINT;
    memcpy(domain->counter, vectors_hex(v, state, "transaction_counter").data,
           CLV_EP11_COUNTER_LEN);
}

static void give_importer(struct vectors *v, struct bench *bench, enum clv_ep11_key_type type,
                          struct clv_secret *private, struct clv_view bits)
{
    (void)v;
    bench->importer_private[type] = private;
    bench->importer_bits[type] = bits;
}

static struct clv_view spki_bits(struct vectors *v, const json_t *object, const char *member)
{
    struct clv_ep11_public_key key;
    cr_assert_eq(clv_ep11_spki_decode(vectors_hex(v, object, member), &key, NULL), CLV_OK);
    return key.bits;
}

/* ---- layout ep11 ---- */

static void open_a(struct vectors *v, struct bench *bench, const json_t *ceremony)
{
    json_t *oa = vectors_load(v, "oa.json"), *recipient = vectors_load(v, "recipient_info.json");
    struct clv_unitd_setup setup = {
        .first_domain = (uint32_t)vectors_int(ceremony, "domain_index"),
        .module_index = (unsigned)vectors_int(ceremony, "module_index"),
        .module_id = vectors_hex(v, ceremony, "module_id").data,
        .oa_scalar = vectors_secret(v, oa, "oa_private_d"),
        .parent_scalar = vectors_secret(v, oa, "parent_private_d"),
        .root_scalar = vectors_secret(v, oa, "root_private_d"),
    };
    json_t *ec = vectors_object(recipient, "p521"), *rsa = vectors_object(recipient, "rsa2048");
    give_importer(v, bench, CLV_EP11_KEY_P521, vectors_secret(v, ec, "importer_private_d"),
                  spki_bits(v, ec, "importer_spki"));
    give_importer(v, bench, CLV_EP11_KEY_RSA, vectors_secret(v, rsa, "importer_private_der_pkcs1"),
                  spki_bits(v, rsa, "importer_spki"));
    bench_open(bench, setup);
    bench->domain->base_flags = CLV_UNITD_FLAG_ENFORCES_IMPRINT;
    bench->domain->attributes[CLV_EP11_ATTR_STANDARDS] = 5;
}

static struct clv_view certificate_a(struct vectors *v, const char *name)
{
    size_t i;
    json_t *admin;
    json_array_foreach(vectors_array(vectors_load(v, "keys.json"), "admins"), i, admin)
    {
        if (strcmp(vectors_text(admin, "name"), name) == 0)
            return vectors_hex(v, admin, "certificate");
    }
    cr_assert_fail("no administrator %s", name);
    return (struct clv_view){0};
}

static void set_state_a(struct vectors *v, struct bench *bench, const json_t *state)
{
    struct clv_unitd_domain *domain = bench->domain;
    size_t i;
    json_t *name;
    domain->instance = vectors_u32(v, state, "domain_instance");
    set_thresholds(v, domain, state);
    set_register(&domain->current_wk, vectors_hex(v, state, "current_wk"));
    set_register(&domain->next_wk, vectors_hex(v, state, "next_wk"));
    domain->next_committed = vectors_bool(state, "next_committed");
    json_array_foreach(json_object_get(state, "admins"), i, name)
        add_admin(domain, certificate_a(v, json_string_value(name)));
    const char *importer = vectors_text(state, "importer");
    if (strcmp(importer, "importer_ec") == 0)
        set_importer(domain, bench, CLV_EP11_KEY_P521);
    else if (strcmp(importer, "importer_rsa") == 0)
        set_importer(domain, bench, CLV_EP11_KEY_RSA);
}

static void same_register(const struct clv_secret *got, struct clv_view want, const char *what)
{
    if (want.len == 0) {
        cr_assert_null(got, "%s should be empty", what);
        return;
    }
    cr_assert_not_null(got, "%s should be full", what);
    vectors_same(clv_view_of(clv_secret_read(got), clv_secret_len(got)), want, what);
    clv_secret_close(got);
}

static void check_state_a(struct vectors *v, const struct bench *bench, const json_t *state,
                          bool any_counter)
{
    const struct clv_unitd_domain *d = bench->domain;
    size_t i;
    json_t *name, *admins = json_object_get(state, "admins");
    cr_assert_eq(d->instance, vectors_u32(v, state, "domain_instance"));
    cr_assert_eq(d->attributes[1], vectors_int(state, "signature_threshold"));
    cr_assert_eq(d->attributes[2], vectors_int(state, "revocation_threshold"));
    cr_assert_eq(d->attributes[3], vectors_u32(v, state, "permissions"));
    cr_assert_eq(clv_unitd_in_imprint(d), vectors_bool(state, "imprint"));
    cr_assert_eq(d->next_committed, vectors_bool(state, "next_committed"));
    same_register(d->current_wk, vectors_hex(v, state, "current_wk"), "current register");
    same_register(d->next_wk, vectors_hex(v, state, "next_wk"), "next register");
    cr_assert_eq(d->importer_private == NULL, strcmp(vectors_text(state, "importer"), "none") == 0);
    cr_assert_eq(d->num_admins, json_array_size(admins));
    json_array_foreach(admins, i, name)
    {
        struct clv_view cert = certificate_a(v, json_string_value(name));
        vectors_same(clv_view_of(d->admins[i].cert, d->admins[i].cert_len), cert, "administrator");
    }
    if (!any_counter)
        vectors_same(clv_view_of(d->counter, CLV_EP11_COUNTER_LEN),
                     vectors_hex(v, state, "transaction_counter"), "transaction counter");
}

/* rc: the code where the answer has one, whichever level it stands on. */
static void check_codes_a(const struct answer *answer, const json_t *c, const char *name)
{
    const char *source = vectors_text(c, "source");
    uint32_t rc = answer->outer ? answer->outer_code : answer->block.return_code;
    uint32_t want = (uint32_t)vectors_int(c, "expect_rc");
    if (strcmp(source, "inferred") == 0 && want != 0) {
        cr_assert_neq(rc, 0, "%s: accepted", name);
        return;
    }
    cr_assert_eq(rc, want, "%s: return code %u, want %u", name, rc, want);
    cr_assert_eq(answer->outer, strcmp(vectors_text(c, "expect_at"), "outer") == 0, "%s", name);
    if (strcmp(source, "rc_and_reason_found") == 0)
        cr_assert_eq(answer->reason, vectors_int(c, "expect_reason"), "%s: reason %u", name,
                     answer->reason);
}

static void run_case_a(struct vectors *v, const json_t *ceremony, const json_t *c)
{
    struct bench bench = {0};
    struct answer answer;
    const char *name = vectors_text(c, "name");
    json_t *changes = json_object_get(c, "state_changes");
    json_t *state = json_deep_copy(
        vectors_object(vectors_object(ceremony, "states"), vectors_text(c, "state")));
    open_a(v, &bench, ceremony);
    set_state_a(v, &bench, state);
    if (vectors_has(c, "state_changes") && json_object_get(changes, "current_wk"))
        bench_give_random(&bench, vectors_hex(v, changes, "current_wk"));
    bench_ask(&bench, vectors_hex(v, c, "payload"), &answer);
    check_codes_a(&answer, c, name);
    if (changes)
        json_object_update(state, changes);
    check_state_a(v, &bench, state, strcmp(name, "ok_zeroize_one_signature") == 0);
    cr_assert_eq(bench.num_saves, vectors_int(c, "expect_rc") == 0 ? 1 : 0, "%s", name);
    answer_clear(&answer);
    bench_close(&bench);
    json_decref(state);
}

static void check_unit_cases(struct vectors *v, json_t *root)
{
    json_t *ceremony = vectors_load(v, "ceremony.json"), *c;
    size_t i;
    if (!ceremony)
        return;
    json_array_foreach(vectors_array(root, "cases"), i, c) run_case_a(v, ceremony, c);
}

Test(ep11, unit_cases)
{
    vectors_each(VECTORS_EP11, "unit_cases.json", check_unit_cases);
}

/* Outputs that hang on the unit's own random numbers are not compared. */
static void check_output_a(struct vectors *v, const json_t *step, const json_t *result,
                           struct clv_view output)
{
    const char *name = vectors_text(step, "name");
    bool random = strncmp(name, "gen_wk", 6) == 0 || strncmp(name, "export", 6) == 0;
    if (random)
        return;
    if (vectors_has(result, "output"))
        vectors_same(output, vectors_hex(v, result, "output"), name);
    if (vectors_has(result, "output_sha256") && strstr(name, "device_certificate") == NULL) {
        uint8_t hash[CLV_SHA256_LEN];
        clv_sha256(output.data, output.len, hash);
        vectors_same(clv_view_of(hash, sizeof(hash)), vectors_hex(v, result, "output_sha256"),
                     name);
    }
}

static void check_step_a(struct vectors *v, const struct bench *bench, const json_t *step,
                         const struct answer *answer)
{
    const char *name = vectors_text(step, "name");
    json_t *result = vectors_object(step, "result");
    cr_assert_eq(answer->outer_code, vectors_u32(v, result, "outer_rc"), "%s", name);
    cr_assert_eq(answer->block.return_code, vectors_u32(v, result, "inner_rc"), "%s: %u/%u", name,
                 answer->block.return_code, answer->reason);
    if (strncmp(name, "zeroize", 7) != 0)
        vectors_same(clv_view_of(answer->block.counter, CLV_EP11_COUNTER_LEN),
                     vectors_hex(v, result, "counter"), name);
    vectors_same(clv_view_of(answer->block.counter, CLV_EP11_COUNTER_LEN),
                 clv_view_of(bench->domain->counter, CLV_EP11_COUNTER_LEN), name);
    check_output_a(v, step, result, answer->block.output);
}

/* Takes the payload out of the exact string a client posts. */
static struct clv_view payload_of(struct vectors *v, const struct bench *bench, const json_t *step)
{
    const char *text = vectors_text(step, "htp_request");
    unsigned module = 0;
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    cr_assert_eq(clv_ep11_htp_request_decode(clv_view_of(text, strlen(text)), &module, &domain,
                                             &payload, &len, NULL, NULL),
                 CLV_OK);
    vectors_keep(v, payload);
    cr_assert_eq(module, bench->module_index);
    cr_assert_eq(domain, bench->domain->index);
    return clv_view_of(payload, len);
}

static void check_ceremony_a(struct vectors *v, json_t *root)
{
    struct bench bench = {0};
    size_t i;
    json_t *step;
    open_a(v, &bench, root);
    set_state_a(v, &bench, vectors_object(vectors_object(root, "states"), "s0_imprint_empty"));
    json_array_foreach(vectors_array(root, "steps"), i, step)
    {
        struct answer answer;
        uint8_t info[80];
        struct clv_view payload = payload_of(v, &bench, step);
        if (clv_ep11_peek_function(payload) == CLV_EP11_FN_INFO) {
            bench_domain_info(&bench, info);
            continue;
        }
        bench_ask(&bench, payload, &answer);
        check_step_a(v, &bench, step, &answer);
        answer_clear(&answer);
    }
    bench_close(&bench);
    cr_assert_null(bench.vault);
}

Test(ep11, ceremony)
{
    vectors_each(VECTORS_EP11, "ceremony.json", check_ceremony_a);
}

/* ---- layout ep11-b ---- */

static void open_b(struct vectors *v, struct bench *bench, const json_t *unit, uint32_t domain,
                   unsigned module_index)
{
    json_t *keys = vectors_load(v, "keys.json");
    json_t *ec = vectors_object(keys, "importer_ec"), *rsa = vectors_object(keys, "importer_rsa");
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
    memcpy(module_id, vectors_text(unit, "serial"), CLV_EP11_SERIAL_LEN);
    memcpy(module_id + CLV_EP11_SERIAL_LEN, vectors_hex(v, unit, "module_instance").data, 8);
    struct clv_unitd_setup setup = {
        .first_domain = domain,
        .module_index = module_index,
        .module_id = module_id,
        .oa_scalar = vectors_secret(v, vectors_object(keys, "oa"), "d"),
        .parent_scalar = vectors_secret(v, vectors_object(keys, "oa_parent"), "d"),
        .root_scalar = vectors_secret(v, vectors_object(keys, "oa_root"), "d"),
    };
    give_importer(v, bench, CLV_EP11_KEY_P521, vectors_secret(v, ec, "d"),
                  vectors_hex(v, ec, "point"));
    give_importer(v, bench, CLV_EP11_KEY_RSA, vectors_secret(v, rsa, "pkcs1_private_key"),
                  vectors_hex(v, rsa, "pkcs1_public_key"));
    bench_open(bench, setup);
    bench->domain->instance = vectors_u32(v, unit, "domain_instance");
    bench->domain->attributes[CLV_EP11_ATTR_MODE] = 0x200;
    bench->domain->attributes[CLV_EP11_ATTR_STANDARDS] = 1;
    memset(bench->domain->control_points, 0, sizeof(bench->domain->control_points));
}

static struct clv_view certificate_b(struct vectors *v, const char *name)
{
    size_t i;
    json_t *cert;
    json_array_foreach(vectors_array(vectors_load(v, "ski_certs.json"), "certs"), i, cert)
    {
        if (strcmp(vectors_text(cert, "admin"), name) == 0)
            return vectors_hex(v, cert, "cert");
    }
    cr_assert_fail("no administrator %s", name);
    return (struct clv_view){0};
}

static void set_state_b(struct vectors *v, struct bench *bench, const json_t *state)
{
    size_t i;
    json_t *name;
    set_thresholds(v, bench->domain, state);
    json_array_foreach(vectors_array(state, "admins"), i, name)
        add_admin(bench->domain, certificate_b(v, json_string_value(name)));
}

static void check_state_b(struct vectors *v, struct bench *bench, const json_t *state,
                          const char *name)
{
    const struct clv_unitd_domain *d = bench->domain;
    uint8_t info[80];
    size_t i;
    json_t *admin;
    bench_domain_info(bench, info);
    vectors_same(clv_view_of(info, sizeof(info)), vectors_hex(v, state, "domain_info"), name);
    vectors_same(clv_view_of(d->counter, CLV_EP11_COUNTER_LEN),
                 vectors_hex(v, state, "transaction_counter"), name);
    cr_assert_eq(d->attributes[1], vectors_int(state, "signature_threshold"), "%s", name);
    cr_assert_eq(d->attributes[2], vectors_int(state, "revocation_threshold"), "%s", name);
    cr_assert_eq(d->attributes[3], vectors_u32(v, state, "permissions"), "%s", name);
    cr_assert_eq(d->num_admins, json_array_size(vectors_array(state, "admins")), "%s", name);
    json_array_foreach(vectors_array(state, "admins"), i, admin)
        vectors_same(clv_view_of(d->admins[i].cert, d->admins[i].cert_len),
                     certificate_b(v, json_string_value(admin)), name);
}

static void check_codes_b(const struct answer *answer, const json_t *c, const char *name)
{
    json_t *expect = vectors_object(c, "expect");
    const char *check = vectors_text(c, "check");
    uint32_t rc = answer->outer ? answer->outer_code : answer->block.return_code;
    if (strcmp(check, "refused") == 0) {
        cr_assert_neq(rc, 0, "%s: accepted", name);
        return;
    }
    cr_assert_eq(answer->outer_code, vectors_int(expect, "outer_return_code"), "%s", name);
    cr_assert_eq(rc, vectors_int(expect, "return_code"), "%s: return code %u", name, rc);
    if (strcmp(check, "exact") == 0 && vectors_has(expect, "reason_code"))
        cr_assert_eq(answer->reason, vectors_int(expect, "reason_code"), "%s: reason %u", name,
                     answer->reason);
}

static void run_case_b(struct vectors *v, const json_t *root, const json_t *c)
{
    struct bench bench = {0};
    struct answer answer;
    const char *name = vectors_text(c, "name");
    json_t *state =
        json_deep_copy(vectors_object(vectors_object(root, "states"), vectors_text(c, "before")));
    open_b(v, &bench, root, (uint32_t)vectors_int(root, "domain_index"), 1);
    set_state_b(v, &bench, state);
    if (vectors_has(c, "pending_wk"))
        set_register(&bench.domain->next_wk, vectors_hex(v, c, "pending_wk"));
    if (vectors_bool(c, "importer_key"))
        set_importer(bench.domain, &bench, CLV_EP11_KEY_P521);
    check_state_b(v, &bench, state, name);
    bench_ask(&bench, vectors_hex(v, c, "payload"), &answer);
    check_codes_b(&answer, c, name);
    json_t *changes = json_object_get(vectors_object(c, "expect"), "changes");
    if (changes)
        json_object_update(state, changes);
    check_state_b(v, &bench, state, name);
    answer_clear(&answer);
    bench_close(&bench);
    json_decref(state);
}

static void check_unit_errors(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *c;
    json_array_foreach(vectors_array(root, "cases"), i, c) run_case_b(v, root, c);
}

Test(ep11_b, unit_errors)
{
    vectors_each(VECTORS_EP11_B, "unit_errors.json", check_unit_errors);
}

static void check_step_b(struct vectors *v, const json_t *step, const struct answer *answer)
{
    json_t *want = vectors_object(step, "response");
    const char *name = vectors_text(step, "step");
    cr_assert_eq(answer->outer_code, vectors_u32(v, want, "outer_return_code"), "%s", name);
    cr_assert_eq(answer->block.return_code, vectors_u32(v, want, "return_code"), "%s: %u/%u", name,
                 answer->block.return_code, answer->reason);
    vectors_same(answer->block.output, vectors_hex(v, want, "cmd_output"), name);
    vectors_same(clv_view_of(answer->block.domain_id, CLV_EP11_DOMAIN_ID_LEN),
                 vectors_hex(v, want, "domain_id"), name);
    vectors_same(clv_view_of(answer->block.module_id, CLV_EP11_MODULE_ID_LEN),
                 vectors_hex(v, want, "module_id"), name);
    vectors_same(clv_view_of(answer->block.counter, CLV_EP11_COUNTER_LEN),
                 vectors_hex(v, want, "transaction_counter"), name);
}

static void run_step_b(struct vectors *v, struct bench *bench, const json_t *step)
{
    struct answer answer;
    uint8_t info[80];
    struct clv_view payload = payload_of(v, bench, step);
    if (clv_ep11_peek_function(payload) == CLV_EP11_FN_INFO) {
        bench_domain_info(bench, info);
        vectors_same(clv_view_of(info, sizeof(info)),
                     vectors_hex(v, vectors_object(step, "response"), "payload"), "domain info");
        return;
    }
    bench_ask(bench, payload, &answer);
    check_step_b(v, step, &answer);
    answer_clear(&answer);
}

static void check_ceremony_b(struct vectors *v, json_t *root)
{
    struct bench bench = {0};
    json_t *initial = vectors_object(root, "initial"), *step;
    json_t *state = json_deep_copy(vectors_object(initial, "state"));
    size_t i;
    open_b(v, &bench, initial, (uint32_t)vectors_int(initial, "domain_index"), 1);
    set_state_b(v, &bench, state);
    json_array_foreach(vectors_array(root, "steps"), i, step)
    {
        run_step_b(v, &bench, step);
        json_object_update(state, vectors_object(step, "changes"));
        check_state_b(v, &bench, state, vectors_text(step, "step"));
    }
    bench_close(&bench);
    json_decref(state);
}

Test(ep11_b, ceremony)
{
    vectors_each(VECTORS_EP11_B, "ceremony.json", check_ceremony_b);
}
