/* Project Wycheproof's cases, from the folder in CLAVIGER_WYCHEPROOF; without it a test says that
 * it was skipped. A case applies when the function under test can express it at all (256-bit keys,
 * whole tags, and so on); every case that applies must agree.
 *
 *     static bool cmac_case(const json_t *group, const json_t *test, bool *ret_applies);
 *     Test(wycheproof, aes_cmac) { wycheproof_run("aes_cmac_test.json", cmac_case); } */
#ifndef CLAVIGER_TESTS_WYCHEPROOF_H
#define CLAVIGER_TESTS_WYCHEPROOF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One case: answers whether what is under test took the input; *ret_applies is preset to true. */
typedef bool (*wycheproof_case)(const json_t *group, const json_t *test, bool *ret_applies);

/* "valid" must be taken, "invalid" refused, "acceptable" may be either. */
void wycheproof_run(const char *file, wycheproof_case run);

const char *wycheproof_text(const json_t *object, const char *name);
bool wycheproof_size_is(const json_t *group, const char *name, json_int_t want);

struct wycheproof_bytes {
    uint8_t *data; /* the caller's to free(); never NULL */
    size_t len;
};
/* A member in hex. */
struct wycheproof_bytes wycheproof_bytes(const json_t *object, const char *name);

#endif
