/* cli, private: what the commands for witnesses share. */
#ifndef CLV_CLI_WITNESS_H
#define CLV_CLI_WITNESS_H

#include "session.h"

/* cosign --add: the other end, on the ceremony's machine (cmd_checkpoint.c). */
int add_cosignature(const struct args *args);
/* A code as a picture of characters on a terminal (light: one that is black on white), and its text
 * below; into a file the text alone. */
clv_status print_code(const char *text, bool light, struct clv_error *err);

/* The keys that --witness-key names; *ret_num is 0 without any.
 * errors  CLV_E_FORMAT, CLV_E_UNSUPPORTED: not the key of a witness; CLV_E_USAGE: too many */
clv_status witness_options(const struct args *args, struct clv_vkey ret[CLV_WITNESSES_MAX],
                           size_t *ret_num, struct clv_error *err);

#endif
