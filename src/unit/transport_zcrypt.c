/* The way to cards of this machine: /dev/z90crypt.
 *
 * The ioctl blocks until the card has answered, so each request has a thread of its own. A thread
 * that nobody waits for any more (deadline passed) finishes by itself and frees what it holds. The
 * rooms above speak JSON around HTP text around CPRBs; here that is taken off on the way out and
 * put on again on the way back. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "zcrypt.h"

#define RESPONSE_MAX 65536

/* ---- the kernel ----------------------------------------------------------------------------- */

static int kernel_open(void *ctx, const char *path)
{
    (void)ctx;
    return open(path, O_RDWR | O_CLOEXEC);
}

static int kernel_send(void *ctx, int fd, struct clv_ep11_urb *urb)
{
    (void)ctx;
    return ioctl(fd, CLV_ZSENDEP11CPRB, urb);
}

static void kernel_close(void *ctx, int fd)
{
    (void)ctx;
    (void)close(fd);
}

const struct clv_zcrypt_ports *clv_zcrypt_kernel(void)
{
    static const struct clv_zcrypt_ports ports = {.open = kernel_open,
                                                  .send = kernel_send,
                                                  .close = kernel_close,
                                                  .sysfs = "/sys/bus/ap/devices"};
    return &ports;
}

/* The driver repeats a request by itself when a queue gives it back (EAGAIN inside), and only then
 * finds that there is no queue left or no memory. So of its errors only those say "not sent" that
 * the first look at the request brings, and every later one would bring, too. */
bool clv_zcrypt_not_sent(int error, const char **ret_words)
{
    static const struct {
        int error;
        bool not_sent;
        const char *words;
    } errors[] = {
        {ENOTTY, true, "the device node does not take EP11 requests"},
        {EPERM, true, "the device node does not permit administration or this domain"},
        {EACCES, true, "the device node does not permit this card"},
        {ENODEV, false, "the card or domain went away"},
        {EBUSY, false, "the card is busy"},
        {EIO, false, "the card gave the request back again and again"},
        {EAGAIN, false, "the card gave the request back"},
        {ENOMEM, false, "the kernel has no memory left"},
        {EINTR, false, "the wait for the card was interrupted"},
        {EMSGSIZE, false, "the answer is too long"},
        {ETIMEDOUT, false, "the card does not answer"},
    };
    *ret_words = NULL;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].error != error)
            continue;
        *ret_words = errors[i].words;
        return errors[i].not_sent;
    }
    return false;
}

/* ---- one request in its thread -------------------------------------------------------------- */

/* Rung when a request is over. Lives as long as anybody who may ring it. */
struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    bool any;
    atomic_int refs;
};

static void bell_drop(struct bell *bell)
{
    if (atomic_fetch_sub(&bell->refs, 1) > 1)
        return;
    pthread_cond_destroy(&bell->rung);
    pthread_mutex_destroy(&bell->lock);
    free(bell);
}

static void bell_ring(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->any = true;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->lock);
}

struct request {
    struct clv_zcrypt_ports ports;
    int fd;
    struct clv_ep11_target target;
    struct clv_writer cprb;
    uint8_t response[RESPONSE_MAX];
    size_t response_len;
    int error; /* errno, or 0 */
    struct bell *bell;
    atomic_bool over;
    atomic_int refs; /* the exchange and the thread */
};

static void request_drop(struct request *request)
{
    if (atomic_fetch_sub(&request->refs, 1) > 1)
        return;
    clv_writer_clear(&request->cprb);
    bell_drop(request->bell);
    free(request);
}

static uint64_t address_of(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static void *send_request(void *arg)
{
    struct request *request = arg;
    struct clv_ep11_urb urb = {.num_targets = 1,
                               .targets = address_of(&request->target),
                               .request_len = request->cprb.len,
                               .request = address_of(request->cprb.data),
                               .response_len = sizeof request->response,
                               .response = address_of(request->response)};
    if (request->ports.send(request->ports.ctx, request->fd, &urb) < 0)
        request->error = errno == 0 ? EIO : errno;
    request->response_len = urb.response_len;
    request->ports.close(request->ports.ctx, request->fd);
    atomic_store(&request->over, true);
    bell_ring(request->bell);
    request_drop(request);
    return NULL;
}

/* No signal is for this thread: the ioctl would end early, and nobody could say whether the request
 * had gone. */
static clv_status start_thread(struct request *request, struct clv_error *err)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_fetch_add(&request->refs, 1);
    int failed = pthread_create(&thread, NULL, send_request, request);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) {
        pthread_detach(thread);
        return CLV_OK;
    }
    atomic_fetch_sub(&request->refs, 1);
    return clv_fail(err, CLV_E_MEMORY, "no thread could be started");
}

/* ---- exchanges ------------------------------------------------------------------------------ */

struct zcrypt_transport {
    const struct clv_zcrypt_ports *ports;
    struct bell *bell;
};

struct clv_exchange {
    struct request *request; /* NULL: settled from the start */
    enum clv_exchange_state state;
    uint32_t domain;
    struct clv_writer body;
    char why[CLV_ERROR_TEXT];
};

/* "/v1/tke/ID/hsms" and "/v1/tke/ID/hsms/03-0008". */
static bool queue_of_path(const struct clv_service *service, const char *path,
                          const struct clv_queue **ret)
{
    const char *name = strrchr(path, '/') + 1;
    for (size_t i = 0; i < service->num_queues; i++) {
        char text[16];
        snprintf(text, sizeof text, "%02x-%04x", service->queues[i].card & 0xff,
                 service->queues[i].domain & 0xffff);
        if (strcmp(name, text) != 0)
            continue;
        *ret = &service->queues[i];
        return true;
    }
    return false;
}

/* ---- the list: made here --------------------------------------------------------------------- */

static clv_status list_queue(const struct clv_zcrypt_ports *ports, const struct clv_queue *queue,
                             struct clv_ep11_listed_unit *ret, struct clv_error *err)
{
    snprintf(ret->hsm_id, sizeof ret->hsm_id, "%02x-%04x", queue->card & 0xff,
             queue->domain & 0xffff);
    snprintf(ret->state, sizeof ret->state, "active");
    clv_status status =
        clv_ep11_location_encode("this machine", "zcrypt", queue->card, queue->domain,
                                 ret->location, sizeof ret->location, err);
    if (status == CLV_OK)
        status = clv_sysfs_serial(ports->sysfs, queue, ret->serial_number, err);
    return status;
}

static clv_status make_list(const struct clv_zcrypt_ports *ports, const struct clv_service *service,
                            struct clv_writer *w, struct clv_error *err)
{
    struct clv_ep11_listed_unit *units = calloc(service->num_queues + 1, sizeof *units);
    if (units == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a list of cards");
    clv_status status = CLV_OK;
    for (size_t i = 0; status == CLV_OK && i < service->num_queues; i++)
        status = list_queue(ports, &service->queues[i], &units[i], err);
    if (status == CLV_OK)
        status = clv_ep11_rest_listing_encode(w, units, service->num_queues, err);
    free(units);
    return status;
}

static clv_status start_list(const struct zcrypt_transport *t, const struct clv_service *service,
                             struct clv_exchange *x)
{
    struct clv_error why = {0};
    x->state = CLV_EXCHANGE_ANSWERED;
    if (make_list(t->ports, service, &x->body, &why) != CLV_OK) {
        x->state = CLV_EXCHANGE_NOT_SENT;
        snprintf(x->why, sizeof x->why, "%s", why.fact);
    }
    return CLV_OK;
}

/* ---- a message: unwrapped, sent, wrapped ----------------------------------------------------- */

static clv_status unwrap_request(const char *body, struct clv_writer *ret_cprb,
                                 uint32_t *ret_domain, struct clv_error *err)
{
    char *text = NULL;
    uint8_t *payload = NULL;
    size_t text_len = 0, len = 0;
    unsigned module = 0;
    clv_status status =
        clv_ep11_rest_request_decode(clv_view_of(body, strlen(body)), &text, &text_len, err);
    if (status == CLV_OK)
        status = clv_ep11_htp_request_decode(clv_view_of(text, text_len), &module, ret_domain,
                                             &payload, &len, NULL, err);
    free(text);
    if (status == CLV_OK) {
        clv_ep11_cprb_encode(ret_cprb, *ret_domain, clv_view_of(payload, len));
        status = clv_writer_done(ret_cprb, err);
    }
    free(payload);
    return status;
}

static clv_status new_request(struct zcrypt_transport *t, const struct clv_queue *queue,
                              struct request **ret, struct clv_error *err)
{
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a request");
    request->ports = *t->ports;
    request->fd = -1;
    request->target = (struct clv_ep11_target){(uint16_t)queue->card, (uint16_t)queue->domain};
    request->bell = t->bell;
    atomic_fetch_add(&t->bell->refs, 1);
    atomic_store(&request->refs, 1);
    *ret = request;
    return CLV_OK;
}

static const char *device_of(const struct clv_service *service)
{
    return strchr(service->endpoint, ':') + 1;
}

/* What can be known before the request leaves is looked at before. */
static clv_status open_device(struct zcrypt_transport *t, const struct clv_service *service,
                              const struct clv_queue *queue, int *ret_fd, struct clv_exchange *x)
{
    struct clv_error why = {0};
    if (clv_sysfs_online(t->ports->sysfs, queue, &why) == CLV_OK) {
        *ret_fd = t->ports->open(t->ports->ctx, device_of(service));
        if (*ret_fd >= 0)
            return CLV_OK;
        (void)clv_fail_errno(&why, errno, "%s cannot be opened", device_of(service));
    }
    x->state = CLV_EXCHANGE_NOT_SENT;
    snprintf(x->why, sizeof x->why, "%s", why.fact);
    return CLV_E_MISSING;
}

static clv_status start_message(struct zcrypt_transport *t, const struct clv_service *service,
                                const char *path, const char *body, struct clv_exchange *x,
                                struct clv_error *err)
{
    const struct clv_queue *queue = NULL;
    if (!queue_of_path(service, path, &queue))
        return clv_fail(err, CLV_E_INTERNAL, "no queue of the site has the name in %s", path);
    clv_status status = new_request(t, queue, &x->request, err);
    if (status == CLV_OK)
        status = unwrap_request(body, &x->request->cprb, &x->domain, err);
    if (status != CLV_OK)
        return status;
    if (open_device(t, service, queue, &x->request->fd, x) != CLV_OK)
        return CLV_OK; /* the exchange says so */
    status = start_thread(x->request, err);
    if (status != CLV_OK)
        t->ports->close(t->ports->ctx, x->request->fd);
    return status;
}

static void exchange_free(struct clv_exchange *x)
{
    if (x->request != NULL)
        request_drop(x->request);
    clv_writer_clear(&x->body);
    free(x);
}

static clv_status zcrypt_start(void *ctx, const struct clv_service *service, const char *path,
                               const char *body, int timeout_ms, struct clv_exchange **ret,
                               struct clv_error *err)
{
    struct zcrypt_transport *t = ctx;
    struct clv_exchange *x = calloc(1, sizeof *x);
    (void)timeout_ms; /* the fleet keeps the deadline; the kernel has none */
    if (x == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a request");
    clv_status status =
        body == NULL ? start_list(t, service, x) : start_message(t, service, path, body, x, err);
    if (status != CLV_OK) {
        exchange_free(x);
        return status;
    }
    *ret = x;
    return CLV_OK;
}

static void wrap_response(struct clv_exchange *x)
{
    const struct request *request = x->request;
    struct clv_writer htp = {0};
    struct clv_error why = {0};
    clv_status status = CLV_OK;
    if (request->response_len < CLV_EP11_CPRB_LEN || request->response_len > RESPONSE_MAX)
        status =
            clv_fail(&why, CLV_E_FORMAT, "an answer of %zu bytes is none", request->response_len);
    if (status == CLV_OK)
        status = clv_ep11_htp_response_wrap(
            &htp, clv_view_of(request->response, request->response_len), &why);
    if (status == CLV_OK)
        status = clv_ep11_rest_response_encode(&x->body, clv_writer_view(&htp), &why);
    clv_writer_clear(&htp);
    x->state = status == CLV_OK ? CLV_EXCHANGE_ANSWERED : CLV_EXCHANGE_BROKEN;
    snprintf(x->why, sizeof x->why, "%s", why.fact);
}

static void explain_error(struct clv_exchange *x, int error)
{
    const char *words = NULL;
    x->state = clv_zcrypt_not_sent(error, &words) ? CLV_EXCHANGE_NOT_SENT : CLV_EXCHANGE_BROKEN;
    if (words != NULL)
        snprintf(x->why, sizeof x->why, "%s", words);
    else
        snprintf(x->why, sizeof x->why, "the device node says: %s", strerror(error));
}

/* Exchanges are settled where their owner's thread is. */
static void settle(struct clv_exchange *x)
{
    if (x->state != CLV_EXCHANGE_PENDING || !atomic_load(&x->request->over))
        return;
    if (x->request->error != 0)
        explain_error(x, x->request->error);
    else
        wrap_response(x);
}

static void zcrypt_poll(void *ctx, int wait_ms)
{
    struct bell *bell = ((struct zcrypt_transport *)ctx)->bell;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)wait_ms % 1000 * 1000000L;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&bell->lock);
    while (!bell->any && pthread_cond_timedwait(&bell->rung, &bell->lock, &until) == 0)
        ;
    bell->any = false;
    pthread_mutex_unlock(&bell->lock);
}

static enum clv_exchange_state zcrypt_state(const struct clv_exchange *x, long *ret_http_status,
                                            struct clv_view *ret_body, const char **ret_why)
{
    settle((struct clv_exchange *)(uintptr_t)x);
    *ret_http_status = 200;
    *ret_body = clv_writer_view(&x->body);
    *ret_why = x->why;
    return x->state;
}

static void zcrypt_close(void *ctx, struct clv_exchange **x)
{
    (void)ctx;
    if (*x != NULL)
        exchange_free(*x);
    *x = NULL;
}

/* A file that is not there or has another form is no opinion. */
static bool zcrypt_registers(void *ctx, const struct clv_service *service, const char *path,
                             struct clv_registers *ret)
{
    const struct zcrypt_transport *t = ctx;
    const struct clv_queue *queue = NULL;
    return queue_of_path(service, path, &queue) &&
           clv_sysfs_mkvps(t->ports->sysfs, queue, ret, NULL) == CLV_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

static struct bell *bell_new(void)
{
    struct bell *bell = calloc(1, sizeof *bell);
    pthread_condattr_t attributes;
    if (bell == NULL)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&bell->lock, NULL);
    pthread_cond_init(&bell->rung, &attributes);
    pthread_condattr_destroy(&attributes);
    atomic_store(&bell->refs, 1);
    return bell;
}

clv_status clv_transport_zcrypt_new(const struct clv_zcrypt_ports *ports, struct clv_transport *ret,
                                    struct clv_error *err)
{
    struct zcrypt_transport *t = calloc(1, sizeof *t);
    struct bell *bell = t == NULL ? NULL : bell_new();
    if (bell == NULL) {
        free(t);
        return clv_fail(err, CLV_E_MEMORY, "no memory for the way to the cards");
    }
    t->ports = ports;
    t->bell = bell;
    *ret = (struct clv_transport){.start = zcrypt_start,
                                  .poll = zcrypt_poll,
                                  .state = zcrypt_state,
                                  .close = zcrypt_close,
                                  .registers = zcrypt_registers,
                                  .ctx = t};
    return CLV_OK;
}

void clv_transport_zcrypt_free(struct clv_transport *transport)
{
    struct zcrypt_transport *t = transport->ctx;
    if (t == NULL)
        return;
    bell_drop(t->bell);
    free(t);
    *transport = (struct clv_transport){0};
}
