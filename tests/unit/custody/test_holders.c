#include "keys.h"

Test(same_person, is_found_whatever_case_and_blanks)
{
    static const char *const same[][2] = {
        {"Lena Vogt", "lena vogt"},  {"Lena Vogt", "  Lena \t  VOGT "},
        {"Jörg Ähre", "JÖRG  äHRE"}, {"Lena Vogt", "Lena\u00a0Vogt"},
        {"Ольга Чех", "ольга ЧЕХ"},  {"", "   "},
        {"a\xff", "A\xff"}, /* not UTF-8: still no crash, and equal to itself */
    };

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_assert(clv_same_person(same[i][0], same[i][1]), "pair %zu", i);
        cr_assert(clv_same_person(same[i][1], same[i][0]), "pair %zu", i);
    }
}

Test(same_person, is_not_found_in_other_names)
{
    static const char *const other[][2] = {
        {"Lena Vogt", "Lena Vogtt"},
        {"Lena Vogt", "LenaVogt"},
        {"Lena", "Lena V"},
        {"Jörg", "Jorg"},
        {"", "a"},
        {"a\xff", "a\xfe"},
        {"a\xc3", "a"},
    };

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        cr_assert_not(clv_same_person(other[i][0], other[i][1]), "pair %zu", i);
        cr_assert_not(clv_same_person(other[i][1], other[i][0]), "pair %zu", i);
    }
}

/* clang-format off */
static const struct {
    struct clv_holder holders[2];
    unsigned rule;
    const char *sentence;
} pairs[] = {
    {{{"Lena", CLV_HOLDS_PART, 1}, {"lena", CLV_HOLDS_PART, 3}},
     CLV_ALLOW_TWO_PARTS, "Lena would hold key part 1 and hold key part 3."},
    {{{"Lena", CLV_HOLDS_SIGNATURE_KEY, 2}, {"Lena", CLV_HOLDS_PART, 1}},
     CLV_ALLOW_PART_AND_SIGNATURE, "Lena would hold signature key 2 and hold key part 1."},
    {{{"Lena", CLV_HOLDS_SIGNATURE_KEY, 1}, {"Lena", CLV_HOLDS_SIGNATURE_KEY, 2}},
     CLV_ALLOW_TWO_SIGNATURE_KEYS, "Lena would hold signature key 1 and hold signature key 2."},
    {{{"Lena", CLV_HOLDS_PART, 1}, {"Lena", CLV_HOLDS_WITNESS, 0}},
     CLV_ALLOW_WITNESS_HOLDS, "Lena would hold key part 1 and be a witness."},
    {{{"Lena", CLV_HOLDS_WITNESS, 0}, {"Lena", CLV_HOLDS_SIGNATURE_KEY, 1}},
     CLV_ALLOW_WITNESS_HOLDS, "Lena would be a witness and hold signature key 1."},
    {{{"Lena", CLV_HOLDS_ADMINISTRATION, 0}, {"Lena", CLV_HOLDS_WITNESS, 0}},
     CLV_ALLOW_WITNESS_HOLDS, "Lena would run the ceremony and be a witness."},
    {{{"Lena", CLV_HOLDS_PART, 1}, {"Carl", CLV_HOLDS_PART, 2}}, 0, NULL},
    {{{"Lena", CLV_HOLDS_PART, 1}, {"Lena", CLV_HOLDS_PART, 1}}, 0, NULL},
    {{{"Lena", CLV_HOLDS_ADMINISTRATION, 0}, {"Lena", CLV_HOLDS_PART, 1}}, 0, NULL},
};
/* clang-format on */

Test(holders, each_pair_of_duties_follows_the_table)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct clv_custody_conflict conflict;
        size_t num = 9;

        clv_custody_conflicts(pairs[i].holders, 2, 0, &conflict, 1, &num);
        cr_assert_eq(num, pairs[i].rule ? 1 : 0, "pair %zu", i);
        if (num == 0)
            continue;
        cr_assert_eq(conflict.rule, pairs[i].rule, "pair %zu", i);
        cr_assert_str_eq(conflict.sentence, pairs[i].sentence);
        clv_custody_conflicts(pairs[i].holders, 2, pairs[i].rule, &conflict, 1, &num);
        cr_assert_eq(num, 0, "allowed pair %zu", i);
    }
}

Test(holders, all_conflicts_are_counted_beyond_the_room_for_them)
{
    const struct clv_holder all[] = {
        {"Lena", CLV_HOLDS_PART, 1},    {"Lena", CLV_HOLDS_PART, 2},
        {"Carl", CLV_HOLDS_PART, 3},    {"Lena", CLV_HOLDS_SIGNATURE_KEY, 1},
        {"Carl", CLV_HOLDS_WITNESS, 0},
    };
    struct clv_custody_conflict two[2];
    size_t num = 0;

    clv_custody_conflicts(all, 5, 0, two, 2, &num);
    cr_assert_eq(num, 4);
    cr_assert_eq(two[1].first, 0);
    cr_assert_eq(two[1].second, 3);
}

Test(holders, check_refuses_with_the_sentence)
{
    const struct clv_holder both[] = {{"Lena", CLV_HOLDS_PART, 1}, {"Lena", CLV_HOLDS_PART, 2}};
    struct clv_error err = {0};

    cr_assert_eq(clv_custody_check(both, 2, 0, &err), CLV_E_RULE);
    cr_assert_str_eq(err.fact, "Lena would hold key part 1 and hold key part 2.");
    cr_assert_eq(clv_custody_check(both, 2, CLV_ALLOW_TWO_PARTS, NULL), CLV_OK);
    cr_assert_eq(clv_custody_check(both, 0, 0, NULL), CLV_OK);
}
