#include "wycheproof.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/base.h"

const char *wycheproof_text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    cr_assert_not_null(value, "%s is missing", name);
    return value;
}

bool wycheproof_size_is(const json_t *group, const char *name, json_int_t want)
{
    return json_integer_value(json_object_get(group, name)) == want;
}

struct wycheproof_bytes wycheproof_bytes(const json_t *object, const char *name)
{
    const char *hex = wycheproof_text(object, name);
    struct wycheproof_bytes b = {.len = strlen(hex) / 2};
    b.data = malloc(b.len ? b.len : 1);
    cr_assert_not_null(b.data);
    cr_assert_eq(clv_unhex(hex, strlen(hex), b.data, b.len, NULL), CLV_OK);
    return b;
}

static json_t *load(const char *name)
{
    const char *folder = getenv("CLAVIGER_WYCHEPROOF");
    if (folder == NULL || folder[0] == '\0') {
        printf("wycheproof: %s: skipped, CLAVIGER_WYCHEPROOF names no folder\n", name);
        cr_skip_test("CLAVIGER_WYCHEPROOF is not set");
    }
    char *path = clv_path_join(folder, name);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    cr_assert_not_null(root, "%s: %s", path, error.text);
    free(path);
    return root;
}

void wycheproof_run(const char *file, wycheproof_case run)
{
    json_t *root = load(file), *group, *test;
    size_t i, k, num = 0, num_skipped = 0;
    json_array_foreach(json_object_get(root, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), k, test)
        {
            bool applies = true;
            bool taken = run(group, test, &applies);
            const char *result = wycheproof_text(test, "result");
            num += applies;
            num_skipped += !applies;
            if (applies && strcmp(result, "acceptable") != 0)
                cr_assert_eq(taken, strcmp(result, "valid") == 0, "%s case %lld (%s): %s", file,
                             json_integer_value(json_object_get(test, "tcId")), result,
                             wycheproof_text(test, "comment"));
        }
    }
    json_decref(root);
    cr_assert_gt(num, 0);
    printf("wycheproof: %s: %zu cases agree, %zu do not apply\n", file, num, num_skipped);
}
