/* What the daemon shows to TLS clients: a certificate that was given, or one of its own. */
#ifndef CLAVIGER_SRC_UNITD_TLS_H
#define CLAVIGER_SRC_UNITD_TLS_H

#include "claviger/base.h"

#define TLS_MAX_NAMES 8

struct tls {
    struct clv_secret *key_pem; /* ends with a NUL */
    char *cert_pem;
};

/* The certificate, with those that certify it behind it, and its key, in a private file.
 * errors  CLV_E_FORMAT: not PEM; CLV_E_PERMISSION; CLV_E_IO */
clv_status tls_read(const char *cert_path, const char *key_path, struct tls *ret,
                    struct clv_error *err);
/* The certificate that the state folder has, or a new one for localhost, 127.0.0.1 and the names;
 * with names always a new one. Keeps it with its key in tls.key and writes tls.pem, which is what a
 * client is to trust. */
clv_status tls_own(const char *state_dir, const char *const *names, size_t num_names,
                   struct tls *ret, struct clv_error *err);
void tls_clear(struct tls *tls);

#endif
