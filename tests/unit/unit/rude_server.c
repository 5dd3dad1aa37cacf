#include "rude_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_REQUEST 16384

struct connection {
    struct rude *server;
    int fd;
};

/* Waits for something to read, and looks whether the test is over. */
static bool readable(struct rude *r, int fd)
{
    while (!atomic_load(&r->ending)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 20) > 0)
            return true;
    }
    return false;
}

/* One whole request: head, and as much body as Content-Length says. */
static bool read_request(struct rude *r, int fd, char *text)
{
    size_t len = 0, wanted = 0;
    while (wanted == 0 || len < wanted) {
        if (!readable(r, fd))
            return false;
        ssize_t n = recv(fd, text + len, MAX_REQUEST - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        if (end == NULL)
            continue;
        const char *length = strcasestr(text, "content-length:");
        size_t body_len = length == NULL ? 0 : (size_t)strtoul(length + 15, NULL, 10);
        wanted = (size_t)(end + 4 - text) + body_len;
        if (len >= wanted) {
            atomic_fetch_add(&r->num_requests, 1);
            atomic_fetch_add(&r->num_bodies, body_len > 0);
        }
    }
    return true;
}

static bool say(int fd, const char *text)
{
    size_t len = strlen(text);
    return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void say_hello(int fd)
{
    (void)say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

static void say_authorization(int fd, const char *request)
{
    char value[200] = "none", answer[400];
    const char *header = strcasestr(request, "authorization: ");
    if (header != NULL)
        sscanf(header + 15, "%199[^\r\n]", value);
    snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(value), value);
    (void)say(fd, answer);
}

static void drip(struct rude *r, int fd)
{
    (void)say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (!atomic_load(&r->ending) && say(fd, "x"))
        usleep(20000);
}

static void pour(struct rude *r, int fd)
{
    static char block[65536];
    memset(block, 'A', sizeof block - 1);
    (void)say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    while (!atomic_load(&r->ending) && say(fd, block))
        ;
}

static void reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* Whether the connection stays open for another request. */
static bool answer(struct rude *r, int fd, const char *request, unsigned number)
{
    switch (r->manners) {
    case POLITE:
        say_hello(fd);
        return true;
    case DIES_AT_SECOND:
        if (number == 1)
            say_hello(fd);
        return number == 1;
    case RESETS:
        reset(fd);
        return false;
    case ANSWERS_HALF:
        (void)say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
        return false;
    case SILENT:
        while (readable(r, fd) && recv(fd, (char[16]){0}, 16, 0) > 0)
            ;
        return false;
    case DRIPS:
        drip(r, fd);
        return false;
    case BOUNDLESS:
        pour(r, fd);
        return false;
    case SENDS_ELSEWHERE:
        (void)say(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
        return true;
    case NAMES_AUTHORIZATION:
        say_authorization(fd, request);
        return true;
    case CLOSES_AT_ONCE:
        break;
    }
    return false;
}

static void *serve_one(void *ctx)
{
    struct connection c = *(struct connection *)ctx;
    char *request = malloc(MAX_REQUEST);
    free(ctx);
    bool open = c.server->manners != CLOSES_AT_ONCE;
    for (unsigned number = 1; open && read_request(c.server, c.fd, request); number++)
        open = answer(c.server, c.fd, request, number);
    close(c.fd);
    free(request);
    return NULL;
}

static void *serve(void *ctx)
{
    enum { MAX_CONNECTIONS = 64 };
    struct rude *r = ctx;
    pthread_t threads[MAX_CONNECTIONS];
    unsigned num = 0;
    while (num < MAX_CONNECTIONS && readable(r, r->listener)) {
        struct connection *c = malloc(sizeof *c);
        *c = (struct connection){.server = r, .fd = accept(r->listener, NULL, NULL)};
        atomic_fetch_add(&r->num_connections, 1);
        cr_assert_eq(pthread_create(&threads[num++], NULL, serve_one, c), 0);
    }
    while (num > 0)
        pthread_join(threads[--num], NULL);
    return NULL;
}

static void listen_tcp(struct rude *r)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(r->listener, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(getsockname(r->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(r->endpoint, sizeof r->endpoint, "http://127.0.0.1:%u", ntohs(address.sin_port));
}

static void listen_unix(struct rude *r)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", r->dir);
    r->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(r->listener, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(r->endpoint, sizeof r->endpoint, "unix:%s", address.sun_path);
}

void rude_start(struct rude *r, enum manners manners, bool tcp)
{
    *r = (struct rude){.manners = manners};
    strcpy(r->dir, "/tmp/rude.XXXXXX");
    cr_assert_not_null(mkdtemp(r->dir));
    if (tcp)
        listen_tcp(r);
    else
        listen_unix(r);
    cr_assert_eq(listen(r->listener, 64), 0);
    cr_assert_eq(pthread_create(&r->thread, NULL, serve, r), 0);
}

void rude_stop(struct rude *r)
{
    char path[64];
    atomic_store(&r->ending, true);
    pthread_join(r->thread, NULL);
    close(r->listener);
    snprintf(path, sizeof path, "%s/s", r->dir);
    unlink(path);
    rmdir(r->dir);
}
