/* A software unit on a test bench: one domain, keys and random numbers from the test, answers taken
 * apart and their signature verified. */
#ifndef CLAVIGER_TESTS_UNITD_BENCH_H
#define CLAVIGER_TESTS_UNITD_BENCH_H

#include "claviger/unitd.h"

struct bench {
    struct clv_unitd_ports ports;
    struct clv_unitd_vault *vault;
    struct clv_unitd_domain *domain; /* borrowed from the vault */
    unsigned module_index;
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
    uint8_t oa_point[CLV_P521_POINT_LEN];
    /* Next bytes the random source gives; behind them it counts. */
    uint8_t random[64];
    size_t random_left;
    uint8_t random_count;
    /* Importer keys to give instead of new ones; borrowed. */
    const struct clv_secret *importer_private[2]; /* by enum clv_ep11_key_type */
    struct clv_view importer_bits[2];
    /* What save() was given, how often, and whether it is to fail. */
    struct clv_writer saved;
    unsigned num_saves;
    bool save_fails;
    bool rsa_is_pending; /* RSA importer keys are yet to be made */
};

/* Fields of setup that the bench sets itself: ports, and one operational unit. */
void bench_open(struct bench *bench, struct clv_unitd_setup setup);
void bench_close(struct bench *bench);
void bench_give_random(struct bench *bench, struct clv_view bytes);
/* Bytes of the whole encoded state, the caller's to free(). */
uint8_t *bench_state(const struct bench *bench, size_t *ret_len);

/* An answer taken apart; views live as long as reply. */
struct answer {
    struct clv_unitd_reply reply;
    bool outer; /* no block: outer_code is what there is */
    uint32_t outer_code;
    struct clv_ep11_response_block block;
    uint32_t reason;
};
/* Sends a payload; fails the test when the answer cannot be decoded or its signature does not hold.
 */
void bench_ask(struct bench *bench, struct clv_view payload, struct answer *ret);
/* Domain info: the 80 bytes of get_xcp_info. */
void bench_domain_info(struct bench *bench, uint8_t ret[80]);
void answer_clear(struct answer *answer);

#endif
