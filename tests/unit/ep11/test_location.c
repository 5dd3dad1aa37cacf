#include <criterion/criterion.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(location, .init = test_start);

Test(location, reads_the_two_indexes)
{
    unsigned module = 0;
    uint32_t domain = 0;
    cr_assert_eq(
        clv_ep11_location_decode("[us-south].[AZ1-CS1].[03].[255]", &module, &domain, NULL),
        CLV_OK);
    cr_assert_eq(module, 3);
    cr_assert_eq(domain, 255);
    cr_assert_eq(clv_ep11_location_decode("[].[].[0].[0]", &module, &domain, NULL), CLV_OK);
}

Test(location, refuses_everything_else)
{
    static const char *const locations[] = {
        "",
        "[a].[b].[1]",
        "[a].[b].[1].[2].[3]",
        "[a].[b].[1].[2] ",
        "[a].[b].[1].[256]",
        "[a].[b].[1].[0003]",
        "[a].[b].[-1].[2]",
        "[a].[b].[ 1].[2]",
        "[a].[b].[1].[2",
        "[a].[b].[].[2]",
        "[a].[[b]].[1].[2]",
        "[a][b][1][2]",
        "a.b.1.2",
        "[a].[b].[x].[2]",
    };
    for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
        unsigned module = 7;
        uint32_t domain = 7;
        cr_assert_eq(clv_ep11_location_decode(locations[i], &module, &domain, NULL), CLV_E_FORMAT,
                     "%s", locations[i]);
        cr_assert(module == 7 && domain == 7);
    }
}

Test(location, writes_what_it_reads)
{
    char out[64] = "untouched";
    cr_assert_eq(clv_ep11_location_encode("zone", "host", 3, 8, out, sizeof(out), NULL), CLV_OK);
    cr_assert_str_eq(out, "[zone].[host].[03].[08]");
    cr_assert_eq(clv_ep11_location_encode("zo]ne", "host", 3, 8, out, sizeof(out), NULL),
                 CLV_E_INPUT);
    cr_assert_eq(clv_ep11_location_encode("zone", "host", 3, 256, out, sizeof(out), NULL),
                 CLV_E_INPUT);
    cr_assert_eq(clv_ep11_location_encode("zone", "host", 3, 8, out, 23, NULL), CLV_E_INPUT);
    cr_assert_str_eq(out, "[zone].[host].[03].[08]");
}

/* A region is put between two pieces of a host name: nothing may turn it into another address. */
Test(location, a_region_cannot_change_the_host)
{
    static const char *const regions[] = {"",    "x@127.0.0.1:8080/p", "us-south/", "us south",
                                          "a.b", "US-SOUTH",           "a#",        "a?b"};
    char out[128] = "untouched";
    struct clv_error err = {0};
    for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
        cr_assert_eq(clv_ep11_service_url("cloud.ibm.com", regions[i], out, sizeof(out), NULL),
                     CLV_E_INPUT, "%s", regions[i]);
    cr_assert_eq(
        clv_ep11_service_url("cloud.ibm.com.example.org", "us-south", out, sizeof(out), &err),
        CLV_E_INPUT);
    cr_assert_str_eq(err.fact, "Invalid API endpoint");
    cr_assert_eq(clv_ep11_service_url("cloud.ibm.com", "us-south", out, 44, NULL), CLV_E_INPUT);
    cr_assert_str_eq(out, "untouched");
    cr_assert_eq(clv_ep11_service_url("cloud.ibm.com", "us-south", out, 45, NULL), CLV_OK);
}
