#include "edit.h"

char *text_of(const char *path)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct clv_error err = {0};
    clv_status status = clv_file_read(path, CLV_SCRIPT_FILE_MAX, &data, &len, &err);
    cr_assert_eq(status, CLV_OK, "%s", err.fact);
    return (char *)data; /* clv_file_read() adds the final NUL */
}

char *edited(const char *text, const char *from, const char *to)
{
    const char *place = strstr(text, from);
    cr_assert_not_null(place, "\"%s\" does not stand in the text", from);
    char *out = NULL;
    int len = asprintf(&out, "%.*s%s%s", (int)(place - text), text, to, place + strlen(from));
    cr_assert_geq(len, 0);
    return out;
}

clv_status try_script(const char *text, size_t len, struct clv_error *ret_err)
{
    struct clv_script *script = NULL;
    *ret_err = (struct clv_error){0};
    clv_status status = clv_script_parse("test.yaml", text, len, &script, ret_err);
    cr_assert_eq(status == CLV_OK, script != NULL);
    clv_script_free(&script);
    return status;
}

clv_status try_site(const char *text, size_t len, struct clv_error *ret_err)
{
    struct clv_site *site = NULL;
    *ret_err = (struct clv_error){0};
    clv_status status = clv_site_parse("test.yaml", text, len, &site, ret_err);
    cr_assert_eq(status == CLV_OK, site != NULL);
    clv_site_free(&site);
    return status;
}
