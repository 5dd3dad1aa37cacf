/* unit: an HTTP body from a unit nobody trusts, through everything that reads answers. */
#include <string.h>

#include "src/unit/internal.h"
#include "tests/fuzz/fuzz_ep11.h"

static void read_as(const struct clv_session *session, const struct clv_ask *ask,
                    struct clv_view body)
{
    static const uint8_t no_point[CLV_P521_POINT_LEN];
    struct clv_answer answer = {0};
    struct clv_error err = {0};
    if (clv_answer_decode(session, ask, 200, body, &answer, &err) != CLV_OK) {
        must(err.code == CLV_E_DOUBT || err.code == CLV_E_UNTRUSTED);
        must(answer.payload == NULL);
        return;
    }
    if (ask->info_type == 0) {
        struct clv_session mine = *session;
        must(clv_answer_verify(&answer, no_point, &err) == CLV_E_UNTRUSTED);
        if (clv_answer_bind(session, ask, &answer, session->identity.module_id, &err) == CLV_OK)
            must(answer.block.command == ask->command);
        clv_status fresh = clv_answer_fresh(&mine, ask, &answer, &err);
        must(fresh == CLV_OK || fresh == CLV_E_UNTRUSTED);
    }
    clv_answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t counter[CLV_EP11_COUNTER_LEN] = {[15] = 2};
    static const struct clv_ask asks[] = {
        {.command = CLV_EP11_Q_ADMINS},
        {.command = CLV_EP11_Q_DEVICE_CERT, .module_level = true},
        {.command = CLV_EP11_COMMIT_WK, .counter = counter},
        {.info_type = CLV_EP11_INFO_DOMAIN},
    };
    struct clv_session session = {.domain = 8, .seen = true, .domain_id = {[3] = 8, [7] = 1}};
    memcpy(session.identity.module_id, "D9821B02\x84\xf7\x54\x14\x74\x22\x96\xdd", 16);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        read_as(&session, &asks[i], clv_view_of(data, len));
    return 0;
}
