/* cryptounit-admins, cryptounit-admin-add, cryptounit-admin-rm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/tke/units.h"
#include "session.h"

/* ---- list ---- */

static const char *const headers[] = {"CRYPTO UNIT NUM", "ADMIN NAME", "SUBJECT KEY IDENTIFIER"};

static void fill(struct units_list *list, const struct clv_unit_state *s)
{
    char ski[2 * CLV_SKI_LEN + 1];
    for (unsigned i = 0; i < s->num_admins; i++) {
        clv_hex(s->admin_ski[i], CLV_SKI_LEN, ski);
        units_row(list, (const char *[]){"", s->admin_name[i], ski});
    }
    if (s->num_admins == 0)
        units_row(list, (const char *[]){"", "none", "-"});
}

int cmd_cryptounit_admins(const struct args *args)
{
    struct session s;
    struct units_list list = {.headers = headers, .num_columns = 3, .fill = fill};
    clv_status st = session_survey(args, &s);
    int listed = st == CLV_OK ? print_surveyed(&s, &list) : 0;
    int closed = session_close(&s, st);
    return closed ? closed : listed;
}

/* ---- add ---- */

int cmd_cryptounit_admin_add(const struct args *args)
{
    struct session s;
    struct clv_tke_keys list = {0};
    const struct clv_tke_key *key = NULL;
    size_t num = 0;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = session_choose_keys(&s, CLV_KEYFILE_SIGKEY, "New administrator", "Signature key",
                                 &list, &key, 1, &num);
    if (st == CLV_OK)
        st = clv_tke_add_admin(s.tke, key, &s.error);
    clv_tke_keys_clear(&list);
    return session_results(&s, st);
}

/* ---- remove ---- */

static bool seen_before(struct session *s, const struct clv_tke_row *rows, size_t row, unsigned i)
{
    struct clv_fleet *fleet = clv_tke_fleet(s->tke);
    const uint8_t *ski = clv_fleet_state(fleet, rows[row].unit)->admin_ski[i];
    for (size_t r = 0; r < row; r++) {
        const struct clv_unit_state *other = clv_fleet_state(fleet, rows[r].unit);
        for (unsigned k = 0; !rows[r].failed && k < other->num_admins; k++)
            if (memcmp(other->admin_ski[k], ski, CLV_SKI_LEN) == 0)
                return true;
    }
    return false;
}

/* Each administrator of the selected units once. */
static char *admins_text(struct session *s)
{
    char *text = NULL, ski[2 * CLV_SKI_LEN + 1];
    size_t len = 0, num = 0;
    const struct clv_tke_row *rows = clv_tke_rows(s->tke, &num);
    FILE *out = open_memstream(&text, &len);
    for (size_t r = 0; out && r < num; r++) {
        const struct clv_unit_state *st = clv_fleet_state(clv_tke_fleet(s->tke), rows[r].unit);
        for (unsigned i = 0; !rows[r].failed && i < st->num_admins; i++) {
            if (seen_before(s, rows, r, i))
                continue;
            clv_hex(st->admin_ski[i], CLV_SKI_LEN, ski);
            fprintf(out, "%.16s   ", ski);
            print_clean(out, st->admin_name[i]);
            fprintf(out, "\n");
        }
    }
    if (out)
        fclose(out);
    return text;
}

int cmd_cryptounit_admin_rm(const struct args *args)
{
    struct session s;
    uint8_t ski[CLV_SKI_LEN];
    char admin[200];
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = session_choose(&s, "admin", admins_text(&s), "Administrator to remove",
                            "Administrator", "The name, or the first 8 digits of the SKI, or more.",
                            admin, sizeof(admin));
    if (st == CLV_OK)
        st = clv_tke_find_admin(s.tke, admin, ski, &s.error);
    if (st == CLV_OK)
        st = clv_tke_remove_admin(s.tke, ski, &s.error);
    return session_results(&s, st);
}
