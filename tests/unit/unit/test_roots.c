/* Built-in roots: the published points, trusted in production and nowhere else. */
#include "model.h"

#include <string.h>

#include "claviger/script.h"
#include "src/unit/internal.h"

Test(unit_roots, the_points_have_the_published_identifiers)
{
    const struct clv_ibm_root *root = NULL;
    size_t num = 0;
    test_start();
    for (; (root = clv_ibm_root_at(num)) != NULL; num++) {
        uint8_t ski[CLV_SKI_LEN];
        char hex[2 * CLV_SKI_LEN + 1];
        cr_assert_eq(clv_p521_check_point(root->point, CLV_P521_POINT_LEN, NULL), CLV_OK);
        clv_ep11_device_ski(root->point, ski);
        clv_hex(ski, sizeof ski, hex);
        cr_assert_str_eq(hex, root->ski);
        cr_assert_not_null(strstr(root->name, "IBM"));
    }
    cr_assert_eq(num, 3);
}

/* A production fleet over units whose chain ends in a root of their own. */
static void trust_in_production(struct model *m, bool named, const char *expected)
{
    struct clv_fleet *fleet = NULL;
    model_prepare(m, 1, true);
    m->service.ibm_roots = true;
    m->service.num_roots = named ? 1 : 0;
    struct clv_fleet_config config = {
        .services = &m->service, .num_services = 1, .clock = &m->clock, .transport = &m->transport};
    cr_assert_eq(clv_fleet_new(&config, &fleet, NULL), CLV_OK);
    clv_fleet_free(&m->fleet);
    m->fleet = fleet;
    cr_assert_eq(clv_fleet_discover(m->fleet, &m->hooks, NULL), CLV_OK);
    model_order(m, CLV_ORDER_TRUST);
    if (named) {
        model_expect_all(m, CLV_OUTCOME_DONE);
        cr_assert_str_eq(clv_fleet_unit(m->fleet, 1)->root, expected);
    } else {
        model_expect_all(m, CLV_OUTCOME_UNTRUSTED);
        cr_assert_not_null(strstr(model_result(m, 1)->error.fact, expected));
    }
    model_clear(m);
}

static struct model m;

Test(unit_roots, another_root_is_refused_in_production)
{
    trust_in_production(&m, false, "a root we do not trust");
}

Test(unit_roots, unless_the_site_file_names_it)
{
    trust_in_production(&m, true, "root named by the site file");
}

/* ---- from a site file ----------------------------------------------------------------------- */

static const char site_text[] = "claviger-site: 1\n"
                                "service-instances:\n"
                                "  - name: Somewhere\n"
                                "    id: 96fe3f8d-9792-45bc-a9fb-2594222deaf2\n"
                                "    region: eu-de\n"
                                "    token: ask\n";

Test(unit_roots, a_site_without_roots_trusts_the_built_in_ones_in_production_only)
{
    struct clv_site *site = NULL;
    struct clv_fleet *fleet = NULL;
    struct clv_error err = {0};
    test_start();
    cr_assert_eq(clv_site_parse("x", site_text, sizeof site_text - 1, &site, &err), CLV_OK, "%s",
                 err.fact);
    struct clv_fleet_config base = {.test_world = true};
    cr_assert_eq(clv_fleet_from_site(site, &base, &fleet, &err), CLV_E_INPUT);
    cr_assert_not_null(strstr(err.fact, "names no trusted root"));
    base.test_world = false;
    cr_assert_eq(clv_fleet_from_site(site, &base, &fleet, NULL), CLV_OK);
    cr_assert(fleet->services[0].ibm_roots);
    cr_assert(fleet->services[0].token_asked);
    cr_assert_str_eq(fleet->services[0].endpoint, "https://tke.eu-de.hs-crypto.cloud.ibm.com");
    clv_fleet_free(&fleet);
    clv_site_free(&site);
}
