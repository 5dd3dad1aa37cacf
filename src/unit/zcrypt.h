/* Cards of this machine: the Linux device node, what the kernel shows of them, and the transport
 * over both. The layouts are the kernel's interface to programs, told here once more because other
 * systems than Linux on IBM Z have no header for it.
 * source  Linux, arch/s390/include/uapi/asm/zcrypt.h and drivers/s390/crypto/zcrypt_ep11misc.c;
 *         docs/protocol.md, section h */
#ifndef CLV_UNIT_ZCRYPT_H
#define CLV_UNIT_ZCRYPT_H

#include <sys/ioctl.h>

#include "internal.h"

/* ---- the ioctl ------------------------------------------------------------------------------ */

struct clv_ep11_target {
    uint16_t card, domain;
};

/* Pointers are 64 bits wide on the wire of this interface. */
struct clv_ep11_urb {
    uint16_t num_targets;
    uint64_t targets; /* struct clv_ep11_target[num_targets] */
    uint64_t weight;
    uint64_t request_number;
    uint64_t request_len;
    uint64_t request;      /* CPRB and payload */
    uint64_t response_len; /* room; then what came */
    uint64_t response;
} __attribute__((packed));

#define CLV_ZSENDEP11CPRB _IOC(_IOC_READ | _IOC_WRITE, 'z', 0x04, 0)

/* What the kernel does; tests put something else here. */
struct clv_zcrypt_ports {
    int (*open)(void *ctx, const char *path);                 /* -1 with errno */
    int (*send)(void *ctx, int fd, struct clv_ep11_urb *urb); /* blocks; -1 with errno */
    void (*close)(void *ctx, int fd);
    const char *sysfs; /* "/sys/bus/ap/devices" */
    void *ctx;
};
const struct clv_zcrypt_ports *clv_zcrypt_kernel(void);

/* Whether no request can have reached a card when the ioctl failed so; *ret_words says why. */
bool clv_zcrypt_not_sent(int error, const char **ret_words);

/* ---- sysfs.c: what the kernel shows of a card ------------------------------------------------ */

/* The text of a file `mkvps`: "WK CUR: valid 0x..." and "WK NEW: empty -", each with its line end.
 * errors  CLV_E_FORMAT */
clv_status clv_mkvps_parse(struct clv_view text, struct clv_registers *ret, struct clv_error *err);
/* Of one queue. errors  CLV_E_MISSING: no such file; CLV_E_FORMAT */
clv_status clv_sysfs_mkvps(const char *sysfs, const struct clv_queue *queue,
                           struct clv_registers *ret, struct clv_error *err);
/* The first eight of the sixteen characters in `serialnr` of the card.
 * errors  CLV_E_MISSING: no such card; CLV_E_FORMAT */
clv_status clv_sysfs_serial(const char *sysfs, const struct clv_queue *queue,
                            char ret[CLV_EP11_SERIAL_LEN + 1], struct clv_error *err);
/* errors  CLV_E_MISSING: the kernel has no such queue, or it is off: says which */
clv_status clv_sysfs_online(const char *sysfs, const struct clv_queue *queue,
                            struct clv_error *err);

/* ---- transport_zcrypt.c ---------------------------------------------------------------------- */

/* Borrows the ports. Inwards it speaks as the REST service does, so that nothing above knows: a
 * list of the site's queues, and JSON and HTP text around each CPRB. */
clv_status clv_transport_zcrypt_new(const struct clv_zcrypt_ports *ports, struct clv_transport *ret,
                                    struct clv_error *err);
/* Requests that the kernel has not answered are left to it. */
void clv_transport_zcrypt_free(struct clv_transport *transport);

#endif
