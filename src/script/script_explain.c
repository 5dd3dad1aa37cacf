/* A script on paper: the columns of a ceremony's minutes, at most 79 wide. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define WIDTH 79
#define WHO 28
#define ACTIVITY 30

enum who { ADMINISTRATOR, EVERYBODY, OWNERS, SIGNERS };

/* clang-format off */
static const struct {
    enum who who;
    const char *activity;
} turns[] = {
#define CLV_STEP_TURN(name, word, who, activity) [CLV_STEP_##name] = {who, activity},
    CLV_STEP_KINDS(CLV_STEP_TURN)
#undef CLV_STEP_TURN
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
    char step[24], who[128];
    (void)snprintf(step, sizeof step, "%u.%u", t->step, ++t->line);
    if (of > 1)
        (void)snprintf(who, sizeof who, "%s %u of %u", label, number, of);
    else
        (void)snprintf(who, sizeof who, "%s", label);
    column(t->w, step, 6);
    column(t->w, who, WHO);
    column(t->w, t->activity, ACTIVITY);
    clv_write_text(t->w, "\n");
    column(t->w, "", 6 + WHO);
    clv_write_text(t->w, "Initials ______  Time __:__  Dev. __\n");
}

static void role_rows(struct table *t, const char *label, unsigned number)
{
    for (unsigned i = 1; i <= number; i++)
        row(t, label, i, number);
}

static void step_rows(struct table *t, const struct clv_script *script, enum who who)
{
    if (who == ADMINISTRATOR || who == EVERYBODY)
        role_rows(t, script->administrator_label, 1);
    if (who == EVERYBODY)
        role_rows(t, script->witness_label, script->num_witnesses);
    if (who == OWNERS || who == EVERYBODY)
        role_rows(t, script->owner_label, script->num_owners);
    if (who == SIGNERS || who == EVERYBODY)
        role_rows(t, script->signer_label, script->num_signers);
}

static const char *activity_of(const struct clv_script_step *step)
{
    if (step->kind != CLV_STEP_SIGNATURE_KEYS)
        return turns[step->kind].activity;
    return step->keys == CLV_KEYS_CREATE ? "Signature key created and used once"
                                         : "Signature key opened and used once";
}

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

static const char *seconds_of_two(const struct clv_script *script)
{
    static const char *const texts[2][2] = {{"nothing", "zeroize"},
                                            {"set immediate", "set immediate, zeroize"}};
    return texts[script->second_person_for_set_immediate][script->second_person_for_zeroize];
}

static void facts(const struct clv_script *script, struct clv_writer *w)
{
    static const char *const resets[] = {"required", "if not clean", "never"};
    char hash[2 * CLV_SHA256_LEN + 1];
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
    clv_write_format(w, "          second person for: %s\n", seconds_of_two(script));
    clv_write_format(w, "          a key-part owner may sign: %s\n",
                     yes_no(script->allow_part_owner_to_sign));
    clv_write_format(w, "          a witness may hold another role: %s\n\n",
                     yes_no(script->allow_witness_other_role));
}

void clv_script_explain(const struct clv_script *script, struct clv_writer *w)
{
    facts(script, w);
    column(w, "Step", 6);
    column(w, "Who", WHO);
    clv_write_text(w, "Activity, then initials, time, number of a deviation\n");
    for (size_t i = 0; i < script->num_steps; i++) {
        const struct clv_script_step *step = &script->steps[i];
        struct table t = {.w = w, .step = (unsigned)i + 1, .activity = activity_of(step)};
        rule(w, '-');
        clv_write_format(w, "%-6u%s\n", t.step, step->title);
        if (step->say != NULL)
            wrap(w, 6, step->say);
        clv_write_text(w, "\n");
        step_rows(&t, script, turns[step->kind].who);
    }
    rule(w, '-');
}
