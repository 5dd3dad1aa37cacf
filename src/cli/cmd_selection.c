/* cryptounits, cryptounit-add, cryptounit-rm. */
#include "session.h"

static clv_status find(struct session *s)
{
    clv_status st = clv_tke_find(s->tke, &s->error);
    return st == CLV_OK ? clv_tke_remember_site(s->tke, &s->error) : st;
}

int cmd_cryptounits(const struct args *args)
{
    struct session s;
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = find(&s);
    if (st == CLV_OK)
        st = print_units(&s);
    return session_close(&s, st);
}

static int change_selection(const struct args *args, bool selected)
{
    struct session s;
    char chosen[2048];
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = find(&s);
    if (st == CLV_OK)
        st = session_choose(&s, "units", units_text(&s), "Crypto units to work with",
                            selected ? "Add which" : "Remove which",
                            "Numbers and ranges of the list, as in 1,3-5, or the word all.", chosen,
                            sizeof(chosen));
    if (st == CLV_OK)
        st = clv_tke_select_units(s.tke, chosen, selected, &s.error);
    if (st == CLV_OK)
        st = print_units(&s);
    return session_close(&s, st);
}

int cmd_cryptounit_add(const struct args *args)
{
    return change_selection(args, true);
}

int cmd_cryptounit_rm(const struct args *args)
{
    return change_selection(args, false);
}
