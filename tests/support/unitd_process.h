/* The real claviger-unitd in a process of its own, in a folder of its own, and a client for it. */
#ifndef CLAVIGER_TESTS_UNITD_PROCESS_H
#define CLAVIGER_TESTS_UNITD_PROCESS_H

#include <sys/types.h>

#include "claviger/ep11.h"

#define PROCESS_MAX_ARGS 140 /* 64 fault plans are the most the daemon takes */

struct process {
    char dir[64]; /* temporary, holds all that follows */
    char state[80], socket[80], log[80];
    bool https;             /* set before it starts: HTTPS on a free port instead of the socket */
    char cert[80], key[80]; /* and these, for another certificate than its own */
    pid_t pid;
    int parent_fd;     /* closing it ends the daemon */
    char ready[64];    /* what it said when it was ready, without the newline */
    char instance[40]; /* id of the service instance, from the state folder */
    struct clv_ep11_listed_unit *units;
    size_t num_units;
};

/* A temporary folder; no daemon yet. */
void process_open(struct process *p);
/* Ends what runs and removes the folder. */
void process_close(struct process *p);
/* How a site file names it: "unix:/..." or "https://127.0.0.1:PORT". */
void process_endpoint(const struct process *p, char *ret, size_t cap);
/* Starts the daemon on p->socket with further arguments (ended by NULL) and waits until it is
 * ready; reads instance and listing. */
void process_start(struct process *p, const char *const *args);
/* Runs the daemon with exactly these arguments until it ends; returns its exit status, 128 + n for
 * signal n. Its messages are in p->log. */
int process_run(struct process *p, const char *const *args);
/* Sends a signal, waits for the end, returns as process_run(). */
int process_stop(struct process *p, int signal);
/* Closes the parent pipe and waits for the end. */
int process_orphan(struct process *p);
/* Whole text of the log; the caller's to free(). */
char *process_log(const struct process *p);

/* One HTTP exchange. body NULL: GET. Returns the status, 0 without an answer;
 * *ret_body is the caller's to free(). */
long process_http(const struct process *p, const char *path, const char *body,
                  const char *authorization, char **ret_body);
/* Posts a payload to unit n (from 0) and takes the answer's payload out of its wrappings; false
 * when there was no answer. *ret is the caller's to free(). */
bool process_post(const struct process *p, size_t unit, struct clv_view payload, uint8_t **ret,
                  size_t *ret_len);
/* A connected socket, for what no HTTP client would send. */
int process_connect(const struct process *p);

/* A whole POST of a DOM_ATTRS query of unit n as HTTP/1.1 text; the caller's to free(). */
char *process_query_text(const struct process *p, size_t unit);
/* Asks unit n for its attributes; false when there was no answer. ret_counter may be NULL. */
bool process_query(const struct process *p, size_t unit, uint8_t ret_counter[CLV_EP11_COUNTER_LEN]);

#endif
