/* auto-init, auto-mk-rotate, auto-recover. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/tke/units.h"
#include "session.h"

int cmd_auto_init(const struct args *args)
{
    struct session s;
    unsigned sign = 0, revoke = 0;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = session_thresholds(&s, &sign, &revoke);
    if (st == CLV_OK)
        st = clv_tke_auto_init(s.tke, sign, revoke, &s.error);
    return session_results(&s, st);
}

int cmd_auto_mk_rotate(const struct args *args)
{
    struct session s;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = clv_tke_auto_rotate(s.tke, &s.error);
    return session_results(&s, st);
}

/* *ret is 0 when the option is not given. */
static clv_status read_from(struct session *s, unsigned *ret)
{
    const char *text = args_text(s->args, "from");
    char *end = NULL;
    unsigned long number = text ? strtoul(text, &end, 10) : 0;
    if (text == NULL)
        return CLV_OK;
    if (text[0] < '1' || text[0] > '9' || *end ||
        number > clv_fleet_num_units(clv_tke_fleet(s->tke)))
        return clv_fail(&s->error, CLV_E_INPUT, "\"%s\" is no number of a crypto unit", text);
    *ret = (unsigned)number;
    return CLV_OK;
}

int cmd_auto_recover(const struct args *args)
{
    struct session s;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    unsigned from = 0;
    const char *expected = args_text(args, "pattern");
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = read_from(&s, &from);
    if (st == CLV_OK && expected)
        st = session_pattern(&s, expected, pattern);
    if (st == CLV_OK)
        st = clv_tke_auto_recover(s.tke, from, expected ? pattern : NULL, &s.error);
    return session_results(&s, st);
}
