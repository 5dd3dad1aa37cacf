/* Responses as a client judges them. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

TestSuite(vectors_responses, .init = test_start);

/* ---- layout ep11-b ---- */
static enum check_outcome outcome_of(const char *text)
{
    static const char *const texts[] = {
        [CHECK_OK] = "ok",
        [CHECK_COMMAND_ERROR] = "command error",
        [CHECK_BAD_SIGNATURE] = "bad signature",
        [CHECK_MALFORMED] = "malformed",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(texts[i], text) == 0)
            return (enum check_outcome)i;
    cr_assert(false, "unknown outcome %s", text);
    return CHECK_MALFORMED;
}

static uint32_t value_of(const struct clv_ep11_attributes *attrs, size_t index, uint32_t absent)
{
    return attrs->present[index] ? attrs->value[index] : absent;
}

static void check_attributes(struct vectors *v, const json_t *from, struct clv_view output)
{
    struct clv_error err = {0};
    struct clv_ep11_attributes a;
    check_ok(clv_ep11_attributes_decode(output, &a, NULL, &err), &err, "attributes");
    cr_assert_eq(value_of(&a, CLV_EP11_ATTR_SIGN_THRESHOLD, CLV_EP11_THRESHOLD_MISSING),
                 vectors_int(from, "signature_threshold"));
    cr_assert_eq(value_of(&a, CLV_EP11_ATTR_REVOKE_THRESHOLD, CLV_EP11_THRESHOLD_MISSING),
                 vectors_int(from, "revocation_threshold"));
    cr_assert_eq(value_of(&a, CLV_EP11_ATTR_PERMISSIONS, 0), vectors_u32(v, from, "permissions"));
    cr_assert_eq(value_of(&a, CLV_EP11_ATTR_MODE, 0), vectors_u32(v, from, "mode"));
    cr_assert_eq(value_of(&a, CLV_EP11_ATTR_STANDARDS, 0), vectors_u32(v, from, "standards"));
}

static void same_block(struct vectors *v, const json_t *from,
                       const struct clv_ep11_response_block *block)
{
    vectors_same(clv_view_of(block->domain_id, sizeof(block->domain_id)),
                 vectors_hex(v, from, "domain_id"), "domain id");
    vectors_same(clv_view_of(block->module_id, sizeof(block->module_id)),
                 vectors_hex(v, from, "module_id"), "module id");
    vectors_same(clv_view_of(block->counter, sizeof(block->counter)),
                 vectors_hex(v, from, "transaction_counter"), "transaction counter");
}

/* Encoding yields the same message in the length forms of units, so a second round is stable. */
static void check_round_trip(struct vectors *v, struct clv_view payload)
{
    struct clv_ep11_response rsp, again;
    struct clv_writer *first = vectors_writer(v);
    struct clv_writer *second = vectors_writer(v);
    if (clv_ep11_response_decode(payload, &rsp, NULL) != CLV_OK)
        return;
    clv_ep11_response_encode(first, &rsp);
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(first), &again, NULL), CLV_OK);
    clv_ep11_response_encode(second, &again);
    vectors_same(clv_writer_view(second), clv_writer_view(first), "response, encoded twice");
    vectors_same(again.block, rsp.block, "response block");
}

static void check_response_b(struct vectors *v, const json_t *from, struct clv_view point)
{
    struct clv_view payload = vectors_hex(v, from, "payload");
    const char *name = vectors_text(from, "name");
    struct check_verdict verdict = check_response(payload, point);
    cr_assert_eq(verdict.outcome, outcome_of(vectors_text(from, "outcome")), "%s", name);
    check_round_trip(v, payload);
    if (vectors_has(from,
                    "sdk_outcome")) /* where the SDK slips, nothing but the outcome is known */
        cr_assert_str_neq(vectors_text(from, "sdk_outcome"), vectors_text(from, "outcome"));
    else if (verdict.outcome == CHECK_OK) {
        same_block(v, from, &verdict.block);
        check_attributes(v, vectors_object(from, "attributes"), verdict.block.output);
    }
    if (verdict.outcome != CHECK_COMMAND_ERROR)
        return;
    const json_t *reason = json_object_get(from, "reason_code");
    cr_assert_eq((json_int_t)verdict.return_code, vectors_int(from, "return_code"), "%s", name);
    if (json_is_null(reason))
        cr_assert_eq(verdict.reason, CLV_EP11_NO_REASON, "%s", name);
    else
        cr_assert_eq((json_int_t)verdict.reason, json_integer_value(reason), "%s", name);
}

static void check_responses_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    struct clv_view point = vectors_hex(v, root, "oa_public_point");
    json_array_foreach(vectors_array(root, "responses"), i, from) check_response_b(v, from, point);
}

Test(vectors_responses, responses_b)
{
    vectors_each(VECTORS_EP11_B, "responses.json", check_responses_b);
}

/* The byte-exact case: a response in the length forms of units comes out unchanged. */
static void check_long_forms(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "responses"), i, from)
    {
        struct clv_ep11_response_block block;
        struct clv_ep11_response rsp;
        if (strcmp(vectors_text(from, "name"), "ok, long-form lengths") != 0)
            continue;
        struct clv_view payload = vectors_hex(v, from, "payload");
        struct clv_writer *w = vectors_writer(v);
        check_ok(clv_ep11_response_decode(payload, &rsp, NULL), NULL, "response");
        clv_ep11_response_encode(w, &rsp);
        vectors_same(clv_writer_view(w), payload, "xcpAdminRsp");
        w = vectors_writer(v);
        check_ok(clv_ep11_response_block_decode(rsp.block, &block, NULL), NULL, "block");
        clv_ep11_response_block_encode(w, &block);
        vectors_same(clv_writer_view(w), rsp.block, "xcpAdminRspBlk");
        return;
    }
    cr_assert(v->ours == false, "no response with long-form lengths");
}

Test(vectors_responses, long_forms_b)
{
    vectors_each(VECTORS_EP11_B, "responses.json", check_long_forms);
}

/* ---- layout ep11 ---- */
static void check_skis(struct vectors *v, const json_t *from, struct clv_view output)
{
    struct clv_writer *w = vectors_writer(v);
    size_t i;
    json_t *ski;
    json_array_foreach(vectors_array(from, "skis"), i, ski)
        clv_write_view(w, vectors_hex_of(v, ski));
    vectors_same(output, clv_writer_view(w), "administrators");
}

static void check_accepted(struct vectors *v, const json_t *from,
                           const struct check_verdict *verdict)
{
    cr_assert_eq(verdict->outcome, CHECK_OK, "%s", vectors_text(from, "name"));
    if (!vectors_has(from, "skis"))
        return; /* one that the SDK refuses by mistake: nothing is listed */
    same_block(v, from, &verdict->block);
    vectors_same(clv_view_of(verdict->block.module_id, CLV_EP11_SERIAL_LEN),
                 clv_view_of(vectors_text(from, "serial_number"), CLV_EP11_SERIAL_LEN), "serial");
    check_skis(v, from, verdict->block.output);
}

/* Which of our outcomes a place where the SDK stopped may be: a shorter payload than announced, for
 * example, we call malformed before we look at its signature. */
static const struct {
    const char *kind;
    clv_status framing; /* CLV_OK: the frame is good, the message is not */
    bool malformed, bad_signature, command_error;
} kinds[] = {
    {"signerinfo_parse", CLV_OK, true, true, false},
    {"no_ecdsa_signature", CLV_OK, true, true, false},
    {"oa_signature", CLV_OK, false, true, false},
    {"missing_fields", CLV_OK, true, false, false},
    {"outer_error", CLV_OK, false, false, true},
    {"inner_error", CLV_OK, false, false, true},
    {"cprb_error", CLV_E_UNIT, false, false, false},
    {"htp_error", CLV_E_UNIT, false, false, false},
    {"framing", CLV_E_FORMAT, false, false, false},
};

static void check_refused(const json_t *from, clv_status framing,
                          const struct check_verdict *verdict)
{
    const char *name = vectors_text(from, "name");
    const char *kind = vectors_text(from, "failure_kind");
    size_t i = 0;
    while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i].kind, kind) != 0)
        i++;
    cr_assert_lt(i, sizeof(kinds) / sizeof(kinds[0]), "unknown kind %s", kind);
    if (strcmp(name, "reject_payload_length_too_long") == 0) {
        cr_assert_eq(framing, CLV_E_FORMAT);
        return;
    }
    cr_assert_eq(framing, kinds[i].framing, "%s", name);
    if (framing != CLV_OK)
        return;
    cr_assert((verdict->outcome == CHECK_MALFORMED && kinds[i].malformed) ||
                  (verdict->outcome == CHECK_BAD_SIGNATURE && kinds[i].bad_signature) ||
                  (verdict->outcome == CHECK_COMMAND_ERROR && kinds[i].command_error),
              "%s", name);
    if (verdict->outcome != CHECK_COMMAND_ERROR)
        return;
    json_int_t reason = vectors_int(from, "reason_code");
    cr_assert_eq((json_int_t)verdict->return_code, vectors_int(from, "return_code"), "%s", name);
    cr_assert_eq(verdict->reason, reason < 0 ? CLV_EP11_NO_REASON : (uint32_t)reason, "%s", name);
}

static void check_case_a(struct vectors *v, const json_t *from, struct clv_view point)
{
    const char *text = vectors_text(from, "htp_response");
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    struct check_verdict verdict = {0};
    clv_status framing = clv_ep11_htp_response_decode(clv_view_of(text, strlen(text)), &domain,
                                                      &payload, &len, NULL);
    vectors_keep(v, payload);
    if (framing == CLV_OK)
        verdict = check_response(clv_view_of(payload, len), point);
    if (vectors_bool(from, "sdk_accepts") ||
        strcmp(vectors_text(from, "name"), "dilithium_then_ecc") == 0)
        check_accepted(v, from, &verdict);
    else
        check_refused(from, framing, &verdict);
}

static void check_client_cases(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    struct clv_view point = vectors_hex(v, root, "oa_public_key");
    cr_assert_str_eq(vectors_text(root, "parse_as"), "QueryDomainAdmins list response");
    json_array_foreach(vectors_array(root, "cases"), i, from) check_case_a(v, from, point);
}

Test(vectors_responses, client_cases_a)
{
    vectors_each(VECTORS_EP11, "client_cases.json", check_client_cases);
}
