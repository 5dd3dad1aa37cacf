/* Whole ceremonies whose signatures come from a signing service: all of them, some of them, and a
 * service that fails in every way. No command goes out without a signature that verifies, and the
 * ceremony goes on from where it stood. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "house.h"
#include "signing_service.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define THREE CLV_SOURCE_DIR "/tests/scripts/two-owners-three-signers.yaml"

struct room {
    struct scene scene;
    struct signing_service service;
    char *site; /* the file about the service */
    char num_units[8];
};

static char *text_in(const struct scene *s, const char *name)
{
    size_t len = 0;
    char *path = scene_path(s, name), *text = (char *)file_bytes(path, &len);
    free(path);
    return text;
}

/* more: further lines about the service. */
static void room_open(struct room *r, const char *more, const char *const *plans)
{
    char *url, *text = NULL;
    signing_service_start(&r->service, r->scene.top, plans);
    url = text_in(&r->scene, "url");
    cr_assert_gt(asprintf(&text,
                          "signing-service:\n  name: House\n  url: %s\n  test: true\n  seconds: 1\n"
                          "%s",
                          url, more),
                 0);
    r->site = scene_path(&r->scene, "signing.yaml");
    file_write(r->site, text, strlen(text));
    free(text);
    free(url);
}

static void room_close(struct room *r)
{
    signing_service_stop(&r->service);
    free(r->site);
    scene_clear(&r->scene);
}

static void write_private(const struct scene *s, const char *name, const char *text)
{
    char *path = scene_path(s, name);
    file_write(path, text, strlen(text));
    cr_assert_eq(chmod(path, 0600), 0);
    free(path);
}

static void answer_service(struct room *r, unsigned slot, const char *key)
{
    static const char *const forms[][2] = {
        {"source", "key:%s"}, {"token*", "token-of-%s"}, {"sign*", "sign with %s"}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char id[60], value[80], *behind = strstr(forms[i][1], "%s");
        snprintf(id, sizeof(id), "signature-key.%u.%s", slot, forms[i][0]);
        snprintf(value, sizeof(value), "%.*s%s", (int)(behind - forms[i][1]), forms[i][1], key);
        scene_answer(&r->scene, id, value);
    }
}

/* The one signer of the short load uses key `first`. */
static void begin_short(struct room *r, unsigned num_units)
{
    *r = (struct room){0};
    snprintf(r->num_units, sizeof(r->num_units), "%u", num_units);
    scene_begin_short(&r->scene, num_units);
    scene_answer_only(&r->scene, "signature-key.1.file", NULL);
    scene_answer_only(&r->scene, "signature-key.1.open.password", NULL);
    answer_service(r, 1, "first");
    scene_answer(&r->scene, "signature-key.1.name", "Sofia Dahl");
}

static void play_short(struct room *r)
{
    scene_play(&r->scene, "--script", SHORT, "--keys", house_keys(), "--units", r->num_units,
               "--signing-service", r->site, NULL);
}

#define ASK "  token: ask\n  keys: [first, second, liar]\n"

/* ---- what must hold -------------------------------------------------------------------------- */

static void assert_no_token_anywhere(const struct scene *s)
{
    struct run r;
    cr_assert_null(strstr(s->run.output, "token-of"), "%s", s->run.output);
    run_program(&r, NULL, "grep", "-rl", "token-of", s->dir, NULL);
    cr_assert_eq(r.exit_code, 1, "a token is in %s", r.output);
    run_clear(&r);
}

static void assert_complete(const struct room *r, const char *script)
{
    const struct scene *s = &r->scene;
    struct run verify;
    cr_assert_eq(s->run.exit_code, 0, "exit %d:\n%s", s->run.exit_code, s->run.output);
    cr_assert_str_eq(journal_last(&s->journal)->name, "complete");
    journal_check(&s->journal, 2);
    cr_assert_eq(journal_replay(&s->journal, script), CLV_STATE_CLOSED);
    run_program(&verify, NULL, "claviger", "verify", s->dir, NULL);
    cr_assert_eq(verify.exit_code, 0, "%s", verify.output);
    run_clear(&verify);
    assert_no_token_anywhere(s);
}

/* Signatures of a key that the journal says came from the service. */
static unsigned signatures_of(const struct journal *j, unsigned slot, enum clv_phase phase)
{
    unsigned num = 0;
    for (size_t i = 0; i < j->num; i++)
        if (j->event[i].kind == CLV_EVENT_SERVICE_SIGNED && j->event[i].slot == slot &&
            j->event[i].phase == phase) {
            cr_assert(strncmp(j->event[i].text, "127.0.0.1:", 10) == 0, "%s", j->event[i].text);
            num += j->event[i].number;
        }
    return num;
}

static void assert_phases_signed(const struct journal *j, unsigned num_units)
{
    static const struct {
        enum clv_phase phase;
        unsigned each;
    } rows[] = {{CLV_PHASE_THRESHOLDS, 1},
                {CLV_PHASE_IMPORTERS, 1},
                {CLV_PHASE_LOAD, 2}, /* one a part */
                {CLV_PHASE_COMMIT, 1},
                {CLV_PHASE_SET_IMMEDIATE, 1}};
    cr_assert_eq(signatures_of(j, 1, CLV_PHASE_ADMINS), 1, "the certificate");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(signatures_of(j, 1, rows[i].phase), rows[i].each * num_units, "%s",
                     clv_phase_name(rows[i].phase));
}

/* ---- all and some ---------------------------------------------------------------------------- */

/* Over HTTPS, with a token in a file that is refused once; as the file holds no other one, it is
 * typed. */
Test(service, every_signature_comes_from_it)
{
    static const char *const plans[] = {"--tls", "keys:expired:1:1", NULL};
    struct room r;
    begin_short(&r, 2);
    scene_answer_only(&r.scene, "signature-key.1.token*", NULL);
    scene_answer(&r.scene, "signature-key.1.token", "token-of-first");
    scene_answer(&r.scene, "signature-key.1.after", "again");
    write_private(&r.scene, "token", "token-of-first\n");
    room_open(&r, "  token-file: token\n  keys: [first]\n  ca-file: ca.pem\n", plans);
    play_short(&r);
    assert_complete(&r, SHORT);
    assert_phases_signed(&r.scene.journal, 2);
    cr_assert(scene_said(&r.scene, "still holds the one that was refused. Type another one."));
    size_t at = journal_next(&r.scene.journal, CLV_EVENT_SIGKEY_READY, 0);
    cr_assert_str_eq(r.scene.journal.event[at].text, "service:first");
    cr_assert(strncmp(r.scene.journal.event[at].text2, "signing service 127.0.0.1:", 26) == 0);
    cr_assert(
        scene_said(&r.scene, "The signatures come from the signing service \"House\" at https"));
    cr_assert(scene_said(&r.scene, "No crypto unit has this key among its administrators yet."));
    cr_assert(scene_said(&r.scene, "All 2 crypto units have this key among their administrators."));
    cr_assert(scene_said(&r.scene, "Sofia Dahl: signing service 127.0.0.1:"), "%s",
              r.scene.run.output);
    cr_assert(scene_said(&r.scene, "13 signatures for crypto units came from a signing service"));
    room_close(&r);
}

/* Two must sign. The first has the service; the second meets a liar there and makes a key file; the
 * third has the service, too. */
Test(service, some_keys_are_in_files)
{
    struct room r = {0};
    scene_begin(&r.scene, "three-signers.txt");
    answer_service(&r, 1, "first");
    answer_service(&r, 2, "liar");
    scene_answer(&r.scene, "signature-key.2.after", "other-file");
    scene_answer(&r.scene, "signature-key.2.source", "file");
    answer_service(&r, 3, "second");
    room_open(&r, ASK, NULL);
    scene_play(&r.scene, "--script", THREE, "--units", "2", "--signing-service", r.site, NULL);
    assert_complete(&r, THREE);
    cr_assert(scene_said(&r.scene, "does not verify with the public key of liar"));
    cr_assert_eq(signatures_of(&r.scene.journal, 1, CLV_PHASE_COMMIT), 2);
    cr_assert_eq(signatures_of(&r.scene.journal, 2, CLV_PHASE_COMMIT), 0);
    cr_assert_eq(signatures_of(&r.scene.journal, 3, CLV_PHASE_ADMINS), 1);
    cr_assert(scene_said(&r.scene, "Tomas Jansen: key file "));
    room_close(&r);
}

/* ---- a service that fails -------------------------------------------------------------------- */

struct plans {
    char text[28][60];
    const char *list[29];
    size_t num;
};

static void plan(struct plans *p, const char *what, const char *behaviour, size_t from)
{
    snprintf(p->text[p->num], sizeof(p->text[0]), "%s:%s:%zu:1", what, behaviour, from);
    p->list[p->num] = p->text[p->num];
    p->num++;
}

static const struct {
    const char *behaviour, *said;
} failures[] = {
    {"late", "the time for an answer is over"},
    {"rubbish", "not a JSON object"},
    {"empty", "not a JSON object"},
    {"nothing", "not a JSON object with a"},
    {"short", "reading a signature of the signing service"},
    {"long", "reading a signature of the signing service"},
    {"broken", "HTTP 500"},
    {"expired", "HTTP 401"},
    {"gone", "no whole answer of the signing service"},
    {"half", "no whole answer of the signing service"},
    {"huge", "no whole answer of the signing service"},
    {"other", "does not verify with the public key of first"},
    {"changed", "does not verify with the public key of first"},
};
#define NUM_FAILURES (sizeof failures / sizeof failures[0])

/* One unit, so that one request follows the other. What fails: the public key five times, the first
 * signature in the owner's turn three times, the certificate twice, the public key in the second
 * turn once, and the signature for the commit in every way there is. People ask again each time,
 * and nothing else happens. The last time they give it up: nothing is sent, and the retry opens the
 * key again. */
Test(service, fails_in_every_way)
{
    static const char *const key_failures[] = {"late", "rubbish", "short", "huge", "expired"};
    struct room r;
    struct plans plans = {.num = 0};
    begin_short(&r, 1);
    for (size_t i = 0; i < 5; i++)
        plan(&plans, "keys", key_failures[i], 1 + i);
    plan(&plans, "sign", "late", 1);
    plan(&plans, "sign", "other", 2);
    plan(&plans, "sign", "expired", 3);
    plan(&plans, "sign", "half", 5);
    plan(&plans, "sign", "broken", 6);
    plan(&plans, "keys", "other", 10);
    for (size_t i = 0; i < NUM_FAILURES; i++)
        plan(&plans, "sign", failures[i].behaviour, 13 + i);
    for (size_t i = 0; i < 9; i++)
        scene_answer(&r.scene, "signature-key.1.after", "again");
    for (size_t i = 0; i < 2 + NUM_FAILURES; i++)
        scene_answer(&r.scene, "signing.failed", "again");
    plan(&plans, "sign", "broken", 13 + NUM_FAILURES);
    scene_answer(&r.scene, "signing.failed", "without");
    scene_answer(&r.scene, "trouble", "retry");
    scene_answer(&r.scene, "confirm.commit", "commit 1");
    room_open(&r, ASK, plans.list);
    play_short(&r);
    for (size_t i = 0; i < NUM_FAILURES; i++)
        cr_assert(scene_said(&r.scene, failures[i].said), "%s: %s\n%s", failures[i].behaviour,
                  failures[i].said, r.scene.run.output);
    cr_assert(scene_said(&r.scene, "shows another key under the name first than the one on record"),
              "%s", r.scene.run.output);
    cr_assert(scene_said(&r.scene, "No command that needs this signature was sent."));
    assert_complete(&r, SHORT);
    assert_phases_signed(&r.scene.journal, 1);
    cr_assert_eq(journal_count(&r.scene.journal, CLV_EVENT_FILE_REFUSED), 9);
    cr_assert_eq(journal_count(&r.scene.journal, CLV_EVENT_DECISION), 1, "the retry");
    cr_assert_eq(journal_count(&r.scene.journal, CLV_EVENT_SIGNER_CLOSED), 1);
    cr_assert_eq(journal_outcomes(&r.scene.journal, CLV_PHASE_COMMIT, 0, "not-sent"), 1);
    cr_assert_eq(journal_outcomes(&r.scene.journal, CLV_PHASE_COMMIT, 0, "done"), 1);
    room_close(&r);
}

/* What goes out is the token that was typed last, in the owner's turn and for an order. */
Test(service, a_token_that_was_refused_is_not_sent_again)
{
    static const char *const plans[] = {"sign:expired:2:1", NULL};
    static const char *const typed[] = {"token-of-second", "token-of-first", "token-of-second",
                                        "token-of-first", "token-of-first"};
    struct room r;
    begin_short(&r, 1);
    scene_answer_only(&r.scene, "signature-key.1.token*", NULL);
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        scene_answer(&r.scene, "signature-key.1.token", typed[i]);
    scene_answer(&r.scene, "signature-key.1.after", "again");
    scene_answer(&r.scene, "signing.failed", "again");
    scene_answer(&r.scene, "signing.failed", "again");
    room_open(&r, ASK, plans);
    play_short(&r);
    assert_complete(&r, SHORT);
    cr_assert_eq(journal_count(&r.scene.journal, CLV_EVENT_FILE_REFUSED), 1);
    room_close(&r);
}

/* The commit of one unit is signed and sent, that of the other gets no signature, and people leave:
 * what the service signed is on record all the same. */
Test(service, signatures_of_an_order_that_people_leave_are_on_record)
{
    static const char *const plans[] = {"sign:broken:13:1", NULL};
    struct room r;
    begin_short(&r, 2);
    scene_answer(&r.scene, "signing.failed", "!interrupt");
    room_open(&r, ASK, plans);
    play_short(&r);
    cr_assert_eq(r.scene.run.exit_code, 130, "%s", r.scene.run.output);
    cr_assert_eq(journal_outcomes(&r.scene.journal, CLV_PHASE_COMMIT, 0, "done"), 1);
    cr_assert_eq(signatures_of(&r.scene.journal, 1, CLV_PHASE_COMMIT), 1);
    cr_assert_eq(journal_replay(&r.scene.journal, SHORT), CLV_STATE_DISPATCH);
    assert_no_token_anywhere(&r.scene);
    room_close(&r);
}

/* ---- what is refused before anything is asked ------------------------------------------------ */

Test(service, https_that_nobody_vouches_for)
{
    static const char *const tls[] = {"--tls", NULL};
    struct room r;
    begin_short(&r, 1);
    scene_answer(&r.scene, "signature-key.1.after", "stop");
    room_open(&r, ASK, tls);
    play_short(&r);
    cr_assert_eq(r.scene.run.exit_code, 1, "%s", r.scene.run.output);
    cr_assert_eq(journal_count(&r.scene.journal, CLV_EVENT_SIGKEY_READY), 0);
    cr_assert(scene_said(&r.scene, "the signing service cannot be reached"), "%s",
              r.scene.run.output);
    room_close(&r);
}

Test(service, keys_of_production_are_refused_in_a_rehearsal)
{
    struct room r;
    begin_short(&r, 1);
    room_open(&r, ASK, NULL);
    size_t len = 0;
    char *text = (char *)file_bytes(r.site, &len), *test = strstr(text, "  test: true\n");
    memset(test, '#', strlen("  test: true"));
    file_write(r.site, text, strlen(text));
    free(text);
    play_short(&r);
    cr_assert_neq(r.scene.run.exit_code, 0);
    cr_assert(scene_said(&r.scene, "has keys for production, and this is a rehearsal"), "%s",
              r.scene.run.output);
    room_close(&r);
}

/* In production, too, before anything is begun. */
Test(service, keys_for_test_units_are_refused_in_production)
{
    struct room r;
    struct run run;
    size_t len = 0;
    begin_short(&r, 1);
    room_open(&r, ASK, NULL);
    char *about = (char *)file_bytes(r.site, &len), *text = NULL;
    char *site = scene_path(&r.scene, "site.yaml");
    cr_assert_gt(asprintf(&text,
                          "claviger-site: 1\nservice-instances:\n  - name: Tests\n"
                          "    id: 96fe3f8d-9792-45bc-a9fb-2594222deaf2\n"
                          "    endpoint: unix:/nowhere\n%s",
                          about),
                 0);
    file_write(site, text, strlen(text));
    run_program(&run, NULL, "claviger", "run", "--plain", "--script", SHORT, "--site", site,
                "--dir", r.scene.dir, "--keys", house_keys(), NULL);
    cr_assert_neq(run.exit_code, 0);
    cr_assert(strstr(run.output, "E-WORLD"), "%s", run.output);
    cr_assert(says(run.output, "has keys for TEST units, and this is a production ceremony"), "%s",
              run.output);
    run_clear(&run);
    free(site);
    free(text);
    free(about);
    room_close(&r);
}

/* ---- after the power went -------------------------------------------------------------------- */

/* Keys and tokens are those of the plug-in's file. */
Test(service, is_asked_again_by_a_resumed_ceremony)
{
    struct room r;
    begin_short(&r, 2);
    scene_answer_only(&r.scene, "signature-key.1.token*", NULL);
    write_private(&r.scene, "SIGNSERVKEYS",
                  "[{\"key\":\"second\"},{\"key\":\"first\",\"token\":\"token-of-first\"}]");
    scene_answer_go_on(&r.scene);
    scene_answer(&r.scene, "resume.torn", "set-aside"); /* it may be killed within a write */
    room_open(&r, "  keys-file: SIGNSERVKEYS\n", NULL);
    scene_start(&r.scene, "--script", SHORT, "--keys", house_keys(), "--units", "2",
                "--signing-service", r.site, NULL);
    cr_assert(run_wait_text(&r.scene.run, "Committing the new register"), "%s", r.scene.run.output);
    cr_assert_eq(kill(r.scene.run.pid, SIGKILL), 0);
    run_finish(&r.scene.run);
    scene_resume(&r.scene, NULL);
    assert_complete(&r, SHORT);
    cr_assert_eq(signatures_of(&r.scene.journal, 1, CLV_PHASE_SET_IMMEDIATE), 2);
    cr_assert_eq(journal_count(&r.scene.journal, CLV_EVENT_RESUMED), 1);
    room_close(&r);
}
