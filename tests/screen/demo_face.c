/* A stand-in for the conductor: walks a face through a fixed set of screens, so that screens can be
 * tested alone. Writes what it was answered into the file that --log names.
 *
 *     demo_face [--plain] [--theme NAME] [--answers FILE] [--log FILE] SCENE... */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "claviger/conductor.h"
#include "claviger/plain.h"
#include "claviger/tui.h"

#define PASSWORD "correct h\u00f6rse 7"

static FILE *log_file;
static struct clv_face face;

static const char *const steps[] = {
    "Self-check", "Roll call", "Crypto units",  "Key parts", "Signature key", "Administrators",
    "Load",       "Commit",    "Set immediate", "Compare",   "Sign-off",
};

static const struct clv_stage_unit units[] = {
    {1, "TEST0001", "[test].[SW-CS1].[00].[01]", "operational", "1 of 8, thresholds 1/1",
     "Full committed ef8a9b7a", "Empty", "", false},
    {2, "TEST0002", "[test].[SW-CS1].[00].[02]", "operational", "1 of 8, thresholds 1/1",
     "Full committed ef8a9b7a", "Empty", "", false},
    {3, "TEST0003", "[test].[SW-CS1].[00].[03]", "imprint", "0 of 8, thresholds 0/0", "Empty",
     "Valid 01020304", "no answer", true},
};

static struct clv_stage stage = {
    .title = "Rehearsal: load a master key",
    .ceremony_id = "CLV-20261123-7F3A",
    .test_world = true,
    .step = 4,
    .num_steps = sizeof steps / sizeof steps[0],
    .step_titles = steps,
    .person = "Lena",
    .role = "key-part owner 2 of 3",
    .units = units,
    .num_units = sizeof units / sizeof units[0],
};

static void note(const char *what, const char *value)
{
    if (log_file == NULL)
        return;
    fprintf(log_file, "%s=%s\n", what, value);
    fflush(log_file);
}

static void report(const struct clv_error *err)
{
    char text[2048];
    clv_error_format(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    note("error", clv_code_name(err->code));
}

static const char *reply_text(const struct clv_question *q, const struct clv_reply *reply)
{
    static char text[600];
    if (reply->kind != CLV_REPLY_ANSWER)
        return reply->kind == CLV_REPLY_IDLE ? "(idle)" : "(deviation)";
    if (q->kind == CLV_ASK_CHOICE)
        return q->choices[reply->choice].key;
    if (q->kind != CLV_ASK_SECRET)
        return reply->text;
    size_t len = clv_secret_len(reply->secret);
    bool right =
        len == strlen(PASSWORD) && memcmp(clv_secret_read(reply->secret), PASSWORD, len) == 0;
    clv_secret_close(reply->secret);
    (void)snprintf(text, sizeof text, "(%s, %zu bytes)", right ? "right" : "wrong", len);
    return text;
}

static clv_status ask(const struct clv_question *q, struct clv_error *err)
{
    struct clv_reply reply = {0};
    do {
        clv_status status = face.ask(face.ctx, q, &reply, err);
        if (status != CLV_OK)
            return status;
        note(q->id, reply_text(q, &reply));
        clv_secret_free(&reply.secret);
        if (reply.kind == CLV_REPLY_DEVIATION)
            face.tell(face.ctx, CLV_TONE_WARN, "deviation noted");
    } while (reply.kind == CLV_REPLY_DEVIATION);
    return CLV_OK;
}

/* ---- scenes ---- */

static const char *const part_lines[] = {
    ("You are about to create your key part. It is 32 random bytes, made here, and kept in a file "
     "that only your password opens."),
    "",
    "Nobody else should see the keyboard now.",
};

static const char part_help[] = "The description is printed on your slip.\nChoose words that tell "
                                "your part from the others.";

static clv_status text_scene(struct clv_error *err)
{
    return ask(&(struct clv_question){.kind = CLV_ASK_TEXT,
                                      .id = "part.2.description",
                                      .title = "Your key part",
                                      .lines = part_lines,
                                      .num_lines = 3,
                                      .prompt = "Description of this key part",
                                      .help = part_help,
                                      .max_len = 300,
                                      .may_deviate = true},
               err);
}

static clv_status scan_scene(struct clv_error *err)
{
    return ask(&(struct clv_question){.kind = CLV_ASK_TEXT,
                                      .id = "part.2.commitment",
                                      .title = "Your commitment",
                                      .lines = part_lines,
                                      .num_lines = 1,
                                      .prompt = "Commitment",
                                      .max_len = 700,
                                      .may_scan = true},
               err);
}

static clv_status secret_scene(struct clv_error *err)
{
    return ask(&(struct clv_question){.kind = CLV_ASK_SECRET,
                                      .id = "part.2.password",
                                      .title = "Your password",
                                      .lines = part_lines,
                                      .num_lines = 1,
                                      .prompt = "Password of your key part",
                                      .help = part_help,
                                      .max_len = 64,
                                      .may_deviate = true},
               err);
}

static const struct clv_choice choices[] = {
    {"again", "Try again", NULL},
    {"other", "Choose another file", "The one you opened stays as it is."},
    {"stop", "Stop the ceremony", "Nothing is live yet; every unit can be cleared."},
};

static clv_status choice_scene(const char *initial, struct clv_error *err)
{
    return ask(
        &(struct clv_question){.kind = CLV_ASK_CHOICE,
                               .id = "part.2.wrong",
                               .title = "Wrong password",
                               .problem = "lena-part-2.clvkey was not opened: wrong password.",
                               .prompt = "What now?",
                               .choices = choices,
                               .num_choices = 3,
                               .initial = initial},
        err);
}

static clv_status plain_choice_scene(struct clv_error *err)
{
    return choice_scene(NULL, err);
}

static clv_status initial_choice_scene(struct clv_error *err)
{
    return choice_scene("again", err);
}

/* More than a small window holds. */
static clv_status long_scene(struct clv_error *err)
{
    static const char *const lines[] = {
        "[ok] Unit 1  TEST0001  [test].[SW-CS1].[00].[01]  imprint, 0 administrators, new Empty",
        "[ok] Unit 2  TEST0002  [test].[SW-CS1].[00].[02]  imprint, 0 administrators, new Empty",
        "[!!] Unit 3  TEST0003  [test].[SW-CS1].[00].[03]  imprint, 0 administrators, new Empty",
        "[--] Unit 4  TEST0004  [test].[SW-CS1].[00].[04]  imprint, 0 administrators, new Empty",
        "[ok] Unit 5  TEST0005  [test].[SW-CS1].[00].[05]  imprint, 0 administrators, new Empty",
        "[ok] Unit 6  TEST0006  [test].[SW-CS1].[00].[06]  imprint, 0 administrators, new Empty",
        "",
        "All but two look as new."};
    return ask(&(struct clv_question){.kind = CLV_ASK_CHOICE,
                                      .id = "units.next",
                                      .title = "The crypto units",
                                      .lines = lines,
                                      .num_lines = sizeof lines / sizeof lines[0],
                                      .prompt = "What now",
                                      .choices = choices,
                                      .num_choices = 3},
               err);
}

static clv_status read_scene(struct clv_error *err)
{
    static const char *const lines[] = {"first", "", "second", "", "third",   "", "fourth", "",
                                        "fifth", "", "sixth",  "", "seventh", "", "eighth", "",
                                        "ninth", "", "last"};
    return ask(&(struct clv_question){.kind = CLV_ASK_CONTINUE,
                                      .id = "text.read",
                                      .title = "Read aloud",
                                      .lines = lines,
                                      .num_lines = sizeof lines / sizeof lines[0]},
               err);
}

static clv_status phrase_scene(struct clv_error *err)
{
    static const char *const lines[] = {"Set immediate makes the new key current on 3 units."};
    return ask(&(struct clv_question){.kind = CLV_ASK_PHRASE,
                                      .id = "setimm.phrase",
                                      .title = "Set immediate",
                                      .lines = lines,
                                      .num_lines = 1,
                                      .phrase = "SETIMM ef8a",
                                      .prompt = "The phrase"},
               err);
}

static clv_status continue_scene(struct clv_error *err)
{
    static const char *const lines[] = {"All units answered.", "", "Unit 3 is in imprint mode."};
    face.tell(face.ctx, CLV_TONE_DONE, "unit 1: answered, operational");
    face.tell(face.ctx, CLV_TONE_DONE, "unit 2: answered, operational");
    face.tell(face.ctx, CLV_TONE_FAIL, "unit 3: no answer");
    face.tell(face.ctx, CLV_TONE_WARN, "unit 3: set aside");
    face.tell(face.ctx, CLV_TONE_INFO,
              "an escape \033[2J in a name does nothing; Zo\u00eb is a name");
    return ask(&(struct clv_question){.kind = CLV_ASK_CONTINUE,
                                      .id = "units.seen",
                                      .title = "Crypto units",
                                      .lines = lines,
                                      .num_lines = 3,
                                      .may_deviate = true},
               err);
}

static clv_status curtain_scene(struct clv_error *err)
{
    clv_status status = face.curtain(face.ctx, "Carl", "Lena", "key-part owner 2 of 3", true, err);
    note("curtain", "passed");
    return status;
}

/* A finder pattern and noise: enough to see whether modules land where they belong. */
static const char code[] = "           \n"
                           "  \u2588\u2580\u2580\u2588 \u2584\u2580  \n"
                           "  \u2588\u2584\u2584\u2588 \u2588\u2584  \n"
                           "           \n";

static clv_status sheet_scene(struct clv_error *err)
{
    struct clv_sheet sheet = {.title = "Receipt for Lena",
                              .text = "ceremony  CLV-20261123-7F3A\npart      2 of 3\nThis sheet "
                                      "contains no secret.",
                              .qr = code,
                              .qr_ascii = "CLV1S.ABCDEF012345678"};
    clv_status status = face.show(face.ctx, &sheet, true, err);
    note("sheet", "passed");
    return status;
}

static clv_status reveal_scene(struct clv_error *err)
{
    static const char words[] =
        "apple-anchor-banjo-cactus-dolphin echo-falcon-garden-harbor-island "
        "jungle-kettle-lantern-magnet";
    struct clv_secret *secret = NULL;
    clv_status status = clv_secret_new(strlen(words), &secret, err);
    if (status != CLV_OK)
        return status;
    memcpy(clv_secret_write(secret), words, strlen(words));
    clv_secret_close(secret);
    struct clv_sheet sheet = {.title = "Your passphrase", .secret = secret};
    status = face.show(face.ctx, &sheet, true, err);
    clv_secret_free(&secret);
    note("reveal", "passed");
    return status;
}

/* Runs until the file that DEMO_GO names is there: the test decides how long, not the clock. */
static clv_status progress_scene(struct clv_error *err)
{
    const char *go = getenv("DEMO_GO");
    clv_status status = CLV_OK;
    static const char *const before[] = {"unit 1: waiting", "unit 2: waiting", "unit 3: waiting"};
    static const char *const after[] = {"unit 1: committed", "unit 2: committed",
                                        "unit 3: waiting"};
    struct clv_progress p = {.title = "Committing on 3 units",
                             .elapsed_ms = 1000,
                             .estimate_ms = 4000,
                             .done = 0,
                             .total = 3,
                             .lines = before,
                             .num_lines = 3};
    for (int i = 0; status == CLV_OK && (i < 3 || (go != NULL && access(go, F_OK) != 0)); i++) {
        if (i == 1) {
            p.done = 2;
            p.elapsed_ms = 2000;
            p.lines = after;
        }
        status = face.progress(face.ctx, &p, err);
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    face.progress_end(face.ctx);
    note("progress", status == CLV_OK ? "passed" : "stopped");
    return status;
}

static clv_status idle_scene(struct clv_error *err)
{
    stage.secret_turn = true;
    stage.idle_seconds = 1;
    face.stage(face.ctx, &stage);
    clv_status status = secret_scene(err);
    stage.secret_turn = false;
    face.stage(face.ctx, &stage);
    return status;
}

static clv_status crash_scene(struct clv_error *err)
{
    (void)raise(SIGSEGV);
    return clv_fail(err, CLV_E_INTERNAL, "still alive");
}

static clv_status abort_scene(struct clv_error *err)
{
    (void)err;
    abort();
}

static clv_status exit_scene(struct clv_error *err)
{
    (void)err;
    exit(3);
}

static clv_status production_scene(struct clv_error *err)
{
    (void)err;
    stage.test_world = false;
    face.stage(face.ctx, &stage);
    return CLV_OK;
}

static const struct {
    const char *name;
    clv_status (*run)(struct clv_error *err);
} scenes[] = {
    {"text", text_scene},
    {"secret", secret_scene},
    {"choice", plain_choice_scene},
    {"initial", initial_choice_scene},
    {"phrase", phrase_scene},
    {"continue", continue_scene},
    {"curtain", curtain_scene},
    {"sheet", sheet_scene},
    {"reveal", reveal_scene},
    {"progress", progress_scene},
    {"idle", idle_scene},
    {"crash", crash_scene},
    {"abort", abort_scene},
    {"exit", exit_scene},
    {"production", production_scene},
    {"long", long_scene},
    {"read", read_scene},
    {"scan", scan_scene},
};

static clv_status run_scene(const char *name, struct clv_error *err)
{
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        if (strcmp(scenes[i].name, name) == 0)
            return scenes[i].run(err);
    }
    return clv_fail(err, CLV_E_USAGE, "no scene %s", name);
}

int main(int argc, char **argv)
{
    struct clv_error err = {0};
    struct clv_tui_config config = {0};
    struct clv_tui *tui = NULL;
    struct clv_plain *plain = NULL;
    struct clv_answers *answers = NULL;
    struct clv_face inner;
    bool is_plain = false;
    int i = 1;
    clv_status status = clv_secret_init(&err);
    for (; i < argc && argv[i][0] == '-' && status == CLV_OK; i++) {
        if (strcmp(argv[i], "--plain") == 0)
            is_plain = true;
        else if (strcmp(argv[i], "--theme") == 0 && i + 1 < argc)
            (void)clv_tui_theme_named(argv[++i], &config.theme);
        else if (strcmp(argv[i], "--answers") == 0 && i + 1 < argc)
            status = clv_answers_read(argv[++i], &answers, &err);
        else if (strcmp(argv[i], "--log") == 0 && i + 1 < argc)
            log_file = fopen(argv[++i], "w");
    }
    if (status == CLV_OK && is_plain)
        status = clv_plain_open(&(struct clv_plain_config){0}, &plain, &face, &err);
    else if (status == CLV_OK)
        status = clv_tui_open(&config, &tui, &face, &err);
    if (status == CLV_OK && answers != NULL) {
        inner = face;
        status = clv_answers_face(answers, &inner, &face, &err);
    }
    if (status == CLV_OK)
        face.stage(face.ctx, &stage);
    for (; i < argc && status == CLV_OK; i++)
        status = run_scene(argv[i], &err);
    clv_tui_close(&tui);
    clv_plain_close(&plain);
    clv_answers_free(&answers);
    if (status != CLV_OK)
        report(&err);
    note("alive", clv_secret_alive() == 0 ? "none" : "SOME");
    if (log_file != NULL)
        (void)fclose(log_file);
    return clv_exit_code(status);
}
