/* unit: crypto units as the ceremony sees them: find them, trust them, give all of them one order
 * at the same time, and believe only answers that are bound to the question.
 *
 *     clv_fleet_new(&config, &fleet, err);
 *     clv_fleet_discover(fleet, hooks, err);            list of each service instance,
 * numbered 1..n clv_fleet_run(fleet, &(struct clv_order){.kind = CLV_ORDER_TRUST}, hooks, err);
 *     clv_fleet_run(fleet, &(struct clv_order){.kind = CLV_ORDER_QUERY}, hooks, err);
 *     ...
 *
 * One order runs on all selected units concurrently; each unit has its own deadline; results come
 * through the hook as they arrive, so a dead unit delays nobody. A command is announced through
 * hooks->intent before it is sent, and is sent at most once: what becomes of it is DONE, REFUSED,
 * or IN DOUBT, and doubt is settled by a later QUERY, never by sending again.
 *
 * Every administrative answer is checked: signature of the unit's pinned key, command, domain,
 * module and counter as asked. An answer that fails is UNTRUSTED, whatever it says.
 *
 * This room holds no key: signers are ports, and parts come in once and leave sealed.
 * source  docs/protocol.md; docs/unit-driver.md */
#ifndef CLAVIGER_UNIT_H
#define CLAVIGER_UNIT_H

#include "claviger/base.h"
#include "claviger/ep11.h"

struct clv_fleet;
struct clv_site;        /* script.h */
struct clv_signing_key; /* unit/signing.h */

enum clv_unit_kind { CLV_UNIT_OPERATIONAL, CLV_UNIT_RECOVERY, CLV_UNIT_FAILOVER };

/* One domain of one card of this machine. */
struct clv_queue {
    unsigned card, domain;
};

/* One service instance to talk to. */
struct clv_service {
    const char *name;
    /* "unix:/path", "http://127.0.0.1:8080", "https://host", "zcrypt:/dev/z90crypt" */
    const char *endpoint;
    const char *instance_id;        /* of the service instance */
    const struct clv_secret *token; /* sent as the Authorization header, or NULL */
    unsigned token_number;          /* counts up when token is another one than before */
    const char *token_file;         /* where a new one is found when this one is refused, or NULL */
    bool token_asked;               /* a person types it: hooks->token, before the first request */
    const char *ca_file;            /* for https, or NULL for the system's */
    const uint8_t (*roots)[CLV_P521_POINT_LEN]; /* trusted roots of device certificates */
    size_t num_roots;
    bool ibm_roots;                 /* the built-in roots are trusted, too */
    const struct clv_queue *queues; /* zcrypt: the domains to work with */
    size_t num_queues;
};

/* A root key of IBM's adapters; trusted in production without being named. */
struct clv_ibm_root {
    const char *name;                  /* "IBM root of 4769 adapters (CEX7)" */
    const char *ski;                   /* hex of the identifier that certificates carry */
    uint8_t point[CLV_P521_POINT_LEN]; /* 04 X Y */
};
const struct clv_ibm_root *clv_ibm_root_at(size_t index); /* NULL behind the last */

/* Copied; what it points to is borrowed for as long as the fleet lives. */
struct clv_fleet_config {
    const struct clv_service *services;
    size_t num_services;
    int query_timeout_ms;   /* per unit and query order; 0: 10,000 */
    int command_timeout_ms; /* per unit and command order; 0: 30,000 */
    bool test_world;        /* TEST units only; otherwise TEST units are refused */
    const struct clv_random *random;
    const struct clv_clock *clock;
    const struct clv_transport *transport; /* NULL: libcurl, and the device node of cards */
};

/* What is known of one unit; numbers start at 1, in the order of discovery. */
struct clv_unit {
    unsigned number;
    const char *service; /* name of its service instance, and its id */
    const char *instance_id;
    char hsm_id[65];
    char location[129];
    char serial[CLV_EP11_SERIAL_LEN + 1];
    enum clv_unit_kind kind;
    bool selected;
    bool trusted;                              /* chain verified, key pinned */
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN]; /* valid when trusted */
    uint8_t device_ski[CLV_SKI_LEN], root_ski[CLV_SKI_LEN];
    const char *root; /* which one that is: a built-in one, or "root named by the site file" */
    unsigned firmware_major, firmware_minor; /* valid after a query */
};

/* Registers, administrators and attributes of one unit, all from one QUERY order. */
struct clv_unit_state {
    bool known;
    bool imprint;
    unsigned num_admins;
    uint8_t admin_ski[CLV_EP11_MAX_ADMINS][CLV_SKI_LEN]; /* sorted */
    char admin_name[CLV_EP11_MAX_ADMINS][64];
    struct clv_ep11_attributes attributes;
    unsigned sign_threshold, revoke_threshold;
    enum clv_ep11_new_state new_state;
    enum clv_ep11_current_state current_state;
    uint8_t new_pattern[CLV_EP11_PATTERN_LEN], current_pattern[CLV_EP11_PATTERN_LEN];
    uint8_t control_points[CLV_EP11_CONTROL_POINTS_LEN];
    uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN];
    uint8_t counter[CLV_EP11_COUNTER_LEN];
};

clv_status clv_fleet_new(const struct clv_fleet_config *config, struct clv_fleet **ret,
                         struct clv_error *err);
/* The same from a site file (roots loaded), which has to live as long as the fleet: its instances,
 * tokens read from their private files, its deadlines; the rest of base as it is. In production the
 * built-in roots are trusted beside those that the site names; in the TEST world never.
 * errors  those of clv_file_read_private() for a token; CLV_E_INPUT: a TEST service names no root
 */
clv_status clv_fleet_from_site(const struct clv_site *site, const struct clv_fleet_config *base,
                               struct clv_fleet **ret, struct clv_error *err);
void clv_fleet_free(struct clv_fleet **fleet);

size_t clv_fleet_num_units(const struct clv_fleet *fleet);
/* number 1..n; borrowed, valid as long as the fleet */
const struct clv_unit *clv_fleet_unit(const struct clv_fleet *fleet, unsigned number);
/* Last state a QUERY brought (known == false before). */
const struct clv_unit_state *clv_fleet_state(const struct clv_fleet *fleet, unsigned number);
void clv_fleet_select(struct clv_fleet *fleet, unsigned number, bool selected);
size_t clv_fleet_num_selected(const struct clv_fleet *fleet);

enum clv_order_kind {
    CLV_ORDER_TRUST, /* device certificates up to a trusted root; pins key and identity */
    CLV_ORDER_QUERY, /* attributes, administrators, registers, control points, module */
    CLV_ORDER_ZEROIZE,
    CLV_ORDER_ADMIN_ADD,     /* certificate */
    CLV_ORDER_ADMIN_REMOVE,  /* ski */
    CLV_ORDER_THRESHOLDS,    /* sign_threshold, revoke_threshold; leaves imprint mode */
    CLV_ORDER_IMPORTER,      /* new P-521 importer key, kept by the fleet for sealing */
    CLV_ORDER_LOAD,          /* the parts sealed with clv_fleet_seal_part() */
    CLV_ORDER_COMMIT,        /* pattern */
    CLV_ORDER_SET_IMMEDIATE, /* pattern */
    CLV_ORDER_CLEAR_NEW,
    CLV_ORDER_CLEAR_CURRENT,
    CLV_ORDER_CONTROL_POINTS, /* control_points: these are added */
    CLV_ORDER_GENERATE,       /* a random key, made inside: current where that is empty, else new */
    CLV_ORDER_EXPORT,         /* recipient: the current key, sealed for that unit */
    CLV_ORDER_EXPORT_NEW,     /* recipient: the key in the new register */
};
const char *clv_order_name(enum clv_order_kind kind); /* "set immediate" */
bool clv_order_is_command(enum clv_order_kind kind);  /* false for TRUST and QUERY */

struct clv_order {
    enum clv_order_kind kind;
    unsigned only_unit; /* 0: every selected unit; else just this one */
    unsigned recipient; /* number of another unit of the fleet, trusted, with an importer key */
    struct clv_view certificate;
    uint8_t ski[CLV_SKI_LEN];
    unsigned sign_threshold, revoke_threshold;
    uint8_t pattern[CLV_EP11_PATTERN_LEN]; /* ours: computed on this workstation */
    uint8_t control_points[CLV_EP11_CONTROL_POINTS_LEN];
    const struct clv_ep11_signer *signers; /* as many as the order needs, at most 8 are used */
    size_t num_signers;
};

/* How many administrators a unit in this state asks to sign the order. */
unsigned clv_order_signatures(const struct clv_order *order, const struct clv_unit_state *state);

enum clv_outcome {
    CLV_OUTCOME_DONE,      /* accepted, answer bound and signed */
    CLV_OUTCOME_REFUSED,   /* the unit said no, signed; nothing changed there */
    CLV_OUTCOME_NOT_SENT,  /* nothing left this machine: unreachable, or stopped before */
    CLV_OUTCOME_DOUBT,     /* sent, and no (whole) answer: query before anything else */
    CLV_OUTCOME_UNTRUSTED, /* an answer that is not bound, not signed or signed by another key */
};
const char *clv_outcome_name(enum clv_outcome outcome); /* "in doubt" */

/* Fact to be journaled before a command leaves. */
struct clv_intent {
    unsigned unit;
    enum clv_order_kind order;
    uint32_t command; /* enum clv_ep11_command */
    uint8_t counter[CLV_EP11_COUNTER_LEN];
    bool has_pattern;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
};

struct clv_result {
    unsigned unit;
    enum clv_order_kind order;
    enum clv_outcome outcome;
    uint32_t return_code, reason;          /* when REFUSED; reason may be CLV_EP11_NO_REASON */
    uint8_t counter[CLV_EP11_COUNTER_LEN]; /* the unit's, when it answered */
    bool has_reported;                     /* LOAD, COMMIT, SET IMMEDIATE: the pattern the unit */
    uint8_t reported_pattern[CLV_EP11_PATTERN_LEN]; /* claims; compare it, never use it. GENERATE:
                                                     * nobody else knows the key */
    struct clv_error error; /* CLV_OK when DONE; sentence and hint otherwise */
    int elapsed_ms;
};

struct clv_fleet_hooks {
    /* Before each command is sent. Anything but CLV_OK: that unit's command is NOT_SENT. */
    clv_status (*intent)(void *ctx, const struct clv_intent *intent, struct clv_error *err);
    /* Once a unit, as soon as its outcome is known. */
    void (*result)(void *ctx, const struct clv_result *result);
    /* At least every 40 ms while waiting. Anything but CLV_OK: nothing more is sent; commands
     * already out are waited for until their deadline, the rest is NOT_SENT. */
    clv_status (*tick)(void *ctx, struct clv_error *err);
    void *ctx;
    /* The access token of a service is needed (why NULL) or was refused (why: a sentence). A new
     * one in *ret; or nothing, if it is in the file now: when that has no other one, this is called
     * again with the reason. Nothing is under way meanwhile. NULL: a
     * service that refuses its token is an error. Anything but CLV_OK: the units of this service
     * get no further in this order. */
    clv_status (*token)(void *ctx, const struct clv_service *service, const char *why,
                        struct clv_secret **ret, struct clv_error *err);
    /* A signing service gave no signature, or none that counts (why). Nothing is under way
     * meanwhile. CLV_OK: it is asked again, perhaps with another token in the key. Anything else:
     * the commands that need it are not sent. NULL: they never are. */
    clv_status (*signature)(void *ctx, struct clv_signing_key *key, const struct clv_error *why,
                            struct clv_error *err);
};

/* An access token from its private file: one line.
 * errors  CLV_E_INPUT: empty; those of clv_file_read_private() */
clv_status clv_token_read(const char *path, struct clv_secret **ret, struct clv_error *err);

/* Asks every service for its units; all of them are selected then. Taken whole or not at all.
 * Called again, it must find the same ones (the selection and pinned keys stay). errors
 * CLV_E_TIMEOUT, CLV_E_IO, CLV_E_UNIT (HTTP status with the body's text), CLV_E_FORMAT,
 *         CLV_E_MISSING: no unit; CLV_E_WORLD: TEST units in production or the reverse;
 *         CLV_E_MISMATCH: other units than before */
clv_status clv_fleet_discover(struct clv_fleet *fleet, const struct clv_fleet_hooks *hooks,
                              struct clv_error *err);
/* Gives one order to all selected units and returns when every one of them has an outcome. CLV_OK
 * means just that: outcomes are in the results. Every command asks the unit's counter and domain
 * instance first, in the same breath. TRUST given again may take a new life of a domain (somebody
 * zeroized it on purpose), never another device.
 * errors  CLV_E_USAGE: no unit selected, unit not trusted yet, a sealed part missing, order without
 *         pattern, certificate or thresholds; then nothing was sent to any unit */
clv_status clv_fleet_run(struct clv_fleet *fleet, const struct clv_order *order,
                         const struct clv_fleet_hooks *hooks, struct clv_error *err);

/* Seals one part (32 bytes) for every selected unit's importer key, and keeps the sealed form only,
 * for LOAD and for loading again. slot 1..CLV_EP11_MAX_PARTS; a slot sealed again is replaced.
 * errors  CLV_E_USAGE: a selected unit has no importer key yet */
clv_status clv_fleet_seal_part(struct clv_fleet *fleet, unsigned slot,
                               const struct clv_secret *part, struct clv_error *err);
/* EXPORT and EXPORT NEW do the same with a key that a unit gives: the sealed part replaces whatever
 * was sealed for the recipient, and LOAD brings it there. Who gives it cannot be doubted: the
 * answer is signed by a device key under a root we trust; whom it is for is the importer key that
 * the recipient's device key has signed. It was never in the clear outside the units, so nothing
 * here can tell what is inside: the pattern after LOAD does. */

/* Whether this unit still holds the importer key its parts were sealed for (after a QUERY: a unit
 * that restarted empty does not). */
bool clv_fleet_parts_current(const struct clv_fleet *fleet, unsigned number);
/* The same of a unit for which nothing may be sealed yet. */
bool clv_fleet_importer_current(const struct clv_fleet *fleet, unsigned number);
void clv_fleet_forget_parts(struct clv_fleet *fleet);

/* ---- transport port: how bytes get to a unit; tests replace it ---- */
struct clv_exchange; /* one request under way, owned by the transport */

enum clv_exchange_state {
    CLV_EXCHANGE_PENDING,
    CLV_EXCHANGE_ANSWERED, /* HTTP answer complete */
    CLV_EXCHANGE_NOT_SENT, /* no connection: nothing can have reached the unit */
    CLV_EXCHANGE_BROKEN,   /* may have reached the unit, no whole answer */
};

/* Registers of a unit as the system it sits in shows them, by a way of its own. */
struct clv_registers {
    bool knows_current, knows_new; /* false: it does not say */
    enum clv_ep11_current_state current_state;
    enum clv_ep11_new_state new_state;
    bool has_current, has_new; /* patterns */
    uint8_t current[CLV_EP11_PATTERN_LEN], new[CLV_EP11_PATTERN_LEN];
};

struct clv_transport {
    /* body NULL: GET. Borrowed until the exchange is closed. timeout_ms counts from now. */
    clv_status (*start)(void *ctx, const struct clv_service *service, const char *path,
                        const char *body, int timeout_ms, struct clv_exchange **ret,
                        struct clv_error *err);
    /* Drives all exchanges, waiting at most wait_ms for something to happen. */
    void (*poll)(void *ctx, int wait_ms);
    /* state; http_status and body are valid when ANSWERED; why is a sentence otherwise. */
    enum clv_exchange_state (*state)(const struct clv_exchange *x, long *ret_http_status,
                                     struct clv_view *ret_body, const char **ret_why);
    void (*close)(void *ctx, struct clv_exchange **x);
    /* A second opinion on what a query brought; false: there is none. May be NULL. */
    bool (*registers)(void *ctx, const struct clv_service *service, const char *path,
                      struct clv_registers *ret);
    void *ctx;
};

#endif
