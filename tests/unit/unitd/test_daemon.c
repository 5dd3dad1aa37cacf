/* The real program: starting, stopping, restarting, and being killed. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claviger/crypto.h"
#include "run.h"
#include "start.h"
#include "unitd_process.h"

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct process process;

static void open_all(void)
{
    test_start();
    process_open(&process);
}

static void close_all(void)
{
    process_close(&process);
}

TestSuite(daemon, .init = open_all, .fini = close_all);

static unsigned mode_of(const char *folder, const char *name)
{
    struct stat st;
    char path[160];
    snprintf(path, sizeof(path), "%s%s%s", folder, name ? "/" : "", name ? name : "");
    cr_assert_eq(lstat(path, &st), 0, "%s", path);
    return st.st_mode & 07777;
}

static void log_says(const char *text)
{
    char *log = process_log(&process);
    cr_assert_not_null(strstr(log, text), "\"%s\" is not in: %s", text, log);
    free(log);
}

Test(daemon, files_are_private_and_signals_end_it)
{
    process_start(&process, NULL);
    cr_assert_str_eq(process.ready, "READY");
    cr_assert_eq(process.num_units, 6);
    cr_assert_eq(mode_of(process.state, NULL), 0700);
    cr_assert_eq(mode_of(process.state, "units.state"), 0600);
    cr_assert_eq(mode_of(process.state, "root.hex"), 0600);
    cr_assert_eq(mode_of(process.socket, NULL), 0600);
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    cr_assert_neq(access(process.socket, F_OK), 0, "the socket is removed");
}

Test(daemon, units_roles_and_numbers)
{
    process_start(&process, ARGS("--units", "12", "--recovery", "2", "--failover", "1"));
    cr_assert_eq(process.num_units, 15);
    cr_assert_eq(process.units[12].kind, CLV_EP11_UNIT_RECOVERY);
    cr_assert_eq(process.units[14].kind, CLV_EP11_UNIT_FAILOVER);
    for (size_t i = 0; i < process.num_units; i++)
        cr_assert(process_query(&process, i, NULL));
}

Test(daemon, ends_with_whoever_started_it)
{
    process_start(&process, NULL);
    cr_assert_eq(process_orphan(&process), 0);
}

Test(daemon, a_restart_finds_the_same_units)
{
    uint8_t before[CLV_EP11_COUNTER_LEN], after[CLV_EP11_COUNTER_LEN];
    char instance[40], hsm_id[65];
    process_start(&process, ARGS("--units", "2"));
    cr_assert(process_query(&process, 1, before));
    memcpy(instance, process.instance, sizeof(instance));
    memcpy(hsm_id, process.units[1].hsm_id, sizeof(hsm_id));
    cr_assert_eq(process_stop(&process, SIGINT), 0);
    process_start(&process, NULL);
    cr_assert_str_eq(process.instance, instance);
    cr_assert_str_eq(process.units[1].hsm_id, hsm_id);
    cr_assert(process_query(&process, 1, after));
    cr_assert_arr_eq(before, after, sizeof(before));
}

Test(daemon, options_that_contradict_the_state)
{
    process_start(&process, ARGS("--units", "2"));
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
#define AGAIN(...) ARGS("--state", process.state, "--socket", process.socket, __VA_ARGS__)
    cr_assert_eq(process_run(&process, AGAIN("--units", "3")), 2);
    log_says("the state has 2 operational");
    cr_assert_eq(process_run(&process, AGAIN("--instance", "482cf2ce-a06c-4265-9819-0b4acf54f2ba")),
                 2);
    cr_assert_eq(process_run(&process, AGAIN("--production-tests")), 8);
    log_says("the state is of TEST units");
}

Test(daemon, wrong_options)
{
    cr_assert_eq(process_run(&process, ARGS("--bogus")), 2);
    cr_assert_eq(process_run(&process, ARGS("--state", process.state)), 2);
    cr_assert_eq(process_run(&process, ARGS("--socket", process.socket)), 2);
    cr_assert_eq(process_run(&process, AGAIN("--units", "0")), 2);
    cr_assert_eq(process_run(&process, AGAIN("--units", "1000")), 2);
    cr_assert_eq(process_run(&process, AGAIN("--instance", "x")), 2);
    cr_assert_eq(process_run(&process, AGAIN("--fault", "1:commit:sing")), 2);
    log_says("unknown behaviour \"sing\"");
    cr_assert_eq(process_run(&process, AGAIN("extra")), 2);
    cr_assert_eq(process_run(&process, ARGS("--state", process.state, "--listen", "0.0.0.0:0")), 2);
    log_says("loopback");
    cr_assert_eq(process_run(&process, AGAIN("--tls-name", "x.example")), 2);
    log_says("--tls-name is for --tls");
    cr_assert_eq(process_run(&process, AGAIN("--tls-cert", "x.pem")), 2);
    cr_assert_eq(process_run(&process, AGAIN("--tls", "--tls-cert", "x", "--tls-key", "y")), 2);
    cr_assert_eq(process_run(&process, AGAIN("--token-uses", "3")), 2);
    log_says("--token-uses is for --token");
    cr_assert_eq(process_run(&process, ARGS("--help")), 0);
    cr_assert_eq(process_run(&process, ARGS("--version")), 0);
}

Test(daemon, shows_its_units_when_none_runs)
{
    cr_assert_eq(process_run(&process, ARGS("--state", process.state, "--show")), 7);
    log_says("there is no folder");
    cr_assert_neq(access(process.state, F_OK), 0, "looking makes nothing");
    process_start(&process, NULL);
    cr_assert_eq(process_run(&process, ARGS("--state", process.state, "--show")), 7);
    log_says("another claviger-unitd uses the state");
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    cr_assert_eq(process_run(&process, ARGS("--state", process.state, "--show")), 0);
    log_says("Unit 6, [test].[SW-CS1].[00].[05]");
    log_says("obeyed           nothing");
    cr_assert_eq(process_run(&process, AGAIN("--show")), 2);
}

/* ---- HTTPS ---- */

static char *certificate(void)
{
    char path[160];
    uint8_t *data = NULL;
    size_t len = 0;
    snprintf(path, sizeof(path), "%s/tls.pem", process.state);
    cr_assert_eq(clv_file_read(path, 1 << 14, &data, &len, NULL), CLV_OK);
    return (char *)data;
}

Test(daemon, a_certificate_of_its_own_stays_until_it_needs_other_names)
{
    process.https = true;
    process_start(&process, ARGS("--units", "1"));
    cr_assert_eq(mode_of(process.state, "tls.key"), 0600);
    cr_assert(process_query(&process, 0, NULL));
    char *first = certificate();
    cr_assert_null(strstr(first, "PRIVATE"));
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    process_start(&process, NULL);
    cr_assert(process_query(&process, 0, NULL));
    char *second = certificate();
    cr_assert_str_eq(first, second);
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    process_start(&process, ARGS("--tls-name", "x.example", "--tls-name", "127.0.0.2"));
    cr_assert(process_query(&process, 0, NULL));
    char *third = certificate();
    cr_assert_str_neq(first, third);
    free(first);
    free(second);
    free(third);
}

static void write_file(const char *name, const void *data, size_t len, char *ret_path, size_t cap)
{
    snprintf(ret_path, cap, "%s/%s", process.dir, name);
    cr_assert_eq(clv_file_create(ret_path, data, len, NULL), CLV_OK);
}

/* Key and certificate as they belong together, each in its file. */
static void make_identity(const char *name, char *ret_cert, char *ret_key, size_t cap)
{
    static const char *const names[] = {"127.0.0.1"};
    char file[40];
    struct clv_secret *pem = NULL;
    cr_assert_eq(clv_tls_identity_make(names, 1, &pem, NULL), CLV_OK);
    const char *text = (const char *)clv_secret_read(pem);
    size_t len = clv_secret_len(pem);
    const char *cert = memmem(text, len, "-----BEGIN CERT", 15);
    snprintf(file, sizeof(file), "%s.key", name);
    write_file(file, text, (size_t)(cert - text), ret_key, cap);
    snprintf(file, sizeof(file), "%s.pem", name);
    write_file(file, cert, len - (size_t)(cert - text), ret_cert, cap);
    clv_secret_close(pem);
    clv_secret_free(&pem);
}

Test(daemon, a_certificate_that_is_given)
{
    char one[2][80], other[2][80], empty[80];
    make_identity("one", one[0], one[1], sizeof(one[0]));
    make_identity("other", other[0], other[1], sizeof(other[0]));
    write_file("empty", "", 0, empty, sizeof(empty));
    process.https = true;
    memcpy(process.cert, one[0], sizeof(process.cert));
    memcpy(process.key, one[1], sizeof(process.key));
    process_start(&process, ARGS("--units", "1"));
    cr_assert(process_query(&process, 0, NULL));
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
#define DOOR(cert, key)                                                                            \
    ARGS("--state", process.state, "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key)
    cr_assert_eq(process_run(&process, DOOR(one[0], other[1])), 7);
    log_says("certificate and key do not go together");
    cr_assert_eq(process_run(&process, DOOR(one[0], empty)), 5);
    cr_assert_eq(process_run(&process, DOOR(empty, one[1])), 5);
    log_says("holds no certificate in PEM");
    cr_assert_eq(process_run(&process, DOOR("/nowhere", one[1])), 7);
    cr_assert_eq(chmod(one[1], 0644), 0);
    cr_assert_eq(process_run(&process, DOOR(one[0], one[1])), 7);
}

Test(daemon, loopback_tells_its_port)
{
    int ready[2];
    char text[12], line[64] = "";
    const char *const args[] = {"claviger-unitd", "--state",    process.state, "--listen",
                                "127.0.0.1:0",    "--ready-fd", text,          NULL};
    cr_assert_eq(pipe(ready), 0);
    snprintf(text, sizeof(text), "%d", ready[1]);
    process.pid = fork();
    if (process.pid == 0) {
        execv(CLV_BINARY_DIR "/claviger-unitd", (char *const *)(uintptr_t)args);
        _exit(127);
    }
    close(ready[1]);
    cr_assert_gt(read(ready[0], line, sizeof(line) - 1), 0);
    cr_assert_eq(strncmp(line, "READY 127.0.0.1:", 16), 0, "%s", line);
    cr_assert_gt(atoi(line + 16), 0);
    close(ready[0]);
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
}

Test(daemon, two_cannot_share_a_state_or_a_socket)
{
    char other[100];
    snprintf(other, sizeof(other), "%s/other", process.dir);
    process_start(&process, NULL);
    cr_assert_eq(process_run(&process, ARGS("--state", process.state, "--socket", other)), 7);
    log_says("another claviger-unitd uses the state");
    cr_assert_eq(process_run(&process, ARGS("--state", other, "--socket", process.socket)), 7);
    log_says("another program listens");
    cr_assert(process_query(&process, 0, NULL));
}

Test(daemon, an_abandoned_socket_is_replaced_and_nothing_else)
{
    process_start(&process, NULL);
    cr_assert_eq(process_stop(&process, SIGKILL), 128 + SIGKILL);
    cr_assert_eq(access(process.socket, F_OK), 0);
    process_start(&process, NULL);
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    FILE *f = fopen(process.socket, "w");
    fputs("precious", f);
    fclose(f);
    cr_assert_eq(process_run(&process, AGAIN("--units", "6")), 7);
    log_says("is not a socket");
    cr_assert_eq(access(process.socket, F_OK), 0);
}

Test(daemon, loose_folders_are_refused)
{
    process_start(&process, NULL);
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    cr_assert_eq(chmod(process.state, 0755), 0);
    cr_assert_eq(process_run(&process, AGAIN("--units", "6")), 7);
    cr_assert_eq(chmod(process.state, 0700), 0);
    cr_assert_eq(chmod(process.dir, 0755), 0);
    cr_assert_eq(process_run(&process, AGAIN("--units", "6")), 7);
    cr_assert_eq(chmod(process.dir, 0700), 0);
}

Test(daemon, damaged_state_is_refused_and_kept)
{
    char path[160];
    uint8_t *before = NULL, *after = NULL;
    size_t len = 0, after_len = 0;
    process_start(&process, NULL);
    cr_assert_eq(process_stop(&process, SIGTERM), 0);
    snprintf(path, sizeof(path), "%s/units.state", process.state);
    cr_assert_eq(clv_file_read(path, 1 << 20, &before, &len, NULL), CLV_OK);
    before[len / 2] ^= 1;
    cr_assert_eq(clv_file_replace(path, before, len, NULL), CLV_OK);
    cr_assert_eq(process_run(&process, AGAIN("--units", "6")), 5);
    log_says("the file is damaged");
    cr_assert_eq(clv_file_read(path, 1 << 20, &after, &after_len, NULL), CLV_OK);
    cr_assert_eq(len, after_len);
    cr_assert_arr_eq(before, after, len);
    free(before);
    free(after);
}

Test(daemon, production_tests_do_not_say_test)
{
    process_start(&process, ARGS("--production-tests"));
    cr_assert_eq(strncmp(process.units[0].serial_number, "SW", 2), 0);
    cr_assert_null(strstr(process.units[0].location, "test"));
}

Test(daemon, token_file)
{
    char path[160], list[160], *body = NULL;
    snprintf(path, sizeof(path), "%s/token", process.dir);
    cr_assert_eq(clv_file_create(path, "Bearer abc\n", 11, NULL), CLV_OK);
    process_start(&process, ARGS("--token", path));
    snprintf(list, sizeof(list), "/v1/tke/%s/hsms", process.instance);
    cr_assert_eq(process_http(&process, list, NULL, NULL, &body), 401);
    free(body);
    cr_assert_eq(process_http(&process, list, NULL, "Bearer abc", &body), 200);
    free(body);
}

/* ---- killed at any moment ---- */

/* In imprint mode attributes may be set unsigned: each such command moves the counter. */
static bool change_something(const uint8_t counter[CLV_EP11_COUNTER_LEN], const char *serial,
                             const uint8_t instance[12])
{
    static const uint8_t attributes[] = {0, 0, 0, 2, 0, 0, 0, 0};
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN] = {0}, *answer = NULL;
    struct clv_writer block = {0}, w = {0};
    size_t len = 0;
    struct clv_ep11_admin_block b = {
        .command = CLV_EP11_SET_ATTR,
        .module_id = clv_view_of(module_id, sizeof(module_id)),
        .counter = clv_view_of(counter, CLV_EP11_COUNTER_LEN),
        .input = clv_view_of(attributes, sizeof(attributes)),
    };
    memcpy(module_id, serial, 8);
    memcpy(module_id + 8, instance, 8);
    memcpy(b.domain_id + 4, instance + 8, 4);
    clv_ep11_admin_block_encode(&block, &b);
    struct clv_ep11_admin_request request = {.function = 1u << 16 | CLV_EP11_FN_ADMIN,
                                             .block = clv_writer_view(&block)};
    clv_ep11_admin_request_encode(&w, &request);
    bool answered = process_post(&process, 0, clv_writer_view(&w), &answer, &len);
    if (answered) {
        struct clv_ep11_response rsp;
        struct clv_ep11_response_block got;
        cr_assert_eq(clv_ep11_response_decode(clv_view_of(answer, len), &rsp, NULL), CLV_OK);
        cr_assert_eq(clv_ep11_response_block_decode(rsp.block, &got, NULL), CLV_OK);
        cr_assert_eq(got.return_code, 0);
        cr_assert_arr_eq(got.counter, counter, CLV_EP11_COUNTER_LEN);
    }
    free(answer);
    clv_writer_clear(&block);
    clv_writer_clear(&w);
    return answered;
}

/* Module instance and domain instance, from the state file's own answer to nobody: a refused
 * command still carries them. */
static void learn_ids(uint8_t ret[12])
{
    uint8_t *answer = NULL;
    size_t len = 0;
    struct clv_writer block = {0}, w = {0};
    struct clv_ep11_response rsp;
    struct clv_ep11_response_block got;
    struct clv_ep11_admin_block b = {.command = CLV_EP11_Q_ATTRS};
    clv_ep11_admin_block_encode(&block, &b);
    struct clv_ep11_admin_request request = {.function = 1u << 16 | CLV_EP11_FN_ADMIN,
                                             .block = clv_writer_view(&block)};
    clv_ep11_admin_request_encode(&w, &request);
    cr_assert(process_post(&process, 0, clv_writer_view(&w), &answer, &len));
    cr_assert_eq(clv_ep11_response_decode(clv_view_of(answer, len), &rsp, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_response_block_decode(rsp.block, &got, NULL), CLV_OK);
    memcpy(ret, got.module_id + 8, 8);
    memcpy(ret + 8, got.domain_id + 4, 4);
    free(answer);
    clv_writer_clear(&block);
    clv_writer_clear(&w);
}

/* Kills the daemon after a while that differs from round to round. */
static pid_t arm_killer(unsigned round)
{
    pid_t pid = fork();
    if (pid == 0) {
        usleep(500 + round * 1700);
        kill(process.pid, SIGKILL);
        _exit(0);
    }
    return pid;
}

Test(daemon, killed_at_any_moment_the_state_is_old_or_new)
{
    uint8_t counter[CLV_EP11_COUNTER_LEN], next[CLV_EP11_COUNTER_LEN], found[CLV_EP11_COUNTER_LEN];
    uint8_t ids[12];
    process_start(&process, ARGS("--units", "2"));
    learn_ids(ids);
    cr_assert(process_query(&process, 0, counter));
    for (unsigned round = 0; round < 20; round++) {
        pid_t killer = arm_killer(round);
        for (;;) {
            clv_ep11_counter_next(counter, next);
            if (!change_something(next, process.units[0].serial_number, ids))
                break;
            memcpy(counter, next, sizeof(counter));
        }
        waitpid(killer, NULL, 0);
        process_stop(&process, SIGKILL);
        process_start(&process, NULL);
        cr_assert(process_query(&process, 0, found));
        bool is_old = memcmp(found, counter, sizeof(found)) == 0;
        bool is_new = memcmp(found, next, sizeof(found)) == 0;
        cr_assert(is_old || is_new, "round %u: an acknowledged command is lost", round);
        memcpy(counter, found, sizeof(counter));
    }
}

/* A closed standard output: the next file opened would get its number, and the word in it. */
Test(daemon, the_word_that_it_is_ready_goes_into_no_file)
{
    char command[400];
    snprintf(command, sizeof(command),
             "exec timeout 20 '" CLV_BINARY_DIR
             "/claviger-unitd' --state %s --socket %s --units 1 >&-",
             process.state, process.socket);
    struct run r;
    run_program(&r, NULL, "/bin/sh", "-c", command, NULL);
    cr_assert_eq(r.exit_code, 7, "%d: %s", r.exit_code, r.output);
    run_clear(&r);
    snprintf(command, sizeof(command), "grep -r READY %s", process.state);
    run_program(&r, NULL, "/bin/sh", "-c", command, NULL);
    cr_assert_eq(r.exit_code, 1, "%s", r.output);
    run_clear(&r);
}
