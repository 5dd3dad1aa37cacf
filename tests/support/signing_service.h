/* A signing service in a process of its own: tests/support/signing_service.py.
 *
 *     struct signing_service service;
 *     const char *options[] = {"sign:late:3:1", NULL};
 *     signing_service_start(&service, dir, options);
 *     ... dir/url, dir/asked ...
 *     signing_service_stop(&service);
 *
 * It has the keys first, second and liar, and wants the token token-of-NAME. */
#ifndef CLV_TESTS_SIGNING_SERVICE_H
#define CLV_TESTS_SIGNING_SERVICE_H

#include <sys/types.h>

struct signing_service {
    pid_t pid;
    int input; /* it ends with this */
};

/* Further options (--tls, WHAT:BEHAVIOUR:FROM:TIMES) up to NULL, at most 30, or NULL; returns when
 * it listens. */
void signing_service_start(struct signing_service *s, const char *dir, const char *const *options);
void signing_service_stop(struct signing_service *s);

#endif
