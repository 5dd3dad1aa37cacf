/* The listener: libmicrohttpd driven from one poll loop, in one thread.
 *
 * A unit that is slow or silent (a fault) must not hold up the others: its connection is suspended
 * and put on the waiting list until it is due, its client leaves, or the daemon ends. */
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "claviger/unitd.h"
#include "crowd.h"
#include "endpoint.h"

#define MAX_BODY CLV_EP11_REST_MAX
#define IDLE_SECONDS 60u
#define WHERE_TEXT 120
#define TLS_PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

enum { FD_HTTP, FD_SIGNAL, FD_PARENT, FD_WORK, NUM_FIXED_FDS };

/* One HTTP request under way; libmicrohttpd's con_cls. */
struct exchange {
    struct clv_unitd_listener *listener;
    struct MHD_Connection *connection;
    struct clv_writer body;
    bool too_large, answered;
    struct clv_unitd_http_reply reply;
    bool waiting;   /* suspended, and on the list below */
    int64_t due_ms; /* -1: never */
    struct exchange *next;
};

struct clv_unitd_listener {
    struct clv_unitd_listener_config config;
    struct clv_unitd_listing listing;
    struct MHD_Daemon *http;
    int http_fd, signal_fd, listen_fd; /* http_fd belongs to http */
    char where[WHERE_TEXT];
    struct exchange *waiting;
    struct crowd crowd; /* everybody who is connected */
    unsigned room;      /* for so many */
    bool ending;        /* what comes now is not asked any more */
    struct pollfd fds[NUM_FIXED_FDS + CROWD_MAX];
};

static int64_t now_ms(void)
{
    return clv_now_ms(clv_clock_system());
}

static void log_error(const struct clv_error *err)
{
    char text[2048];
    clv_error_format(err, text, sizeof(text));
    fprintf(stderr, "claviger-unitd: %s\n", text);
}

/* ---- who is connected ---- */

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static struct guest *guest_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **ret_guest,
                          enum MHD_ConnectionNotificationCode what)
{
    struct clv_unitd_listener *l = cls;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *ret_guest = crowd_enter(&l->crowd, socket_of(connection));
        if (l->crowd.num > l->room / 5 * 4)
            crowd_thin(&l->crowd);
    } else if (*ret_guest) {
        crowd_leave(&l->crowd, *ret_guest);
        *ret_guest = NULL;
    }
}

/* ---- the waiting list ---- */

static void mark_waiting(const struct exchange *x, bool waiting)
{
    struct guest *guest = guest_of(x->connection);
    if (guest)
        guest->waiting = waiting;
}

static void wait_for(struct exchange *x)
{
    struct clv_unitd_listener *l = x->listener;
    x->due_ms = x->reply.delivery == CLV_UNITD_SEND ? now_ms() + x->reply.delay_ms : -1;
    x->waiting = true;
    x->next = l->waiting;
    l->waiting = x;
    mark_waiting(x, true);
    MHD_suspend_connection(x->connection);
}

static void stop_waiting(struct exchange *x)
{
    struct exchange **at = &x->listener->waiting;
    while (*at && *at != x)
        at = &(*at)->next;
    if (*at)
        *at = x->next;
    x->waiting = false;
    mark_waiting(x, false);
}

static void resume(struct exchange *x)
{
    stop_waiting(x);
    x->reply.delay_ms = 0;
    if (x->reply.delivery != CLV_UNITD_SEND)
        x->reply.delivery = CLV_UNITD_DROP; /* its client left, or the daemon ends */
    MHD_resume_connection(x->connection);
}

/* Work beside is done: those that waited for it ask again. */
static void ask_again(struct clv_unitd_listener *l)
{
    struct exchange *next = NULL;
    for (struct exchange *x = l->waiting; x; x = next) {
        next = x->next;
        if (x->reply.delivery != CLV_UNITD_LATER)
            continue;
        x->answered = false;
        x->reply = (struct clv_unitd_http_reply){0};
        stop_waiting(x);
        MHD_resume_connection(x->connection);
    }
}

/* ---- libmicrohttpd's callbacks ---- */

static enum MHD_Result queue(struct MHD_Connection *connection,
                             const struct clv_unitd_http_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(reply->body), reply->body, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result ok = MHD_add_response_header(response, "Content-Type", "application/json");
    if (ok == MHD_YES && reply->header.name)
        ok = MHD_add_response_header(response, reply->header.name, reply->header.value);
    if (ok == MHD_YES)
        ok = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return ok;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool announces_too_much(struct MHD_Connection *connection)
{
    const char *length = header(connection, "Content-Length");
    return length && strtoull(length, NULL, 10) > MAX_BODY;
}

static enum MHD_Result begin(struct clv_unitd_listener *l, struct MHD_Connection *connection,
                             void **con_cls)
{
    static char too_large[] = "{\"message\":\"The body is too large.\"}";
    static const struct clv_unitd_http_reply refusal = {.status = MHD_HTTP_CONTENT_TOO_LARGE,
                                                        .body = too_large};
    struct exchange *x = calloc(1, sizeof(*x));
    if (!x)
        return MHD_NO;
    *x = (struct exchange){.listener = l, .connection = connection};
    *con_cls = x;
    return announces_too_much(connection) ? queue(connection, &refusal) : MHD_YES;
}

/* A body without a stated length ends the connection when it grows beyond what a request can be. */
static enum MHD_Result receive(struct exchange *x, const char *data, size_t len)
{
    if (x->body.len + len > MAX_BODY)
        return MHD_NO;
    clv_write_bytes(&x->body, data, len);
    return clv_writer_done(&x->body, NULL) == CLV_OK ? MHD_YES : MHD_NO;
}

static void answer(struct exchange *x, const char *method, const char *path)
{
    struct clv_unitd_listener *l = x->listener;
    struct clv_error err = {0};
    struct clv_unitd_http_request request = {
        .method = method,
        .path = path,
        .authorization = header(x->connection, "Authorization"),
        .content_encoding = header(x->connection, "Content-Encoding"),
        .body = clv_writer_view(&x->body),
    };
    x->answered = true;
    if (clv_unitd_rest_answer(l->config.vault, &l->listing, l->config.token, &request, &x->reply,
                              &err) != CLV_OK) {
        log_error(&err);
        x->reply.delivery = CLV_UNITD_DROP;
    }
    if (x->reply.trouble.code != CLV_OK)
        log_error(&x->reply.trouble);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **con_cls)
{
    struct exchange *x = *con_cls;
    (void)version;
    if (!x)
        return begin(cls, connection, con_cls);
    if (*data_len > 0) {
        enum MHD_Result ok = receive(x, data, *data_len);
        *data_len = 0;
        return ok;
    }
    if (!x->answered && x->listener->ending)
        return MHD_NO;
    if (!x->answered) {
        answer(x, method, path);
        if (x->reply.delivery == CLV_UNITD_HOLD || x->reply.delivery == CLV_UNITD_LATER ||
            x->reply.delay_ms > 0) {
            wait_for(x);
            return MHD_YES;
        }
    }
    if (x->reply.delivery == CLV_UNITD_DROP || !x->reply.body)
        return MHD_NO;
    return queue(x->connection, &x->reply);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode why)
{
    struct clv_unitd_listener *l = cls;
    struct exchange *x = *con_cls;
    struct guest *guest = guest_of(connection);
    if (guest && why == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        crowd_served(&l->crowd, guest);
    if (!x)
        return;
    if (x->waiting)
        stop_waiting(x);
    clv_writer_clear(&x->body);
    free(x->reply.body);
    free(x);
    *con_cls = NULL;
}

/* What clients do wrong is their business, not the log's. */
static void ignore_log(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    (void)fmt;
    (void)ap;
}

/* ---- making it ---- */

static clv_status open_signals(struct clv_unitd_listener *l, struct clv_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return clv_fail_errno(err, errno, "cannot block signals");
    l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return l->signal_fd < 0 ? clv_fail_errno(err, errno, "cannot wait for signals") : CLV_OK;
}

static clv_status open_socket(struct clv_unitd_listener *l, struct clv_error *err)
{
    if (!l->config.socket_path == !l->config.address)
        return clv_fail(err, CLV_E_USAGE, "want either a socket or an address to listen on");
    if (l->config.address)
        return endpoint_tcp(l->config.address, &l->listen_fd, l->where, sizeof(l->where), err);
    clv_status status = endpoint_unix(l->config.socket_path, &l->listen_fd, err);
    if (status == CLV_OK)
        snprintf(l->where, sizeof(l->where), "%s", l->config.socket_path);
    return status;
}

/* options: what HTTPS needs, or nothing. */
static struct MHD_Daemon *start_http(struct clv_unitd_listener *l, unsigned flags,
                                     struct MHD_OptionItem *options)
{
    /* clang-format off */
    return MHD_start_daemon(flags | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
                            NULL, NULL, on_request, l,
                            MHD_OPTION_EXTERNAL_LOGGER, ignore_log, NULL,
                            MHD_OPTION_LISTEN_SOCKET, l->listen_fd,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
                            MHD_OPTION_CONNECTION_LIMIT, l->room,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
                            MHD_OPTION_ARRAY, options,
                            MHD_OPTION_END);
    /* clang-format on */
}

static struct MHD_OptionItem text_option(enum MHD_OPTION option, const void *text)
{
    return (struct MHD_OptionItem){.option = option, .ptr_value = (void *)(uintptr_t)text};
}

/* GnuTLS copies key and certificate while the listener starts. */
static struct MHD_Daemon *start_https(struct clv_unitd_listener *l)
{
    struct MHD_OptionItem options[] = {
        text_option(MHD_OPTION_HTTPS_MEM_KEY, clv_secret_read(l->config.tls_key)),
        text_option(MHD_OPTION_HTTPS_MEM_CERT, l->config.tls_cert),
        text_option(MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES),
        {.option = MHD_OPTION_END},
    };
    struct MHD_Daemon *https = start_http(l, MHD_USE_TLS, options);
    clv_secret_close(l->config.tls_key);
    return https;
}

static clv_status open_http(struct clv_unitd_listener *l, struct clv_error *err)
{
    struct MHD_OptionItem none[] = {{.option = MHD_OPTION_END}};
    l->room = crowd_room();
    if (l->room == 0)
        return clv_fail(err, CLV_E_IO, "this process may have too few files open");
    l->http = l->config.tls_cert ? start_https(l) : start_http(l, 0, none);
    if (!l->http)
        return clv_fail(err, CLV_E_IO, "cannot start the %s listener%s",
                        l->config.tls_cert ? "HTTPS" : "HTTP",
                        l->config.tls_cert ? ": certificate and key do not go together" : "");
    l->listen_fd = -1; /* libmicrohttpd closes it */
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->http, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info)
        return clv_fail(err, CLV_E_INTERNAL, "the HTTP listener cannot be polled");
    l->http_fd = info->epoll_fd;
    return CLV_OK;
}

clv_status clv_unitd_listener_new(const struct clv_unitd_listener_config *config,
                                  struct clv_unitd_listener **ret, struct clv_error *err)
{
    struct clv_unitd_listener *l = calloc(1, sizeof(*l));
    if (!l)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the listener");
    l->config = *config;
    l->http_fd = l->signal_fd = l->listen_fd = -1;
    clv_unitd_vault_listing(config->vault, &l->listing);
    clv_status status = open_signals(l, err);
    if (status == CLV_OK)
        status = open_socket(l, err);
    if (status == CLV_OK)
        status = open_http(l, err);
    if (status != CLV_OK)
        clv_unitd_listener_free(&l);
    else
        *ret = l;
    return status;
}

const char *clv_unitd_listener_where(const struct clv_unitd_listener *listener)
{
    return listener->where;
}

/* libmicrohttpd insists that nothing is suspended when it stops: neither what waits, nor a request
 * that comes while those that wait are let go. */
void clv_unitd_listener_free(struct clv_unitd_listener **listener)
{
    struct clv_unitd_listener *l = *listener;
    if (!l)
        return;
    bool bound = l->where[0] != 0;
    l->ending = true;
    while (l->waiting)
        resume(l->waiting);
    if (l->http) {
        MHD_run(l->http);
        MHD_stop_daemon(l->http);
    }
    if (l->listen_fd >= 0)
        close(l->listen_fd);
    if (l->signal_fd >= 0)
        close(l->signal_fd);
    if (bound && l->config.socket_path)
        unlink(l->config.socket_path);
    free(l);
    *listener = NULL;
}

/* ---- the loop ---- */

static nfds_t fill_fds(struct clv_unitd_listener *l)
{
    nfds_t n = NUM_FIXED_FDS;
    l->fds[FD_HTTP] = (struct pollfd){.fd = l->http_fd, .events = POLLIN};
    l->fds[FD_SIGNAL] = (struct pollfd){.fd = l->signal_fd, .events = POLLIN};
    l->fds[FD_PARENT] = (struct pollfd){.fd = l->config.parent_fd, .events = POLLIN};
    int work_fd = l->config.work.fd ? l->config.work.fd(l->config.work.ctx) : -1;
    l->fds[FD_WORK] = (struct pollfd){.fd = work_fd, .events = POLLIN};
    for (struct exchange *x = l->waiting; x && n < NUM_FIXED_FDS + CROWD_MAX; x = x->next)
        l->fds[n++] = (struct pollfd){.fd = socket_of(x->connection), .events = POLLRDHUP};
    return n;
}

static int timeout_ms(const struct clv_unitd_listener *l)
{
    int64_t timeout = -1;
    MHD_UNSIGNED_LONG_LONG http = 0;
    if (MHD_get_timeout(l->http, &http) == MHD_YES)
        timeout = http > INT32_MAX ? INT32_MAX : (int64_t)http;
    for (const struct exchange *x = l->waiting; x; x = x->next) {
        int64_t left = x->due_ms < 0 ? INT32_MAX : x->due_ms - now_ms();
        if (left < 0)
            left = 0;
        if (timeout < 0 || left < timeout)
            timeout = left;
    }
    return (int)timeout;
}

/* fds[NUM_FIXED_FDS + i] is the socket of the i-th waiting exchange, in the order of the list. */
static void resume_due(struct clv_unitd_listener *l, nfds_t num_fds)
{
    nfds_t n = NUM_FIXED_FDS;
    struct exchange *next = NULL;
    for (struct exchange *x = l->waiting; x; x = next) {
        bool left = n < num_fds && l->fds[n].revents != 0;
        n++;
        next = x->next;
        if (left)
            x->reply.delivery = CLV_UNITD_DROP;
        if (left || (x->due_ms >= 0 && x->due_ms <= now_ms()))
            resume(x);
    }
}

clv_status clv_unitd_listener_run(struct clv_unitd_listener *l, struct clv_error *err)
{
    for (;;) {
        nfds_t num_fds = fill_fds(l);
        if (poll(l->fds, num_fds, timeout_ms(l)) < 0 && errno != EINTR)
            return clv_fail_errno(err, errno, "cannot wait for requests");
        if (l->fds[FD_SIGNAL].revents || l->fds[FD_PARENT].revents)
            return CLV_OK;
        resume_due(l, num_fds);
        if (l->fds[FD_WORK].revents) {
            l->config.work.collect(l->config.work.ctx);
            ask_again(l);
        }
        if (MHD_run(l->http) != MHD_YES)
            return clv_fail(err, CLV_E_INTERNAL, "the HTTP listener failed");
    }
}
