/* One command on real software units: survey, refusals, orders, record, signers. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"
#include "claviger/tke.h"
#include "run.h"
#include "start.h"
#include "unitd_process.h"

#define PASSWORD "correct horse battery staple 77"

static struct process units;
static char *dir, *site_file, *key_dir;
static struct clv_tke *tke;
static struct clv_error err;
static unsigned num_asked; /* passwords */
static char asked_for[200], confirmed[200], wrong_first[40];
static bool agree;

static clv_status give(const char *text, struct clv_secret **ret)
{
    cr_assert_eq(clv_secret_new(strlen(text), ret, NULL), CLV_OK);
    memcpy(clv_secret_write(*ret), text, strlen(text));
    clv_secret_close(*ret);
    return CLV_OK;
}

static clv_status password(void *ctx, const struct clv_tke_key *key, const char *problem,
                           struct clv_secret **ret, struct clv_error *e)
{
    (void)ctx;
    (void)e;
    num_asked++;
    snprintf(asked_for, sizeof(asked_for), "%s", key->info.admin_name);
    return give(wrong_first[0] && problem == NULL ? wrong_first : PASSWORD, ret);
}

static clv_status new_password(void *ctx, const char *const *words, struct clv_secret **ret,
                               struct clv_error *e)
{
    (void)ctx;
    (void)words;
    (void)e;
    return give(PASSWORD, ret);
}

static clv_status confirm(void *ctx, const char *phrase, const char *const *lines, size_t num,
                          struct clv_error *e)
{
    (void)ctx;
    (void)lines;
    (void)num;
    snprintf(confirmed, sizeof(confirmed), "%s", phrase);
    return agree ? CLV_OK : clv_fail(e, CLV_E_RULE, "no");
}

static struct clv_tke_port port = {
    .person = true, .password = password, .new_password = new_password, .confirm = confirm};

static void write_site(void)
{
    char path[200], text[2000];
    size_t len = 0;
    snprintf(path, sizeof(path), "%s/root.hex", units.state);
    uint8_t *root = file_bytes(path, &len);
    snprintf(text, sizeof(text),
             "claviger-site: 1\nservice-instances:\n  - name: house\n    id: %s\n"
             "    endpoint: unix:%s\n    trusted-roots: [\"%.*s\"]\n    units: all\n"
             "deadlines:\n  query-seconds: 20\n  command-seconds: 20\n",
             units.instance, units.socket, (int)strcspn((char *)root, "\n"), (char *)root);
    site_file = clv_path_join(dir, "site.yaml");
    file_write(site_file, text, strlen(text));
    free(root);
}

static void open_session(const char *numbers, const char *sigkeys)
{
    const struct clv_tke_config config = {.config_dir = dir,
                                          .state_dir = dir,
                                          .site_file = site_file,
                                          .key_dir = key_dir,
                                          .units = numbers,
                                          .sigkeys = sigkeys,
                                          .test_world = true,
                                          .port = &port};
    clv_tke_close(&tke);
    err = (struct clv_error){0};
    cr_assert_eq(clv_tke_open(&config, &tke, &err), CLV_OK, "%s", err.fact);
}

static void setup(void)
{
    test_start();
    dir = folder_make();
    key_dir = clv_path_join(dir, "keys");
    process_open(&units);
    process_start(&units, (const char *const[]){"--units", "3", NULL});
    write_site();
    agree = true;
    num_asked = 0;
    wrong_first[0] = '\0';
}

static void teardown(void)
{
    clv_tke_close(&tke);
    process_close(&units);
    folder_remove(&dir);
    free(site_file);
    free(key_dir);
}

TestSuite(tke_session, .init = setup, .fini = teardown);

static void survey(const char *numbers)
{
    open_session(numbers, NULL);
    cr_assert_eq(clv_tke_find(tke, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_tke_survey(tke, &err), CLV_OK, "%s", err.fact);
}

/* ---- record ---- */

static char record[64][4200];
static size_t num_records;

static clv_status keep(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *e)
{
    (void)ctx;
    (void)e;
    cr_assert_lt(seq, 64);
    snprintf(record[seq], sizeof(record[0]), "%.*s", (int)entry.len, (const char *)entry.data);
    num_records = seq + 1;
    return CLV_OK;
}

static void read_record(void)
{
    struct clv_journal *journal = NULL;
    struct clv_journal_report report;
    cr_assert_eq(clv_journal_verify(clv_tke_journal_dir(tke), NULL, &report, NULL), CLV_OK);
    cr_assert_eq(report.verdict, CLV_JOURNAL_INTACT, "%s", report.fault);
    cr_assert(report.test);
    cr_assert_eq(clv_journal_open_readonly(clv_tke_journal_dir(tke), &journal, NULL), CLV_OK);
    cr_assert_eq(clv_journal_each(journal, 0, keep, NULL, NULL), CLV_OK);
    clv_journal_free(&journal);
}

static size_t count(const char *text)
{
    size_t num = 0;
    for (size_t i = 0; i < num_records; i++)
        num += strstr(record[i], text) != NULL;
    return num;
}

Test(tke_session, a_command_is_on_record_before_and_after)
{
    survey("all");
    cr_assert_eq(clv_tke_num_alive(tke), 3);
    cr_assert_eq(clv_tke_begin(tke, "cryptounit-zeroize", &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_tke_confirm(tke, "zeroize", NULL, 0, &err), CLV_OK);
    cr_assert_str_eq(confirmed, "zeroize 1,2,3");
    cr_assert_eq(clv_tke_order(tke, &(struct clv_order){.kind = CLV_ORDER_ZEROIZE}, &err), CLV_OK,
                 "%s", err.fact);
    cr_assert_eq(clv_tke_total(tke), CLV_TKE_ALL);
    cr_assert_eq(clv_tke_end(tke, CLV_OK, &err), CLV_OK, "%s", err.fact);
    read_record();
    cr_assert(strstr(record[0], "\"event\":\"opened\""), "%s", record[0]);
    cr_assert(strstr(record[1], "\"command\":\"cryptounit-zeroize\",\"units\":\"1,2,3\""), "%s",
              record[1]);
    cr_assert_eq(count("\"event\":\"unit-seen\""), 3);
    cr_assert_eq(count("\"typed\":\"zeroize 1,2,3\""), 1);
    cr_assert_eq(count("\"event\":\"intent\",\"time\""), 3);
    cr_assert_eq(count("\"outcome\":\"done\""), 3);
    cr_assert(strstr(record[num_records - 1], "\"units\":3,\"failed\":0,\"ending\":\"OK\""), "%s",
              record[num_records - 1]);
}

Test(tke_session, a_second_command_goes_on_in_the_same_journal)
{
    for (int i = 0; i < 2; i++) {
        survey("1");
        cr_assert_eq(clv_tke_begin(tke, "x", &err), CLV_OK, "%s", err.fact);
        cr_assert_eq(clv_tke_end(tke, CLV_E_RULE, &err), CLV_OK, "%s", err.fact);
    }
    read_record();
    cr_assert_eq(count("\"event\":\"opened\""), 1);
    cr_assert_eq(count("\"ending\":\"E-RULE\""), 2);
}

Test(tke_session, one_command_at_a_time)
{
    struct clv_tke *first;
    survey("1");
    cr_assert_eq(clv_tke_begin(tke, "x", &err), CLV_OK, "%s", err.fact);
    first = tke;
    tke = NULL;
    survey("2");
    cr_assert_eq(clv_tke_begin(tke, "y", &err), CLV_E_RULE);
    cr_assert_str_eq(err.kept, "Nothing was changed.");
    clv_tke_close(&first);
}

Test(tke_session, a_torn_record_is_set_aside_and_that_is_on_record)
{
    char path[300];
    survey("1");
    cr_assert_eq(clv_tke_begin(tke, "x", &err), CLV_OK);
    cr_assert_eq(clv_tke_end(tke, CLV_OK, &err), CLV_OK);
    snprintf(path, sizeof(path), "%s/journal.log", clv_tke_journal_dir(tke));
    FILE *log = fopen(path, "a");
    cr_assert(log);
    fputs("7 0123", log);
    fclose(log);
    survey("1");
    cr_assert_eq(clv_tke_begin(tke, "y", &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_tke_end(tke, CLV_OK, &err), CLV_OK);
    read_record();
    cr_assert_eq(count("\"event\":\"torn-set-aside\",\"time\""), 1);
}

Test(tke_session, a_unit_that_is_refused_takes_no_part)
{
    size_t num = 0;
    survey("1-2");
    cr_assert_eq(clv_tke_begin(tke, "x", &err), CLV_OK);
    clv_tke_refuse(tke, 2, CLV_E_RULE, "Do something else.", "unit %u would refuse", 2u);
    cr_assert_eq(clv_tke_order(tke, &(struct clv_order){.kind = CLV_ORDER_ZEROIZE}, &err), CLV_OK);
    cr_assert_eq(clv_tke_total(tke), CLV_TKE_SOME);
    const struct clv_tke_row *rows = clv_tke_rows(tke, &num);
    cr_assert_eq(num, 2);
    cr_assert(rows[0].sent && !rows[0].failed);
    cr_assert(!rows[1].sent && rows[1].failed);
    cr_assert_eq(rows[1].outcome, CLV_OUTCOME_NOT_SENT);
    cr_assert_str_eq(rows[1].error.fact, "unit 2 would refuse");
    cr_assert_str_eq(rows[1].error.kept, "Nothing was sent to it.");
    cr_assert_str_eq(rows[1].error.hint, "Do something else.");
    clv_tke_refuse(tke, 1, CLV_E_RULE, NULL, "and this one");
    cr_assert_eq(clv_tke_total(tke), CLV_TKE_NONE);
    cr_assert_eq(clv_tke_order(tke, &(struct clv_order){.kind = CLV_ORDER_ZEROIZE}, &err),
                 CLV_E_RULE);
    cr_assert_eq(clv_tke_end(tke, CLV_OK, &err), CLV_OK);
    read_record();
    cr_assert_eq(count("\"event\":\"intent\",\"time\""), 1);
}

Test(tke_session, nothing_goes_without_a_journal_or_a_selection)
{
    survey("1");
    cr_assert_eq(clv_tke_order(tke, &(struct clv_order){.kind = CLV_ORDER_ZEROIZE}, &err),
                 CLV_E_INTERNAL);
    open_session(NULL, NULL);
    cr_assert_eq(clv_tke_find(tke, &err), CLV_OK);
    cr_assert_eq(clv_tke_survey(tke, &err), CLV_E_USAGE);
    cr_assert(strstr(err.hint, "cryptounit-add"));
}

Test(tke_session, the_selection_is_kept_by_ids)
{
    open_session(NULL, NULL);
    cr_assert_eq(clv_tke_find(tke, &err), CLV_OK);
    cr_assert_eq(clv_tke_select_units(tke, "2-3", true, &err), CLV_OK, "%s", err.fact);
    open_session(NULL, NULL);
    cr_assert_eq(clv_tke_find(tke, &err), CLV_OK);
    cr_assert_eq(clv_tke_survey(tke, &err), CLV_OK);
    char text[40];
    clv_tke_selection(tke, text, sizeof(text));
    cr_assert_str_eq(text, "2,3");
}

Test(tke_session, a_daemon_that_is_gone_is_an_error_with_its_service)
{
    process_stop(&units, SIGTERM);
    open_session("1", NULL);
    cr_assert_eq(clv_tke_find(tke, &err), CLV_E_IO);
    cr_assert(strstr(err.whiles[0], "house"), "%s", err.whiles[0]);
}

/* ---- signers ---- */

static void make_key(const char *name)
{
    struct clv_tke_key key;
    const struct clv_tke_new_key in = {.owner = name, .admin_name = name};
    cr_assert_eq(clv_tke_add_sigkey(tke, &in, &key, &err), CLV_OK, "%s", err.fact);
}

Test(tke_session, only_as_many_keys_are_opened_as_have_to_sign)
{
    uint8_t skis[8][CLV_SKI_LEN];
    size_t num = 0;
    open_session("1", NULL);
    make_key("Anna");
    make_key("Boris");
    open_session("1", "Boris,Anna");
    cr_assert_eq(clv_tke_open_signers(tke, 3, NULL, 0, &err), CLV_E_RULE);
    cr_assert(strstr(err.hint, "sigkey-sel"), "%s", err.hint);
    cr_assert_eq(num_asked, 0);
    strcpy(wrong_first, "wrong");
    cr_assert_eq(clv_tke_open_signers(tke, 1, NULL, 0, &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq(asked_for, "Boris");
    cr_assert_eq(num_asked, 2);
    cr_assert_eq(clv_tke_selected_skis(tke, skis, &num, &err), CLV_OK);
    cr_assert_eq(num, 2);
    cr_assert_eq(clv_tke_open_signers(tke, 1, (const uint8_t(*)[CLV_SKI_LEN]) & skis[1], 1, &err),
                 CLV_OK, "%s", err.fact);
    cr_assert_str_eq(asked_for, "Anna");
    const struct clv_ep11_signer *signers = clv_tke_signers(tke, &num);
    cr_assert_eq(num, 2);
    cr_assert_arr_eq(signers[0].ski, skis[0], CLV_SKI_LEN);
    cr_assert_arr_eq(signers[1].ski, skis[1], CLV_SKI_LEN);
    clv_tke_close(&tke);
    cr_assert_eq(clv_secret_alive(), 0);
}
