/* Clients that misbehave: none may crash the daemon or keep others waiting. */
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "start.h"
#include "unitd_process.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct process process;

static void open_all(void)
{
    test_start();
    signal(SIGPIPE, SIG_IGN);
    process_open(&process);
}

static void close_all(void)
{
    if (process.pid > 0)
        cr_assert_eq(process_stop(&process, SIGTERM), 0, "it was still well");
    process_close(&process);
}

TestSuite(hostile, .init = open_all, .fini = close_all);

static void still_works(void)
{
    for (size_t i = 0; i < process.num_units; i++)
        cr_assert(process_query(&process, i, NULL));
}

/* What comes until the other side closes or a whole head has arrived. */
static void read_head(int fd, char *buf, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    buf[0] = 0;
    while (n < cap - 1 && (got = recv(fd, buf + n, cap - 1 - n, 0)) > 0) {
        n += (size_t)got;
        buf[n] = 0;
        if (strstr(buf, "\r\n\r\n"))
            return;
    }
}

static void wait_for_close(int fd)
{
    char buf[4096];
    while (recv(fd, buf, sizeof(buf), 0) > 0)
        continue;
}

Test(hostile, garbage)
{
    uint32_t seed = 1;
    process_start(&process, ARGS("--units", "2"));
    for (int round = 0; round < 50; round++) {
        uint8_t junk[700];
        int fd = process_connect(&process);
        for (size_t i = 0; i < sizeof(junk); i++)
            junk[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
        send(fd, junk, sizeof(junk), MSG_NOSIGNAL);
        if (round % 2)
            shutdown(fd, SHUT_WR);
        close(fd);
    }
    still_works();
}

Test(hostile, truncated_everywhere)
{
    process_start(&process, ARGS("--units", "1"));
    char *text = process_query_text(&process, 0);
    for (size_t len = 0; len < strlen(text); len++) {
        int fd = process_connect(&process);
        send(fd, text, len, MSG_NOSIGNAL);
        close(fd);
    }
    free(text);
    still_works();
}

/* Head and body of one answer, not a byte more. */
static void read_answer(int fd)
{
    char head[4096];
    size_t n = 0, left = 0;
    while (n < sizeof(head) - 1 && recv(fd, head + n, 1, 0) == 1) {
        head[++n] = 0;
        if (n >= 4 && strcmp(head + n - 4, "\r\n\r\n") == 0)
            break;
    }
    cr_assert_not_null(strstr(head, " 200 "), "%s", head);
    const char *length = strstr(head, "Content-Length: ");
    cr_assert_not_null(length);
    for (left = strtoul(length + 16, NULL, 10); left > 0; left -= n) {
        ssize_t got = recv(fd, head, left < sizeof(head) ? left : sizeof(head), 0);
        cr_assert_gt(got, 0);
        n = (size_t)got;
    }
}

Test(hostile, many_requests_over_one_connection)
{
    process_start(&process, ARGS("--units", "1"));
    char *text = process_query_text(&process, 0);
    int fd = process_connect(&process);
    for (int i = 0; i < 30; i++) {
        send(fd, text, strlen(text), MSG_NOSIGNAL);
        read_answer(fd);
    }
    for (int i = 0; i < 5; i++) /* without waiting for the answers */
        send(fd, text, strlen(text), MSG_NOSIGNAL);
    for (int i = 0; i < 5; i++)
        read_answer(fd);
    close(fd);
    free(text);
}

Test(hostile, half_closed_after_a_whole_request)
{
    char head[2048];
    process_start(&process, ARGS("--units", "1"));
    char *text = process_query_text(&process, 0);
    int fd = process_connect(&process);
    send(fd, text, strlen(text), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    read_head(fd, head, sizeof(head));
    close(fd);
    free(text);
    still_works();
}

Test(hostile, a_body_of_64_mib_is_refused_before_it_is_read)
{
    char request[300], head[2048];
    process_start(&process, ARGS("--units", "1"));
    snprintf(request, sizeof(request),
             "POST /v1/tke/%s/hsms/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 67108864\r\n\r\n",
             process.instance, process.units[0].hsm_id);
    int fd = process_connect(&process);
    send(fd, request, strlen(request), MSG_NOSIGNAL);
    read_head(fd, head, sizeof(head));
    cr_assert_not_null(strstr(head, " 413 "), "%s", head);
    close(fd);
    still_works();
}

Test(hostile, an_endless_chunked_body_is_cut_off)
{
    char request[300], chunk[4100];
    process_start(&process, ARGS("--units", "1"));
    snprintf(request, sizeof(request),
             "POST /v1/tke/%s/hsms/%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
             process.instance, process.units[0].hsm_id);
    memcpy(chunk, "1000\r\n", 6);
    memset(chunk + 6, 'x', 4092);
    int fd = process_connect(&process);
    ssize_t sent = send(fd, request, strlen(request), MSG_NOSIGNAL);
    for (int i = 0; i < 100000 && sent > 0; i++)
        sent = send(fd, chunk, 4098, MSG_NOSIGNAL);
    cr_assert_lt(sent, 0, "it took 400 MB");
    close(fd);
    still_works();
}

Test(hostile, a_header_without_end_is_cut_off)
{
    char filler[1024];
    process_start(&process, ARGS("--units", "1"));
    memset(filler, 'a', sizeof(filler));
    int fd = process_connect(&process);
    ssize_t sent = send(fd, "GET / HTTP/1.1\r\nX: ", 19, MSG_NOSIGNAL);
    for (int i = 0; i < 100000 && sent > 0; i++)
        sent = send(fd, filler, sizeof(filler), MSG_NOSIGNAL);
    cr_assert_lt(sent, 0);
    close(fd);
    still_works();
}

Test(hostile, byte_by_byte_while_others_work)
{
    char head[2048];
    process_start(&process, ARGS("--units", "2"));
    char *text = process_query_text(&process, 0);
    int fd = process_connect(&process);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        cr_assert_eq(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
        if (i % 40 == 0)
            cr_assert(process_query(&process, 1, NULL));
    }
    read_head(fd, head, sizeof(head));
    cr_assert_not_null(strstr(head, " 200 "), "%s", head);
    close(fd);
    free(text);
}

Test(hostile, many_idle_connections)
{
    int fds[200];
    process_start(&process, ARGS("--units", "1"));
    for (size_t i = 0; i < 200; i++)
        fds[i] = process_connect(&process);
    still_works();
    for (size_t i = 0; i < 200; i++)
        close(fds[i]);
    still_works();
}

/* ---- units that are silent or slow, seen from outside ---- */

static int send_query(size_t unit)
{
    char *text = process_query_text(&process, unit);
    int fd = process_connect(&process);
    cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    free(text);
    return fd;
}

static bool has_answer(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

Test(hostile, a_silent_unit_holds_up_nobody)
{
    process_start(&process, ARGS("--units", "2", "--fault", "1:query:silent*"));
    int fds[5];
    for (size_t i = 0; i < 5; i++)
        fds[i] = send_query(0);
    for (int i = 0; i < 20; i++)
        cr_assert(process_query(&process, 1, NULL));
    for (size_t i = 0; i < 5; i++)
        cr_assert(!has_answer(fds[i]));
    for (size_t i = 0; i < 3; i++)
        close(fds[i]); /* these clients give up; the others are there when the daemon ends */
    for (int i = 0; i < 5; i++)
        cr_assert(process_query(&process, 1, NULL));
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    for (size_t i = 3; i < 5; i++) {
        wait_for_close(fds[i]);
        close(fds[i]);
    }
}

/* The daemon is woken by both at once. */
Test(hostile, a_request_to_a_silent_unit_comes_together_with_the_end)
{
    process_start(&process, ARGS("--units", "2", "--fault", "1:query:silent*"));
    char *known = process_query_text(&process, 1), *silent = process_query_text(&process, 0);
    int fd = process_connect(&process);
    send(fd, known, strlen(known), MSG_NOSIGNAL);
    read_answer(fd);
    cr_assert_eq(kill(process.pid, SIGSTOP), 0);
    send(fd, silent, strlen(silent), MSG_NOSIGNAL);
    cr_assert_eq(kill(process.pid, SIGTERM), 0);
    cr_assert_eq(process_stop(&process, SIGCONT), 0);
    wait_for_close(fd);
    close(fd);
    free(known);
    free(silent);
}

Test(hostile, a_slow_unit_answers_after_the_others)
{
    char head[2048];
    process_start(&process, ARGS("--units", "2", "--fault", "1:query:slow:700"));
    int fd = send_query(0);
    cr_assert(process_query(&process, 1, NULL));
    read_head(fd, head, sizeof(head));
    cr_assert_not_null(strstr(head, " 200 "), "%s", head);
    close(fd);
    still_works();
}

Test(hostile, a_dead_unit_closes_and_the_rest_works)
{
    process_start(&process, ARGS("--units", "2", "--fault", "1:any:die"));
    for (int i = 0; i < 3; i++)
        cr_assert(!process_query(&process, 0, NULL));
    cr_assert(process_query(&process, 1, NULL));
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    process_start(&process, NULL);
    cr_assert(process_query(&process, 0, NULL), "without the fault it is back");
}
