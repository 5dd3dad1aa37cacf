/* A sheet to a print queue of the workstation, by `lp` (CUPS).
 *
 *     clv_lp_print("office", "/…/01-key-part.pdf", CLV_LP_SECONDS, err);
 *
 * lp runs in a process of its own, without the terminal: what it says comes back as the error, and
 * nothing of it stands on the screen. Taken by the queue does not mean printed: people look. */
#ifndef CLAVIGER_RECEIPT_PRINT_H
#define CLAVIGER_RECEIPT_PRINT_H

#include "claviger/base.h"

#define CLV_LP_SECONDS 60 /* it queues and returns; a server far away takes a while */

/* lp is found as the shell finds it. An lp that has not come back after so many seconds is ended:
 * whether its sheet still comes out is not known.
 * errors  CLV_E_MISSING: there is no lp; CLV_E_TIMEOUT; CLV_E_IO: what lp says, in its words */
clv_status clv_lp_print(const char *queue, const char *path, unsigned seconds,
                        struct clv_error *err);

#endif
