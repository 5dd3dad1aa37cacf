/* What the vector tests of the message layer share. */
#ifndef CLAVIGER_TESTS_VECTORS_CHECK_H
#define CLAVIGER_TESTS_VECTORS_CHECK_H

#include "claviger/ep11.h"
#include "start.h"
#include "vectors.h"

#include <criterion/criterion.h>

/* Fails the test with the whole error. */
void check_ok(clv_status status, const struct clv_error *err, const char *what);

/* A key of keys.json of the layout ep11-b, by name. */
struct check_key {
    struct clv_ep11_public_key public_key;
    struct clv_secret *private_key; /* scalar or PKCS#1 DER */
    struct clv_ep11_signer signer;
    uint8_t ski[CLV_SKI_LEN]; /* administrator's */
};
struct check_key check_key_b(struct vectors *v, const json_t *keys, const char *name);
/* The same for one of admins[] of the layout ep11. */
struct check_key check_key_a(struct vectors *v, const json_t *keys, const char *name);

/* Decodes an HTP request, checks that every layer encodes back to the same bytes, and yields the
 * payload. */
struct clv_view check_htp_request(struct vectors *v, const char *text, unsigned *ret_module,
                                  uint32_t *ret_domain);
struct clv_view check_htp_response(struct vectors *v, const char *text);
/* Decodes an administration request; it and its block must encode back to the same bytes. */
void check_admin_request(struct vectors *v, struct clv_view bytes,
                         struct clv_ep11_admin_request *ret,
                         struct clv_ep11_admin_block *ret_block);
/* The signatures are these keys', in this order, over the block. */
void check_signatures(struct vectors *v, const struct clv_ep11_admin_request *req,
                      const struct check_key *keys, size_t num);

/* What a client makes of a response. */
enum check_outcome { CHECK_OK, CHECK_COMMAND_ERROR, CHECK_BAD_SIGNATURE, CHECK_MALFORMED };
struct check_verdict {
    enum check_outcome outcome;
    uint32_t return_code, reason;
    struct clv_ep11_response_block block;
};
struct check_verdict check_response(struct clv_view payload, struct clv_view device_point);

#endif
