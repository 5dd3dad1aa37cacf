/* unitd: software crypto units, a service instance of EP11 domains in one process.
 *
 * Two halves that share nothing but this header:
 *   vault     holds the keys. Turns one request payload into one reply. Knows no socket, no HTTP.
 *   listener  parses sockets, REST and HTP strings. Holds no key; knows the units' public listing.
 * They are to become two processes; clv_unitd_vault_listing() and clv_unitd_vault_answer() are the
 * only two things the listener asks of the vault, and both carry plain bytes.
 *
 *     clv_unitd_vault_new(&setup, &vault, err);            or clv_unitd_vault_decode(state, ...)
 *     clv_unitd_vault_answer(vault, module, domain, payload, &reply, err);
 *     ... reply.payload, or what a fault makes of it ...
 *     clv_unitd_reply_clear(&reply);
 *     clv_unitd_vault_free(&vault);
 *
 * A command either takes effect completely, is saved, and is then answered, or changes nothing; a
 * refused one does not even move the transaction counter. The keys in a saved state are in the
 * clear: software units are for tests, rehearsals and drills, never for keys that protect
 * something.
 *
 * source  docs/unitd.md; docs/protocol.md sections a to e */
#ifndef CLAVIGER_UNITD_H
#define CLAVIGER_UNITD_H

#include "claviger/base.h"
#include "claviger/ep11.h"

struct clv_unitd_vault;

#define CLV_UNITD_MAX_UNITS 256
#define CLV_UNITD_MAX_CERT 2048    /* bytes of an administrator's certificate */
#define CLV_UNITD_MAX_IMPORTER 600 /* bytes of an importer key's public bits (RSA-4096: 526) */
#define CLV_UNITD_UUID_TEXT 37     /* with the final NUL */
#define CLV_UNITD_MAX_COMMAND 0x26 /* the highest number of a command that is no query */
#define CLV_UNITD_FLAG_ENFORCES_IMPRINT 0x80000000u

/* ---- one domain: everything a crypto unit remembers ---- */
struct clv_unitd_admin {
    uint8_t ski[CLV_SKI_LEN];
    size_t cert_len;
    uint8_t cert[CLV_UNITD_MAX_CERT]; /* as it came */
};

struct clv_unitd_domain {
    uint32_t index;
    uint32_t instance; /* one life of the domain; zeroize starts the next */
    uint8_t counter[CLV_EP11_COUNTER_LEN];
    uint32_t attributes[CLV_EP11_ATTR_MAX + 1];
    uint32_t base_flags; /* shown in domain info beside the computed ones */
    uint8_t control_points[16];
    unsigned num_admins;
    struct clv_unitd_admin admins[CLV_EP11_MAX_ADMINS];
    struct clv_secret *current_wk; /* NULL: empty */
    struct clv_secret *next_wk;
    bool next_committed;
    struct clv_secret *importer_private; /* NULL: no importer key */
    enum clv_ep11_key_type importer_type;
    size_t importer_len;
    uint8_t importer_bits[CLV_UNITD_MAX_IMPORTER];
    /* How often each command (enum clv_ep11_command) was obeyed; zeroize does not forget it. */
    uint32_t obeyed[CLV_UNITD_MAX_COMMAND + 1];
};

/* Imprint mode: the signature threshold is zero. */
bool clv_unitd_in_imprint(const struct clv_unitd_domain *domain);

/* ---- what the vault needs from outside ---- */
struct clv_unitd_ports {
    const struct clv_random *random;
    const struct clv_clock *clock; /* shown in module information */
    /* A key pair of this type; *ret_bits is fresh memory. errors  CLV_E_UNSUPPORTED: no such type
     */
    clv_status (*make_importer)(void *ctx, uint32_t type, struct clv_secret **ret_private,
                                uint8_t **ret_bits, size_t *ret_bits_len, struct clv_error *err);
    /* Whether make_importer() would be quick now. If not, the command is answered with
     * CLV_UNITD_LATER, and nothing has happened. NULL: always */
    bool (*importer_ready)(void *ctx, uint32_t type);
    /* Makes the encoded state durable before a command is answered. NULL: kept in memory only.
     * errors  CLV_E_DOUBT: this state or the one before it is there; the unit says nothing until a
     *         later save succeeds. Any other: the one before it is there */
    clv_status (*save)(void *ctx, const void *state, size_t len, struct clv_error *err);
    void *ctx;
};
/* The system's random source and real key generation, nothing saved. */
struct clv_unitd_ports clv_unitd_ports_default(void);

#define CLV_UNITD_NUM_KINDS 3 /* enum clv_ep11_unit_kind */

/* A new service instance. Zero or NULL in a field marked so means: chosen at random. */
struct clv_unitd_setup {
    bool production_tests; /* serial number "SW" and 6 digits instead of "TEST" and 4 */
    unsigned num_units[CLV_UNITD_NUM_KINDS];
    uint32_t permissions;          /* domain attribute 3 of every unit; 0: what zeroize leaves */
    const uint8_t *control_points; /* 16 bytes, of every unit; NULL: all set */
    uint32_t first_domain;
    unsigned module_index;
    const char *instance_id;                /* UUID; NULL */
    const uint8_t *module_id;               /* CLV_EP11_MODULE_ID_LEN bytes; NULL */
    const struct clv_secret *oa_scalar;     /* device key, signs the answers; NULL */
    const struct clv_secret *parent_scalar; /* certifies the device key; NULL */
    const struct clv_secret *root_scalar;   /* certifies the parent; NULL */
    const struct clv_unitd_ports *ports;    /* borrowed for the life of the vault */
};

/* errors  CLV_E_USAGE: no unit, too many, or instance_id is not a UUID; CLV_E_MEMORY */
clv_status clv_unitd_vault_new(const struct clv_unitd_setup *setup, struct clv_unitd_vault **ret,
                               struct clv_error *err);
void clv_unitd_vault_free(struct clv_unitd_vault **vault);

/* The whole state as docs/unitd.md describes it. Contains keys in the clear: the writer wipes what
 * it leaves behind, the caller clears it at once. */
clv_status clv_unitd_vault_encode(const struct clv_unitd_vault *vault, struct clv_writer *w,
                                  struct clv_error *err);
/* errors  CLV_E_DAMAGED: checksum, structure or a value that no vault writes;
 *         CLV_E_UNSUPPORTED: another version of the format */
clv_status clv_unitd_vault_decode(struct clv_view state, const struct clv_unitd_ports *ports,
                                  struct clv_unitd_vault **ret, struct clv_error *err);

/* Appends, for people: what every unit holds, public values only, and how often it obeyed which
 * command. docs/unitd.md has an example. errors  CLV_E_MEMORY */
clv_status clv_unitd_vault_describe(const struct clv_unitd_vault *vault, struct clv_writer *w,
                                    struct clv_error *err);

/* ---- what the listener may know ---- */
struct clv_unitd_listing {
    char instance_id[CLV_UNITD_UUID_TEXT];
    char serial[CLV_EP11_SERIAL_LEN + 1];
    unsigned module_index;
    bool production_tests;
    uint8_t root_point[CLV_P521_POINT_LEN]; /* trust anchor of the device certificates */
    unsigned num_units;
    struct clv_ep11_listed_unit units[CLV_UNITD_MAX_UNITS]; /* "[test].[SW-CS1].[00].[03]" */
    uint32_t domain[CLV_UNITD_MAX_UNITS];                   /* of the unit of the same number */
};
void clv_unitd_vault_listing(const struct clv_unitd_vault *vault, struct clv_unitd_listing *ret);

enum clv_unitd_delivery {
    CLV_UNITD_SEND,
    CLV_UNITD_HOLD,  /* keep the connection, never answer (a fault) */
    CLV_UNITD_DROP,  /* close the connection without an answer (a fault) */
    CLV_UNITD_LATER, /* nothing happened: ask again when the work beside is done */
};
struct clv_unitd_reply {
    enum clv_unitd_delivery delivery;
    unsigned delay_ms; /* wait this long before sending */
    bool cut_short;    /* half of it is enough (a fault) */
    struct clv_writer payload;
    struct clv_error trouble; /* why an internal error is the answer, for the log; else CLV_OK */
};
void clv_unitd_reply_clear(struct clv_unitd_reply *reply);

/* Answers one request: payload is what follows the CPRB header. Whatever the bytes are, there is a
 * reply; a unit's refusals are replies too.
 * errors  CLV_E_MEMORY, CLV_E_INTERNAL: nothing changed, no reply could be built */
clv_status clv_unitd_vault_answer(struct clv_unitd_vault *vault, unsigned module_index,
                                  uint32_t domain, struct clv_view payload,
                                  struct clv_unitd_reply *ret, struct clv_error *err);

/* For tests: the domain itself, NULL when there is none of this index. Secrets put into it belong
 * to the vault from then on. */
struct clv_unitd_domain *clv_unitd_vault_domain(struct clv_unitd_vault *vault, uint32_t index);

/* ---- faults ---- */
/* Adds "UNIT:COMMAND:BEHAVIOUR[:ARG]", with a last '*' for ever instead of once (docs/unitd.md has
 * the words). errors  CLV_E_USAGE: says which field is wrong and what it may be */
clv_status clv_unitd_vault_add_fault(struct clv_unitd_vault *vault, const char *text,
                                     struct clv_error *err);

/* ---- who may ask ---- */
/* The access token that clients must send: the first line of a private file. The file is looked at
 * for every request, so that a token expires when another is put in its place. */
struct clv_unitd_token;
enum clv_unitd_access {
    CLV_UNITD_GRANTED,
    CLV_UNITD_NO_TOKEN,
    CLV_UNITD_WRONG_TOKEN,
    CLV_UNITD_EXPIRED_TOKEN,
};
/* max_uses: after so many granted requests a token has expired, until the file holds another; 0:
 * never. path is borrowed. errors  CLV_E_FORMAT: no token in it; CLV_E_PERMISSION; CLV_E_IO */
clv_status clv_unitd_token_new(const char *path, unsigned max_uses, struct clv_unitd_token **ret,
                               struct clv_error *err);
void clv_unitd_token_free(struct clv_unitd_token **token);
/* given: the Authorization header, or NULL. errors  as clv_unitd_token_new(): nobody is granted
 * anything while the file cannot be read */
clv_status clv_unitd_token_judge(struct clv_unitd_token *token, const char *given,
                                 enum clv_unitd_access *ret, struct clv_error *err);

/* ---- listener: REST over libmicrohttpd ---- */
struct clv_unitd_listener;
/* Work that is done beside; zeroed: none. */
struct clv_unitd_work {
    int (*fd)(void *ctx); /* readable when something is done; -1: nothing is under way */
    void (*collect)(void *ctx);
    void *ctx;
};
struct clv_unitd_listener_config {
    struct clv_unitd_vault *vault;
    const char *socket_path;          /* Unix socket, or NULL */
    const char *address;              /* "127.0.0.1:PORT", loopback only; PORT 0 picks one */
    const char *tls_cert;             /* PEM, for HTTPS; NULL: plain HTTP */
    const struct clv_secret *tls_key; /* its key, PEM that ends with a NUL */
    struct clv_unitd_token *token;    /* or NULL: everybody may ask */
    int parent_fd;                    /* a pipe: its end ends the daemon; -1: none */
    struct clv_unitd_work work;       /* what CLV_UNITD_LATER waits for */
};
/* Listens when it returns. errors  CLV_E_EXISTS: a daemon already answers on this socket;
 * CLV_E_PERMISSION: the socket's folder is not private; CLV_E_USAGE; CLV_E_IO */
clv_status clv_unitd_listener_new(const struct clv_unitd_listener_config *config,
                                  struct clv_unitd_listener **ret, struct clv_error *err);
/* "/path/to/socket" or "127.0.0.1:40123" */
const char *clv_unitd_listener_where(const struct clv_unitd_listener *listener);
/* Serves until SIGTERM, SIGINT or SIGHUP, or until parent_fd ends. */
clv_status clv_unitd_listener_run(struct clv_unitd_listener *listener, struct clv_error *err);
void clv_unitd_listener_free(struct clv_unitd_listener **listener);

/* The pure middle of the listener: what a request means and what is to be sent back. */
struct clv_unitd_http_request {
    const char *method, *path;
    const char *authorization;    /* or NULL */
    const char *content_encoding; /* or NULL */
    struct clv_view body;
};
struct clv_unitd_http_reply {
    enum clv_unitd_delivery delivery;
    unsigned delay_ms;
    unsigned status; /* HTTP */
    struct {
        const char *name, *value; /* static texts, or NULL */
    } header;                     /* beside Content-Type: what 401, 405 and 415 want */
    char *body;                   /* JSON, the caller's to free() */
    struct clv_error trouble;     /* as in struct clv_unitd_reply */
};
/* errors  CLV_E_MEMORY, CLV_E_INTERNAL */
clv_status clv_unitd_rest_answer(struct clv_unitd_vault *vault,
                                 const struct clv_unitd_listing *listing,
                                 struct clv_unitd_token *token,
                                 const struct clv_unitd_http_request *request,
                                 struct clv_unitd_http_reply *ret, struct clv_error *err);

#endif
