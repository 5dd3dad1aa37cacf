/* Receipts on paper: printed, looked at, printed again under another serial, or kept for later.
 *
 * A print queue says that it took a sheet, not that the sheet is good: people look. A spoilt sheet
 * is void by its serial, so that a stray copy is recognised. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static clv_status run_lp(void *ctx, const char *queue, const char *path, struct clv_error *err)
{
    (void)ctx;
    return clv_lp_print(queue, path, CLV_LP_SECONDS, err);
}

static clv_status print_once(struct clv_conductor *c, const char *path, struct clv_error *err)
{
    static const struct clv_printer lp = {.print = run_lp};
    const struct clv_printer *printer = c->config.printer ? c->config.printer : &lp;
    if (mishap_printing(c, err))
        return CLV_E_IO;
    return printer->print(printer->ctx, c->printer, path, err);
}

static clv_status make_void(struct clv_conductor *c, unsigned serial, const char *why,
                            struct clv_error *err)
{
    clv_status st = record_receipt_void(c, serial, why, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "Receipt %02u is void: keep or tear the sheet with the witness.",
             serial);
    return st;
}

/* The sheet is in the folder; that it is not on paper today is a deviation. */
static clv_status keep_for_later(struct clv_conductor *c, const char *serial, const char *why,
                                 struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = c->seated;
    SET(e.text, "every receipt is printed when it is made");
    SET(e.name, "%s: %s", serial, why);
    SET(e.text2, "receipt %s is kept as a file and printed later", serial);
    return record(c, &e, err);
}

static clv_status ask_printer(struct clv_conductor *c, struct clv_error *err)
{
    struct clv_question q = {.id = "receipt.printer",
                             .title = "Another printer",
                             .prompt = "Name of the print queue",
                             .help = "As `lpstat -e` lists it on this workstation."};
    return ask_text(c, &q, sizeof(c->printer) - 1, c->printer, sizeof(c->printer), err);
}

static const struct clv_choice ways[] = {
    {"good", "The sheet is whole and readable", NULL},
    {"again", "It is spoilt or missing: print again",
     "With a new serial; this one is void and stands so in the record."},
    {"other-printer", "Print again on another printer", "As above."},
    {"save", "Keep the file and print it later", "A numbered deviation; nothing is lost."},
};
enum { GOOD, AGAIN, OTHER_PRINTER, SAVE, NUM_WAYS };

clv_status print_receipt(struct clv_conductor *c, const char *path, unsigned number,
                         const char *serial, bool *ret_again, struct clv_error *err)
{
    struct clv_error why = {0};
    char line[CLV_ERROR_TEXT + 100];
    size_t way = 0;
    *ret_again = false;
    if (c->printer[0] == '\0')
        return CLV_OK;
    tell(c, CLV_TONE_INFO, "Receipt %s goes to the printer %s.", serial, c->printer);
    bool taken = print_once(c, path, &why) == CLV_OK;
    if (taken)
        snprintf(line, sizeof(line), "Receipt %s was sent to the printer %s.", serial, c->printer);
    else
        snprintf(line, sizeof(line), "[!!] Receipt %s is not on paper: %s.", serial, why.fact);
    const char *lines[] = {line, "The receipt is in its folder and in the journal, whatever "
                                 "becomes of the paper."};
    /* What the printer refused cannot have come out well. */
    struct clv_question q = {.id = "receipt.printed",
                             .title = taken ? "Look at the sheet" : "A sheet did not come out",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "What now?",
                             .choices = taken ? ways : ways + AGAIN,
                             .num_choices = taken ? NUM_WAYS : NUM_WAYS - AGAIN,
                             .may_deviate = true};
    clv_status st = ask_choice(c, &q, &way, err);
    way += taken ? 0 : AGAIN;
    if (st == CLV_OK && way == OTHER_PRINTER)
        st = ask_printer(c, err);
    if (st != CLV_OK || way == GOOD)
        return st;
    const char *reason = taken ? "the sheet is spoilt" : why.fact;
    if (way == SAVE)
        return keep_for_later(c, serial, reason, err);
    *ret_again = true;
    return make_void(c, number, reason, err);
}
