/* cryptounit-cp, cryptounit-cp-btc, cryptounit-cp-eddsa, cryptounit-cp-sig-other. */
#include "claviger/tke/units.h"
#include "session.h"

static const char *const headers[] = {"CRYPTO UNIT NUM", "BITCOIN", "EDDSA", "OTHER SIGNATURES",
                                      "CONTROL POINTS"};

static const char *set(const struct clv_unit_state *s, unsigned bit)
{
    return clv_tke_has_control(s, bit) ? "set" : "not set";
}

static void fill(struct units_list *list, const struct clv_unit_state *s)
{
    char all[2 * CLV_EP11_CONTROL_POINTS_LEN + 1];
    clv_hex(s->control_points, CLV_EP11_CONTROL_POINTS_LEN, all);
    units_row(list, (const char *[]){"", set(s, CLV_EP11_CP_BITCOIN), set(s, CLV_EP11_CP_EDDSA),
                                     set(s, CLV_EP11_CP_SIG_OTHER), all});
}

int cmd_cryptounit_cp(const struct args *args)
{
    struct session s;
    struct units_list list = {.headers = headers, .num_columns = 5, .fill = fill};
    clv_status st = session_survey(args, &s);
    int listed = st == CLV_OK ? print_surveyed(&s, &list) : 0;
    int closed = session_close(&s, st);
    return closed ? closed : listed;
}

static int add(const struct args *args, unsigned bit)
{
    struct session s;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = clv_tke_add_control(s.tke, args->command->name, bit, &s.error);
    return session_results(&s, st);
}

int cmd_cryptounit_cp_btc(const struct args *args)
{
    return add(args, CLV_EP11_CP_BITCOIN);
}

int cmd_cryptounit_cp_eddsa(const struct args *args)
{
    return add(args, CLV_EP11_CP_EDDSA);
}

int cmd_cryptounit_cp_sig_other(const struct args *args)
{
    return add(args, CLV_EP11_CP_SIG_OTHER);
}
