/* unit/signing: administrators' signatures from a service that keeps their keys.
 *
 *     clv_signing_new(&config, &service, err);
 *     key.service = service;                          its name, and its token if there is one
 *     clv_signing_key_fetch(&key, err);               asks for the public key; fills point and SKI
 *     clv_signing_signer(&key, &signer);              as a signer over a key file
 *     clv_signing_free(&service);
 *
 * What is to be signed goes out whole (the service hashes it), and nothing else does. A signature
 * counts only if it verifies with the public key that was fetched before: a service that signs
 * something else, or with another key, is found here and not by the crypto units.
 *
 * A fleet that is given such a signer fetches the signatures of all units beside each other, a few
 * at a time, before it sends the commands; the deadlines of the units stand still meanwhile. A
 * signature that does not come costs the command it was for: that one is not sent.
 * source  docs/protocol.md, end of b.14; docs/unit-driver.md */
#ifndef CLAVIGER_UNIT_SIGNING_H
#define CLAVIGER_UNIT_SIGNING_H

#include "claviger/unit.h"

struct clv_signing;

struct clv_signing_config {
    const char *url;                       /* http only to this machine */
    const char *ca_file;                   /* for https, or NULL for the system's */
    int timeout_ms;                        /* 0: 10,000 for each request */
    const struct clv_clock *clock;         /* NULL: the system's */
    const struct clv_transport *transport; /* NULL: libcurl */
};

/* errors  CLV_E_INPUT: no address, or one over which a token must not go */
clv_status clv_signing_new(const struct clv_signing_config *config, struct clv_signing **ret,
                           struct clv_error *err);
void clv_signing_free(struct clv_signing **service);

struct clv_signing_key {
    struct clv_signing *service; /* borrowed, as what follows */
    char name[CLV_EP11_SIGNING_NAME_MAX + 1];
    const struct clv_secret *token; /* sent as the Authorization header; NULL: none */
    bool token_refused;             /* by the last answer */
    unsigned num_signatures;        /* it gave that verified */
    unsigned num_asked_again;       /* because people wanted it; see hooks->signature of a fleet */
    uint8_t point[CLV_P521_POINT_LEN];
    uint8_t ski[CLV_SKI_LEN];      /* both: after clv_signing_key_fetch() */
    struct clv_service as_service; /* the transport's view of it; stays where it is */
};
/* errors  CLV_E_IO, CLV_E_TIMEOUT, CLV_E_UNIT (HTTP status with the body's text), CLV_E_FORMAT;
 *         CLV_E_INPUT: not a name */
clv_status clv_signing_key_fetch(struct clv_signing_key *key, struct clv_error *err);
/* Borrows the key, which must have been fetched. Its sign() has the errors above, and
 *         CLV_E_FORGED: the signature does not verify with the key's public key */
void clv_signing_signer(struct clv_signing_key *key, struct clv_ep11_signer *ret);

/* ---- the file SIGNSERVKEYS ---- */

#define CLV_SIGNING_MAX_KEYS 64
struct clv_signing_entry {
    char name[CLV_EP11_SIGNING_NAME_MAX + 1];
    struct clv_secret *token; /* NULL: none in the file */
};
/* A JSON array of {"key": NAME, "token": TEXT or absent}. Tokens go into secrets, what jansson
 * holds meanwhile is wiped. *ret: clv_signing_keys_free().
 * errors  CLV_E_FORMAT: names the entry */
clv_status clv_signing_keys_parse(struct clv_view json, struct clv_signing_entry **ret,
                                  size_t *ret_num, struct clv_error *err);
/* The same from a private file. errors  also those of clv_file_read_private() */
clv_status clv_signing_keys_read(const char *path, struct clv_signing_entry **ret, size_t *ret_num,
                                 struct clv_error *err);
void clv_signing_keys_free(struct clv_signing_entry **entries, size_t num);

#endif
