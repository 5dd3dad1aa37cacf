/* A service instance inside the test: real software units behind a transport that the test rules.
 *
 * Time is the model's own: it moves when the fleet polls. A twist sits between unit and fleet and
 * may change, delay or lose any one answer. */
#ifndef CLAVIGER_TESTS_UNIT_MODEL_H
#define CLAVIGER_TESTS_UNIT_MODEL_H

#include <criterion/criterion.h>

#include "claviger/unit.h"
#include "claviger/unitd.h"
#include "start.h"

#define MODEL_MAX_SIGNERS 4
#define MODEL_MAX_RESULTS 64

struct model;

/* One answer on its way to the fleet; a twist edits it. */
struct reply {
    unsigned unit;    /* 1.. in the order of the listing */
    uint32_t command; /* of the request; 0: information */
    enum clv_exchange_state state;
    const char *why;
    long http_status;
    char *body; /* fresh memory */
    size_t body_len;
    int delay_ms;
};

struct model {
    struct clv_unitd_vault *vault;
    struct clv_unitd_listing *listing;
    struct clv_secret *oa_scalar, *other_scalar;
    int64_t now_ms;
    struct clv_clock clock;
    struct clv_transport transport;
    struct clv_service service;
    uint8_t roots[1][CLV_P521_POINT_LEN];
    struct clv_fleet *fleet;

    /* What goes wrong: asked for every answer of twist_unit (0: all). */
    void (*twist)(struct model *m, struct reply *reply);
    unsigned twist_unit;
    uint32_t twist_command;         /* 0: any */
    unsigned twist_times;           /* how often it still happens */
    unsigned variant;               /* the twist's own */
    bool refuse_start, lose_before; /* no connection: before the unit sees anything */
    bool turned_away;               /* answered by something in front of the unit */
    int slow_unit_ms;               /* delay of twist_unit's answers */
    int slow_people_ms;             /* how long a token takes to come */

    /* What was seen. */
    unsigned num_posts[8]; /* by unit */
    unsigned num_commands[8];
    unsigned num_intents, num_ticks;
    struct clv_intent intents[MODEL_MAX_RESULTS];
    struct clv_result results[MODEL_MAX_RESULTS];
    unsigned num_results;
    clv_status intent_answer;
    unsigned stop_after_ticks; /* 0: never */
    struct clv_fleet_hooks hooks;
    struct clv_exchange *exchanges; /* open ones */
    char *last_answer[8];           /* by unit: to the last command */

    struct clv_secret *scalars[MODEL_MAX_SIGNERS];
    struct clv_ep11_signer signers[MODEL_MAX_SIGNERS];
    struct clv_writer certs[MODEL_MAX_SIGNERS];
};

/* num TEST units, discovered and trusted, with a fleet over them. */
void model_init(struct model *m, unsigned num_units);
/* As model_init(), but stops before asking anything. */
void model_prepare(struct model *m, unsigned num_units, bool production_tests);
void model_clear(struct model *m);

/* Runs an order and expects clv_fleet_run() to succeed. */
void model_run(struct model *m, const struct clv_order *order);
void model_order(struct model *m, enum clv_order_kind kind); /* with all signers */
/* The last result of a unit. */
const struct clv_result *model_result(const struct model *m, unsigned unit);
enum clv_outcome model_outcome(const struct model *m, unsigned unit);
void model_expect_all(const struct model *m, enum clv_outcome outcome);
/* The order went to this unit alone. */
void model_expect_one(const struct model *m, unsigned unit, enum clv_outcome outcome);

/* Administrators 1..num, thresholds, imprint mode left. */
void model_enroll(struct model *m, unsigned num_admins, unsigned sign, unsigned revoke);
/* Importer keys, parts of 0x11.., 0x22.., 0x44.. sealed. */
void model_seal(struct model *m);
/* All the way to Full uncommitted. */
void model_load(struct model *m);
/* The pattern of the three parts. */
void model_pattern(uint8_t ret[CLV_EP11_PATTERN_LEN]);
struct clv_order model_pattern_order(struct model *m, enum clv_order_kind kind);
struct clv_unitd_domain *model_domain(struct model *m, unsigned unit);

/* The bytes inside a reply, and a reply made of bytes (answers.c). */
struct opened {
    uint8_t *payload;
    size_t len;
    uint32_t domain;
    struct clv_ep11_response response;
    struct clv_ep11_response_block block;
};
void reply_open(const struct reply *reply, struct opened *ret);
void reply_set_payload(struct reply *reply, uint32_t domain, const void *payload, size_t len);
void reply_set_text(struct reply *reply, const char *text);
/* The response with this block in place, signed by scalar (NULL: the old signatures). */
void reply_set_block(struct reply *reply, struct opened *o, const struct clv_secret *scalar);
void opened_clear(struct opened *o);

#endif
