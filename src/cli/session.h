/* cli, private: what the Trusted Key Entry commands share: a session of room tke behind options,
 * terminal and file descriptors, and its results as text or JSON.
 *
 *     struct session s;
 *     clv_status st = session_open(args, &s);
 *     if (st == CLV_OK)
 *         st = clv_tke_...(s.tke, ..., &s.error);
 *     if (st == CLV_OK)
 *         output ...
 *     return session_close(&s, st);
 *
 * Data goes to standard output, talk and questions to standard error. */
#ifndef CLV_CLI_SESSION_H
#define CLV_CLI_SESSION_H

#include <jansson.h>

#include "claviger/plain.h"
#include "claviger/tke.h"
#include "internal.h"

struct session {
    const struct args *args;
    struct clv_tke *tke;
    struct clv_error error; /* of whatever failed */
    bool json;
    bool test;    /* the world, where it is not --test that tells */
    bool can_ask; /* there is a terminal, and no --no-input */
    struct clv_tke_port port;
    struct clv_plain *plain; /* opened by the first question or wait */
    struct clv_face face;
    size_t num_passwords; /* taken from --password-fd so far */
    size_t num_tokens;    /* likewise, of --token-fd */
    int64_t waiting_since;
};

/* Prepares memory and libraries and opens the session that the options ask for. Options that a
 * command does not have count as not given. errors  in s->error */
clv_status session_open(const struct args *args, struct session *s);
/* Reports s->error (also as JSON) when st is a failure, closes, and returns the exit code. */
int session_close(struct session *s, clv_status st);

/* The value of option, else what a person types; q->kind is CLV_ASK_TEXT.
 * errors  CLV_E_USAGE: neither: names the option */
clv_status session_text(struct session *s, const char *option, const struct clv_question *q,
                        char *ret, size_t cap);
/* A secret from the descriptor that option names (its index-th use), else typed.
 * errors  CLV_E_USAGE: neither: names the option */
clv_status session_secret(struct session *s, const char *option, size_t index,
                          const struct clv_question *q, struct clv_secret **ret,
                          struct clv_error *err);

/* --sign-threshold and --revoke-threshold, or asked for. (cmd_unit_mode.c) */
clv_status session_thresholds(struct session *s, unsigned *ret_sign, unsigned *ret_revoke);
/* What --pattern says: hex digits, or the path of a receipt. (cmd_unit_registers.c) */
clv_status session_pattern(struct session *s, const char *text, uint8_t ret[CLV_EP11_PATTERN_LEN]);

/* ---- port.c ---- */
void session_fill_port(struct session *s);
/* errors  CLV_E_USAGE: nobody can be asked: names the option */
clv_status session_face(struct session *s, const char *option, struct clv_error *err);

/* ---- fd.c ---- */
/* Up to the end of a line or of the input, without it, straight into guarded memory.
 * errors  CLV_E_USAGE: text is not the number of an open descriptor; CLV_E_INPUT: nothing there, or
 *         more than max_len bytes */
clv_status read_secret_fd(const char *text, size_t max_len, struct clv_secret **ret,
                          struct clv_error *err);

/* ---- output.c ---- */

/* A table with headers, columns three blanks apart; cells (num_rows * num_columns) are cleaned of
 * what could steer a terminal. */
void print_table(FILE *out, const char *const *headers, size_t num_columns,
                 const char *const *cells, size_t num_rows);
/* As print_table(), as lines of fresh memory for a question; the caller's to free(). */
char *table_text(const char *const *headers, size_t num_columns, const char *const *cells,
                 size_t num_rows);
/* Control characters and what is not UTF-8 as '?'. */
void print_clean(FILE *out, const char *text);

/* Prints {"claviger-json": 1, "command": ..., "world": ..., name: body}; body is used up. */
void print_json(const struct session *s, const char *name, json_t *body);
json_t *json_of_error(const struct clv_error *err);
json_t *json_hex(const void *data, size_t len);
json_t *json_text(const char *text); /* null for NULL and "" */
json_t *json_of_unit(const struct clv_unit *unit);

/* ---- results.c ---- */

/* One line a selected unit, failures first, with reason and the next thing to do; or JSON, with
 * details (may be NULL, used up) as another member. Sets what session_close() returns: 0, 6, 10. */
int print_results(struct session *s, json_t *details);

/* Only the failures, as text, behind a list of the others; returns the same exit codes. */
int print_failures(struct session *s);

/* ---- units.c: crypto units one by one ---- */
/* Opens the session and surveys the selected units. errors  in s->error */
clv_status session_survey(const struct args *args, struct session *s);
/* Results of a command and its end: the exit code. */
int session_results(struct session *s, clv_status st);
/* What a list shows of the units: fill() adds rows of one of them with units_row(). */
struct units_list {
    const char *const *headers; /* CRYPTO UNIT NUM first */
    size_t num_columns;
    void (*fill)(struct units_list *list, const struct clv_unit_state *state);
    const char **cells; /* every one of fresh memory */
    size_t num_rows;
};
/* One row of num_columns cells, copied. The first one is the number of the unit, filled in later.
 */
void units_row(struct units_list *list, const char *const *texts);
void units_clear(struct units_list *list);
/* Lists the units that answered by service instance, then those that did not; as JSON everything
 * that is known of each. Returns the exit code. */
int print_surveyed(struct session *s, struct units_list *list);

/* Standard input up to the size of a receipt and one byte more, so that too much is noticed; the
 * caller's to free. (cmd_verify.c) */
clv_status read_stdin(uint8_t **ret_data, size_t *ret_len, struct clv_error *err);
/* A list command: mks, sigkeys, witness-keys. (cmd_keys.c) */
int list_keys(const struct args *args, enum clv_keyfile_kind kind);

/* ---- lists.c: shown by list commands and by the questions that choose from them ---- */
clv_status print_units(struct session *s);
char *units_text(struct session *s);
void print_keys(struct session *s, enum clv_keyfile_kind kind, const struct clv_tke_keys *keys);
char *keys_text(enum clv_keyfile_kind kind, const struct clv_tke_keys *keys);
/* As session_text(), under a list of text (used up), which stands above the prompt. */
clv_status session_choose(struct session *s, const char *option, char *list, const char *title,
                          const char *prompt, const char *help, char *ret, size_t cap);
/* A choice of key files; pointers into list, which is the caller's to clear. (cmd_keys.c) */
clv_status session_choose_keys(struct session *s, enum clv_keyfile_kind kind, const char *title,
                               const char *prompt, struct clv_tke_keys *list,
                               const struct clv_tke_key **ret, size_t cap, size_t *ret_num);

#endif
