/* cryptounit-compare: what should be the same in all crypto units of a service instance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"

#define TEXT_MAX sizeof(((struct clv_tke_value *)0)->text)

struct rule {
    const char *name;
    void (*text)(const struct clv_unit_state *s, char *buf, size_t cap);
    bool of_one_kind; /* recovery units have another */
};

static void mode_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s", s->imprint ? "imprint mode" : "operational");
}

static void sign_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    snprintf(buf, cap, "%u", s->sign_threshold);
}

static void revoke_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    snprintf(buf, cap, "%u", s->revoke_threshold);
}

/* Sorted by SKI, as a query brings them. */
static void admins_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    size_t used = (size_t)snprintf(buf, cap, "%s", s->num_admins == 0 ? "none" : "");
    for (unsigned i = 0; i < s->num_admins && used < cap; i++) {
        char hex[2 * CLV_SKI_LEN + 1];
        clv_hex(s->admin_ski[i], CLV_SKI_LEN, hex);
        used += (size_t)snprintf(buf + used, cap - used, "%s%s", i ? " " : "", hex);
    }
}

static void register_text(const char *state, bool empty, const uint8_t *pattern, char *buf,
                          size_t cap)
{
    char hex[2 * CLV_EP11_PATTERN_SIGNIFICANT + 1];
    clv_hex(pattern, CLV_EP11_PATTERN_SIGNIFICANT, hex);
    snprintf(buf, cap, empty ? "%s" : "%s %s", state, hex);
}

static void new_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    register_text(clv_ep11_new_state_text(s->new_state), s->new_state == CLV_NEW_EMPTY,
                  s->new_pattern, buf, cap);
}

static void current_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    register_text(clv_ep11_current_state_text(s->current_state),
                  s->current_state == CLV_CURRENT_EMPTY, s->current_pattern, buf, cap);
}

static void permissions_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    snprintf(buf, cap, "%08x", s->attributes.value[CLV_EP11_ATTR_PERMISSIONS]);
}

static void control_points_text(const struct clv_unit_state *s, char *buf, size_t cap)
{
    char hex[2 * sizeof(s->control_points) + 1];
    clv_hex(s->control_points, sizeof(s->control_points), hex);
    snprintf(buf, cap, "%s", hex);
}

/* clang-format off */
static const struct rule rules[] = {
    { "mode",                 mode_text,           false },
    { "signature threshold",  sign_text,           false },
    { "revocation threshold", revoke_text,         false },
    { "administrators",       admins_text,         false },
    { "new register",         new_text,            false },
    { "current register",     current_text,        false },
    { "permissions",          permissions_text,    true  },
    { "control points",       control_points_text, false },
};
/* clang-format on */
#define NUM_RULES (sizeof(rules) / sizeof(rules[0]))

/* ---- one setting ---- */

/* The value of one unit, with the kind before it where the kind may make a difference. */
static void value_of(struct clv_tke *t, const struct rule *rule, unsigned unit, char *buf)
{
    const struct clv_unit *u = clv_fleet_unit(t->fleet, unit);
    char text[TEXT_MAX - 20];
    rule->text(clv_fleet_state(t->fleet, unit), text, sizeof(text));
    if (rule->of_one_kind)
        snprintf(buf, TEXT_MAX, "%s %s", clv_tke_kind_name(u->kind), text);
    else
        snprintf(buf, TEXT_MAX, "%s", text);
}

static struct clv_tke_value *find_value(struct clv_tke_setting *s, const char *text)
{
    for (size_t i = 0; i < s->num_values; i++)
        if (strcmp(s->values[i].text, text) == 0)
            return &s->values[i];
    return NULL;
}

static void add_unit(struct clv_tke_value *value, unsigned unit)
{
    size_t used = strlen(value->units);
    snprintf(value->units + used, sizeof(value->units) - used, "%s%u", used ? "," : "", unit);
}

/* Two values of one kind of unit. */
static bool differ(const struct clv_tke_setting *s, bool of_one_kind)
{
    for (size_t i = 0; i < s->num_values; i++)
        for (size_t k = 0; k < i; k++)
            if (!of_one_kind || s->values[i].text[0] == s->values[k].text[0])
                return true;
    return false;
}

static bool is_compared(struct clv_tke *t, size_t row, const char *instance)
{
    unsigned unit = t->rows[row].unit;
    return !t->rows[row].failed &&
           strcmp(clv_fleet_unit(t->fleet, unit)->instance_id, instance) == 0;
}

static clv_status compare_setting(struct clv_tke *t, const struct rule *rule, const char *instance,
                                  struct clv_tke_setting *ret, struct clv_error *err)
{
    struct clv_tke_setting s = {.instance = instance, .name = rule->name};
    s.values = calloc(t->num_rows + 1, sizeof(*s.values));
    if (s.values == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a comparison");
    for (size_t i = 0; i < t->num_rows; i++) {
        char text[TEXT_MAX];
        if (!is_compared(t, i, instance))
            continue;
        value_of(t, rule, t->rows[i].unit, text);
        struct clv_tke_value *value = find_value(&s, text);
        if (value == NULL) {
            value = &s.values[s.num_values++];
            memcpy(value->text, text, sizeof(value->text));
        }
        add_unit(value, t->rows[i].unit);
    }
    s.equal = !differ(&s, rule->of_one_kind);
    *ret = s;
    return CLV_OK;
}

/* ---- all of them ---- */

static bool is_first_of_instance(struct clv_tke *t, size_t row)
{
    const char *instance = clv_fleet_unit(t->fleet, t->rows[row].unit)->instance_id;
    if (t->rows[row].failed)
        return false;
    for (size_t i = 0; i < row; i++)
        if (is_compared(t, i, instance))
            return false;
    return true;
}

static clv_status compare_instance(struct clv_tke *t, const char *instance,
                                   struct clv_tke_comparison *c, struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < NUM_RULES; i++) {
        st = compare_setting(t, &rules[i], instance, &c->settings[c->num_settings], err);
        if (st == CLV_OK)
            c->equal &= c->settings[c->num_settings++].equal;
    }
    return st;
}

clv_status clv_tke_compare(struct clv_tke *t, struct clv_tke_comparison *ret, struct clv_error *err)
{
    struct clv_tke_comparison c = {.equal = true};
    c.settings = calloc(t->num_rows * NUM_RULES + 1, sizeof(*c.settings));
    clv_status st = c.settings ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a comparison");
    for (size_t i = 0; st == CLV_OK && i < t->num_rows; i++)
        if (is_first_of_instance(t, i))
            st = compare_instance(t, clv_fleet_unit(t->fleet, t->rows[i].unit)->instance_id, &c,
                                  err);
    if (st != CLV_OK) {
        clv_tke_comparison_clear(&c);
        return st;
    }
    *ret = c;
    return CLV_OK;
}

void clv_tke_comparison_clear(struct clv_tke_comparison *c)
{
    for (size_t i = 0; i < c->num_settings; i++)
        free(c->settings[i].values);
    free(c->settings);
    *c = (struct clv_tke_comparison){0};
}
