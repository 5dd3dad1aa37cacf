/* Listening sockets: a Unix socket only its owner reaches, or a port on the loopback interface. */
#ifndef CLAVIGER_SRC_UNITD_ENDPOINT_H
#define CLAVIGER_SRC_UNITD_ENDPOINT_H

#include "claviger/base.h"

/* "/run/user/1000/x/units.sock". The folder is made private or must be; a socket nobody answers on
 * any more is replaced.
 * errors  CLV_E_EXISTS: somebody answers there; CLV_E_PERMISSION, CLV_E_USAGE, CLV_E_IO */
clv_status endpoint_unix(const char *path, int *ret_fd, struct clv_error *err);
/* "127.0.0.1:8080"; *where gets the address with the port that was given. errors  CLV_E_USAGE: not
 * the loopback interface */
clv_status endpoint_tcp(const char *address, int *ret_fd, char *ret_where, size_t cap,
                        struct clv_error *err);

#endif
