/* Events as JSON: the same bytes come back, and nothing else is taken. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

static struct clv_event full(enum clv_event_kind kind)
{
    struct clv_event e = {.kind = kind,
                          .wall_ms = 1795000000000,
                          .person = 3,
                          .unit = 4,
                          .slot = 2,
                          .number = 9,
                          .ok = true,
                          .phase = CLV_PHASE_COMMIT,
                          .decision = CLV_DECIDE_SET_ASIDE};
    memset(e.pattern, 0xa1, sizeof(e.pattern));
    memset(e.digest, 0xb2, sizeof(e.digest));
    memset(e.digest2, 0xc3, sizeof(e.digest2));
    memset(e.counter, 0xd4, sizeof(e.counter));
    memcpy(e.module_id, "TEST0001xxxxxxxx", 16);
    e.observed = (struct clv_observed){.num_admins = 2,
                                       .sign_threshold = 1,
                                       .revoke_threshold = 1,
                                       .new_state = CLV_NEW_UNCOMMITTED};
    strcpy(e.name, "Lena F\xc3\xa4hnrich");
    strcpy(e.text, "with \"quotes\" and \\");
    strcpy(e.text2, "\xe2\x82\xac");
    return e;
}

Test(event, every_kind_comes_back_as_the_same_bytes)
{
    for (int k = 0; k < CLV_NUM_EVENTS; k++) {
        struct clv_event e = full((enum clv_event_kind)k), back = {0};
        struct clv_writer a = {0}, b = {0};
        struct clv_error err = {0};
        cr_assert_eq(clv_event_encode(&e, &a, &err), CLV_OK);
        cr_assert_lt(a.len, 4096);
        cr_assert_eq(clv_event_decode(clv_writer_view(&a), &back, &err), CLV_OK, "%s: %s",
                     clv_event_name(e.kind), err.fact);
        cr_assert_eq(clv_event_encode(&back, &b, &err), CLV_OK);
        cr_assert(clv_view_equal(clv_writer_view(&a), clv_writer_view(&b)));
        clv_writer_clear(&a);
        clv_writer_clear(&b);
    }
}

static clv_status decode(const char *text)
{
    struct clv_event e;
    return clv_event_decode(clv_view_of(text, strlen(text)), &e, NULL);
}

Test(event, refuses_what_is_not_exactly_an_event)
{
#define T "\"time\":\"2026-11-23T09:12:44Z\""
    cr_assert_eq(decode("{\"event\":\"turn-begun\"," T ",\"seat\":3}"), CLV_OK);
    static const char *const bad[] = {
        "",
        "[]",
        "null",
        "{}",
        "{\"event\":\"turn-begun\"," T "}",
        "{\"event\":\"turn-begun\"," T ",\"seat\":3,\"more\":1}",
        "{\"event\":\"turn-begun\"," T ",\"seat\":3,\"seat\":4}",
        "{\"event\":\"turn-begun\"," T ",\"seat\":-1}",
        "{\"event\":\"turn-begun\"," T ",\"seat\":\"3\"}",
        "{\"event\":\"turn-begun\"," T ",\"seat\":4294967296}",
        "{\"event\":\"turn-begun\",\"time\":\"yesterday\",\"seat\":3}",
        "{\"event\":\"nothing\"," T ",\"seat\":3}",
        "{\"event\":\"signer-opened\"," T ",\"seat\":3,\"key\":1,\"ski\":\"00\"}",
        "{\"event\":\"order-over\"," T ",\"phase\":\"elsewhere\"}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert_neq(decode(bad[i]), CLV_OK, "%s", bad[i]);
}

Test(event, every_truncation_is_refused)
{
    struct clv_event e = full(CLV_EVENT_UNIT_STATE), back;
    struct clv_writer w = {0};
    cr_assert_eq(clv_event_encode(&e, &w, NULL), CLV_OK);
    for (size_t len = 0; len < w.len; len++)
        cr_assert_neq(clv_event_decode(clv_view_of(w.data, len), &back, NULL), CLV_OK);
    clv_writer_clear(&w);
}
