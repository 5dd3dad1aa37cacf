/* site: whatever is in the file, an error with a place or a site that keeps its promises. */
#include <stdlib.h>
#include <string.h>

#include "claviger/ep11.h"
#include "claviger/script.h"
#include "libfyaml_leaks.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_instance(const struct clv_site_instance *instance)
{
    must(strlen(instance->id) == 36);
    must(instance->endpoint != NULL);
    must((strncmp(instance->endpoint, "zcrypt:", 7) == 0) == (instance->num_queues > 0));
    for (size_t i = 0; i < instance->num_roots; i++)
        must(instance->roots[i].file != NULL || instance->roots[i].point[0] == 4);
    for (size_t i = 1; i < instance->num_units; i++)
        must(instance->units[i] > instance->units[i - 1]);
}

static void check_signing(const struct clv_site_signing *signing)
{
    if (signing->name == NULL)
        return;
    must(strncmp(signing->url, "https://", 8) == 0 || strncmp(signing->url, "http://", 7) == 0);
    must((signing->num_keys == 0) == (signing->keys_file != NULL));
    for (size_t i = 0; i < signing->num_keys; i++)
        must(clv_ep11_signing_name_ok(signing->keys[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_site *site = NULL;
    struct clv_error err = {0};
    if (clv_site_parse("fuzz.yaml", data, len, &site, &err) == CLV_OK) {
        must(site->num_instances >= 1);
        for (size_t i = 0; i < site->num_instances; i++)
            check_instance(&site->instances[i]);
        check_signing(&site->signing);
        must(site->printer == NULL || site->printer[0] != '-');
        clv_site_free(&site);
    } else {
        must(err.code == CLV_E_SCRIPT && strncmp(err.fact, "fuzz.yaml:", 10) == 0);
    }
    return 0;
}
