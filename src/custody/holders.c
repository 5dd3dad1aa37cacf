/* Who may hold what: one table of duties that do not go together in one person. */
#include "claviger/custody.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

/* ---- the same person, as people write names ---- */

struct name_cursor {
    const unsigned char *at;
    locale_t locale; /* C.UTF-8, or 0: then only ASCII letters are folded */
};

/* The next code point of UTF-8 text, 0 at its end; a byte that is not UTF-8 stands for itself. */
static uint32_t next_point(const unsigned char **at)
{
    struct clv_utf8 c = clv_utf8_next((const char *)*at, strlen((const char *)*at));
    uint32_t point = c.len ? c.code : **at;
    if (point != 0)
        *at += c.len ? c.len : 1;
    return point;
}

static bool is_blank(uint32_t point)
{
    return point == ' ' || point == '\t' || point == 0xa0 || point == 0x202f;
}

static uint32_t fold_case(const struct name_cursor *c, uint32_t point)
{
    if (point >= 'A' && point <= 'Z')
        return point + ('a' - 'A');
    return c->locale && point > 127 ? (uint32_t)towlower_l((wint_t)point, c->locale) : point;
}

static void skip_blanks(struct name_cursor *c)
{
    for (const unsigned char *p = c->at; is_blank(next_point(&p));)
        c->at = p;
}

/* The next letter in lower case; a run of blanks is one blank, blanks at the end are none. */
static uint32_t next_folded(struct name_cursor *c)
{
    uint32_t point = next_point(&c->at);

    if (!is_blank(point))
        return fold_case(c, point);
    skip_blanks(c);
    return *c->at ? ' ' : 0;
}

bool clv_same_person(const char *a, const char *b)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    struct name_cursor ca = {(const unsigned char *)a, locale};
    struct name_cursor cb = {(const unsigned char *)b, locale};
    uint32_t pa, pb;

    skip_blanks(&ca);
    skip_blanks(&cb);
    do {
        pa = next_folded(&ca);
        pb = next_folded(&cb);
    } while (pa == pb && pa != 0);
    if (locale)
        freelocale(locale);
    return pa == pb;
}

/* ---- duties ---- */

/* clang-format off */
static const struct {
    enum clv_holder_role one, other;
    unsigned rule;
} rules[] = {
    /* one duty                 another                     allowed only by                */
    { CLV_HOLDS_PART,           CLV_HOLDS_PART,             CLV_ALLOW_TWO_PARTS            },
    { CLV_HOLDS_PART,           CLV_HOLDS_SIGNATURE_KEY,    CLV_ALLOW_PART_AND_SIGNATURE   },
    { CLV_HOLDS_SIGNATURE_KEY,  CLV_HOLDS_SIGNATURE_KEY,    CLV_ALLOW_TWO_SIGNATURE_KEYS   },
    { CLV_HOLDS_WITNESS,        CLV_HOLDS_ADMINISTRATION,   CLV_ALLOW_WITNESS_HOLDS        },
    { CLV_HOLDS_WITNESS,        CLV_HOLDS_PART,             CLV_ALLOW_WITNESS_HOLDS        },
    { CLV_HOLDS_WITNESS,        CLV_HOLDS_SIGNATURE_KEY,    CLV_ALLOW_WITNESS_HOLDS        },
};

static const char *const duties[] = {
    [CLV_HOLDS_ADMINISTRATION]  = "run the ceremony",
    [CLV_HOLDS_PART]            = "hold key part",
    [CLV_HOLDS_SIGNATURE_KEY]   = "hold signature key",
    [CLV_HOLDS_WITNESS]         = "be a witness",
};
/* clang-format on */

/* The exception two duties of one person would need; 0 when they go together. */
static unsigned rule_for(const struct clv_holder *a, const struct clv_holder *b)
{
    if (a->role == b->role && a->slot == b->slot)
        return 0; /* the same duty, named twice */
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if ((rules[i].one == a->role && rules[i].other == b->role) ||
            (rules[i].one == b->role && rules[i].other == a->role))
            return rules[i].rule;
    return 0;
}

static void describe_duty(const struct clv_holder *h, char *buf, size_t cap)
{
    if (h->slot > 0)
        snprintf(buf, cap, "%s %u", duties[h->role], h->slot);
    else
        snprintf(buf, cap, "%s", duties[h->role]);
}

static void describe(const struct clv_holder *a, const struct clv_holder *b, char *buf, size_t cap)
{
    char first[48], second[48];

    describe_duty(a, first, sizeof first);
    describe_duty(b, second, sizeof second);
    snprintf(buf, cap, "%s would %s and %s.", a->person, first, second);
}

void clv_custody_conflicts(const struct clv_holder *holders, size_t num_holders, unsigned allowed,
                           struct clv_custody_conflict *out, size_t cap, size_t *ret_num)
{
    size_t num = 0;

    for (size_t i = 0; i < num_holders; i++)
        for (size_t j = i + 1; j < num_holders; j++) {
            unsigned rule = rule_for(&holders[i], &holders[j]);

            if (!rule || (rule & allowed) || !clv_same_person(holders[i].person, holders[j].person))
                continue;
            if (num < cap) {
                out[num] = (struct clv_custody_conflict){.rule = rule, .first = i, .second = j};
                describe(&holders[i], &holders[j], out[num].sentence, sizeof out[num].sentence);
            }
            num++;
        }
    *ret_num = num;
}

clv_status clv_custody_check(const struct clv_holder *holders, size_t num_holders, unsigned allowed,
                             struct clv_error *err)
{
    struct clv_custody_conflict conflict;
    size_t num = 0;
    clv_status st;

    clv_custody_conflicts(holders, num_holders, allowed, &conflict, 1, &num);
    if (num == 0)
        return CLV_OK;
    st = clv_fail(err, CLV_E_RULE, "%s", conflict.sentence);
    clv_hint(err, "Give one of the two to somebody else, or use a script that allows it.");
    return st;
}
