/* Scripts and sites with one thing changed: what a test of errors needs. */
#ifndef CLV_TEST_SCRIPT_EDIT_H
#define CLV_TEST_SCRIPT_EDIT_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/script.h"

#define SMALL_SCRIPT CLV_SOURCE_DIR "/tests/scripts/two-owners-three-signers.yaml"
#define EXAMPLE_SITE CLV_SOURCE_DIR "/ceremony-scripts/site-example.yaml"

/* The file as text, the caller's to free(). */
char *text_of(const char *path);
/* text with the first `from` replaced; the caller's to free(). Fails the test when from is absent.
 */
char *edited(const char *text, const char *from, const char *to);

/* Parses and forgets; the status, and the error in *ret_err. */
clv_status try_script(const char *text, size_t len, struct clv_error *ret_err);
clv_status try_site(const char *text, size_t len, struct clv_error *ret_err);

#endif
