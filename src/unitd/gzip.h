/* Bodies that a client has compressed. */
#ifndef CLAVIGER_SRC_UNITD_GZIP_H
#define CLAVIGER_SRC_UNITD_GZIP_H

#include "claviger/base.h"

/* Appends the content of exactly one gzip member to w, max bytes at most.
 * errors  CLV_E_FORMAT: not gzip, cut short, followed by something, or more than max
 * source  RFC 1952 */
clv_status gzip_open(struct clv_view packed, size_t max, struct clv_writer *w,
                     struct clv_error *err);

#endif
