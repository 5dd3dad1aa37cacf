/* The other world: every answer typed by people, units that do not say TEST, and neither world
 * takes anything of the other. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "house.h"
#include "people.h"

#define CREATE CLV_SOURCE_DIR "/tests/scripts/create-two-owners.yaml"
#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

#define TOKEN "Bearer only for this house\n"

/* Units in a process of their own, behind HTTPS and a token, and a site file that names them. */
struct site {
    struct scene scene;
    struct run daemon;
    char *file;
};
/* How they are. */
struct units {
    const char *world; /* an option */
    const char *uses;  /* how many requests a token is good for */
    const char *fault; /* of --fault, or NULL */
    const char *rest;  /* lines of the site file */
};

/* Its last line is READY 127.0.0.1:PORT. */
static void write_site(struct site *site, const char *rest)
{
    char *id_path = scene_path(&site->scene, "state/instance.id"), text[2000];
    const char *address = strstr(site->daemon.output, "READY ") + strlen("READY ");
    size_t len = 0;
    char *id = (char *)file_bytes(id_path, &len);
    snprintf(text, sizeof(text),
             "claviger-site: 1\nservice-instances:\n  - name: Tests\n    id: %s\n"
             "    endpoint: https://%.*s\n    ca-file: state/tls.pem\n    token-file: token\n"
             "    trusted-roots: [state/root.hex]\n    units: all\n"
             "deadlines:\n  query-seconds: 10\n  command-seconds: 20\n%s",
             id, (int)strcspn(address, "\n"), address, rest ? rest : "");
    site->file = scene_path(&site->scene, "site.yaml");
    file_write(site->file, text, strlen(text));
    free(id);
    free(id_path);
}

static void site_open_as(struct site *site, const struct units *units)
{
    scene_begin_short(&site->scene, 2);
    char *state = scene_path(&site->scene, "state"), *token = scene_path(&site->scene, "token");
    const char *argv[] = {"claviger-unitd",
                          "--state",
                          state,
                          "--listen",
                          "127.0.0.1:0",
                          "--tls",
                          "--token",
                          token,
                          "--units",
                          "2",
                          "--token-uses",
                          units->uses ? units->uses : "1000000",
                          units->world,
                          units->fault ? "--fault" : NULL,
                          units->fault,
                          NULL};
    file_write(token, TOKEN, strlen(TOKEN));
    run_start(&site->daemon, NULL, "claviger-unitd", argv);
    cr_assert(run_wait_text(&site->daemon, "READY") && run_wait_text(&site->daemon, "\n"), "%s",
              site->daemon.output);
    write_site(site, units->rest);
    free(state);
    free(token);
}

static void site_open(struct site *site, const char *world)
{
    site_open_as(site, &(struct units){.world = world});
}

static void site_close(struct site *site)
{
    cr_assert_eq(kill(site->daemon.pid, SIGTERM), 0);
    run_finish(&site->daemon);
    cr_assert_eq(site->daemon.exit_code, 0, "%s", site->daemon.output);
    run_clear(&site->daemon);
    free(site->file);
    scene_clear(&site->scene);
}

static struct terminal *begin_with(const struct site *site, const char *script, const char *keys,
                                   const char *path)
{
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *env[] = {path, NULL};
    const char *argv[] = {program,    "run",   "--plain",       "--script", script, "--site",
                          site->file, "--dir", site->scene.dir, "--keys",   keys,   NULL};
    return terminal_spawn(&(struct terminal_options){.argv = argv, .env = path ? env : NULL});
}

static struct terminal *begin(const struct site *site, const char *script, const char *keys)
{
    return begin_with(site, script, keys, NULL);
}

/* ---- a printer that has its days ------------------------------------------------------------- */

#define NUM_SPOILT 3
/* The first three sheets fail, each in its own way; the others come out, the last ones slowly. */
static const char lp[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\" && echo >> calls\n"
    "case $(wc -l < calls) in\n"
    "1) echo 'lp: Error - no default destination available.' >&2; exit 1 ;;\n"
    "2) echo 'lp: Error - The printer or class does not exist.' >&2; exit 1 ;;\n"
    "3) kill -KILL $$ ;;\n"
    "7) sleep 0.5 ;;\n"
    "esac\n"
    "[ \"$1 $2 $3\" = '-d office --' ] && cp \"$4\" .\n";

/* "PATH=...", to be freed: lp is in its first folder. */
static char *install_lp(const struct scene *s)
{
    char *dir = scene_path(s, "printer"), *program = scene_path(s, "printer/lp"), *path = NULL;
    cr_assert_eq(mkdir(dir, 0700), 0);
    file_write(program, lp, strlen(lp));
    cr_assert_eq(chmod(program, 0700), 0);
    cr_assert_gt(asprintf(&path, "PATH=%s:%s", dir, getenv("PATH")), 0);
    free(program);
    free(dir);
    return path;
}

static void assert_printed(const struct site *site)
{
    struct names sheets;
    const struct journal *j = &site->scene.journal;
    char *tray = scene_path(&site->scene, "printer");
    names_list(tray, ".pdf", &sheets);
    cr_assert_eq(sheets.num, 5);
    size_t i = journal_next(j, CLV_EVENT_RECEIPT_VOID, 0);
    cr_assert_str_eq(j->event[i].text, "lp: Error - no default destination available.");
    i = journal_next(j, CLV_EVENT_RECEIPT_VOID, i + 1);
    cr_assert_str_eq(j->event[i].text, "lp: Error - The printer or class does not exist.");
    i = journal_next(j, CLV_EVENT_RECEIPT_VOID, i + 1);
    cr_assert_str_eq(j->event[i].text, "lp was ended by signal 9");
    cr_assert_eq(journal_count(j, CLV_EVENT_RECEIPT_VOID), NUM_SPOILT);
    names_clear(&sheets);
    free(tray);
}

/* Rows that every one of these ceremonies begins with. Swap may be on where the tests run: what a
 * production ceremony asks then is answered, too. */
#define BEGINNING                                                                                  \
    {"A check of the workstation failed", "2", false}, {"What should have", "no swap", false},     \
        {"What happened instead", "this is a test", false},                                        \
        {"What was decided", "go on, Ada Brandt", false},                                          \
        {"Name of the ceremony administrator", "Ada Brandt", false},                               \
        {"Name of the witness", "Wen Castellan", false},                                           \
        {"Name of signature-key owner 1", "Sofia Dahl", false},                                    \
        {"Name of key-part owner 1", "Kofi Eklund", false},                                        \
    {                                                                                              \
        "Name of key-part owner 2", "Lena Fähnrich", false                                         \
    }
#define PASSWORD(text)                                                                             \
    {"Which password?", "1", false}, {"New password (not shown)", text, false},                    \
    {                                                                                              \
        "The same password again (not shown)", text, false                                         \
    }

/* Keys and parts are made and loaded. */
#define UP_TO_LOADED                                                                               \
    BEGINNING, {"-- The crypto units --", "1", false}, {"Type the phrase", "zeroize 1,2", false},  \
        {"Administrator name", "Sofia Dahl", false}, PASSWORD(SOFIA_PASSWORD),                     \
        {"Which kind of part?", "1", false},                                                       \
        {"Description of this key part", "First part", false}, PASSWORD(KOFI_PASSWORD),            \
        {"Which kind of part?", "1", false},                                                       \
        {"Description of this key part", "Second part", false}, PASSWORD(LENA_PASSWORD),           \
        {"Password of this file", SOFIA_PASSWORD, false},                                          \
        {"Password of this file", KOFI_PASSWORD, false},                                           \
    {                                                                                              \
        "Password of this file", LENA_PASSWORD, false                                              \
    }
#define AGREED                                                                                     \
    {                                                                                              \
        "Do you agree?", "1", false                                                                \
    }
#define SIGN_OFF AGREED, AGREED, AGREED, AGREED, AGREED

static void commitment_on_record(const struct journal *j, unsigned part, char ret_hex[65])
{
    for (size_t i = journal_next(j, CLV_EVENT_PART_MADE, 0); i < j->num;
         i = journal_next(j, CLV_EVENT_PART_MADE, i + 1))
        if (j->event[i].slot == part)
            clv_hex(j->event[i].digest, 32, ret_hex);
}

static void assert_paper_says_production(const struct scene *s, size_t num_sheets)
{
    struct names names;
    char *dir = ceremony_path(s, "receipts");
    names_list(dir, ".pdf", &names);
    cr_assert_eq(names.num, num_sheets);
    for (size_t i = 0; i < names.num; i++) {
        struct run r;
        char *pdf = clv_path_join(dir, names.name[i]);
        run_program(&r, NULL, "pdftotext", pdf, "-", NULL);
        cr_assert(strstr(r.output, "PRODUCTION"), "%s", r.output);
        cr_assert_null(strstr(r.output, "TEST"), "%s", r.output);
        run_clear(&r);
        free(pdf);
    }
    names_clear(&names);
    free(dir);
}

/* A rehearsal does not see the files of production. */
static void assert_rehearsal_refuses(const struct site *site, const char *keys)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer(&s, "signature-key.1.after", "stop");
    scene_play(&s, "--script", SHORT, "--keys", keys, "--units", "1", NULL);
    (void)site;
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert(scene_said(&s, "there is no TEST key file in"), "%s", s.run.output);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_SIGKEY_READY), 0);
    scene_clear(&s);
}

Test(production, two_owners_load_two_units_by_hand)
{
    struct site site;
    struct typed rows[] = {
        UP_TO_LOADED,
        {"Type the phrase", "commit 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        SIGN_OFF,
        {"-- A sheet did not come out --", "1", false},
        {"-- A sheet did not come out --", "1", false},
        {"-- A sheet did not come out --", "1", false},
        {"-- Look at the sheet --", "1", false},
        {"-- Look at the sheet --", "1", false},
        {"-- Look at the sheet --", "1", false},
        {"-- Look at the sheet --", "1", false},
        {"-- Look at the sheet --", "1", false},
    };
    struct run r;
    site_open_as(&site,
                 &(struct units){.world = "--production-tests", .rest = "printer: office\n"});
    char *keys = scene_path(&site.scene, "keys"), *path = install_lp(&site.scene);
    struct terminal *t = begin_with(&site, CREATE, keys, path);
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 0);
    cr_assert(!terminal_stream_has(t, "TEST"), "production says TEST somewhere");
    cr_assert(!terminal_stream_has(t, SOFIA_PASSWORD));
    terminal_free(&t);

    journal_read(site.scene.dir, &site.scene.journal);
    journal_check(&site.scene.journal, 2);
    cr_assert(!site.scene.journal.event[0].ok, "the first entry says TEST");
    cr_assert_eq(journal_replay(&site.scene.journal, CREATE), CLV_STATE_CLOSED);
    run_program(&r, NULL, "claviger", "verify", site.scene.dir, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    cr_assert(strstr(r.output, "PRODUCTION"), "%s", r.output);
    run_clear(&r);
    assert_paper_says_production(&site.scene, 5 + NUM_SPOILT);
    assert_printed(&site);
    assert_rehearsal_refuses(&site, keys);
    free(path);
    free(keys);
    site_close(&site);
}

/* The process is killed in front of the commit. Another one has the folder only: its copies of
 * script and site file, and the place of the key files. */
Test(production, goes_on_after_the_power_went)
{
    struct site site;
    struct typed first[] = {
        UP_TO_LOADED,
    };
    struct typed second[] = {
        {"Your name", "Ada Brandt", false},
        {"Name of the witness now", "Wen Castellan", false},
        {"The witness's last slip", "none", false},
        {"On record and now", "1", false},
        {"Password of this file", SOFIA_PASSWORD, false},
        {"Type the phrase", "commit 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        SIGN_OFF,
    };
    site_open(&site, "--production-tests");
    char *keys = scene_path(&site.scene, "keys");
    struct terminal *t = begin(&site, CREATE, keys);
    people_type(t, first, sizeof(first) / sizeof(first[0]), "-- Commit the new register --");
    cr_assert_eq(kill(terminal_pid(t), SIGKILL), 0);
    (void)terminal_wait_exit(t);
    terminal_free(&t);

    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[] = {program, "resume", "--plain", site.scene.dir, NULL};
    t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, second, sizeof(second) / sizeof(second[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 0);
    cr_assert(!terminal_stream_has(t, "TEST"), "production says TEST somewhere");
    terminal_free(&t);
    journal_read(site.scene.dir, &site.scene.journal);
    journal_check(&site.scene.journal, 2);
    cr_assert_eq(journal_replay(&site.scene.journal, CREATE), CLV_STATE_CLOSED);
    cr_assert_eq(journal_count(&site.scene.journal, CLV_EVENT_RESUMED), 1);
    free(keys);
    site_close(&site);
}

/* ---- a unit set aside ------------------------------------------------------------------------ */

/* Names in the site file are relative, and so is its own. */
#define FOLDERS "folders:\n  key-files: keys\n  receipts: papers\n  journal-mirror: blue\n"

static void play_with_a_unit_set_aside(struct site *site)
{
    struct typed rows[] = {
        UP_TO_LOADED,
        {"Type the phrase", "commit 1,2", false},
        {"Stopped at the barrier of \"commit\"", "3", false},
        {"Which unit?", "1", false},
        {"Reason of this decision", "refuses to commit", false},
        {"Approved by (names)", "Ada Brandt, Wen Castellan", false},
        {"Type the phrase", "set immediate 1", false},
        {"Type the phrase", "set immediate 1", false},
        SIGN_OFF,
    };
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[] = {program,  "run",       "--plain", "--script",      CREATE,
                          "--site", "site.yaml", "--dir",   site->scene.dir, NULL};
    cr_assert_eq(chdir(site->scene.top), 0);
    cr_assert_eq(mkdir("blue", 0700), 0);
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 0);
    terminal_free(&t);
    journal_read(site->scene.dir, &site->scene.journal);
}

static void assert_receipts(const struct site *site, const char *folder, size_t num)
{
    struct names names;
    char *dir = scene_path(&site->scene, folder);
    names_list(dir, ".pdf", &names);
    cr_assert_eq(names.num, num, "%s", dir);
    names_clear(&names);
    free(dir);
}

static struct terminal *play_the_follow_up(const struct site *site, const char *dir)
{
    char kofi[65], lena[65];
    commitment_on_record(&site->scene.journal, 1, kofi);
    commitment_on_record(&site->scene.journal, 2, lena);
    struct typed rows[] = {
        BEGINNING,
        {"-- The crypto units --", "3", false},
        {"Which file is yours?", "1", false},
        {"Commitment", kofi, false},
        {"Commitment", lena, false},
        {"Which file is yours?", "1", false},
        {"Which file is yours?", "2", false},
        {"Password of this file", SOFIA_PASSWORD, false},
        {"Password of this file", SOFIA_PASSWORD, false},
        {"Password of this file", KOFI_PASSWORD, false},
        {"Password of this file", LENA_PASSWORD, false},
        {"Type the phrase", "commit 2", false},
        {"Type the phrase", "set immediate 2", false},
        {"Type the phrase", "set immediate 2", false},
        SIGN_OFF,
    };
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[] = {program,         "run",   "--plain", "--follow-up",
                          site->scene.dir, "--dir", dir,       NULL};
    cr_assert_eq(chdir("/"), 0);
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 0);
    return t;
}

/* What the first ceremony wrote is all the second one has: same service, keys and places, wherever
 * it is started. */
Test(production, a_unit_set_aside_follows_up)
{
    struct site site;
    struct journal second;
    site_open_as(&site, &(struct units){.world = "--production-tests",
                                        .fault = "2:commit:refuse-signature",
                                        .rest = FOLDERS});
    play_with_a_unit_set_aside(&site);
    char *dir = scene_path(&site.scene, "second");
    struct terminal *t = play_the_follow_up(&site, dir);
    cr_assert(!terminal_stream_has(t, "TEST"), "production says TEST somewhere");
    cr_assert(terminal_stream_has(t, "Receipts: ") && terminal_stream_has(t, "/papers/second"));
    terminal_free(&t);
    journal_read(dir, &second);
    journal_check(&second, 2);
    char *script = ceremony_path(&site.scene, "follow-up.yaml");
    cr_assert_eq(journal_replay(&second, script), CLV_STATE_CLOSED);
    cr_assert_str_eq(journal_last(&second)->text2, "");
    cr_assert_eq(journal_outcomes(&second, CLV_PHASE_COMMIT, 2, "done"), 1);
    journal_clear(&second);
    assert_receipts(&site, "papers/ceremony", 5);
    assert_receipts(&site, "papers/second", 3);
    char *mirror = scene_path(&site.scene, "blue/second");
    struct run r;
    run_program(&r, NULL, "claviger", "verify", mirror, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    run_clear(&r);
    free(mirror);
    free(script);
    free(dir);
    site_close(&site);
}

Test(production, refuses_key_files_of_a_rehearsal)
{
    struct site site;
    struct typed rows[] = {
        BEGINNING,
        {"-- The crypto units --", "1", false},
        {"Type the phrase", "zeroize 1,2", false},
        {"there is no production key file in", "3", false},
    };
    site_open(&site, "--production-tests");
    struct terminal *t = begin(&site, SHORT, house_keys());
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 1);
    terminal_free(&t);
    site_close(&site);
}

Test(production, refuses_test_units)
{
    struct site site;
    struct typed rows[] = {BEGINNING, {"TEST units (TEST", "3", false}};
    site_open(&site, NULL);
    struct terminal *t = begin(&site, SHORT, house_keys());
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 1);
    terminal_free(&t);
    site_close(&site);
}

/* ---- others' files, others' services --------------------------------------------------------- */

#define PLUGIN_PASSWORD "old password of the plug-in"
#define OPEN CLV_SOURCE_DIR "/tests/scripts/open-signature-key.yaml"

static void bring_plugin_key(const char *keys)
{
    char *from = clv_path_join(CLV_SOURCE_DIR, "tests/support/plugin/boris.sigkey");
    char *to = clv_path_join(keys, "boris.sigkey");
    size_t len = 0;
    uint8_t *data = file_bytes(from, &len);
    cr_assert_eq(mkdir(keys, 0700), 0);
    file_write(to, data, len);
    cr_assert_eq(chmod(to, 0600), 0);
    free(data);
    free(to);
    free(from);
}

static void assert_journal_names_key_and_root(const struct journal *journal)
{
    bool key = false, root = false;
    for (size_t i = 0; i < journal->num; i++) {
        const struct clv_event *e = &journal->event[i];
        key = key || (e->kind == CLV_EVENT_SIGKEY_READY && strcmp(e->name, "Boris") == 0 &&
                      strcmp(e->text2, "file of the plug-in opened, used once") == 0);
        root = root || (e->kind == CLV_EVENT_UNIT_SEEN &&
                        strcmp(e->text2, "root named by the site file") == 0);
    }
    cr_assert(key && root);
}

/* An RSA key in a file of the plug-in signs everything, and in the middle the access token expires:
 * people bring another one, and nothing is lost or done twice. */
Test(production, a_key_of_the_plug_in_and_a_token_that_expires)
{
    struct site site;
    struct typed rows[] = {
        BEGINNING,
        {"-- The crypto units --", "1", false},
        {"Type the phrase", "zeroize 1,2", false},
        {"Which file is yours?", "1", false},
        {"Password of this file", PLUGIN_PASSWORD, false},
        {"Administrator name", "Boris", false},
        {"Which kind of part?", "1", false},
        {"Description of this key part", "First part", false},
        PASSWORD(KOFI_PASSWORD),
        {"Which kind of part?", "1", false},
        {"Description of this key part", "Second part", false},
        PASSWORD(LENA_PASSWORD),
        {"Password of this file", PLUGIN_PASSWORD, false},
        {"Password of this file", KOFI_PASSWORD, false},
        {"Password of this file", LENA_PASSWORD, false},
        {"Type the phrase", "commit 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        SIGN_OFF,
    };
    site_open_as(&site, &(struct units){.world = "--production-tests", .uses = "110"});
    char *keys = scene_path(&site.scene, "keys"), *token = scene_path(&site.scene, "token");
    bring_plugin_key(keys);
    struct terminal *t = begin(&site, OPEN, keys);
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Put a new access token in");
    terminal_send(t, "1\r"); /* not yet */
    terminal_wait_output(t, "still holds the token that was refused");
    file_write(token, "Bearer of the afternoon\n", strlen("Bearer of the afternoon\n"));
    terminal_send(t, "1\r");
    people_go_on(t, rows, sizeof(rows) / sizeof(rows[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 0);
    cr_assert(!terminal_stream_has(t, "afternoon"), "a token was shown");
    terminal_free(&t);

    journal_read(site.scene.dir, &site.scene.journal);
    journal_check(&site.scene.journal, 2);
    cr_assert_eq(journal_replay(&site.scene.journal, OPEN), CLV_STATE_CLOSED);
    assert_journal_names_key_and_root(&site.scene.journal);
    free(token);
    free(keys);
    site_close(&site);
}
