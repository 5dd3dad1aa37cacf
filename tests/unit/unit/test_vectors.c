/* The published answers, through the same door as answers of real units: HTTP body in, verdict out.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "src/unit/internal.h"
#include "start.h"
#include "vectors.h"

TestSuite(unit_vectors, .init = test_start);

struct question {
    struct clv_session session;
    struct clv_ask ask;
    struct clv_view point;
};

static clv_status judge(const struct question *q, struct clv_view body, struct clv_answer *ret)
{
    struct clv_error err = {0};
    clv_status status = clv_answer_decode(&q->session, &q->ask, 200, body, ret, &err);
    if (status == CLV_OK)
        status = clv_answer_verify(ret, q->point.data, &err);
    if (status == CLV_OK)
        status = clv_answer_bind(&q->session, &q->ask, ret, q->session.identity.module_id, &err);
    return status;
}

static struct clv_view body_of(struct vectors *v, struct clv_view htp)
{
    struct clv_writer *w = vectors_writer(v);
    cr_assert_eq(clv_ep11_rest_response_encode(w, htp, NULL), CLV_OK);
    return clv_writer_view(w);
}

/* ---- layout of ep11: whole strings ---------------------------------------------------------- */

static bool is_good(const json_t *from)
{
    return vectors_bool(from, "sdk_accepts") ||
           strcmp(vectors_text(from, "name"), "dilithium_then_ecc") == 0;
}

static void check_case(struct vectors *v, const json_t *from, struct question *q)
{
    const char *text = vectors_text(from, "htp_response");
    const char *name = vectors_text(from, "name");
    struct clv_answer answer = {0};
    clv_status status = judge(q, body_of(v, clv_view_of(text, strlen(text))), &answer);
    /* The refusals belong to other commands, which is for us to notice. */
    bool inner = !is_good(from) && strcmp(vectors_text(from, "failure_kind"), "inner_error") == 0;
    if (inner && answer.block.command != q->ask.command) {
        struct question other = *q;
        cr_assert_eq(status, CLV_E_UNTRUSTED, "%s", name);
        other.ask.command = answer.block.command;
        clv_answer_clear(&answer);
        status = judge(&other, body_of(v, clv_view_of(text, strlen(text))), &answer);
    }
    if (is_good(from)) {
        cr_assert_eq(status, CLV_OK, "%s", name);
        cr_assert_eq(answer.block.return_code, 0, "%s", name);
    } else if (inner) {
        cr_assert_eq(status, CLV_OK, "%s: a signed refusal is an answer", name);
        cr_assert_eq((json_int_t)answer.block.return_code, vectors_int(from, "return_code"));
    } else {
        cr_assert(status == CLV_E_DOUBT || status == CLV_E_UNTRUSTED, "%s: %s", name,
                  clv_code_name(status));
    }
    clv_answer_clear(&answer);
}

static void check_cases(struct vectors *v, json_t *root)
{
    json_t *from, *ceremony = vectors_load(v, "ceremony.json");
    size_t i;
    if (ceremony == NULL)
        return;
    struct question q = {.ask = {.command = CLV_EP11_Q_ADMINS},
                         .point = vectors_hex(v, root, "oa_public_key")};
    q.session.domain = (uint32_t)vectors_int(ceremony, "domain_index");
    memcpy(q.session.identity.module_id, vectors_hex(v, ceremony, "module_id").data,
           CLV_EP11_MODULE_ID_LEN);
    json_array_foreach(vectors_array(root, "cases"), i, from) check_case(v, from, &q);
}

Test(unit_vectors, client_cases)
{
    vectors_each(VECTORS_EP11, "client_cases.json", check_cases);
}

/* ---- layout of ep11-b: payloads ------------------------------------------------------------- */

static void check_response(struct vectors *v, const json_t *from, struct question *q)
{
    const char *name = vectors_text(from, "name"), *outcome = vectors_text(from, "outcome");
    struct clv_writer *htp = vectors_writer(v);
    struct clv_answer answer = {0};
    if (vectors_has(from, "module_id")) {
        struct clv_view domain_id = vectors_hex(v, from, "domain_id");
        q->session.domain = clv_domain_index(domain_id.data);
        memcpy(q->session.identity.module_id, vectors_hex(v, from, "module_id").data,
               CLV_EP11_MODULE_ID_LEN);
    }
    cr_assert_eq(
        clv_ep11_htp_response_encode(htp, q->session.domain, vectors_hex(v, from, "payload"), NULL),
        CLV_OK);
    clv_status status = judge(q, body_of(v, clv_writer_view(htp)), &answer);
    if (strcmp(outcome, "ok") == 0)
        cr_assert(status == CLV_OK && answer.block.return_code == 0, "%s", name);
    else if (strcmp(outcome, "bad signature") == 0)
        cr_assert_eq(status, CLV_E_UNTRUSTED, "%s", name);
    else if (strcmp(outcome, "malformed") == 0)
        cr_assert_eq(status, CLV_E_DOUBT, "%s", name);
    else if (status == CLV_OK)
        cr_assert_eq((json_int_t)answer.block.return_code, vectors_int(from, "return_code"));
    else
        cr_assert_eq(status, CLV_E_UNTRUSTED, "%s: an unsigned refusal", name);
    clv_answer_clear(&answer);
}

static void check_responses(struct vectors *v, json_t *root)
{
    json_t *from;
    size_t i;
    struct question q = {.ask = {.command = CLV_EP11_Q_ATTRS},
                         .point = vectors_hex(v, root, "oa_public_point")};
    json_array_foreach(vectors_array(root, "responses"), i, from) check_response(v, from, &q);
}

Test(unit_vectors, responses)
{
    vectors_each(VECTORS_EP11_B, "responses.json", check_responses);
}
