#include "start.h"

#include "claviger/base.h"
#include "claviger/crypto.h"

#include <stdio.h>
#include <stdlib.h>

static void __attribute__((constructor)) before_main(void)
{
    (void)clv_crypto_init(NULL);
}

void test_start(void)
{
    struct clv_error err = {0};
    char text[1024];
    if (clv_secret_init(&err) == CLV_OK && clv_crypto_init(&err) == CLV_OK)
        return;
    clv_error_format(&err, text, sizeof(text));
    fprintf(stderr, "%s\n", text);
    abort();
}
