/* For .init of a suite that uses secrets or crypto:
 *
 *     TestSuite(my_suite, .init = test_start);
 *
 * Criterion brings libraries that use OpenSSL before any test runs, which is too late for
 * clv_crypto_init(). Linking this file runs it before main(). */
#ifndef CLAVIGER_TESTS_START_H
#define CLAVIGER_TESTS_START_H

void test_start(void);

#endif
