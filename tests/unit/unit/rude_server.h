/* A small HTTP server without manners, on a Unix socket or a loopback port, in threads of the test.
 * It counts what reached it: that is what "not sent" and "sent once" mean. */
#ifndef CLAVIGER_TESTS_RUDE_SERVER_H
#define CLAVIGER_TESTS_RUDE_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum manners {
    POLITE,             /* 200, "hello", connection kept */
    DIES_AT_SECOND,     /* polite once a connection, then reads a request and closes */
    CLOSES_AT_ONCE,     /* accepts and closes */
    RESETS,             /* reads a request, then resets the connection */
    ANSWERS_HALF,       /* promises 100 bytes, sends 10, closes */
    SILENT,             /* reads, never answers */
    DRIPS,              /* one byte now and then, never done */
    BOUNDLESS,          /* sends without end */
    SENDS_ELSEWHERE,    /* 302 to itself */
    NAMES_AUTHORIZATION /* 200, body: the Authorization header it got */
};

struct rude {
    enum manners manners;
    char endpoint[120]; /* "unix:..." or "http://127.0.0.1:PORT" */
    char dir[40];
    int listener;
    pthread_t thread;
    atomic_uint num_connections, num_requests, num_bodies;
    atomic_bool ending;
};

void rude_start(struct rude *r, enum manners manners, bool tcp);
void rude_stop(struct rude *r);

#endif
