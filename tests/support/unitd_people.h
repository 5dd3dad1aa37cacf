/* Administrators for a software unit on the bench, and orders they sign. */
#ifndef CLAVIGER_TESTS_UNITD_PEOPLE_H
#define CLAVIGER_TESTS_UNITD_PEOPLE_H

#include "unitd_bench.h"

#define NUM_PEOPLE 10
#define RSA_PERSON 9 /* the others have P-521 keys */

struct people {
    struct clv_secret *private[NUM_PEOPLE];
    struct clv_ep11_signer signer[NUM_PEOPLE];
    struct clv_writer cert[NUM_PEOPLE];
};

/* Makes the first num of them, and the RSA one when with_rsa is set. */
void people_open(struct people *people, unsigned num, bool with_rsa);
void people_close(struct people *people);

/* One command; what is left NULL is right. */
struct order {
    uint32_t command;
    struct clv_view input;
    const char *signers; /* "02": persons 0 and 2; NULL: nobody */
    const uint8_t *domain_id, *module_id, *counter;
    size_t counter_len; /* with counter */
    unsigned ordinal;   /* API ordinal; 0: 1 */
};
void order_encode(const struct bench *bench, const struct people *people, const struct order *order,
                  struct clv_writer *w);
void bench_order(struct bench *bench, const struct people *people, const struct order *order,
                 struct answer *ret);
/* Gives the order, fails the test unless it is accepted, and returns nothing but the effect. */
void bench_do(struct bench *bench, const struct people *people, uint32_t command,
              struct clv_view input, const char *signers);
/* Gives the order, wants this refusal, and that the whole state is as before. */
void bench_refuses(struct bench *bench, const struct people *people, const struct order *order,
                   uint32_t code, uint32_t reason);

/* Persons 0 to num-1 become administrators and imprint mode is left with these thresholds and
 * permissions added to the default ones. */
void bench_operational(struct bench *bench, const struct people *people, unsigned num,
                       unsigned sign, unsigned revoke, uint32_t permissions);
/* Input of DOM_SET_ATTR: pairs of index and value, ended by index 0. */
struct clv_view attributes_input(struct clv_writer *w, const uint32_t *pairs);
struct clv_view u32_input(uint8_t buf[4], uint32_t v);

/* A new importer key of this type, and num parts imported; part i is all bytes i+1. signers signs
 * the key's generation and each part. *ret gets the answer. */
void bench_import(struct bench *bench, const struct people *people, uint32_t type, unsigned num,
                  const char *signers, struct answer *ret);
/* The input of IMPORT_WK for parts of these bytes, sealed for the importer key the unit has. */
void import_input(const struct bench *bench, const struct people *people, unsigned num,
                  const char *signers, struct clv_writer *w);

#endif
