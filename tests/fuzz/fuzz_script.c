/* script: whatever is in the file, an error with a place or a script that keeps its promises, and
 * one that can be printed. */
#include <stdlib.h>
#include <string.h>

#include "claviger/script.h"
#include "libfyaml_leaks.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_script(struct clv_script *script)
{
    struct clv_writer w;
    must(script->sign_threshold >= 1 && script->sign_threshold <= script->num_signers);
    must(script->revoke_threshold >= 1 && script->revoke_threshold <= script->num_signers);
    must(script->password_min_bits >= 60);
    must(script->steps[script->num_steps - 1].kind == CLV_STEP_SIGN_OFF);
    clv_writer_init(&w);
    clv_script_explain(script, &w);
    must(clv_writer_done(&w, NULL) == CLV_OK);
    must(memchr(w.data, 0x1b, w.len) == NULL);
    clv_writer_clear(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    if (clv_script_parse("fuzz.yaml", data, len, &script, &err) == CLV_OK) {
        check_script(script);
        clv_script_free(&script);
    } else {
        must(err.code == CLV_E_SCRIPT && strncmp(err.fact, "fuzz.yaml:", 10) == 0);
    }
    return 0;
}
