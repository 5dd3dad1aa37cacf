/* The command line of claviger-unitd. */
#ifndef CLAVIGER_SRC_UNITD_OPTIONS_H
#define CLAVIGER_SRC_UNITD_OPTIONS_H

#include "claviger/unitd.h"
#include "tls.h"

#define OPTIONS_MAX_FAULTS 64

struct options {
    unsigned num_units[CLV_UNITD_NUM_KINDS];
    bool given_units; /* any number of units was named */
    const char *state_dir, *socket_path, *address, *instance_id, *token_file;
    unsigned token_uses; /* 0: any number */
    bool tls;            /* with a certificate of its own */
    const char *tls_cert, *tls_key, *tls_names[TLS_MAX_NAMES];
    size_t num_tls_names;
    bool production_tests, show, help, version;
    uint8_t permissions[4], control_points[16];
    bool given_permissions, given_control_points;
    const char *faults[OPTIONS_MAX_FAULTS];
    size_t num_faults;
    int ready_fd, parent_fd; /* -1: none */
};

extern const char options_help[];
/* Strings are borrowed from argv. errors  CLV_E_USAGE */
clv_status options_parse(int argc, char **argv, struct options *ret, struct clv_error *err);

#endif
