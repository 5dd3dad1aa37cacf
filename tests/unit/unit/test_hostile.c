/* Units, and people between us and units, that lie, forge, repeat, cut off, or say nothing.
 *
 * Every behaviour meets four orders. Whatever unit 1 does: it never counts as done, the outcome is
 * of the right class, units 2 and 3 are done at once, and afterwards an honest query works again.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static struct model m;

static void end(void)
{
    model_clear(&m);
}

/* ---- twists --------------------------------------------------------------------------------- */

enum edit {
    NO_SIGNATURE,
    BROKEN_SIGNATURE,
    HALF_A_SIGNATURE,
    BYTES_AFTER_SIGNATURE,
    ANOTHER_KEY,
    ALTERED_BLOCK,
    OTHER_UNIT,
    BLOCK_OF_OTHER_DOMAIN,
    RESPONSE_OF_OTHER_DOMAIN,
    CPRB_OF_OTHER_DOMAIN,
    OTHER_LIFE,
    OTHER_MODULE,
    OTHER_INSTANCE_OF_MODULE,
    OTHER_COMMAND,
    OTHER_FUNCTION,
    COUNTER_OF_LONG_AGO,
    COUNTER_BEFORE,
    COUNTER_AHEAD,
    PREVIOUS_ANSWER,
    UNSIGNED_REFUSAL,
    SIGNED_REFUSAL,
    HTTP_500,
    HTTP_401,
    HTTP_302,
    HTP_ERROR,
    CPRB_ERROR,
    GARBAGE,
    EMPTY_BODY,
    EMPTY_OBJECT,
    EMPTY_RESPONSE,
    ANOTHER_JSON,
    HALF_A_BODY,
    LONG_BODY,
    TWO_ELEMENTS,
    TRAILING_BYTE,
    INDEFINITE_LENGTH,
    EMPTY_PAYLOAD,
    RESET,
    SILENCE,
    LATE,
};

static void edit_signatures(struct reply *reply, struct opened *o, enum edit edit)
{
    uint8_t bytes[2048];
    size_t len = o->response.signatures.len;
    memcpy(bytes, o->response.signatures.data, len);
    if (edit == NO_SIGNATURE)
        len = 0;
    else if (edit == HALF_A_SIGNATURE)
        len /= 2;
    else if (edit == BROKEN_SIGNATURE)
        bytes[len - 5] ^= 1;
    else
        bytes[len++] = 0x30;
    o->response.signatures = clv_view_of(bytes, len);
    reply_set_block(reply, o, NULL);
}

static void previous_counter(uint8_t counter[CLV_EP11_COUNTER_LEN])
{
    for (int i = CLV_EP11_COUNTER_LEN - 1; i >= 0 && counter[i]-- == 0; i--)
        ;
}

/* The block says something else, signed with the unit's own key: what only an answer to another
 * question, or an old one, can look like. */
static void edit_block(struct reply *reply, struct opened *o, enum edit edit)
{
    struct clv_ep11_response_block *block = &o->block;
    static const uint8_t reason[4] = {0, 0, 0, 48};
    switch ((int)edit) {
    case OTHER_UNIT:
        o->domain++;
        o->response.domain++;
        block->domain_id[3]++;
        break;
    case BLOCK_OF_OTHER_DOMAIN:
        block->domain_id[3]++;
        break;
    case RESPONSE_OF_OTHER_DOMAIN:
        o->response.domain++;
        break;
    case CPRB_OF_OTHER_DOMAIN:
        o->domain++;
        break;
    case OTHER_LIFE:
        block->domain_id[7]++;
        break;
    case OTHER_MODULE:
        block->module_id[7] ^= 1;
        break;
    case OTHER_INSTANCE_OF_MODULE:
        block->module_id[15] ^= 1;
        break;
    case OTHER_COMMAND:
        block->command = block->command == CLV_EP11_Q_ATTRS ? CLV_EP11_Q_ADMINS : CLV_EP11_Q_ATTRS;
        break;
    case OTHER_FUNCTION:
        o->response.function = 1 << 16 | CLV_EP11_FN_INFO;
        break;
    case COUNTER_OF_LONG_AGO:
        memset(block->counter, 0, sizeof block->counter);
        break;
    case COUNTER_BEFORE:
        previous_counter(block->counter);
        break;
    case COUNTER_AHEAD:
        clv_ep11_counter_next(block->counter, block->counter);
        break;
    case SIGNED_REFUSAL:
        block->return_code = 101;
        block->output = clv_view_of(reason, sizeof reason);
        break;
    default:
        cr_assert_fail("not an edit of the block");
    }
    reply_set_block(reply, o, m.oa_scalar);
}

static void edit_payload(struct reply *reply, struct opened *o, enum edit edit)
{
    uint8_t bytes[4096];
    size_t len = o->len;
    cr_assert_lt(len, sizeof bytes);
    memcpy(bytes, o->payload, len);
    if (edit == UNSIGNED_REFUSAL) {
        static const uint8_t refusal[] = {0x30, 18, 4, 4, 0, 1, 0, CLV_EP11_FN_ADMIN, 4, 4, 0, 0, 0,
                                          1,    4,  4, 0, 0, 0, 7};
        memcpy(bytes, refusal, len = sizeof refusal);
        bytes[13] = (uint8_t)o->domain;
    } else if (edit == TWO_ELEMENTS) {
        static const uint8_t two[] = {0x30, 12, 4, 4, 0, 1, 0, CLV_EP11_FN_ADMIN, 4, 4, 0, 0, 0, 1};
        memcpy(bytes, two, len = sizeof two);
    } else if (edit == TRAILING_BYTE) {
        bytes[len++] = 0;
    } else if (edit == INDEFINITE_LENGTH) {
        bytes[1] = 0x80;
    } else {
        len = 0;
    }
    reply_set_payload(reply, o->domain, bytes, len);
}

static void edit_cprb_error(struct reply *reply)
{
    char *hex = strrchr(reply->body, ';');
    cr_assert_not_null(hex);
    memcpy(hex + 1 + 32, "00080000", 8);
}

static void edit_long(struct reply *reply)
{
    size_t len = 3 << 20;
    free(reply->body);
    reply->body = malloc(len + 1);
    memset(reply->body, 'A', len);
    reply->body[len] = '\0';
    memcpy(reply->body, "{\"response\":\"", 13);
    reply->body_len = len;
}

static void edit_delivery(struct reply *reply, enum edit edit)
{
    switch ((int)edit) {
    case HTTP_500:
        reply->http_status = 500;
        return;
    case HTTP_401:
        reply->http_status = 401;
        return;
    case HTTP_302:
        reply->http_status = 302;
        return;
    case HTP_ERROR:
        reply_set_text(reply, "{\"response\":\"160;15      2       30      CCA     "
                              "somewhere                     The module did not answer in time."
                              "                                                                  "
                              "    ;\"}");
        return;
    case CPRB_ERROR:
        edit_cprb_error(reply);
        return;
    case GARBAGE:
        reply_set_text(reply, "\x7f\x01!! not JSON at all \xff\xfe");
        return;
    case EMPTY_BODY:
        reply_set_text(reply, "");
        return;
    case EMPTY_OBJECT:
        reply_set_text(reply, "{}");
        return;
    case EMPTY_RESPONSE:
        reply_set_text(reply, "{\"response\":\"\"}");
        return;
    case ANOTHER_JSON:
        reply_set_text(reply, "{\"hsms\":[]}");
        return;
    case HALF_A_BODY:
        reply->body_len /= 2;
        return;
    case LONG_BODY:
        edit_long(reply);
        return;
    case RESET:
        reply->state = CLV_EXCHANGE_BROKEN;
        reply->why = "connection reset by peer";
        return;
    case SILENCE:
        reply->state = CLV_EXCHANGE_PENDING;
        return;
    case LATE:
        reply->delay_ms = 60000;
        return;
    case PREVIOUS_ANSWER:
        cr_assert_not_null(m.last_answer[reply->unit]);
        reply_set_text(reply, m.last_answer[reply->unit]);
        return;
    default:
        cr_assert_fail("not an edit of the delivery");
    }
}

static void twist(struct model *model, struct reply *reply)
{
    enum edit edit = (enum edit)model->variant;
    struct opened o;
    if (edit >= HTTP_500 && edit != TWO_ELEMENTS && edit != TRAILING_BYTE &&
        edit != INDEFINITE_LENGTH && edit != EMPTY_PAYLOAD) {
        edit_delivery(reply, edit);
        return;
    }
    if (edit == PREVIOUS_ANSWER) {
        edit_delivery(reply, edit);
        return;
    }
    reply_open(reply, &o);
    if (edit <= BYTES_AFTER_SIGNATURE) {
        edit_signatures(reply, &o, edit);
    } else if (edit == ANOTHER_KEY) {
        reply_set_block(reply, &o, model->other_scalar);
    } else if (edit == ALTERED_BLOCK) {
        o.block.counter[0] ^= 0x40;
        reply_set_block(reply, &o, NULL);
    } else if (edit == UNSIGNED_REFUSAL || edit >= TWO_ELEMENTS) {
        edit_payload(reply, &o, edit);
    } else {
        edit_block(reply, &o, edit);
    }
    opened_clear(&o);
}

#define NOTHING_NEW ((enum clv_outcome)99) /* honest in this place */

/* clang-format off */
static const struct behaviour {
    const char *name;
    enum edit edit;
    enum clv_outcome query, command;
} behaviours[] = {
    { "no signature",              NO_SIGNATURE,             CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "broken signature",          BROKEN_SIGNATURE,         CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "half a signature",          HALF_A_SIGNATURE,         CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "bytes after signature",     BYTES_AFTER_SIGNATURE,    CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "another key",               ANOTHER_KEY,              CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "altered block",             ALTERED_BLOCK,            CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "answer of another unit",    OTHER_UNIT,               CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "block of another domain",   BLOCK_OF_OTHER_DOMAIN,    CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "response of another domain",RESPONSE_OF_OTHER_DOMAIN, CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "CPRB of another domain",    CPRB_OF_OTHER_DOMAIN,     CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "another life",              OTHER_LIFE,               CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "another module",            OTHER_MODULE,             CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "another module instance",   OTHER_INSTANCE_OF_MODULE, CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "another command",           OTHER_COMMAND,            CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "another function",          OTHER_FUNCTION,           CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "counter of long ago",       COUNTER_OF_LONG_AGO,      CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "counter before",            COUNTER_BEFORE,           CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "counter ahead",             COUNTER_AHEAD,            NOTHING_NEW,           CLV_OUTCOME_UNTRUSTED },
    { "previous answer",           PREVIOUS_ANSWER,          CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "refusal without signature", UNSIGNED_REFUSAL,         CLV_OUTCOME_UNTRUSTED, CLV_OUTCOME_UNTRUSTED },
    { "signed refusal",            SIGNED_REFUSAL,           CLV_OUTCOME_REFUSED,   NOTHING_NEW           },
    { "HTTP 500",                  HTTP_500,                 CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "HTTP 401",                  HTTP_401,                 CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "HTTP 302",                  HTTP_302,                 CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "error in front of module",  HTP_ERROR,                CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "error in the CPRB",         CPRB_ERROR,               CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "garbage",                   GARBAGE,                  CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "empty body",                EMPTY_BODY,               CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "empty object",              EMPTY_OBJECT,             CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "empty response",            EMPTY_RESPONSE,           CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "another JSON",              ANOTHER_JSON,             CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "half a body",               HALF_A_BODY,              CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "endless body",              LONG_BODY,                CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "two elements",              TWO_ELEMENTS,             CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "trailing byte",             TRAILING_BYTE,            CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "indefinite length",         INDEFINITE_LENGTH,        CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "empty payload",             EMPTY_PAYLOAD,            CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "reset while answering",     RESET,                    CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "silence",                   SILENCE,                  CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
    { "late answer",               LATE,                     CLV_OUTCOME_DOUBT,     CLV_OUTCOME_DOUBT     },
};
/* clang-format on */
#define NUM_BEHAVIOURS (sizeof behaviours / sizeof behaviours[0])

/* ---- the four orders ------------------------------------------------------------------------ */

static void set_twist(uint32_t command, enum edit edit)
{
    m.twist = twist;
    m.twist_unit = 1;
    m.twist_command = command;
    m.twist_times = 1000;
    m.variant = edit;
}

static void be_honest(void)
{
    m.twist = NULL;
    m.twist_times = 0;
}

static void expect(const struct behaviour *b, enum clv_outcome outcome, enum clv_order_kind kind)
{
    const struct clv_result *result = model_result(&m, 1);
    cr_assert_eq(result->outcome, outcome, "%s: %s: %s, not %s (%s)", clv_order_name(kind), b->name,
                 clv_outcome_name(result->outcome), clv_outcome_name(outcome), result->error.fact);
    cr_assert_neq(result->error.code, CLV_OK);
    cr_assert_neq(result->error.hint[0], '\0', "%s: no advice", b->name);
    for (unsigned i = 2; i <= 3; i++) {
        cr_assert_eq(model_outcome(&m, i), CLV_OUTCOME_DONE, "%s: unit %u", b->name, i);
        cr_assert_eq(model_result(&m, i)->elapsed_ms, 0, "%s: unit %u waited", b->name, i);
    }
}

static void expect_recovery(const struct behaviour *b)
{
    be_honest();
    model_order(&m, CLV_ORDER_QUERY);
    for (unsigned i = 1; i <= 3; i++)
        cr_assert_eq(model_outcome(&m, i), CLV_OUTCOME_DONE, "after %s: %s", b->name,
                     model_result(&m, i)->error.fact);
}

/* One administrator, sealed parts; the counters are well above zero. */
static void begin(void)
{
    model_init(&m, 3);
    model_enroll(&m, 1, 1, 1);
    model_seal(&m);
    model_order(&m, CLV_ORDER_QUERY);
}

static void prepare(enum clv_order_kind kind)
{
    be_honest();
    model_order(&m, CLV_ORDER_LOAD);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    if (kind == CLV_ORDER_SET_IMMEDIATE) {
        struct clv_order commit = model_pattern_order(&m, CLV_ORDER_COMMIT);
        model_run(&m, &commit);
        model_expect_all(&m, CLV_OUTCOME_DONE);
    }
}

static void all_behaviours(enum clv_order_kind kind)
{
    for (size_t i = 0; i < NUM_BEHAVIOURS; i++) {
        const struct behaviour *b = &behaviours[i];
        if (b->command == NOTHING_NEW)
            continue;
        prepare(kind);
        unsigned before = m.num_commands[1];
        set_twist(kind == CLV_ORDER_LOAD     ? CLV_EP11_IMPORT_WK
                  : kind == CLV_ORDER_COMMIT ? CLV_EP11_COMMIT_WK
                                             : CLV_EP11_FINALIZE_WK,
                  b->edit);
        struct clv_order order = model_pattern_order(&m, kind);
        model_run(&m, &order);
        expect(b, b->command, kind);
        cr_assert_eq(m.num_commands[1], before + 1, "%s: sent again", b->name);
        expect_recovery(b);
    }
}

TestSuite(unit_hostile, .init = begin, .fini = end);

Test(unit_hostile, load)
{
    all_behaviours(CLV_ORDER_LOAD);
}

Test(unit_hostile, commit)
{
    all_behaviours(CLV_ORDER_COMMIT);
}

Test(unit_hostile, set_immediate)
{
    all_behaviours(CLV_ORDER_SET_IMMEDIATE);
}

Test(unit_hostile, query)
{
    static const uint32_t queries[] = {CLV_EP11_Q_ATTRS,    CLV_EP11_Q_ADMINS,
                                       CLV_EP11_Q_WK,       CLV_EP11_Q_NEXT_WK,
                                       CLV_EP11_Q_IMPORTER, CLV_EP11_Q_CTRLPOINTS};
    prepare(CLV_ORDER_COMMIT);
    for (size_t i = 0; i < NUM_BEHAVIOURS; i++) {
        for (size_t q = 0; q < sizeof queries / sizeof queries[0]; q++) {
            const struct behaviour *b = &behaviours[i];
            if (b->query == NOTHING_NEW ||
                (b->edit == SIGNED_REFUSAL && queries[q] == CLV_EP11_Q_IMPORTER))
                continue;
            set_twist(queries[q], b->edit);
            model_order(&m, CLV_ORDER_QUERY);
            expect(b, b->query, CLV_ORDER_QUERY);
            expect_recovery(b);
        }
    }
}

/* The question before a command meets the same lies: then the command must not leave at all. */
Test(unit_hostile, before_a_command)
{
    prepare(CLV_ORDER_COMMIT);
    for (size_t i = 0; i < NUM_BEHAVIOURS; i++) {
        const struct behaviour *b = &behaviours[i];
        if (b->query == NOTHING_NEW)
            continue;
        unsigned before = m.num_commands[1];
        set_twist(CLV_EP11_Q_ATTRS, b->edit);
        struct clv_order order = model_pattern_order(&m, CLV_ORDER_LOAD);
        model_run(&m, &order);
        expect(b, b->query == CLV_OUTCOME_DOUBT ? CLV_OUTCOME_NOT_SENT : b->query, CLV_ORDER_LOAD);
        cr_assert_eq(m.num_commands[1], before, "%s: the command left", b->name);
        cr_assert_eq(m.num_intents, 2, "%s: only units 2 and 3 are announced", b->name);
        expect_recovery(b);
    }
}

/* ---- byte by byte --------------------------------------------------------------------------- */

static void cut_payload(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    cr_assert_lt(model->variant, o.len);
    reply_set_payload(reply, o.domain, o.payload, model->variant);
    opened_clear(&o);
}

static size_t payload_len;
static void measure(struct model *model, struct reply *reply)
{
    struct opened o;
    (void)model;
    reply_open(reply, &o);
    payload_len = o.len;
    opened_clear(&o);
}

Test(unit_hostile, an_answer_cut_anywhere_is_doubt)
{
    m.twist = measure;
    m.twist_unit = 1;
    m.twist_command = CLV_EP11_Q_ATTRS;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_gt(payload_len, 200);
    for (unsigned len = 0; len < payload_len - 8; len++) {
        m.twist = cut_payload;
        m.twist_times = 1000;
        m.variant = len;
        model_run(&m, &(struct clv_order){.kind = CLV_ORDER_QUERY, .only_unit = 1});
        cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DOUBT, "cut at %u of %zu", len, payload_len);
    }
}

/* Every byte of what the signature covers, and of the signature. */
static void flip_block(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    size_t from = (size_t)(o.response.block.data - o.payload);
    payload_len = o.response.block.len;
    if (model->variant / 8 < payload_len)
        o.payload[from + model->variant / 8] ^= (uint8_t)(1u << (model->variant % 8));
    reply_set_payload(reply, o.domain, o.payload, o.len);
    opened_clear(&o);
}

Test(unit_hostile, a_flipped_bit_in_a_signed_block_never_counts)
{
    payload_len = 1;
    for (unsigned bit = 0; bit / 8 < payload_len; bit++) {
        m.twist = flip_block;
        m.twist_unit = 1;
        m.twist_command = CLV_EP11_Q_ATTRS;
        m.twist_times = 1000;
        m.variant = bit;
        model_run(&m, &(struct clv_order){.kind = CLV_ORDER_QUERY, .only_unit = 1});
        cr_assert(model_outcome(&m, 1) == CLV_OUTCOME_UNTRUSTED ||
                      model_outcome(&m, 1) == CLV_OUTCOME_DOUBT,
                  "bit %u: %s", bit, clv_outcome_name(model_outcome(&m, 1)));
    }
    cr_assert_gt(payload_len, 50);
}

/* ---- lies about registers ------------------------------------------------------------------- */

/* Domain information is not signed: one byte of it is changed. */
static void lie_in_info(struct model *model, struct reply *reply)
{
    enum { DOMAIN_INFO_LEN = 80 };
    struct opened o;
    if (reply->command != 0)
        return;
    reply_open(reply, &o);
    struct clv_ep11_info_response info;
    cr_assert_eq(clv_ep11_info_response_decode(clv_view_of(o.payload, o.len), &info, NULL), CLV_OK);
    if (info.payload.len == DOMAIN_INFO_LEN)
        o.payload[(size_t)(info.payload.data - o.payload) + model->variant] ^= 0x04;
    reply_set_payload(reply, o.domain, o.payload, o.len);
    opened_clear(&o);
}

Test(unit_hostile, unsigned_information_must_agree_with_signed_patterns)
{
    static const unsigned offsets[] = {36, 40, 63, 71}; /* new pattern, "new register is full" */
    prepare(CLV_ORDER_COMMIT);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        m.twist = lie_in_info;
        m.twist_unit = 1;
        m.twist_command = 0;
        m.twist_times = 1000;
        m.variant = offsets[i];
        model_order(&m, CLV_ORDER_QUERY);
        cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_UNTRUSTED, "offset %u", offsets[i]);
        cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DONE);
    }
}

static void lie_about_pattern(struct model *model, struct reply *reply)
{
    struct opened o;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    reply_open(reply, &o);
    cr_assert_eq(o.block.output.len, sizeof pattern);
    memcpy(pattern, o.block.output.data, sizeof pattern);
    pattern[model->variant] ^= 0x80;
    o.block.output = clv_view_of(pattern, sizeof pattern);
    reply_set_block(reply, &o, model->oa_scalar);
    opened_clear(&o);
}

Test(unit_hostile, a_reported_pattern_is_recorded_not_believed)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    model_pattern(pattern);
    m.twist = lie_about_pattern;
    m.twist_unit = 1;
    m.twist_command = CLV_EP11_IMPORT_WK;
    for (unsigned i = 0; i < CLV_EP11_PATTERN_SIGNIFICANT; i++) {
        m.twist_times = 1;
        m.variant = i;
        model_order(&m, CLV_ORDER_LOAD);
        cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
        cr_assert(model_result(&m, 1)->has_reported);
        cr_assert_not(clv_ep11_pattern_equal(model_result(&m, 1)->reported_pattern, pattern));
        cr_assert(clv_ep11_pattern_equal(model_result(&m, 2)->reported_pattern, pattern));
    }
    model_order(&m, CLV_ORDER_QUERY); /* what counts */
    cr_assert(clv_ep11_pattern_equal(clv_fleet_state(m.fleet, 1)->new_pattern, pattern));
}

Test(unit_hostile, a_signed_lie_about_a_register_contradicts_the_information)
{
    prepare(CLV_ORDER_COMMIT);
    m.twist = lie_about_pattern;
    m.twist_unit = 1;
    m.twist_command = CLV_EP11_Q_NEXT_WK;
    m.twist_times = 1;
    m.variant = 3;
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_UNTRUSTED);
}

/* ---- honest ones that look odd -------------------------------------------------------------- */

static void sign_twice(struct model *model, struct reply *reply)
{
    struct opened o;
    struct clv_writer signatures = {0};
    struct clv_ep11_signer_info quantum_safe = {.algorithm = CLV_EP11_SIG_DILITHIUM,
                                                .signature = clv_view_of("not looked at", 13)};
    (void)model;
    reply_open(reply, &o);
    clv_ep11_signer_info_encode(&signatures, &quantum_safe);
    clv_write_view(&signatures, o.response.signatures);
    o.response.signatures = clv_writer_view(&signatures);
    reply_set_block(reply, &o, NULL);
    clv_writer_clear(&signatures);
    opened_clear(&o);
}

Test(unit_hostile, a_signature_we_do_not_know_beside_the_good_one)
{
    m.twist = sign_twice;
    m.twist_unit = 1;
    m.twist_command = CLV_EP11_Q_ATTRS;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
}
