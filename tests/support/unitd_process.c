#include "unitd_process.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM CLV_BINARY_DIR "/claviger-unitd"

/* ---- folder ---- */

void process_open(struct process *p)
{
    *p = (struct process){.pid = -1, .parent_fd = -1};
    snprintf(p->dir, sizeof(p->dir), "/tmp/unitd.XXXXXX");
    cr_assert_not_null(mkdtemp(p->dir));
    snprintf(p->state, sizeof(p->state), "%s/state", p->dir);
    snprintf(p->socket, sizeof(p->socket), "%s/s", p->dir);
    snprintf(p->log, sizeof(p->log), "%s/log", p->dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void process_close(struct process *p)
{
    if (p->pid > 0)
        process_stop(p, SIGKILL);
    free(p->units);
    p->units = NULL;
    nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- starting and ending ---- */

static int exit_status(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) != pid)
        continue;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* fds: numbers the child keeps beside the standard three. */
static pid_t spawn(const struct process *p, char *const *argv)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid > 0)
        return pid;
    int log = open(p->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(PROGRAM, argv);
    _exit(127);
}

static void collect(char **argv, const char *const *args)
{
    size_t n = 0;
    while (argv[n])
        n++;
    for (; args && *args && n < PROCESS_MAX_ARGS - 1; args++)
        argv[n++] = (char *)(uintptr_t)*args;
}

/* Where and how it listens. */
static void collect_door(char **argv, const struct process *p)
{
    const char *const on_socket[] = {"--socket", p->socket, NULL};
    const char *const on_port[] = {"--listen", "127.0.0.1:0", NULL};
    const char *const given[] = {"--tls-cert", p->cert, "--tls-key", p->key, NULL};
    const char *const own[] = {"--tls", NULL};
    collect(argv, p->https ? on_port : on_socket);
    if (p->https)
        collect(argv, p->cert[0] ? given : own);
}

static void read_ready(struct process *p, int fd)
{
    size_t n = 0;
    while (n < sizeof(p->ready) - 1 && read(fd, p->ready + n, 1) == 1 && p->ready[n] != '\n')
        n++;
    p->ready[n] = 0;
    close(fd);
    char *log = n ? NULL : process_log(p);
    cr_assert_eq(strncmp(p->ready, "READY", 5), 0, "not ready: %s", log ? log : p->ready);
}

static void read_listing(struct process *p)
{
    char path[120], *body = NULL;
    FILE *f;
    snprintf(path, sizeof(path), "%s/instance.id", p->state);
    cr_assert_not_null(f = fopen(path, "r"));
    cr_assert_not_null(fgets(p->instance, sizeof(p->instance), f));
    fclose(f);
    snprintf(path, sizeof(path), "/v1/tke/%s/hsms", p->instance);
    free(p->units);
    p->units = NULL;
    if (process_http(p, path, NULL, NULL, &body) == 200)
        cr_assert_eq(clv_ep11_rest_listing_decode(clv_view_of(body, strlen(body)), &p->units,
                                                  &p->num_units, NULL),
                     CLV_OK);
    free(body);
}

void process_start(struct process *p, const char *const *args)
{
    int ready[2], parent[2];
    char ready_text[12], parent_text[12];
    cr_assert_eq(pipe(ready), 0);
    cr_assert_eq(pipe(parent), 0);
    cr_assert_eq(fcntl(ready[0], F_SETFD, FD_CLOEXEC), 0);
    cr_assert_eq(fcntl(parent[1], F_SETFD, FD_CLOEXEC), 0);
    snprintf(ready_text, sizeof(ready_text), "%d", ready[1]);
    snprintf(parent_text, sizeof(parent_text), "%d", parent[0]);
    char *argv[PROCESS_MAX_ARGS] = {"claviger-unitd", "--state",     p->state,   "--ready-fd",
                                    ready_text,       "--parent-fd", parent_text};
    collect_door(argv, p);
    collect(argv, args);
    p->pid = spawn(p, argv);
    close(ready[1]);
    close(parent[0]);
    p->parent_fd = parent[1];
    read_ready(p, ready[0]);
    read_listing(p);
}

int process_run(struct process *p, const char *const *args)
{
    char *argv[PROCESS_MAX_ARGS] = {"claviger-unitd"};
    collect(argv, args);
    return exit_status(spawn(p, argv));
}

int process_stop(struct process *p, int signal)
{
    kill(p->pid, signal);
    int status = exit_status(p->pid);
    p->pid = -1;
    if (p->parent_fd >= 0)
        close(p->parent_fd);
    p->parent_fd = -1;
    return status;
}

int process_orphan(struct process *p)
{
    close(p->parent_fd);
    p->parent_fd = -1;
    int status = exit_status(p->pid);
    p->pid = -1;
    return status;
}

char *process_log(const struct process *p)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (clv_file_read(p->log, 1 << 20, &data, &len, NULL) != CLV_OK)
        return strdup("");
    return (char *)data;
}

/* ---- client ---- */

static size_t keep(char *data, size_t size, size_t num, void *ctx)
{
    clv_write_bytes(ctx, data, size * num);
    return size * num;
}

static void reach(const struct process *p, CURL *curl, const char *path, char *ret_url, size_t cap)
{
    char base[100] = "http://localhost", ca[100];
    if (p->https) {
        snprintf(ca, sizeof(ca), "%s%s", p->cert[0] ? p->cert : p->state,
                 p->cert[0] ? "" : "/tls.pem");
        process_endpoint(p, base, sizeof(base));
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    } else {
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, p->socket);
    }
    snprintf(ret_url, cap, "%s%s", base, path);
}

long process_http(const struct process *p, const char *path, const char *body,
                  const char *authorization, char **ret_body)
{
    char url[300], header[200];
    struct clv_writer w = {0};
    long status = 0;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    reach(p, curl, path, url, sizeof(url));
    snprintf(header, sizeof(header), "Authorization: %s", authorization ? authorization : "");
    if (authorization)
        headers = curl_slist_append(headers, header);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &w);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    clv_write_u8(&w, 0);
    *ret_body = strdup((const char *)w.data);
    clv_writer_clear(&w);
    return status;
}

void process_endpoint(const struct process *p, char *ret, size_t cap)
{
    if (p->https)
        snprintf(ret, cap, "https://%s", p->ready + strlen("READY "));
    else
        snprintf(ret, cap, "unix:%s", p->socket);
}

static uint32_t domain_of(const struct process *p, size_t unit)
{
    unsigned module = 0;
    uint32_t domain = 0;
    cr_assert_lt(unit, p->num_units);
    cr_assert_eq(clv_ep11_location_decode(p->units[unit].location, &module, &domain, NULL), CLV_OK);
    return domain;
}

static char *wrap(const struct process *p, size_t unit, struct clv_view payload)
{
    struct clv_writer htp = {0}, body = {0};
    cr_assert_eq(clv_ep11_htp_request_encode(&htp, 0, domain_of(p, unit), payload, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_rest_request_encode(&body, clv_writer_view(&htp), NULL), CLV_OK);
    clv_write_u8(&body, 0);
    char *text = strdup((const char *)body.data);
    clv_writer_clear(&htp);
    clv_writer_clear(&body);
    return text;
}

bool process_post(const struct process *p, size_t unit, struct clv_view payload, uint8_t **ret,
                  size_t *ret_len)
{
    char path[200], *answer = NULL, *htp = NULL, *body = wrap(p, unit, payload);
    uint32_t domain = 0;
    size_t htp_len = 0;
    struct clv_error err = {0};
    snprintf(path, sizeof(path), "/v1/tke/%s/hsms/%s", p->instance, p->units[unit].hsm_id);
    long status = process_http(p, path, body, NULL, &answer);
    if (status == 200) {
        cr_assert_eq(clv_ep11_rest_response_decode(clv_view_of(answer, strlen(answer)), &htp,
                                                   &htp_len, &err),
                     CLV_OK, "%s", err.fact);
        cr_assert_eq(
            clv_ep11_htp_response_decode(clv_view_of(htp, htp_len), &domain, ret, ret_len, &err),
            CLV_OK, "%s", err.fact);
    }
    free(htp);
    free(answer);
    free(body);
    return status == 200;
}

int process_connect(const struct process *p)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, p->socket, strlen(p->socket));
    cr_assert_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void query_payload(const struct process *p, size_t unit, struct clv_writer *w)
{
    struct clv_writer block = {0};
    struct clv_ep11_admin_block b = {.command = CLV_EP11_Q_ATTRS};
    uint32_t domain = domain_of(p, unit);
    b.domain_id[2] = (uint8_t)(domain >> 8);
    b.domain_id[3] = (uint8_t)domain;
    clv_ep11_admin_block_encode(&block, &b);
    struct clv_ep11_admin_request request = {
        .function = 1u << 16 | CLV_EP11_FN_ADMIN,
        .domain = domain,
        .block = clv_writer_view(&block),
    };
    clv_ep11_admin_request_encode(w, &request);
    clv_writer_clear(&block);
}

char *process_query_text(const struct process *p, size_t unit)
{
    struct clv_writer payload = {0}, w = {0};
    query_payload(p, unit, &payload);
    char *body = wrap(p, unit, clv_writer_view(&payload));
    clv_write_format(&w,
                     "POST /v1/tke/%s/hsms/%s HTTP/1.1\r\nHost: x\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     p->instance, p->units[unit].hsm_id, strlen(body), body);
    clv_write_u8(&w, 0);
    char *text = strdup((const char *)w.data);
    clv_writer_clear(&payload);
    clv_writer_clear(&w);
    free(body);
    return text;
}

bool process_query(const struct process *p, size_t unit, uint8_t ret_counter[CLV_EP11_COUNTER_LEN])
{
    struct clv_writer w = {0};
    struct clv_ep11_response rsp;
    struct clv_ep11_response_block block;
    uint8_t *answer = NULL;
    size_t len = 0;
    query_payload(p, unit, &w);
    bool answered = process_post(p, unit, clv_writer_view(&w), &answer, &len);
    if (answered) {
        cr_assert_eq(clv_ep11_response_decode(clv_view_of(answer, len), &rsp, NULL), CLV_OK);
        cr_assert_eq(clv_ep11_response_block_decode(rsp.block, &block, NULL), CLV_OK);
        cr_assert_eq(block.return_code, 0);
        if (ret_counter)
            memcpy(ret_counter, block.counter, CLV_EP11_COUNTER_LEN);
    }
    free(answer);
    clv_writer_clear(&w);
    return answered;
}
