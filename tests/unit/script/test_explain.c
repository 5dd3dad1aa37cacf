#include "edit.h"

static char *explained(const char *path)
{
    struct clv_script *script = NULL;
    struct clv_writer w;
    uint8_t *data = NULL;
    size_t len = 0;
    cr_assert_eq(clv_script_read(path, &script, NULL), CLV_OK);
    clv_writer_init(&w);
    clv_script_explain(script, &w);
    clv_write_u8(&w, 0);
    cr_assert_eq(clv_writer_detach(&w, &data, &len, NULL), CLV_OK);
    clv_script_free(&script);
    return (char *)data;
}

/* To change the page on purpose: claviger script FILE > tests/golden/script-two-owners.txt */
Test(script_explain, the_page_is_the_golden_one)
{
    char *page = explained(SMALL_SCRIPT);
    char *golden = text_of(CLV_SOURCE_DIR "/tests/golden/script-two-owners.txt");
    cr_assert_str_eq(page, golden);
    free(golden);
    free(page);
}

Test(script_explain, fits_paper_and_names_every_step)
{
    static const char *const paths[] = {
        CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml",
        CLV_SOURCE_DIR "/ceremony-scripts/load-existing-parts.yaml",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *page = explained(paths[i]), *save = NULL;
        struct clv_script *script = NULL;
        cr_assert_eq(clv_script_read(paths[i], &script, NULL), CLV_OK);
        for (size_t k = 0; k < script->num_steps; k++)
            cr_assert_not_null(strstr(page, script->steps[k].title));
        clv_script_free(&script);
        for (char *line = strtok_r(page, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
            cr_assert_leq(clv_text_width(line), 79, "%s", line);
        free(page);
    }
}
