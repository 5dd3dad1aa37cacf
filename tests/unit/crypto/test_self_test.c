#include "support.h"

TestSuite(self_test, .init = start, .fini = no_secret_is_alive);

Test(self_test, passes)
{
    struct clv_error err = {0};
    char text[2048];
    clv_status status = clv_crypto_self_test(&err);
    clv_error_format(&err, text, sizeof text);
    cr_assert_eq(status, CLV_OK, "%s", text);
}

Test(self_test, init_may_be_called_again)
{
    assert_ok(clv_crypto_init(&err));
    assert_ok(clv_crypto_init(&err));
}
