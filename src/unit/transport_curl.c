/* How bytes get to a unit: libcurl's multi interface, Unix sockets, HTTP and HTTPS.
 *
 * A request body is handed over by a read callback and cannot be rewound: when a kept-alive
 * connection dies, libcurl would otherwise send a request again by itself, and a command must never
 * go out twice. The access token is a header line in guarded memory; libcurl's own copies die in an
 * allocator that wipes. */
#include <curl/curl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_IDLE_CONNECTIONS 1024L

struct clv_exchange {
    CURL *easy;
    const char *body; /* NULL: GET */
    size_t body_len, body_pos;
    struct clv_writer answer;
    bool too_long;
    bool by_socket; /* a name of the file system, not of the network */
    struct curl_slist headers[4];
    struct header_line *token;
    enum clv_exchange_state state;
    long http_status;
    char why[CURL_ERROR_SIZE];
};

/* "Authorization: ..." of the requests that are under way; it goes with the last of them. */
struct header_line {
    struct clv_secret *text;
    char *open; /* one span for all of them: a secret has few */
    size_t num_users;
    struct header_line *next;
};

struct curl_transport {
    CURLM *multi;
    struct header_line *lines;
};

/* ---- libcurl wipes what it frees ------------------------------------------------------------ */

static void wipe_free(void *p)
{
    if (p == NULL)
        return;
    clv_wipe(p, malloc_usable_size(p));
    free(p);
}

static void *wipe_realloc(void *p, size_t len)
{
    size_t old = p == NULL ? 0 : malloc_usable_size(p);
    if (p != NULL && len <= old && len > old / 2)
        return p;
    void *fresh = malloc(len);
    if (fresh == NULL)
        return NULL;
    if (p != NULL)
        memcpy(fresh, p, old < len ? old : len);
    wipe_free(p);
    return fresh;
}

/* ---- the token ------------------------------------------------------------------------------ */

static bool is_header_text(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    }
    return true;
}

static clv_status make_line(const struct clv_secret *token, struct clv_secret **ret,
                            struct clv_error *err)
{
    static const char name[] = "Authorization: ";
    size_t len = clv_secret_len(token);
    struct clv_secret *line = NULL;
    clv_status status = clv_secret_new(sizeof name + len, &line, err);
    if (status != CLV_OK)
        return status;
    const uint8_t *from = clv_secret_read(token);
    uint8_t *to = clv_secret_write(line);
    memcpy(to, name, sizeof name - 1);
    memcpy(to + sizeof name - 1, from, len);
    bool good = is_header_text(from, len);
    clv_secret_close(line);
    clv_secret_close(token);
    if (!good) {
        clv_secret_free(&line);
        return clv_fail(err, CLV_E_INPUT, "the access token has characters that no token has");
    }
    *ret = line;
    return CLV_OK;
}

/* Requests with the same token share a line, whichever service they are for: what counts is the
 * token as it is now. */
static clv_status take_line(struct curl_transport *transport, const struct clv_secret *token,
                            struct header_line **ret, struct clv_error *err)
{
    struct clv_secret *text = NULL;
    clv_status status = make_line(token, &text, err);
    if (status != CLV_OK)
        return status;
    struct header_line *line = transport->lines;
    while (line != NULL && !clv_secret_equal(line->text, text))
        line = line->next;
    if (line != NULL) {
        clv_secret_free(&text);
        line->num_users++;
        *ret = line;
        return CLV_OK;
    }
    line = calloc(1, sizeof *line);
    if (line == NULL) {
        clv_secret_free(&text);
        return clv_fail(err, CLV_E_MEMORY, "no memory for a request");
    }
    *line = (struct header_line){.text = text, .num_users = 1, .next = transport->lines};
    line->open = (char *)clv_secret_write(text);
    transport->lines = line;
    *ret = line;
    return CLV_OK;
}

static void leave_line(struct curl_transport *transport, struct header_line *line)
{
    struct header_line **at = &transport->lines;
    if (--line->num_users > 0)
        return;
    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    clv_secret_close(line->text);
    clv_secret_free(&line->text);
    free(line);
}

/* ---- bodies --------------------------------------------------------------------------------- */

static size_t give_body(char *out, size_t size, size_t num, void *ctx)
{
    struct clv_exchange *x = ctx;
    size_t left = x->body_len - x->body_pos;
    size_t len = size * num < left ? size * num : left;
    memcpy(out, x->body + x->body_pos, len);
    x->body_pos += len;
    return len;
}

static size_t take_body(char *data, size_t size, size_t num, void *ctx)
{
    struct clv_exchange *x = ctx;
    if (x->answer.len + size * num > CLV_ANSWER_MAX) {
        x->too_long = true;
        return 0;
    }
    clv_write_bytes(&x->answer, data, size * num);
    return x->answer.failed ? 0 : size * num;
}

/* ---- starting ------------------------------------------------------------------------------- */

static char literal_json_accept[] = "Accept: application/json";
static char literal_json_content[] = "Content-Type: application/json";
static char literal_no_expect[] = "Expect:"; /* or libcurl waits for a 100 Continue */

static struct curl_slist *make_headers(struct clv_exchange *x)
{
    char *token = x->token == NULL ? NULL : x->token->open;
    char *lines[4] = {literal_json_accept, literal_json_content, literal_no_expect, token};
    size_t num = token == NULL ? 3 : 4;
    for (size_t i = 0; i < num; i++)
        x->headers[i] =
            (struct curl_slist){.data = lines[i], .next = i + 1 < num ? &x->headers[i + 1] : NULL};
    return x->headers;
}

/* The address: "unix:/path" goes by a path of the file system, and never through a proxy. */
static CURLcode set_address(struct clv_exchange *x, const struct clv_service *service,
                            const char *path)
{
    static const char prefix[] = "unix:";
    const char *base = service->endpoint;
    CURLcode code = CURLE_OK;
    if (strncmp(base, prefix, sizeof prefix - 1) == 0) {
        x->by_socket = true;
        code = curl_easy_setopt(x->easy, CURLOPT_UNIX_SOCKET_PATH, base + sizeof prefix - 1);
        if (code == CURLE_OK)
            code = curl_easy_setopt(x->easy, CURLOPT_NOPROXY, "*");
        base = "http://localhost";
    }
    struct clv_writer url = {0};
    clv_write_format(&url, "%s%s", base, path);
    clv_write_u8(&url, 0);
    if (code == CURLE_OK)
        code = url.failed ? CURLE_OUT_OF_MEMORY
                          : curl_easy_setopt(x->easy, CURLOPT_URL, (const char *)url.data);
    clv_writer_clear(&url);
    return code;
}

/* Collects the first failure. */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (code == CURLE_OK)                                                                      \
            code = curl_easy_setopt(x->easy, option, value);                                       \
    } while (0)

static CURLcode set_options(struct clv_exchange *x, const struct clv_service *service,
                            const char *path, int timeout_ms)
{
    CURLcode code = set_address(x, service, path);
    SET(CURLOPT_PRIVATE, (char *)x);
    SET(CURLOPT_ERRORBUFFER, x->why);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    SET(CURLOPT_BUFFERSIZE, 4096L); /* answers are small, units are many */
    SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_HTTPHEADER, make_headers(x));
    if (service->ca_file != NULL)
        SET(CURLOPT_CAINFO, service->ca_file);
    if (x->body != NULL) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body_len);
        SET(CURLOPT_READFUNCTION, give_body);
        SET(CURLOPT_READDATA, x);
    }
    return code;
}

static void exchange_free(struct curl_transport *transport, struct clv_exchange *x)
{
    if (x->easy != NULL) {
        curl_multi_remove_handle(transport->multi, x->easy);
        curl_easy_cleanup(x->easy);
    }
    if (x->token != NULL)
        leave_line(transport, x->token);
    clv_writer_clear(&x->answer);
    free(x);
}

static clv_status curl_start(void *ctx, const struct clv_service *service, const char *path,
                             const char *body, int timeout_ms, struct clv_exchange **ret,
                             struct clv_error *err)
{
    struct curl_transport *transport = ctx;
    struct clv_exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a request");
    x->body = body;
    x->body_len = body == NULL ? 0 : strlen(body);
    clv_status status = CLV_OK;
    if (service->token != NULL)
        status = take_line(transport, service->token, &x->token, err);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (status == CLV_OK) {
        x->easy = curl_easy_init();
        if (x->easy != NULL)
            code = set_options(x, service, path, timeout_ms);
        if (code == CURLE_OK && curl_multi_add_handle(transport->multi, x->easy) != CURLM_OK)
            code = CURLE_FAILED_INIT;
        if (code != CURLE_OK)
            status =
                clv_fail(err, CLV_E_IO, "cannot start a request: %s", curl_easy_strerror(code));
    }
    if (status != CLV_OK) {
        exchange_free(transport, x);
        return status;
    }
    *ret = x;
    return CLV_OK;
}

/* ---- driving -------------------------------------------------------------------------------- */

/* No byte can have reached the unit if the connection (with TLS, if any) was never ready. */
static bool never_connected(const struct clv_exchange *x)
{
    curl_off_t ready_us = 0;
    if (x->body_pos > 0)
        return false;
    return curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us) == CURLE_OK &&
           ready_us == 0;
}

/* libcurl's own words for what happens most are for programmers. */
static const struct {
    CURLcode code;
    const char *words;
} plain_words[] = {
    {CURLE_GOT_NOTHING, "the connection ended without an answer"},
    {CURLE_SEND_FAIL_REWIND, "the connection ended without an answer"},
    {CURLE_OPERATION_TIMEDOUT, "the time for an answer is over"},
};

static void explain(struct clv_exchange *x, CURLcode code)
{
    const char *text = x->why[0] != '\0' ? NULL : curl_easy_strerror(code);
    for (size_t i = 0; i < sizeof plain_words / sizeof plain_words[0]; i++)
        text = plain_words[i].code == code ? plain_words[i].words : text;
    if (x->by_socket && code == CURLE_COULDNT_CONNECT)
        text = "nobody answers at its socket"; /* libcurl speaks of localhost and a port */
    if (x->too_long)
        text = "the answer is longer than 4 MiB";
    if (text != NULL)
        snprintf(x->why, sizeof x->why, "%s", text);
}

static void settle(struct clv_exchange *x, CURLcode code)
{
    if (code == CURLE_OK) {
        curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &x->http_status);
        x->state = CLV_EXCHANGE_ANSWERED;
        return;
    }
    x->state = never_connected(x) ? CLV_EXCHANGE_NOT_SENT : CLV_EXCHANGE_BROKEN;
    explain(x, code);
}

static bool settle_done(struct curl_transport *transport)
{
    int queued = 0;
    bool any = false;
    for (CURLMsg *msg; (msg = curl_multi_info_read(transport->multi, &queued)) != NULL;) {
        char *x = NULL;
        if (msg->msg != CURLMSG_DONE ||
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &x) != CURLE_OK || x == NULL)
            continue;
        settle((struct clv_exchange *)(void *)x, msg->data.result);
        any = true;
    }
    return any;
}

static void curl_poll(void *ctx, int wait_ms)
{
    struct curl_transport *transport = ctx;
    int running = 0;
    curl_multi_perform(transport->multi, &running);
    if (settle_done(transport) || running == 0)
        return;
    curl_multi_poll(transport->multi, NULL, 0, wait_ms, NULL);
    curl_multi_perform(transport->multi, &running);
    (void)settle_done(transport);
}

static enum clv_exchange_state curl_state(const struct clv_exchange *x, long *ret_http_status,
                                          struct clv_view *ret_body, const char **ret_why)
{
    *ret_http_status = x->http_status;
    *ret_body = clv_writer_view(&x->answer);
    *ret_why = x->why;
    return x->state;
}

static void curl_close(void *ctx, struct clv_exchange **x)
{
    if (*x == NULL)
        return;
    exchange_free(ctx, *x);
    *x = NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

clv_status clv_transport_curl_new(struct clv_transport *ret, struct clv_error *err)
{
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe_free, wipe_realloc, strdup,
                             calloc) != CURLE_OK)
        return clv_fail(err, CLV_E_INTERNAL, "libcurl does not start");
    struct curl_transport *transport = calloc(1, sizeof *transport);
    if (transport != NULL)
        transport->multi = curl_multi_init();
    if (transport == NULL || transport->multi == NULL) {
        free(transport);
        curl_global_cleanup();
        return clv_fail(err, CLV_E_MEMORY, "no memory for the way to the crypto units");
    }
    /* By default idle connections go as their users do, four to each that is left. */
    curl_multi_setopt(transport->multi, CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS);
    *ret = (struct clv_transport){.start = curl_start,
                                  .poll = curl_poll,
                                  .state = curl_state,
                                  .close = curl_close,
                                  .ctx = transport};
    return CLV_OK;
}

void clv_transport_curl_free(struct clv_transport *transport)
{
    struct curl_transport *t = transport->ctx;
    if (t == NULL)
        return;
    curl_multi_cleanup(t->multi);
    free(t);
    curl_global_cleanup();
    *transport = (struct clv_transport){0};
}
