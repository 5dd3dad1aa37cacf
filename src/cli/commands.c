/* What every command shares: how it begins, how it reports. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claviger/crypto.h"
#include "internal.h"

int report(const struct clv_error *err)
{
    char text[4096];
    clv_error_format(err, text, sizeof(text));
    fprintf(stderr, "%s\n", text);
    return clv_exit_code(err->code);
}

int usage_error(const char *name, const char *fmt, ...)
{
    struct clv_error err = {0};
    char fact[CLV_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(fact, sizeof(fact), fmt, args);
    va_end(args);
    if (clv_fail(&err, CLV_E_USAGE, "%s", fact) == CLV_OK)
        return 0;
    clv_kept(&err, "Nothing was started.");
    clv_hint(&err, strcmp(name, "claviger") == 0 ? "See: claviger help" : "See: claviger help %s",
             name);
    return report(&err);
}

clv_status start_up(struct clv_error *err)
{
    clv_status st = clv_secret_init(err);
    return st == CLV_OK ? clv_crypto_init(err) : st;
}
