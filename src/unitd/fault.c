/* Faults for drills: a plan of who misbehaves, when and how. Both vocabularies are tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_DELAY_MS 3600000u
#define MAX_PLAN_TEXT 120

/* clang-format off */
static const struct behaviour behaviours[] = {
    { .name = "silent",           .delivery = CLV_UNITD_HOLD },
    { .name = "drop",             .delivery = CLV_UNITD_DROP },
    { .name = "die",              .delivery = CLV_UNITD_DROP, .dies = true },
    { .name = "die-after",        .delivery = CLV_UNITD_DROP, .dies = true, .executes = true },
    { .name = "cut-short",        .executes = true, .cuts_short = true },
    { .name = "slow",             .executes = true, .takes = ARG_MS },
    { .name = "wrong-pattern",    .executes = true, .lie = LIE_PATTERN },
    { .name = "old-tail",         .executes = true, .lie = LIE_TAIL },
    { .name = "other-part",       .executes = true, .lie = LIE_OTHER_PART },
    { .name = "spoilt-part",      .executes = true, .lie = LIE_SPOILT_PART },
    { .name = "wrong-key",        .executes = true, .wrong_key = true },
    { .name = "replay",           .replays = true },
    { .name = "reject-counter",   .refuses = V_COUNTER_PASSED },
    { .name = "refuse-signature", .refuses = V_SIGNATURE_WRONG },
    { .name = "refuse",           .takes = ARG_CODES },
    { .name = "restart",          .delivery = CLV_UNITD_DROP, .restarts = true },
    { .name = "come-back-empty",  .executes = true, .empties = true },
};

#define MAX_CLASS 4
struct command_class {
    const char *name;
    bool queries;                /* every query, get_xcp_info included */
    bool commands;               /* every command */
    uint32_t command[MAX_CLASS]; /* these commands; 0 ends the list */
};
static const struct command_class classes[] = {
    { .name = "load",     .command = { CLV_EP11_IMPORT_WK } },
    { .name = "commit",   .command = { CLV_EP11_COMMIT_WK } },
    { .name = "setimm",   .command = { CLV_EP11_FINALIZE_WK } },
    { .name = "generate", .command = { CLV_EP11_GEN_WK } },
    { .name = "export",   .command = { CLV_EP11_EXPORT_WK, CLV_EP11_EXPORT_NEXT_WK } },
    { .name = "importer", .command = { CLV_EP11_GEN_IMPORTER } },
    { .name = "admin",    .command = { CLV_EP11_ADMIN_LOGIN, CLV_EP11_ADMIN_LOGOUT, CLV_EP11_ADMIN_REPLACE } },
    { .name = "attr",     .command = { CLV_EP11_SET_ATTR } },
    { .name = "clear",    .command = { CLV_EP11_CLEAR_WK, CLV_EP11_CLEAR_NEXT_WK } },
    { .name = "zeroize",  .command = { CLV_EP11_ZEROIZE } },
    { .name = "query",    .queries = true },
    { .name = "any",      .queries = true, .commands = true },
};
/* clang-format on */

#define NUM(table) (sizeof(table) / sizeof((table)[0]))

static bool class_has(const struct command_class *class, uint32_t command)
{
    if (clv_ep11_is_query(command) ? class->queries : class->commands)
        return true;
    for (size_t i = 0; i < MAX_CLASS && class->command[i]; i++)
        if (class->command[i] == command)
            return true;
    return false;
}

const struct fault *fault_take(struct fault *faults, size_t num, uint32_t unit, uint32_t command)
{
    for (size_t i = 0; i < num; i++) {
        struct fault *fault = &faults[i];
        if (fault->spent || fault->unit != unit || !class_has(fault->class, command))
            continue;
        fault->spent = !fault->for_ever;
        return fault;
    }
    return NULL;
}

/* ---- reading a plan ---- */

static clv_status fail_words(struct clv_error *err, const char *what, const char *word,
                             const char *known)
{
    return clv_fail(err, CLV_E_USAGE, "fault: unknown %s \"%s\"; known: %s", what, word, known);
}

static clv_status parse_number(const char *text, unsigned max, unsigned *ret)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return CLV_E_USAGE;
    unsigned long n = strtoul(text, &end, 10);
    if (*end || n > max)
        return CLV_E_USAGE;
    *ret = (unsigned)n;
    return CLV_OK;
}

static clv_status parse_class(const char *word, struct fault *fault, struct clv_error *err)
{
    struct clv_writer known = {0};
    for (size_t i = 0; i < NUM(classes); i++) {
        if (strcmp(classes[i].name, word) == 0)
            fault->class = &classes[i];
        clv_write_format(&known, "%s%s", i ? ", " : "", classes[i].name);
    }
    clv_write_u8(&known, 0);
    clv_status status = CLV_OK;
    if (!fault->class)
        status = fail_words(err, "command", word, known.data ? (const char *)known.data : "");
    clv_writer_clear(&known);
    return status;
}

static clv_status parse_behaviour(const char *word, struct fault *fault, struct clv_error *err)
{
    struct clv_writer known = {0};
    for (size_t i = 0; i < NUM(behaviours); i++) {
        if (strcmp(behaviours[i].name, word) == 0)
            fault->behaviour = &behaviours[i];
        clv_write_format(&known, "%s%s", i ? ", " : "", behaviours[i].name);
    }
    clv_write_u8(&known, 0);
    clv_status status = CLV_OK;
    if (!fault->behaviour)
        status = fail_words(err, "behaviour", word, known.data ? (const char *)known.data : "");
    clv_writer_clear(&known);
    return status;
}

static clv_status parse_delay(const char *word, struct fault *fault, struct clv_error *err)
{
    if (!word || parse_number(word, MAX_DELAY_MS, &fault->delay_ms) != CLV_OK)
        return clv_fail(err, CLV_E_USAGE, "fault: \"%s\" needs a delay of 0 to %u milliseconds",
                        fault->behaviour->name, MAX_DELAY_MS);
    return CLV_OK;
}

/* "101/48", or "33" for a return code that comes without a reason. */
static clv_status parse_codes(char *word, struct fault *fault, struct clv_error *err)
{
    char *reason = word ? strchr(word, '/') : NULL;
    if (reason)
        *reason++ = 0;
    fault->reason = CLV_EP11_NO_REASON;
    if (!word || parse_number(word, UINT32_MAX, &fault->return_code) != CLV_OK ||
        fault->return_code == 0 ||
        (reason && parse_number(reason, UINT32_MAX, &fault->reason) != CLV_OK))
        return clv_fail(err, CLV_E_USAGE,
                        "fault: \"%s\" needs a return code, or RETURN-CODE/REASON",
                        fault->behaviour->name);
    return CLV_OK;
}

static clv_status parse_argument(char *word, struct fault *fault, struct clv_error *err)
{
    switch (fault->behaviour->takes) {
    case ARG_MS:
        return parse_delay(word, fault, err);
    case ARG_CODES:
        return parse_codes(word, fault, err);
    case ARG_NONE:
        break;
    }
    return word ? clv_fail(err, CLV_E_USAGE, "fault: \"%s\" takes no argument",
                           fault->behaviour->name)
                : CLV_OK;
}

clv_status fault_parse(const char *text, unsigned num_units, struct fault *ret,
                       struct clv_error *err)
{
    char copy[MAX_PLAN_TEXT], *save = NULL;
    struct fault fault = {0};
    size_t len = strlen(text);
    if (len == 0 || len >= sizeof(copy))
        return clv_fail(err, CLV_E_USAGE, "fault: want UNIT:COMMAND:BEHAVIOUR[:ARG][*]");
    memcpy(copy, text, len + 1);
    if (copy[len - 1] == '*') {
        fault.for_ever = true;
        copy[len - 1] = 0;
    }
    const char *unit = strtok_r(copy, ":", &save);
    const char *class = strtok_r(NULL, ":", &save);
    const char *behaviour = strtok_r(NULL, ":", &save);
    char *argument = strtok_r(NULL, ":", &save);
    if (!unit || !class || !behaviour || strtok_r(NULL, ":", &save))
        return clv_fail(err, CLV_E_USAGE, "fault: want UNIT:COMMAND:BEHAVIOUR[:ARG][*]");
    if (parse_number(unit, num_units, &fault.unit) != CLV_OK || fault.unit == 0)
        return clv_fail(err, CLV_E_USAGE, "fault: the unit is a number from 1 to %u", num_units);
    clv_status status = parse_class(class, &fault, err);
    if (status == CLV_OK)
        status = parse_behaviour(behaviour, &fault, err);
    if (status == CLV_OK)
        status = parse_argument(argument, &fault, err);
    if (status == CLV_OK)
        *ret = fault;
    return status;
}

clv_status clv_unitd_vault_add_fault(struct clv_unitd_vault *vault, const char *text,
                                     struct clv_error *err)
{
    struct fault fault;
    clv_status status = fault_parse(text, vault->num_units, &fault, err);
    if (status != CLV_OK)
        return status;
    struct fault *grown = realloc(vault->faults, (vault->num_faults + 1) * sizeof(fault));
    if (!grown)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for a fault plan");
    vault->faults = grown;
    grown[vault->num_faults++] = fault;
    return CLV_OK;
}
