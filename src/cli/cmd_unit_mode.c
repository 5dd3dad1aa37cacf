/* cryptounit-thrhlds, cryptounit-thrhld-set, cryptounit-exit-impr, cryptounit-zeroize. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/tke/units.h"
#include "session.h"

static const char *const headers[] = {"CRYPTO UNIT NUM", "SIGNATURE THRESHOLD",
                                      "REVOCATION THRESHOLD", "MODE"};

static void fill(struct units_list *list, const struct clv_unit_state *s)
{
    char sign[12], revoke[12];
    snprintf(sign, sizeof(sign), "%u", s->sign_threshold);
    snprintf(revoke, sizeof(revoke), "%u", s->revoke_threshold);
    units_row(list, (const char *[]){"", sign, revoke, s->imprint ? "imprint" : "operational"});
}

int cmd_cryptounit_thrhlds(const struct args *args)
{
    struct session s;
    struct units_list list = {.headers = headers, .num_columns = 4, .fill = fill};
    clv_status st = session_survey(args, &s);
    int listed = st == CLV_OK ? print_surveyed(&s, &list) : 0;
    int closed = session_close(&s, st);
    return closed ? closed : listed;
}

/* One digit is enough: thresholds end at 8. */
static clv_status ask_threshold(struct session *s, const char *option, const char *title,
                                unsigned *ret)
{
    char text[8];
    const struct clv_question q = {.kind = CLV_ASK_TEXT,
                                   .id = option,
                                   .title = title,
                                   .prompt = "A number from 1 to 8",
                                   .help = "How many administrators have to sign. Not more than "
                                           "the crypto units have.",
                                   .max_len = 1};
    clv_status st = session_text(s, option, &q, text, sizeof(text));
    if (st != CLV_OK)
        return st;
    if (text[0] < '1' || text[0] > '8' || text[1] != '\0')
        return clv_fail(&s->error, CLV_E_INPUT, "a threshold is a number from 1 to 8");
    *ret = (unsigned)(text[0] - '0');
    return CLV_OK;
}

clv_status session_thresholds(struct session *s, unsigned *ret_sign, unsigned *ret_revoke)
{
    clv_status st = ask_threshold(s, "sign-threshold", "New signature threshold", ret_sign);
    return st == CLV_OK
               ? ask_threshold(s, "revoke-threshold", "New revocation threshold", ret_revoke)
               : st;
}

int cmd_cryptounit_thrhld_set(const struct args *args)
{
    struct session s;
    unsigned sign = 0, revoke = 0;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = session_thresholds(&s, &sign, &revoke);
    if (st == CLV_OK)
        st = clv_tke_set_thresholds(s.tke, sign, revoke, &s.error);
    return session_results(&s, st);
}

int cmd_cryptounit_exit_impr(const struct args *args)
{
    struct session s;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK) {
        s.port.note(s.port.ctx,
                    "Both thresholds become 1: each administrator alone can do everything.");
        s.port.note(s.port.ctx, "claviger cryptounit-thrhld-set leaves imprint mode with others.");
        st = clv_tke_exit_imprint(s.tke, &s.error);
    }
    return session_results(&s, st);
}

int cmd_cryptounit_zeroize(const struct args *args)
{
    struct session s;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = clv_tke_zeroize(s.tke, &s.error);
    return session_results(&s, st);
}
