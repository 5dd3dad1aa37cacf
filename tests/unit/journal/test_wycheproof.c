/* Project Wycheproof's cases for Ed25519, through the one function that checks signatures of notes
 * and cosignatures. */
#include "wycheproof.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "src/journal/internal.h"

static bool signature_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    (void)ret_applies;
    struct wycheproof_bytes key = wycheproof_bytes(json_object_get(group, "publicKey"), "pk");
    struct wycheproof_bytes msg = wycheproof_bytes(test, "msg"),
                            sig = wycheproof_bytes(test, "sig");
    cr_assert_eq(key.len, 32);
    bool holds =
        ed25519_holds(clv_view_of(msg.data, msg.len), clv_view_of(sig.data, sig.len), key.data);
    free(key.data);
    free(msg.data);
    free(sig.data);
    return holds;
}

Test(wycheproof, ed25519)
{
    wycheproof_run("ed25519_test.json", signature_case);
}
