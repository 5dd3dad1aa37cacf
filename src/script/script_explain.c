/* A script on paper: the columns of a ceremony's minutes, at most 79 wide. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define WIDTH 79
#define STEP 6
#define WHO 27
#define ACTIVITY 31

enum who { ADMINISTRATOR, EVERYBODY, OWNERS, SIGNERS, SECOND_PERSON };
enum when { ALWAYS, KEYS_CREATED, KEYS_OPENED, RESET_BY_TWO, SET_BY_TWO };

/* Who has a line to initial in which step. */
/* clang-format off */
static const struct turn {
    enum clv_step_kind kind;
    enum when when;
    enum who who;
    const char *activity; /* at most ACTIVITY - 1 columns */
} turns[] = {
    {CLV_STEP_SELF_CHECK,     ALWAYS,       ADMINISTRATOR, "Workstation passed its checks"},
    {CLV_STEP_ROLL_CALL,      ALWAYS,       EVERYBODY,     "Name, role, identity seen"},
    {CLV_STEP_UNITS,          ALWAYS,       ADMINISTRATOR, "Units found, compared, clean"},
    {CLV_STEP_UNITS,          RESET_BY_TWO, SECOND_PERSON, "Reset confirmed"},
    {CLV_STEP_SIGNATURE_KEYS, KEYS_CREATED, SIGNERS,       "Key created, used once"},
    {CLV_STEP_SIGNATURE_KEYS, KEYS_OPENED,  SIGNERS,       "Key opened, used once"},
    {CLV_STEP_ADMINISTRATORS, ALWAYS,       SIGNERS,       "Added to every unit"},
    {CLV_STEP_ADMINISTRATORS, ALWAYS,       ADMINISTRATOR, "Thresholds set on every unit"},
    {CLV_STEP_CREATE_PARTS,   ALWAYS,       OWNERS,        "Part created, slip taken"},
    {CLV_STEP_LOAD,           ALWAYS,       OWNERS,        "Commitment entered from slip"},
    {CLV_STEP_LOAD,           ALWAYS,       OWNERS,        "Part opened, matched, wiped"},
    {CLV_STEP_LOAD,           ALWAYS,       ADMINISTRATOR, "Loaded, all patterns match"},
    {CLV_STEP_COMMIT,         ALWAYS,       ADMINISTRATOR, "Committed on every unit"},
    {CLV_STEP_SET_IMMEDIATE,  ALWAYS,       ADMINISTRATOR, "Made current on every unit"},
    {CLV_STEP_SET_IMMEDIATE,  SET_BY_TWO,   SECOND_PERSON, "Set immediate confirmed"},
    {CLV_STEP_COMPARE,        ALWAYS,       ADMINISTRATOR, "All units asked, all the same"},
    {CLV_STEP_RECEIPTS,       ALWAYS,       ADMINISTRATOR, "Receipts written, read back"},
    {CLV_STEP_SIGN_OFF,       ALWAYS,       EVERYBODY,     "Agrees, or says why not"},
};
/* clang-format on */

static void rule(struct clv_writer *w, char c)
{
    char line[WIDTH + 1];
    memset(line, c, WIDTH);
    line[WIDTH] = '\0';
    clv_write_format(w, "%s\n", line);
}

static size_t columns(const char *text, size_t len)
{
    char part[256];
    (void)snprintf(part, sizeof part, "%.*s", len < sizeof part ? (int)len : (int)sizeof part - 1,
                   text);
    return clv_text_width(part);
}

/* Writes text in lines of at most WIDTH, each behind `indent` blanks; words stay whole. */
static void wrap(struct clv_writer *w, size_t indent, const char *text)
{
    size_t used = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " \n"), width = columns(text, len);
        if (used > 0 && used + 1 + width > WIDTH) {
            clv_write_text(w, "\n");
            used = 0;
        }
        if (used == 0)
            clv_write_format(w, "%*s", (int)indent, "");
        else
            clv_write_text(w, " ");
        used += width + (used == 0 ? indent : 1);
        clv_write_bytes(w, text, len);
        text += len;
        if (*text == '\n') {
            clv_write_text(w, "\n");
            used = 0;
        }
        text += *text != '\0';
    }
    if (used > 0)
        clv_write_text(w, "\n");
}

/* At least one blank behind the text, whatever its length. */
static void column(struct clv_writer *w, const char *text, size_t width)
{
    clv_write_text(w, text);
    size_t have = clv_text_width(text);
    clv_write_format(w, "%*s", have < width ? (int)(width - have) : 1, "");
}

struct table {
    struct clv_writer *w;
    unsigned step, line;
    const char *activity;
};

static void row(struct table *t, const char *label, unsigned number, unsigned of)
{
    char step[24], who[200];
    (void)snprintf(step, sizeof step, "%u.%u", t->step, ++t->line);
    if (of > 1)
        (void)snprintf(who, sizeof who, "%s %u of %u", label, number, of);
    else
        (void)snprintf(who, sizeof who, "%s", label);
    column(t->w, step, STEP);
    column(t->w, who, WHO);
    if (clv_text_width(who) >= WHO) { /* a long label of the script's own: go on below it */
        clv_write_text(t->w, "\n");
        column(t->w, "", STEP + WHO);
    }
    column(t->w, t->activity, ACTIVITY);
    clv_write_text(t->w, "________ __:__\n");
}

static void role_rows(struct table *t, const char *label, unsigned number)
{
    for (unsigned i = 1; i <= number; i++)
        row(t, label, i, number);
}

static void turn_rows(struct table *t, const struct clv_script *script, enum who who)
{
    if (who == ADMINISTRATOR || who == EVERYBODY)
        role_rows(t, script->administrator_label, 1);
    if (who == EVERYBODY)
        role_rows(t, script->witness_label, script->num_witnesses);
    if (who == OWNERS || who == EVERYBODY)
        role_rows(t, script->owner_label, script->num_owners);
    if (who == SIGNERS || who == EVERYBODY)
        role_rows(t, script->signer_label, script->num_signers);
    if (who == SECOND_PERSON)
        role_rows(t, "Second person", 1);
}

static bool holds(enum when when, const struct clv_script *script,
                  const struct clv_script_step *step)
{
    const bool now[] = {
        [ALWAYS] = true,
        [KEYS_CREATED] = step->keys == CLV_KEYS_CREATE,
        [KEYS_OPENED] = step->keys == CLV_KEYS_OPEN,
        [RESET_BY_TWO] =
            script->reset_units != CLV_RESET_NEVER && script->second_person_for_zeroize,
        [SET_BY_TWO] = script->second_person_for_set_immediate,
    };
    return now[when];
}

static void step_rows(const struct clv_script *script, size_t index, struct clv_writer *w)
{
    const struct clv_script_step *step = &script->steps[index];
    struct table t = {.w = w, .step = (unsigned)index + 1};
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        if (turns[i].kind != step->kind || !holds(turns[i].when, script, step))
            continue;
        t.activity = turns[i].activity;
        turn_rows(&t, script, turns[i].who);
    }
}

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

static const char *second_person_for(const struct clv_script *script)
{
    static const char *const texts[2][2] = {{"nothing", "zeroize"},
                                            {"set immediate", "set immediate, zeroize"}};
    return texts[script->second_person_for_set_immediate][script->second_person_for_zeroize];
}

static void facts(const struct clv_script *script, struct clv_writer *w)
{
    static const char *const resets[] = {"required", "if not clean", "never"};
    char hash[2 * CLV_SHA256_LEN + 1], pattern[60];
    clv_hex(script->hash, sizeof script->hash, hash);
    clv_write_format(w, "%s\n", script->title);
    rule(w, '=');
    wrap(w, 0, script->purpose);
    clv_write_format(w, "\nScript    %s\nSHA-256   %s\n\n", script->id, hash);
    clv_write_format(w, "Roles     %s: 1\n", script->administrator_label);
    clv_write_format(w, "          %s: %u\n", script->witness_label, script->num_witnesses);
    clv_write_format(w, "          %s: %u\n", script->owner_label, script->num_owners);
    clv_write_format(w, "          %s: %u\n\n", script->signer_label, script->num_signers);
    clv_write_format(w, "Rules     signatures needed: %u, to remove an administrator: %u\n",
                     script->sign_threshold, script->revoke_threshold);
    clv_write_format(w, "          password: at least %u bits, key derivation: %s\n",
                     script->password_min_bits, script->kdf_profile);
    clv_write_format(w, "          reset of the units: %s\n", resets[script->reset_units]);
    clv_write_format(w, "          curtain after %u seconds without a key\n", script->idle_seconds);
    clv_write_format(w, "          second person for: %s\n", second_person_for(script));
    clv_write_format(w, "          a key-part owner may sign: %s\n",
                     yes_no(script->allow_part_owner_to_sign));
    clv_write_format(w, "          a witness may hold another role: %s\n",
                     yes_no(script->allow_witness_other_role));
    if (script->has_expected_pattern) {
        clv_hex_groups(script->expected_pattern, CLV_SHA256_LEN / 2, 4, pattern, sizeof pattern);
        clv_write_format(w, "          the combined key must have the pattern %s\n", pattern);
        clv_hex_groups(script->expected_pattern + CLV_SHA256_LEN / 2, CLV_SHA256_LEN / 2, 4,
                       pattern, sizeof pattern);
        clv_write_format(w, "%41s%s\n", "", pattern);
    }
    clv_write_text(w, "\n");
}

void clv_script_explain(const struct clv_script *script, struct clv_writer *w)
{
    facts(script, w);
    column(w, "Step", STEP);
    column(w, "Who", WHO);
    column(w, "Activity", ACTIVITY);
    clv_write_text(w, "Initials Time\n");
    for (size_t i = 0; i < script->num_steps; i++) {
        const struct clv_script_step *step = &script->steps[i];
        rule(w, '-');
        clv_write_format(w, "%-6zu%s\n", i + 1, step->title);
        if (step->say != NULL)
            wrap(w, STEP, step->say);
        clv_write_text(w, "\n");
        step_rows(script, i, w);
    }
    rule(w, '-');
}
