/* claviger script: checks a script whole and prints it as the minutes of a ceremony. */
#include <stdio.h>

#include "claviger/script.h"
#include "internal.h"

int cmd_script(const struct args *args)
{
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    struct clv_writer w = {0};
    if (args->num_operands != 1)
        return usage_error("script", "name one ceremony script");
    clv_status st = start_up(&err);
    if (st == CLV_OK)
        st = clv_script_read(args->operands[0], &script, &err);
    if (st == CLV_OK) {
        clv_script_explain(script, &w);
        st = clv_writer_done(&w, &err);
    }
    if (st == CLV_OK)
        fwrite(w.data, 1, w.len, stdout);
    clv_writer_clear(&w);
    clv_script_free(&script);
    return st == CLV_OK ? 0 : report(&err);
}
