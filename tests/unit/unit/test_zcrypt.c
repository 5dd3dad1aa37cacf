/* Cards of this machine through a device node that is none: the test answers the ioctl, with real
 * software units behind it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/unitd.h"
#include "src/unit/zcrypt.h"
#include "start.h"

#define CARD 3u

static struct {
    struct clv_unitd_vault *vault;
    struct clv_unitd_listing listing;
    char sysfs[64];
    struct clv_zcrypt_ports ports;
    struct clv_transport transport;
    struct clv_fleet *fleet;
    struct clv_service service;
    struct clv_queue queues[2];
    uint8_t roots[1][CLV_P521_POINT_LEN];
    struct clv_fleet_hooks hooks;
    struct clv_result last[3];
    pthread_mutex_t lock; /* of the vault */
    pthread_cond_t let_go;
    bool holding; /* the ioctl does not come back */
    atomic_uint num_sent, num_open;
    /* what goes wrong, for requests of this command (0: any) */
    uint32_t command;
    int open_errno, send_errno;
    bool executed; /* the card did it all the same */
    uint16_t cprb_reason;
    size_t cut_to;    /* SIZE_MAX: whole */
    uint64_t say_len; /* 0: the truth */
} z;

/* ---- sysfs ---------------------------------------------------------------------------------- */

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", z.sysfs, folder);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s", z.sysfs, folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void make_sysfs(void)
{
    char serial[40];
    snprintf(z.sysfs, sizeof z.sysfs, "/tmp/claviger-sysfs-XXXXXX");
    cr_assert_not_null(mkdtemp(z.sysfs));
    snprintf(serial, sizeof serial, "%.8s00000000\n", z.listing.units[0].serial_number);
    put_file("card03", "serialnr", serial);
    put_file("03.0001", "online", "1\n");
    put_file("03.0002", "online", "1\n");
}

static void drop_sysfs(void)
{
    char command[120];
    snprintf(command, sizeof command, "exec rm -r '%s'", z.sysfs);
    FILE *p = popen(command, "r");
    cr_assert_not_null(p);
    cr_assert_eq(pclose(p), 0);
}

/* ---- the ioctl ------------------------------------------------------------------------------ */

static int fake_open(void *ctx, const char *path)
{
    (void)ctx;
    cr_assert_str_eq(path, "/dev/z90crypt");
    if (z.open_errno != 0) {
        errno = z.open_errno;
        return -1;
    }
    atomic_fetch_add(&z.num_open, 1);
    return 42;
}

static void fake_close(void *ctx, int fd)
{
    (void)ctx;
    cr_assert_eq(fd, 42);
    atomic_fetch_sub(&z.num_open, 1);
}

static const void *pointer(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

/* The same bytes on the path of the service, where the vault can be asked. */
static char *through_rest(uint32_t domain, struct clv_view payload)
{
    struct clv_unitd_http_request request = {.method = "POST"};
    struct clv_unitd_http_reply reply = {0};
    struct clv_writer htp = {0}, body = {0};
    char path[200];
    for (size_t i = 0; i < z.listing.num_units; i++) {
        unsigned module = 0;
        uint32_t its = 0;
        cr_assert_eq(clv_ep11_location_decode(z.listing.units[i].location, &module, &its, NULL),
                     CLV_OK);
        if (its == domain)
            snprintf(path, sizeof path, "/v1/tke/%s/hsms/%s", z.listing.instance_id,
                     z.listing.units[i].hsm_id);
    }
    cr_assert_eq(clv_ep11_htp_request_encode(&htp, CARD, domain, payload, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_rest_request_encode(&body, clv_writer_view(&htp), NULL), CLV_OK);
    request.path = path;
    request.body = clv_writer_view(&body);
    cr_assert_eq(clv_unitd_rest_answer(z.vault, &z.listing, NULL, &request, &reply, NULL), CLV_OK);
    cr_assert_eq(reply.status, 200);
    clv_writer_clear(&htp);
    clv_writer_clear(&body);
    return reply.body;
}

static void card_answers(struct clv_ep11_urb *urb, const struct clv_ep11_cprb *cprb, bool hit)
{
    char *body = through_rest(cprb->domain, cprb->payload), *text = NULL;
    uint8_t *payload = NULL;
    size_t text_len = 0, len = 0;
    uint32_t domain = 0;
    struct clv_writer out = {0};
    cr_assert_eq(
        clv_ep11_rest_response_decode(clv_view_of(body, strlen(body)), &text, &text_len, NULL),
        CLV_OK);
    cr_assert_eq(
        clv_ep11_htp_response_decode(clv_view_of(text, text_len), &domain, &payload, &len, NULL),
        CLV_OK);
    clv_ep11_cprb_encode(&out, domain, clv_view_of(payload, len));
    uint8_t *response = (uint8_t *)(uintptr_t)urb->response;
    cr_assert_leq(out.len, urb->response_len);
    memcpy(response, out.data, out.len);
    if (hit && z.cprb_reason != 0)
        response[19] = (uint8_t)z.cprb_reason;
    urb->response_len = out.len;
    if (hit && (z.say_len != 0 || z.cut_to < out.len))
        urb->response_len = z.say_len != 0 ? z.say_len : z.cut_to;
    clv_writer_clear(&out);
    free(payload);
    free(text);
    free(body);
}

/* The command in a request, as far as the test needs it. */
static uint32_t command_in(struct clv_view payload)
{
    struct clv_ep11_admin_request request;
    struct clv_ep11_admin_block block;
    bool wrong;
    if (clv_ep11_admin_request_decode(payload, &request, NULL) != CLV_OK ||
        clv_ep11_admin_block_decode(request.block, &block, &wrong, NULL) != CLV_OK)
        return 0;
    return block.command;
}

static int fake_send(void *ctx, int fd, struct clv_ep11_urb *urb)
{
    struct clv_ep11_cprb cprb;
    const struct clv_ep11_target *target = pointer(urb->targets);
    (void)ctx;
    cr_assert_eq(fd, 42);
    cr_assert_eq(urb->num_targets, 1);
    cr_assert_eq(urb->weight, 0);
    cr_assert_eq(
        clv_ep11_cprb_decode(clv_view_of(pointer(urb->request), urb->request_len), &cprb, NULL),
        CLV_OK);
    cr_assert_eq(cprb.left, 0);
    cr_assert_eq(target->card, CARD);
    cr_assert_eq(target->domain, cprb.domain);
    pthread_mutex_lock(&z.lock);
    atomic_fetch_add(&z.num_sent, 1);
    bool hit = z.command == 0 || command_in(cprb.payload) == z.command;
    while (hit && z.holding)
        pthread_cond_wait(&z.let_go, &z.lock);
    int error = hit ? z.send_errno : 0;
    if (error == 0 || z.executed)
        card_answers(urb, &cprb, hit);
    pthread_mutex_unlock(&z.lock);
    errno = error;
    return error == 0 ? 0 : -1;
}

/* ---- a fleet over it ------------------------------------------------------------------------ */

static void on_result(void *ctx, const struct clv_result *result)
{
    (void)ctx;
    cr_assert_leq(result->unit, 2);
    z.last[result->unit] = *result;
}

static void begin(void)
{
    struct clv_unitd_ports ports = clv_unitd_ports_default();
    test_start();
    memset(&z, 0, sizeof z);
    z.cut_to = SIZE_MAX;
    pthread_mutex_init(&z.lock, NULL);
    pthread_cond_init(&z.let_go, NULL);
    struct clv_unitd_setup setup = {.num_units = {[CLV_EP11_UNIT_OPERATIONAL] = 2},
                                    .first_domain = 1,
                                    .module_index = CARD,
                                    .ports = &ports};
    cr_assert_eq(clv_unitd_vault_new(&setup, &z.vault, NULL), CLV_OK);
    clv_unitd_vault_listing(z.vault, &z.listing);
    memcpy(z.roots[0], z.listing.root_point, CLV_P521_POINT_LEN);
    make_sysfs();
    z.ports = (struct clv_zcrypt_ports){
        .open = fake_open, .send = fake_send, .close = fake_close, .sysfs = z.sysfs};
    cr_assert_eq(clv_transport_zcrypt_new(&z.ports, &z.transport, NULL), CLV_OK);
    z.queues[0] = (struct clv_queue){CARD, 1};
    z.queues[1] = (struct clv_queue){CARD, 2};
    z.service = (struct clv_service){.name = "cards",
                                     .endpoint = "zcrypt:/dev/z90crypt",
                                     .instance_id = z.listing.instance_id,
                                     .roots = (const uint8_t(*)[CLV_P521_POINT_LEN])z.roots,
                                     .num_roots = 1,
                                     .queues = z.queues,
                                     .num_queues = 2};
    z.hooks.result = on_result;
    struct clv_fleet_config config = {
        .services = &z.service, .num_services = 1, .test_world = true, .transport = &z.transport};
    cr_assert_eq(clv_fleet_new(&config, &z.fleet, NULL), CLV_OK);
}

static void end(void)
{
    clv_fleet_free(&z.fleet);
    clv_transport_zcrypt_free(&z.transport);
    clv_unitd_vault_free(&z.vault);
    drop_sysfs();
    cr_assert_eq(atomic_load(&z.num_open), 0, "a device node was left open");
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(unit_zcrypt, .init = begin, .fini = end);

static void order(enum clv_order_kind kind)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_fleet_run(z.fleet, &(struct clv_order){.kind = kind}, &z.hooks, &err), CLV_OK,
                 "%s", err.fact);
}

static void find_and_trust(void)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_fleet_discover(z.fleet, &z.hooks, &err), CLV_OK, "%s", err.fact);
    order(CLV_ORDER_TRUST);
    for (unsigned i = 1; i <= 2; i++)
        cr_assert_eq(z.last[i].outcome, CLV_OUTCOME_DONE, "%s", z.last[i].error.fact);
}

/* ---- the interface -------------------------------------------------------------------------- */

Test(unit_zcrypt, the_layout_is_the_kernels)
{
    cr_assert_eq(sizeof(struct clv_ep11_urb), 58);
    cr_assert_eq(offsetof(struct clv_ep11_urb, targets), 2);
    cr_assert_eq(offsetof(struct clv_ep11_urb, request_len), 26);
    cr_assert_eq(offsetof(struct clv_ep11_urb, response), 50);
    cr_assert_eq(sizeof(struct clv_ep11_target), 4);
}

Test(unit_zcrypt, a_life_on_cards)
{
    find_and_trust();
    cr_assert_str_eq(clv_fleet_unit(z.fleet, 1)->hsm_id, "03-0001");
    cr_assert_str_eq(clv_fleet_unit(z.fleet, 2)->location, "[this machine].[zcrypt].[03].[02]");
    order(CLV_ORDER_QUERY);
    cr_assert(clv_fleet_state(z.fleet, 1)->imprint);
    order(CLV_ORDER_ZEROIZE);
    for (unsigned i = 1; i <= 2; i++)
        cr_assert_eq(z.last[i].outcome, CLV_OUTCOME_DONE, "%s", z.last[i].error.fact);
}

/* ---- what became of a command when the ioctl failed ------------------------------------------ */

Test(unit_zcrypt, errors_have_classes)
{
    static const struct {
        int error;
        enum clv_outcome outcome;
    } rows[] = {
        {ENOTTY, CLV_OUTCOME_NOT_SENT}, {EPERM, CLV_OUTCOME_NOT_SENT},
        {EACCES, CLV_OUTCOME_NOT_SENT}, {ENODEV, CLV_OUTCOME_DOUBT},
        {EBUSY, CLV_OUTCOME_DOUBT},     {EAGAIN, CLV_OUTCOME_DOUBT},
        {EIO, CLV_OUTCOME_DOUBT},       {EINTR, CLV_OUTCOME_DOUBT},
        {ENOMEM, CLV_OUTCOME_DOUBT},    {EMSGSIZE, CLV_OUTCOME_DOUBT},
        {ETIMEDOUT, CLV_OUTCOME_DOUBT}, {EINVAL, CLV_OUTCOME_DOUBT},
        {EFAULT, CLV_OUTCOME_DOUBT},    {ENXIO, CLV_OUTCOME_DOUBT},
    };
    find_and_trust();
    z.command = CLV_EP11_ZEROIZE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        z.send_errno = rows[i].error;
        order(CLV_ORDER_ZEROIZE);
        cr_assert_eq(z.last[1].outcome, rows[i].outcome, "%s: %s", strerror(rows[i].error),
                     z.last[1].error.fact);
        cr_assert_neq(z.last[1].error.fact[0], '\0');
    }
}

Test(unit_zcrypt, done_and_lost_is_doubt_that_a_query_settles)
{
    find_and_trust();
    z.command = CLV_EP11_ZEROIZE;
    z.send_errno = ENODEV;
    z.executed = true;
    order(CLV_ORDER_ZEROIZE);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DOUBT);
    order(CLV_ORDER_QUERY);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DONE, "%s", z.last[1].error.fact);
}

Test(unit_zcrypt, what_is_known_before_is_not_sent)
{
    find_and_trust();
    unsigned sent = atomic_load(&z.num_sent);
    put_file("03.0001", "online", "0\n");
    order(CLV_ORDER_QUERY);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_NOT_SENT);
    cr_assert_not_null(strstr(z.last[1].error.fact, "offline"), "%s", z.last[1].error.fact);
    cr_assert_eq(z.last[2].outcome, CLV_OUTCOME_DONE);
    z.open_errno = EACCES;
    put_file("03.0001", "online", "1\n");
    cr_assert_gt(atomic_load(&z.num_sent), sent);
    sent = atomic_load(&z.num_sent);
    order(CLV_ORDER_QUERY);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(atomic_load(&z.num_sent), sent);
}

Test(unit_zcrypt, reason_codes_in_the_header_are_doubt)
{
    find_and_trust();
    z.command = CLV_EP11_ZEROIZE;
    z.cprb_reason = 7;
    order(CLV_ORDER_ZEROIZE);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DOUBT);
    cr_assert_not_null(strstr(z.last[1].error.fact, "reason 7"), "%s", z.last[1].error.fact);
}

Test(unit_zcrypt, answers_cut_anywhere_are_doubt)
{
    find_and_trust();
    z.command = CLV_EP11_Q_ATTRS;
    for (z.cut_to = 0; z.cut_to < 400; z.cut_to += z.cut_to < 40 ? 1 : 37) {
        order(CLV_ORDER_QUERY);
        cr_assert_neq(z.last[1].outcome, CLV_OUTCOME_DONE, "cut to %zu", z.cut_to);
    }
    z.cut_to = SIZE_MAX;
    for (z.say_len = 65537; z.say_len != 0; z.say_len = z.say_len == 65537 ? UINT64_MAX : 0) {
        order(CLV_ORDER_QUERY);
        cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DOUBT);
    }
}

Test(unit_zcrypt, a_card_that_never_answers_is_left_to_the_kernel)
{
    struct clv_fleet_config config = {.services = &z.service,
                                      .num_services = 1,
                                      .test_world = true,
                                      .query_timeout_ms = 200,
                                      .transport = &z.transport};
    clv_fleet_free(&z.fleet);
    cr_assert_eq(clv_fleet_new(&config, &z.fleet, NULL), CLV_OK);
    cr_assert_eq(clv_fleet_discover(z.fleet, &z.hooks, NULL), CLV_OK);
    z.holding = true;
    order(CLV_ORDER_TRUST);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DOUBT);
    cr_assert_not_null(strstr(z.last[1].error.fact, "no answer within"));
    cr_assert_gt(atomic_load(&z.num_open), 0);
    pthread_mutex_lock(&z.lock);
    z.holding = false;
    pthread_cond_broadcast(&z.let_go);
    pthread_mutex_unlock(&z.lock);
    while (atomic_load(&z.num_open) > 0) /* the threads end by themselves */
        usleep(1000);
}

/* ---- the kernel's own view ------------------------------------------------------------------- */

static void see(const char *text)
{
    put_file("03.0001", "mkvps", text);
    order(CLV_ORDER_QUERY);
}

Test(unit_zcrypt, a_second_opinion_is_compared)
{
    static const char pattern[] =
        "491176b0f443c65a7c7d72df47d6cbc0d04e111fb5a619f60d3e776700000000";
    char text[300];
    find_and_trust();
    see("WK CUR: invalid -\nWK NEW: empty -\n");
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DONE, "%s", z.last[1].error.fact);
    see("WK CUR: - -\nWK NEW: - -\n");
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DONE);
    see("another kernel, another form\n");
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_DONE);
    snprintf(text, sizeof text, "WK CUR: valid 0x%s\nWK NEW: empty -\n", pattern);
    see(text);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_UNTRUSTED);
    cr_assert_not_null(strstr(z.last[1].error.fact, "kernel"));
    snprintf(text, sizeof text, "WK CUR: invalid -\nWK NEW: uncommitted 0x%s\n", pattern);
    see(text);
    cr_assert_eq(z.last[1].outcome, CLV_OUTCOME_UNTRUSTED);
}

Test(unit_zcrypt, without_sysfs_there_is_no_list)
{
    struct clv_error err = {0};
    char path[200];
    snprintf(path, sizeof path, "%s/card03/serialnr", z.sysfs);
    put_file("card03", "serialnr", "short\n");
    cr_assert_eq(clv_fleet_discover(z.fleet, &z.hooks, &err), CLV_E_IO);
    cr_assert_not_null(strstr(err.fact, "16 characters"), "%s", err.fact);
    (void)unlink(path);
    cr_assert_eq(clv_fleet_discover(z.fleet, &z.hooks, &err), CLV_E_IO);
    cr_assert_not_null(strstr(err.fact, "there is no"));
}

/* ---- hostile text ---------------------------------------------------------------------------- */

static const char good[] =
    "WK CUR: valid 0x491176b0f443c65a7c7d72df47d6cbc0d04e111fb5a619f60d3e776700000000\n"
    "WK NEW: committed 0x868bc7a7e0c1d758cf6f0931034e05e4549830ef55657a35ecd7129397482bfb\n";

Test(unit_mkvps, the_good_form)
{
    struct clv_registers r;
    cr_assert_eq(clv_mkvps_parse(clv_view_of(good, sizeof good - 1), &r, NULL), CLV_OK);
    cr_assert(r.knows_current && r.knows_new && r.has_current && r.has_new);
    cr_assert_eq(r.current_state, CLV_CURRENT_VALID);
    cr_assert_eq(r.new_state, CLV_NEW_COMMITTED);
    cr_assert_eq(r.current[0], 0x49);
    cr_assert_eq(r.new[31], 0xfb);
}

Test(unit_mkvps, cut_anywhere_and_changed_anywhere)
{
    struct clv_registers r, untouched;
    char text[sizeof good];
    memset(&untouched, 0x5a, sizeof untouched);
    r = untouched;
    for (size_t len = 0; len < sizeof good - 1; len++) {
        cr_assert_eq(clv_mkvps_parse(clv_view_of(good, len), &r, NULL), CLV_E_FORMAT, "%zu", len);
        cr_assert_eq(memcmp(&r, &untouched, sizeof r), 0);
    }
    for (size_t at = 0; at < sizeof good - 1; at++) {
        for (unsigned value = 0; value < 256; value++) {
            memcpy(text, good, sizeof good);
            text[at] = (char)value;
            bool digit = strchr("0123456789abcdefABCDEF", good[at]) != NULL && value != 0 &&
                         strchr("0123456789abcdefABCDEF", (int)value) != NULL;
            clv_status status = clv_mkvps_parse(clv_view_of(text, sizeof good - 1), &r, NULL);
            if (status == CLV_OK)
                cr_assert(digit || value == (unsigned char)good[at], "byte %zu: %u", at, value);
        }
    }
}
