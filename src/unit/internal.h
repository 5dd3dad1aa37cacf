/* Inside the room: sessions, messages, plans, jobs. docs/unit-driver.md explains how they fit. */
#ifndef CLV_UNIT_INTERNAL_H
#define CLV_UNIT_INTERNAL_H

#include "claviger/unit.h"
#include "claviger/unit/signing.h"

#define CLV_CHAIN_MAX 8 /* device certificates below the root; real units have two or three */
#define CLV_ADMIN_FUNCTION (1u << 16 | CLV_EP11_FN_ADMIN) /* API ordinal 1, as IBM's tools send */
#define CLV_INFO_FUNCTION (1u << 16 | CLV_EP11_FN_INFO)
#define CLV_ANSWER_MAX ((size_t)4 << 20) /* bytes of an HTTP body */
#define CLV_HTTP_UNAUTHORIZED 401L
#define CLV_TICK_MS 30 /* the contract promises at least every 40 */

/* ---- session.c: what this fleet keeps about one unit ------------------------------------- */

/* Who signs the answers. Set once, by TRUST. */
struct clv_identity {
    uint8_t point[CLV_P521_POINT_LEN];
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
};

struct clv_sealed {
    uint8_t *data; /* RecipientInfo; NULL: slot is empty */
    size_t len;
};

struct clv_session {
    struct clv_unit unit;
    struct clv_unit_state state;
    const struct clv_service *service;
    unsigned module_index; /* both from the location */
    uint32_t domain;
    char path[200]; /* of its URL */

    struct clv_identity identity; /* valid when unit.trusted */

    /* The newest life and counter of the domain that a bound answer has shown. */
    bool seen;
    uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN];
    uint8_t counter[CLV_EP11_COUNTER_LEN];
    /* Our zeroize is in doubt: until the counter has passed the one it carried, a new life of the
     * domain would be no surprise. */
    bool zeroize_open;
    uint8_t zeroize_counter[CLV_EP11_COUNTER_LEN];

    bool has_importer;
    bool importer_gone; /* a query has shown that the unit no longer holds it */
    uint8_t importer[CLV_P521_POINT_LEN];
    uint8_t importer_domain_id[CLV_EP11_DOMAIN_ID_LEN]; /* life in which it was made */
    struct clv_sealed parts[CLV_EP11_MAX_PARTS];
};

struct clv_session *clv_session_new(void);
void clv_session_free(struct clv_session **session);
void clv_session_forget_parts(struct clv_session *session);
/* This sealed part alone, copied, in the first slot.
 * errors  CLV_E_MEMORY */
clv_status clv_session_keep_part(struct clv_session *session, struct clv_view sealed,
                                 struct clv_error *err);
/* Which slots hold a sealed part: bit 0 is slot 1. */
uint32_t clv_session_slots(const struct clv_session *session);
/* Whether the unit still holds the importer key that parts are sealed for, as far as we know. */
bool clv_session_importer_current(const struct clv_session *session);
/* The domain index stands in the first four bytes. */
uint32_t clv_domain_index(const uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN]);

/* ---- fleet.c -------------------------------------------------------------------------------- */

struct clv_fleet {
    struct clv_fleet_config config;
    struct clv_transport transport;
    bool own_transport;
    struct clv_session **sessions; /* number - 1 */
    size_t num_sessions;
    struct clv_site_services *site; /* what a fleet made from a site borrows, or NULL */
    struct clv_service *services;   /* copies of config.services: their tokens may change */
    struct clv_secret **tokens;     /* newer ones, one a service, or NULL each */
};

/* ---- site.c: services and their tokens, as a fleet borrows them ------------------------------ */
struct clv_site_services;
void clv_site_services_free(struct clv_site_services **services);

/* ---- token.c: access tokens, and what happens when one is refused --------------------------- */

/* Puts another token in the place of the one that was refused (why; NULL: there was none): from its
 * file if that has changed, else through the hook.
 * errors  CLV_E_DOUBT: there is no other; those of the hook */
clv_status clv_fleet_renew_token(struct clv_fleet *fleet, const struct clv_service *service,
                                 const char *why, const struct clv_fleet_hooks *hooks,
                                 struct clv_error *err);
/* Asks for the tokens that a person has to type and nobody has typed yet. */
clv_status clv_fleet_first_tokens(struct clv_fleet *fleet, const struct clv_fleet_hooks *hooks,
                                  struct clv_error *err);

/* NULL: number is not one of the fleet's. */
struct clv_session *clv_fleet_session(const struct clv_fleet *fleet, unsigned number);

/* ---- signing.c: a signing service, for the event loop ---------------------------------------- */

/* NULL: the signer is no service's. */
struct clv_signing_key *clv_signing_key_of(const struct clv_ep11_signer *signer);
/* Body of a request for a signature, a NUL behind it. */
clv_status clv_signing_body(struct clv_writer *w, struct clv_view message, struct clv_error *err);
clv_status clv_signing_start(struct clv_signing_key *key, struct clv_transport *transport,
                             const char *body, struct clv_exchange **ret, struct clv_error *err);
/* *ret_body is valid when it is not pending. errors  CLV_E_IO, CLV_E_UNIT */
clv_status clv_signing_settle(struct clv_signing_key *key, const struct clv_transport *transport,
                              const struct clv_exchange *x, bool *ret_pending,
                              struct clv_view *ret_body, struct clv_error *err);
/* How long one may be pending; afterwards it is CLV_E_TIMEOUT. */
int clv_signing_patience_ms(const struct clv_signing_key *key);
clv_status clv_signing_too_late(const struct clv_signing_key *key, struct clv_error *err);
/* errors  CLV_E_FORMAT; CLV_E_FORGED: does not verify with the key's public key */
clv_status clv_signing_take(struct clv_signing_key *key, struct clv_view body,
                            struct clv_view message, uint8_t *sig, size_t cap, size_t *ret_len,
                            struct clv_error *err);

/* ---- signatures.c: those of one command that a service has to give --------------------------- */

#define CLV_SIGNATURES_MAX 16 /* 8 of a command, or one for each part of a load */
struct clv_signature {
    const struct clv_ep11_signer *signer;
    uint8_t *message;
    size_t message_len;
    uint8_t bytes[CLV_P521_SIGNATURE_MAX];
    size_t len; /* 0: it is not there yet */
};
struct clv_signatures {
    struct clv_signature item[CLV_SIGNATURES_MAX];
    size_t num;
};
/* Appends the signature, or notes that it is wanted and appends nothing. Signers with a key of
 * their own sign at once; s NULL: every one does. */
clv_status clv_signatures_put(struct clv_signatures *s, struct clv_writer *w,
                              const struct clv_ep11_signer *signer, struct clv_view message,
                              struct clv_error *err);
bool clv_signatures_complete(const struct clv_signatures *s);
/* Whose signature is fetched next; NULL when all are there. */
struct clv_signing_key *clv_signatures_awaited(const struct clv_signatures *s);
void clv_signatures_clear(struct clv_signatures *s);
struct clv_job;
/* Asks for the next one that is missing, as the job's exchange. */
clv_status clv_signatures_ask(struct clv_job *job, struct clv_error *err);
/* Looks after that exchange. *ret_there: the signature has come, and the exchange can be closed. */
clv_status clv_signatures_look(struct clv_job *job, bool *ret_there, struct clv_error *err);

/* ---- message.c: a request, and the answer bound to it --------------------------------------- */

/* What is asked of one unit. Everything borrowed. */
struct clv_ask {
    uint32_t command;   /* or 0, then info_type */
    uint32_t info_type; /* get_xcp_info: unsigned both ways */
    bool module_level;  /* the domain id in the block is zero */
    struct clv_view input;
    const uint8_t *counter; /* NULL in queries */
    const struct clv_ep11_signer *const *signers;
    size_t num_signers;
    struct clv_signatures *signatures; /* of services; NULL: nobody but keys in memory signs */
};

/* Views point into payload. */
struct clv_answer {
    uint8_t *payload;
    size_t payload_len;
    struct clv_ep11_response response;    /* when a command was asked */
    struct clv_ep11_response_block block; /* likewise */
    struct clv_view info;                 /* when info was asked: the payload inside */
};
void clv_answer_clear(struct clv_answer *answer);

/* One xcpAdminReq or info request: what LOAD nests, and what a CPRB carries. */
clv_status clv_request_encode(struct clv_writer *w, const struct clv_session *session,
                              const struct clv_ask *ask, struct clv_error *err);
/* The whole HTTP body. */
clv_status clv_body_encode(struct clv_writer *w, const struct clv_session *session,
                           const struct clv_ask *ask, struct clv_error *err);

/* From the HTTP answer to the response block; nothing in it is to be believed yet.
 * errors  CLV_E_DOUBT: not readable, or from something in front of the unit
 *         CLV_E_UNTRUSTED: of another function or domain, or an unsigned refusal */
clv_status clv_answer_decode(const struct clv_session *session, const struct clv_ask *ask,
                             long http_status, struct clv_view body, struct clv_answer *ret,
                             struct clv_error *err);
/* The signature of the unit's key over the response block. errors  CLV_E_UNTRUSTED */
clv_status clv_answer_verify(const struct clv_answer *answer,
                             const uint8_t point[CLV_P521_POINT_LEN], struct clv_error *err);
/* Command, domain and module are those that were asked. errors  CLV_E_UNTRUSTED */
clv_status clv_answer_bind(const struct clv_session *session, const struct clv_ask *ask,
                           const struct clv_answer *answer,
                           const uint8_t module_id[CLV_EP11_MODULE_ID_LEN], struct clv_error *err);
/* Neither older than what was seen before nor from another life of the domain; takes note of it.
 * errors  CLV_E_UNTRUSTED */
clv_status clv_answer_fresh(struct clv_session *session, const struct clv_ask *ask,
                            const struct clv_answer *answer, struct clv_error *err);

/* ---- plans and jobs: one order on one unit -------------------------------------------------- */

enum clv_next {
    CLV_NEXT_STEP,
    CLV_NEXT_SAME,    /* ask the same step again: the next certificate, the next name */
    CLV_NEXT_RESTART, /* from the first step */
};

struct clv_job;

/* One question of a plan. */
struct clv_step {
    const char *name; /* "asking for the attributes" */
    bool command;     /* announced, sent once, in doubt when no answer comes */
    /* Whether this unit needs the step; NULL: always. */
    bool (*needed)(const struct clv_job *job);
    /* Fills job->ask. Failing here means nothing was sent. */
    clv_status (*ask)(struct clv_job *job, struct clv_error *err);
    /* Uses an answer that is bound and fresh. NULL: a nonzero return code is a refusal, the rest is
     * not needed. errors  CLV_E_UNIT: refusal; CLV_E_UNTRUSTED, CLV_E_DOUBT */
    clv_status (*take)(struct clv_job *job, const struct clv_answer *answer,
                       enum clv_next *ret_next, struct clv_error *err);
    /* take() verifies and binds by itself: the key is not pinned yet. */
    bool unpinned;
};

struct clv_plan {
    const struct clv_step *steps;
    size_t num_steps;
};

/* TRUST: the chain as far as it has been climbed. */
struct clv_chain {
    uint32_t index;
    struct clv_identity identity;
    uint8_t device_ski[CLV_SKI_LEN], root_ski[CLV_SKI_LEN];
    const char *root;
    uint8_t *cert; /* the last one, still to be verified with its parent's key */
    size_t cert_len;
};

/* QUERY: the state as far as it has been asked. */
struct clv_snapshot {
    struct clv_unit_state state;
    bool begun, restarted;
    unsigned next_admin; /* whose certificate comes next */
    bool has_current, has_new;
    uint8_t current[CLV_EP11_PATTERN_LEN], new[CLV_EP11_PATTERN_LEN]; /* signed */
    struct clv_ep11_domain_info info;                                 /* not signed */
    unsigned firmware_major, firmware_minor;
    bool importer_gone;
};

/* Commands: what the unit said just before. */
struct clv_prelude {
    struct clv_ep11_attributes attributes;
    uint8_t admin_ski[CLV_EP11_MAX_ADMINS][CLV_SKI_LEN];
    unsigned num_admins;
    const struct clv_ep11_signer *signers[CLV_EP11_MAX_ADMINS];
    size_t num_signers;
    uint8_t counter[CLV_EP11_COUNTER_LEN]; /* the one to send */
};

struct clv_job {
    struct clv_fleet *fleet;
    struct clv_session *session;
    const struct clv_order *order;
    const struct clv_plan *plan;
    size_t step;
    struct clv_ask ask;
    struct clv_writer input; /* what ask.input may point to */
    struct clv_writer body;
    struct clv_exchange *exchange;
    int64_t started_ms, deadline_ms;
    bool asked_twice; /* a query was repeated after its connection broke */
    bool sent;        /* the command went out */
    bool kept_here;   /* ended by us, not by the unit or the way to it */
    bool over;
    /* The service refused its token: held until there is another one. */
    bool held;
    int64_t held_ms;
    unsigned token_number; /* of the token the last request carried */
    char refusal[CLV_ERROR_TEXT];
    /* A command was refused so: the counter is asked again, and the command goes out once more only
     * if it is still the one that this command carried. */
    bool again;
    uint8_t sent_counter[CLV_EP11_COUNTER_LEN];
    /* The command waits for signatures of a service; meanwhile its deadline stands still. */
    struct clv_signatures signatures;
    bool is_signing;
    int64_t signing_ms;       /* since when */
    int64_t signature_due_ms; /* of the request that is under way */
    unsigned num_asked_again; /* of the key, when it was asked last */
    /* What the session had seen when the order was given: the decision rests on that. */
    bool decided;
    uint8_t decided_domain_id[CLV_EP11_DOMAIN_ID_LEN];
    uint8_t decided_counter[CLV_EP11_COUNTER_LEN];
    struct clv_chain chain;
    struct clv_snapshot snapshot;
    struct clv_prelude prelude;
    struct clv_result result;
};

const struct clv_plan *clv_order_plan(enum clv_order_kind kind); /* orders.c */
uint32_t clv_order_command(enum clv_order_kind kind);            /* 0: not a command */
bool clv_order_carries_pattern(enum clv_order_kind kind);
bool clv_order_has_recipient(enum clv_order_kind kind);
/* permit.c: looked at before anything is sent. */
bool clv_order_is_for(const struct clv_order *order, const struct clv_session *session);
/* errors  CLV_E_USAGE: the order lacks what it needs */
clv_status clv_order_check(const struct clv_order *order, struct clv_error *err);
/* errors  CLV_E_USAGE: it makes no sense for this unit, or not yet */
clv_status clv_order_check_unit(const struct clv_order *order, const struct clv_fleet *fleet,
                                const struct clv_session *session, struct clv_error *err);

extern const struct clv_plan clv_trust_plan; /* trust.c */
extern const struct clv_plan clv_query_plan; /* query.c */

/* A signed "no": fills result codes and err, returns CLV_E_UNIT. (outcome.c) */
clv_status clv_job_refused(struct clv_job *job, const struct clv_answer *answer,
                           struct clv_error *err);
/* A status other than 2xx, with the beginning of the body. Returns code. (outcome.c) */
clv_status clv_http_failed(clv_status code, long http_status, struct clv_view body,
                           struct clv_error *err);
/* Outcome of a job that failed with result.error. (outcome.c) */
void clv_job_conclude(struct clv_job *job);
/* "crypto unit 3 (TEST0001, domain 2)" (outcome.c) */
#define CLV_UNIT_TEXT 64
void clv_unit_text(const struct clv_session *session, char out[CLV_UNIT_TEXT]);

/* Copies of attribute and administrator answers, shared by queries and commands. (query.c) */
clv_status clv_take_attributes(const struct clv_answer *answer, struct clv_ep11_attributes *ret,
                               struct clv_error *err);
clv_status clv_take_admins(const struct clv_answer *answer,
                           uint8_t ret_ski[CLV_EP11_MAX_ADMINS][CLV_SKI_LEN], unsigned *ret_num,
                           struct clv_error *err);
bool clv_in_imprint(const struct clv_ep11_attributes *attributes);

/* ---- transport.c: the one a fleet has by itself ---------------------------------------------- */
clv_status clv_transport_new(struct clv_transport *ret, struct clv_error *err);
void clv_transport_free(struct clv_transport *transport);

/* ---- transport_curl.c ----------------------------------------------------------------------- */
clv_status clv_transport_curl_new(struct clv_transport *ret, struct clv_error *err);
void clv_transport_curl_free(struct clv_transport *transport);

#endif
