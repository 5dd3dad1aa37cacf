/* What run, rehearse and resume share: options, faces, the end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "claviger/plain.h"
#include "claviger/script.h"
#include "claviger/tui.h"
#include "drills.h"
#include "internal.h"
#include "kept.h"

static clv_status take_units(const char *text, unsigned *ret, struct clv_error *err)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (*end || text[0] < '0' || text[0] > '9' || n < 1 || n > 85)
        return clv_fail(err, CLV_E_USAGE, "--units takes a number from 1 to 85");
    *ret = (unsigned)n;
    return CLV_OK;
}

clv_status ceremony_options(const struct args *args, struct ceremony_options *ret,
                            struct clv_error *err)
{
    struct ceremony_options o = {.num_units = 6, .plain = args_flag(args, "plain")};
    const struct {
        const char *name, **value;
    } texts[] = {{"script", &o.script},
                 {"site", &o.site},
                 {"dir", &o.dir},
                 {"keys", &o.keys},
                 {"answers", &o.answers},
                 {"theme", &o.theme},
                 {"drill", &o.drill},
                 {"mirror", &o.mirror},
                 {"faults", &o.faults},
                 {"follow-up", &o.follow_up},
                 {"witness-key", &o.witness_key},
                 {"signing-service", &o.signing_service}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (args_known(args, texts[i].name))
            *texts[i].value = args_text(args, texts[i].name);
    const char *units = args_known(args, "units") ? args_text(args, "units") : NULL;
    clv_status st = units ? take_units(units, &o.num_units, err) : CLV_OK;
    if (st == CLV_OK)
        *ret = o;
    return st;
}

/* ---- the face ---- */

struct faces {
    struct clv_tui *tui;
    struct clv_plain *plain;
    struct clv_answers *answers;
    struct clv_face inner, face;
};

static clv_status open_faces(const struct ceremony_options *o, struct faces *f,
                             struct clv_error *err)
{
    struct clv_tui_config config = {0};
    clv_status st = CLV_OK;
    if (o->theme && !clv_tui_theme_named(o->theme, &config.theme))
        return clv_fail(err, CLV_E_USAGE, "there is no theme \"%s\"", o->theme);
    if (o->answers)
        st = clv_answers_read(o->answers, &f->answers, err);
    if (st == CLV_OK && o->plain)
        st = clv_plain_open(&(struct clv_plain_config){0}, &f->plain, &f->inner, err);
    else if (st == CLV_OK)
        st = clv_tui_open(&config, &f->tui, &f->inner, err);
    f->face = f->inner;
    if (st == CLV_OK && f->answers)
        st = clv_answers_face(f->answers, &f->inner, &f->face, err);
    return st;
}

static void close_faces(struct faces *f)
{
    clv_tui_close(&f->tui);
    clv_plain_close(&f->plain);
    clv_answers_free(&f->answers);
}

/* What a power cut leaves, but for the terminal: that is not ours to lose. */
static void power_cut(void *ctx)
{
    close_faces(ctx);
    kill(getpid(), SIGKILL);
}

/* ---- the end, on the terminal that is ours again ---- */

/* receipts: NULL when they are in dir, too. */
static int tell_ending(enum clv_ending ending, const char *id, const char *dir,
                       const char *receipts)
{
    static const struct {
        const char *text;
        int exit_code;
    } endings[] = {
        [CLV_ENDING_CLOSED] = {"is complete", 0},
        [CLV_ENDING_STOPPED] = {"was stopped; its last entry says what is left to do", 1},
        [CLV_ENDING_INTERRUPTED] = {"was interrupted; everything secret is wiped and the journal "
                                    "says so",
                                    130},
        [CLV_ENDING_LEFT] = {"was left as it is; nothing was written", 130},
    };
    fprintf(stderr, "Ceremony %s %s.\n", id, endings[ending].text);
    if (receipts)
        fprintf(stderr, "Journal: %s\nReceipts: %s\n", dir, receipts);
    else
        fprintf(stderr, "Journal and receipts: %s\n", dir);
    fprintf(stderr, "Check them: claviger verify %s\n", dir);
    if (ending == CLV_ENDING_INTERRUPTED || ending == CLV_ENDING_LEFT)
        fprintf(stderr, "Go on with it: claviger resume %s\n", dir);
    return endings[ending].exit_code;
}

/* In front of the first entry: from then on either folder can be resumed. */
static clv_status keep(const struct ceremony_options *o, const struct clv_script *script,
                       const struct clv_site *site, const char *key_dir, const char *mirror,
                       bool test_world, struct clv_error *err)
{
    const struct kept_rehearsal rehearsal = {.drill = o->practised ? o->practised->name : NULL,
                                             .follow_up = test_world ? o->follow_up : NULL};
    clv_status st = kept_check_fresh(o->dir, err);
    if (st == CLV_OK && mirror)
        st = kept_check_fresh(mirror, err);
    if (st == CLV_OK && mirror)
        st = kept_write(mirror, o->script, script->hash, o->site, site->hash, key_dir, o->dir,
                        &rehearsal, err);
    if (st == CLV_OK)
        st = kept_write(o->dir, o->script, script->hash, o->site, site->hash, key_dir, mirror,
                        &rehearsal, err);
    return st;
}

struct ceremony_places {
    const char *keys;
    char *mirror, *receipts; /* NULL: there is none; in the ceremony folder */
};

static clv_status find_places(const struct ceremony_options *o, const struct clv_site *site,
                              struct ceremony_places *ret, struct clv_error *err)
{
    clv_status st = mirror_find(o, site, &ret->mirror, err);
    return st == CLV_OK ? receipts_find(o, site, &ret->receipts, err) : st;
}

static clv_status conduct(const struct ceremony_options *o, const struct clv_script *script,
                          const struct clv_site *site, const struct ceremony_places *places,
                          bool test_world, struct clv_conductor **ret, enum clv_ending *ending,
                          struct clv_error *err)
{
    struct faces faces = {0};
    struct drill_book book;
    drill_book_init(&book, o->practised, o->dir, script);
    clv_status st =
        o->practised && !o->resume ? drill_check(o->practised, o->num_units, script, err) : CLV_OK;
    if (st == CLV_OK)
        st = open_faces(o, &faces, err);
    struct clv_conductor_config config = {.script = script,
                                          .site = site,
                                          .dir = o->dir,
                                          .mirror = places->mirror,
                                          .receipts_dir = places->receipts,
                                          .key_dir = places->keys,
                                          .test_world = test_world,
                                          .resume = o->resume,
                                          .face = &faces.face,
                                          .clock = clv_clock_system(),
                                          .random = clv_random_system(),
                                          .printer = o->printer,
                                          .drills = &book.port,
                                          .power_cut = power_cut,
                                          .power_cut_ctx = &faces};
    if (o->practised && !o->resume)
        config.mishap = o->practised->mishap;
    if (st == CLV_OK && !o->resume)
        st = keep(o, script, site, places->keys, places->mirror, test_world, err);
    if (st == CLV_OK)
        st = clv_conductor_new(&config, ret, err);
    if (st == CLV_OK)
        st = clv_conductor_run(*ret, ending, err);
    close_faces(&faces);
    return st;
}

static bool is_begun(const struct ceremony_options *o)
{
    char *log = o->dir ? clv_path_join(o->dir, CLV_JOURNAL_LOG) : NULL;
    bool begun = log && access(log, F_OK) == 0;
    free(log);
    return begun;
}

/* What people ask first. A usage or a script error speaks for itself. */
void say_untouched(const struct ceremony_options *o, struct clv_error *err)
{
    int exit_code = clv_exit_code(err->code);
    if (exit_code != 5 && exit_code != 7 && exit_code != 9)
        return;
    if (o->resume || is_begun(o)) {
        clv_kept(err, "Nothing was entered in the journal: the ceremony is as it was.");
        if (err->code == CLV_E_DAMAGED || err->code == CLV_E_FOREIGN)
            clv_hint(err,
                     "Keep the folder as it is. Where a second copy of the journal is kept, see "
                     "whether that one is whole: claviger verify FOLDER");
        clv_hint(err, "When that is mended, go on: claviger resume %s", o->dir);
    } else {
        clv_kept(err, "No crypto unit and no key file was touched.");
        clv_hint(err, "The ceremony was not begun. When that is mended, begin again.");
    }
}

int run_ceremony(const struct ceremony_options *o, const struct clv_site *site, const char *key_dir,
                 bool test_world)
{
    struct clv_script *script = NULL;
    struct clv_conductor *conductor = NULL;
    struct clv_error err = {0};
    enum clv_ending ending = CLV_ENDING_STOPPED;
    struct ceremony_places places = {.keys = key_dir};
    int exit_code = 0;
    clv_status st = clv_script_read(o->script, &script, &err);
    if (st == CLV_OK)
        st = find_places(o, site, &places, &err);
    if (st == CLV_OK)
        st = conduct(o, script, site, &places, test_world, &conductor, &ending, &err);
    if (st == CLV_OK)
        exit_code =
            tell_ending(ending, clv_conductor_ceremony_id(conductor), o->dir, places.receipts);
    else if (conductor == NULL)
        say_untouched(o, &err);
    if (st != CLV_OK)
        exit_code = report(&err);
    if (st != CLV_OK && conductor)
        fprintf(stderr, "What was done is kept. Go on with it: claviger resume %s\n", o->dir);
    clv_conductor_free(&conductor);
    clv_script_free(&script);
    free(places.mirror);
    free(places.receipts);
    return exit_code;
}

/* ---- an unfinished ceremony in the folder ---- */

static clv_status ask_resume(const struct ceremony_options *o, bool *ret, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"resume", "Go on with it", "With the script and the site file that it was begun with."},
        {"leave", "Leave it as it is", "Nothing is written in it."},
    };
    struct faces faces = {0};
    struct clv_reply reply = {0};
    char line[600];
    snprintf(line, sizeof(line), "There is an unfinished ceremony in %s.", o->dir);
    const char *lines[] = {line};
    struct clv_question q = {.kind = CLV_ASK_CHOICE,
                             .id = "start.unfinished",
                             .title = "An unfinished ceremony",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2};
    clv_status st = open_faces(o, &faces, err);
    if (st == CLV_OK)
        st = faces.face.ask(faces.face.ctx, &q, &reply, err);
    close_faces(&faces);
    if (st == CLV_OK)
        *ret = reply.kind == CLV_REPLY_ANSWER && reply.choice == 0;
    return st;
}

clv_status offer_resume(const struct ceremony_options *o, bool *ret, struct clv_error *err)
{
    *ret = false;
    if (o->answers || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        !kept_is_unfinished(o->dir))
        return CLV_OK;
    clv_status st = start_up(err);
    return st == CLV_OK ? ask_resume(o, ret, err) : st;
}
