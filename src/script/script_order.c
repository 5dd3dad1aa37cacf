/* Which steps a ceremony needs, and what has to be done before what. */
#include <string.h>

#include "internal.h"

#define BIT(kind) (1u << CLV_STEP_##kind)

/* needs: must stand before it. behind: must stand before it if the script has them at all. */
/* clang-format off */
static const struct {
    bool required;
    unsigned needs, behind;
} order[CLV_NUM_STEP_KINDS] = {
    [CLV_STEP_SELF_CHECK]     = {true,  0,                    0},
    [CLV_STEP_ROLL_CALL]      = {true,  BIT(SELF_CHECK),      0},
    [CLV_STEP_UNITS]          = {true,  BIT(ROLL_CALL),       0},
    [CLV_STEP_SIGNATURE_KEYS] = {true,  BIT(UNITS),           0},
    [CLV_STEP_ADMINISTRATORS] = {false, BIT(SIGNATURE_KEYS),  0},
    [CLV_STEP_CREATE_PARTS]   = {false, BIT(SIGNATURE_KEYS),  BIT(ADMINISTRATORS)},
    [CLV_STEP_LOAD]           = {true,  BIT(SIGNATURE_KEYS),  BIT(ADMINISTRATORS) | BIT(CREATE_PARTS)},
    [CLV_STEP_COMMIT]         = {true,  BIT(LOAD),            0},
    [CLV_STEP_SET_IMMEDIATE]  = {true,  BIT(COMMIT),          0},
    [CLV_STEP_COMPARE]        = {true,  BIT(SET_IMMEDIATE),   0},
    [CLV_STEP_RECEIPTS]       = {true,  BIT(COMPARE),         0},
    [CLV_STEP_SIGN_OFF]       = {true,  BIT(RECEIPTS),        0},
};
/* clang-format on */

struct walk {
    const struct clv_yaml_source *source;
    const struct clv_script *script;
    const struct clv_yaml_node *where[CLV_NUM_STEP_KINDS]; /* first step of each kind, or NULL */
    unsigned seen;
};

static void find_all(struct walk *w, const struct clv_yaml_node *list)
{
    const struct clv_yaml_node *node = list->first;
    for (size_t i = 0; i < w->script->num_steps; i++, node = node->next) {
        enum clv_step_kind kind = w->script->steps[i].kind;
        if (w->where[kind] == NULL)
            w->where[kind] = node;
    }
}

static clv_status check_step(struct walk *w, enum clv_step_kind kind,
                             const struct clv_yaml_node *node, struct clv_error *err)
{
    size_t at = clv_yaml_child(node, "step")->at;
    const char *word = clv_step_word(kind);
    if (w->seen & 1u << kind) {
        return clv_yaml_fail(w->source, at, err, "\"%s\" is there twice, first on line %u", word,
                             clv_yaml_line(w->source, w->where[kind]->at));
    }
    for (enum clv_step_kind other = 0; other < CLV_NUM_STEP_KINDS; other++) {
        unsigned bit = 1u << other;
        if (w->seen & bit)
            continue;
        if (w->where[other] != NULL && (order[kind].needs | order[kind].behind) & bit) {
            return clv_yaml_fail(w->source, at, err, "\"%s\" must stand behind \"%s\" (line %u)",
                                 word, clv_step_word(other),
                                 clv_yaml_line(w->source, w->where[other]->at));
        }
        if (order[kind].needs & bit) {
            return clv_yaml_fail(w->source, at, err, "\"%s\" needs the step \"%s\" before it", word,
                                 clv_step_word(other));
        }
    }
    w->seen |= 1u << kind;
    return CLV_OK;
}

clv_status clv_script_check_order(const struct clv_yaml_source *source,
                                  const struct clv_script *script, const struct clv_yaml_node *list,
                                  struct clv_error *err)
{
    struct walk w = {.source = source, .script = script};
    find_all(&w, list);
    const struct clv_yaml_node *node = list->first, *last = list->first;
    for (size_t i = 0; i < script->num_steps; i++, node = node->next) {
        clv_status status = check_step(&w, script->steps[i].kind, node, err);
        if (status != CLV_OK)
            return status;
        last = node;
    }
    for (enum clv_step_kind kind = 0; kind < CLV_NUM_STEP_KINDS; kind++) {
        if (order[kind].required && w.where[kind] == NULL) {
            return clv_yaml_fail(source, clv_yaml_child(last, "step")->at, err,
                                 "the step \"%s\" is missing behind this one", clv_step_word(kind));
        }
    }
    return CLV_OK;
}
