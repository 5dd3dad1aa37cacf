/* auto-init, auto-mk-rotate, auto-recover on operational units 1 and 2, recovery units 3 and 4 and
 * failover unit 5: the whole way, and every way to be stopped on it. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "claviger/journal.h"

#define UNITS 5
#define SOURCE 3
#define ALL "1,2,3,4,5"
#define INES "Ines.sigkey"
#define OLGA "Olga.sigkey" /* RSA */

static struct bench b;

TestSuite(automatic, .timeout = 250);

static void begin(const char *fault)
{
    const char *args[] = {
        "--production-tests",     "--units", "2", "--recovery", "2", "--failover", "1",
        fault ? "--fault" : NULL, fault,     NULL};
    bench_open(&b, args);
    b.sigkeys = INES;
}

/* The same units, without whatever was wrong with one of them. */
static void mend(void)
{
    process_stop(&b.process, SIGTERM);
    process_start(&b.process, NULL);
}

static void type(const char *phrase)
{
    snprintf(b.confirm, sizeof(b.confirm), "%s", phrase);
}

static void init(void)
{
    type("initialize " ALL);
    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 1, 1, &b.err), &b);
}

static void initialized(void)
{
    init();
    bench_all_done(&b);
}

/* Types what was asked the time before, which is the only way to know it. */
static clv_status rotate(void)
{
    char phrase[sizeof(b.asked)];
    snprintf(phrase, sizeof(phrase), "%s", b.asked);
    bench_command(&b);
    type(phrase);
    return clv_tke_auto_rotate(b.tke, &b.err);
}

static clv_status recover(unsigned from)
{
    bench_command(&b);
    return clv_tke_auto_recover(b.tke, from, NULL, &b.err);
}

static const struct clv_unit_state *state_of(unsigned unit)
{
    return clv_fleet_state(clv_tke_fleet(b.tke), unit);
}

static void survey(void)
{
    const char *units = b.units;
    b.units = "all";
    bench_command(&b);
    b.units = units;
}

/* All units have one current key and nothing else; returns it. */
static const uint8_t *one_key_everywhere(void)
{
    survey();
    for (unsigned unit = 1; unit <= UNITS; unit++) {
        cr_assert_eq(state_of(unit)->current_state, CLV_CURRENT_VALID, "unit %u", unit);
        cr_assert_eq(state_of(unit)->new_state, CLV_NEW_EMPTY, "unit %u", unit);
        cr_assert(
            clv_ep11_pattern_equal(state_of(unit)->current_pattern, state_of(1)->current_pattern),
            "unit %u has another key", unit);
    }
    return state_of(1)->current_pattern;
}

static void nobody_is_live_but_the_source(void)
{
    survey();
    for (unsigned unit = 1; unit <= UNITS; unit++)
        cr_assert_eq(state_of(unit)->current_state == CLV_CURRENT_VALID, unit == SOURCE, "unit %u",
                     unit);
}

static void remember(uint8_t pattern[CLV_EP11_PATTERN_LEN])
{
    memcpy(pattern, state_of(SOURCE)->current_pattern, CLV_EP11_PATTERN_LEN);
}

static void journal_is_intact(void)
{
    struct clv_journal_report report = {0};
    check_ok(clv_journal_verify(clv_tke_journal_dir(b.tke), NULL, &report, &b.err), &b);
    cr_assert_eq(report.verdict, CLV_JOURNAL_INTACT, "%s", report.fault);
}

static void failed(unsigned unit, const char *sentence)
{
    const struct clv_tke_row *row = bench_row(&b, unit);
    cr_assert(row->failed, "unit %u has not failed", unit);
    cr_assert(strstr(row->error.fact, sentence), "unit %u: %s", unit, row->error.fact);
    cr_assert_gt(strlen(row->error.hint), 0, "unit %u: nothing to do", unit);
}

static void clear(clv_status (*command)(struct clv_tke *, struct clv_error *), const char *phrase,
                  const char *unit)
{
    b.units = unit;
    bench_command(&b);
    type(phrase);
    check_ok(command(b.tke, &b.err), &b);
    bench_all_done(&b);
    b.units = "all";
}

/* ---- the whole way -------------------------------------------------------------------------- */

Test(automatic, a_key_is_made_spread_and_replaced)
{
    uint8_t first[CLV_EP11_PATTERN_LEN], second[CLV_EP11_PATTERN_LEN];
    char phrase[sizeof(b.asked)];
    begin(NULL);
    b.sigkeys = OLGA "," INES;
    type("initialize " ALL);
    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 2, 1, &b.err), &b);
    bench_all_done(&b);
    cr_assert_str_eq(b.asked, "initialize " ALL);
    cr_assert_eq(b.num_passwords, 2, "each administrator once");
    memcpy(first, one_key_everywhere(), sizeof(first));
    for (unsigned unit = 1; unit <= UNITS; unit++) {
        cr_assert_eq(state_of(unit)->num_admins, 2);
        cr_assert_eq(state_of(unit)->sign_threshold, 2);
        cr_assert_eq(state_of(unit)->revoke_threshold, 1);
    }

    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 2, 1, &b.err), &b);
    bench_all_done(&b);
    cr_assert_eq(b.num_passwords, 0, "nothing is left to do");
    cr_assert(!bench_row(&b, 1)->sent);

    cr_assert_eq(rotate(), CLV_E_RULE);
    cr_assert_eq(strncmp(b.asked, "storage is re-enciphered to ", 28), 0, "%s", b.asked);
    cr_assert(strstr(b.err.kept, "Full committed"), "%s", b.err.kept);
    snprintf(phrase, sizeof(phrase), "%s", b.asked);
    survey();
    for (unsigned unit = 1; unit <= UNITS; unit++) {
        cr_assert_eq(state_of(unit)->new_state, CLV_NEW_COMMITTED, "unit %u", unit);
        cr_assert(clv_ep11_pattern_equal(state_of(unit)->current_pattern, first));
    }
    memcpy(b.asked, phrase, sizeof(phrase));
    check_ok(rotate(), &b);
    bench_all_done(&b);
    memcpy(second, one_key_everywhere(), sizeof(second));
    cr_assert(!clv_ep11_pattern_equal(first, second));

    memcpy(b.asked, phrase, sizeof(phrase));
    cr_assert_eq(rotate(), CLV_E_RULE, "a third key, and the phrase of the second one");
    cr_assert_str_neq(b.asked, phrase);
    journal_is_intact();
    bench_close(&b);
}

/* ---- stopped on the way --------------------------------------------------------------------- */

Test(automatic, a_unit_that_dies_before_it_commits_keeps_all_from_it)
{
    uint8_t key[CLV_EP11_PATTERN_LEN];
    begin("2:commit:die");
    init();
    failed(2, "no whole answer");
    failed(1, "crypto unit 2 is not ready");
    failed(5, "crypto unit 2 is not ready");
    cr_assert(strstr(bench_row(&b, 1)->error.kept, "new register Full committed"), "%s",
              bench_row(&b, 1)->error.kept);
    cr_assert_eq(clv_tke_total(b.tke), CLV_TKE_SOME);
    mend();
    nobody_is_live_but_the_source();
    cr_assert_eq(state_of(2)->new_state, CLV_NEW_UNCOMMITTED);
    remember(key);
    initialized();
    cr_assert_eq(b.num_passwords, 1);
    cr_assert(clv_ep11_pattern_equal(one_key_everywhere(), key), "not the same key as before");
    journal_is_intact();
    bench_close(&b);
}

Test(automatic, a_unit_that_stays_dead_can_be_left_out_and_brought_in_later)
{
    begin("2:load:die");
    init();
    failed(2, "no whole answer");
    b.units = "1,3-5";
    type("initialize 1,3,4,5");
    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 1, 1, &b.err), &b);
    bench_all_done(&b);
    b.units = "all";
    mend();
    init();
    bench_all_done(&b);
    one_key_everywhere();
    bench_close(&b);
}

Test(automatic, a_part_that_is_damaged_is_found_by_the_unit_that_loads_it)
{
    begin("3:export:spoilt-part");
    init();
    failed(1, "the unit refused IMPORT_WK");
    failed(2, "crypto unit 1 is not ready");
    nobody_is_live_but_the_source();
    cr_assert_eq(state_of(1)->new_state, CLV_NEW_EMPTY);
    initialized();
    one_key_everywhere();
    bench_close(&b);
}

Test(automatic, another_key_than_the_one_that_was_made_is_not_committed)
{
    begin("3:export:other-part");
    init();
    failed(1, "shows something else");
    failed(4, "crypto unit 1 is not ready");
    nobody_is_live_but_the_source();
    cr_assert_eq(state_of(1)->new_state, CLV_NEW_UNCOMMITTED);
    init();
    bench_refused(&b, 1, "its new register is not empty");
    bench_refused(&b, 2, "crypto unit 1 is not ready");
    cr_assert_str_empty(b.asked);
    clear(clv_tke_clear_new, "clear new 1", "1");
    initialized();
    one_key_everywhere();
    bench_close(&b);
}

Test(automatic, a_key_nobody_has_on_record_is_not_spread)
{
    begin("3:generate:die-after");
    init();
    failed(SOURCE, "no whole answer");
    failed(1, "crypto unit 3 is not ready");
    mend();
    init();
    bench_refused(&b, SOURCE, "its current register holds a master key already");
    clear(clv_tke_clear_current, "clear current 3", "3");
    initialized();
    one_key_everywhere();
    bench_close(&b);
}

Test(automatic, a_source_that_dies_stops_everything)
{
    begin("3:export:die");
    init();
    failed(SOURCE, "no whole answer");
    failed(1, "crypto unit 3 is not ready");
    mend();
    survey();
    cr_assert_eq(state_of(1)->new_state, CLV_NEW_EMPTY);
    initialized();
    one_key_everywhere();
    bench_close(&b);
}

Test(automatic, a_rotation_that_stops_goes_on_with_the_same_key)
{
    const char *const args[] = {"--fault", "2:load:drop", "--fault", "1:setimm:die", NULL};
    char phrase[sizeof(b.asked)];
    begin(NULL);
    initialized();
    process_stop(&b.process, SIGTERM);
    process_start(&b.process, args);
    check_ok(rotate(), &b);
    failed(2, "no whole answer");
    failed(SOURCE, "crypto unit 2 is not ready");
    cr_assert_str_empty(b.asked, "nothing is set immediate that one unit does not have");
    cr_assert_eq(rotate(), CLV_E_RULE);
    snprintf(phrase, sizeof(phrase), "%s", b.asked);
    check_ok(rotate(), &b);
    failed(1, "no whole answer");
    cr_assert(!bench_row(&b, 2)->failed);
    mend();
    memcpy(b.asked, phrase, sizeof(phrase));
    check_ok(rotate(), &b);
    bench_all_done(&b);
    cr_assert_str_eq(b.asked, phrase);
    one_key_everywhere();
    journal_is_intact();
    bench_close(&b);
}

/* While the question stands, unit 2 loses its new register. */
static clv_status confirm_too_late(void *ctx, const char *phrase, const char *const *lines,
                                   size_t num_lines, struct clv_error *err)
{
    const char *const args[] = {"--fault", "2:query:restart", NULL};
    (void)ctx;
    (void)phrase;
    (void)lines;
    (void)num_lines;
    (void)err;
    process_stop(&b.process, SIGTERM);
    process_start(&b.process, args);
    return CLV_OK;
}

Test(automatic, what_was_ready_before_the_question_is_asked_again_after_it)
{
    uint8_t key[CLV_EP11_PATTERN_LEN];
    begin(NULL);
    initialized();
    memcpy(key, one_key_everywhere(), sizeof(key));
    bench_command(&b);
    b.port.confirm = confirm_too_late;
    check_ok(clv_tke_auto_rotate(b.tke, &b.err), &b);
    failed(2, "the new master key register is empty");
    failed(1, "crypto unit 2 is not ready");
    survey();
    for (unsigned unit = 1; unit <= UNITS; unit++)
        cr_assert(clv_ep11_pattern_equal(state_of(unit)->current_pattern, key), "unit %u", unit);
    bench_close(&b);
}

/* Whoever has a current key has the one that was made; before set immediate nobody else has any. */
static void nothing_is_mixed(bool begun)
{
    survey();
    for (unsigned unit = 1; unit <= UNITS; unit++) {
        const struct clv_unit_state *s = state_of(unit);
        if (unit == SOURCE || s->current_state == CLV_CURRENT_EMPTY)
            continue;
        cr_assert(begun, "unit %u is live too early", unit);
        cr_assert(clv_ep11_pattern_equal(s->current_pattern, state_of(SOURCE)->current_pattern));
    }
}

Test(automatic, wherever_it_stops_it_goes_on)
{
    static const char *const faults[] = {
        "4:attr:die-after",     "1:importer:die-after", "3:export:die-after", "1:load:restart",
        "2:load:wrong-pattern", "4:commit:die-after",   "1:setimm:die-after",
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        begin(faults[i]);
        init();
        cr_assert_neq(clv_tke_total(b.tke), CLV_TKE_ALL, "%s", faults[i]);
        mend();
        nothing_is_mixed(strstr(faults[i], "setimm") != NULL);
        initialized();
        one_key_everywhere();
        bench_close(&b);
    }
}

/* Section d of docs/protocol.md: what only these commands meet. Each refusal stops one run; the
 * next one goes on from there. */
Test(automatic, what_a_unit_refuses_is_told_and_can_be_mended)
{
    static const struct {
        const char *fault;
        unsigned unit;
        const char *sentence;
    } rows[] = {
        {"2:generate:refuse:80/52", 2, "random master keys are not permitted in this unit"},
        {"2:generate:refuse:80/53", 2, "both master key registers are full"},
        {"1:importer:refuse:32/55", 1, "importer"},
        {"2:export:refuse:80/131", 2, "exporting master keys is not permitted in this unit"},
        {"2:export:refuse:96/49", 2, "the current master key register is empty"},
        {"2:export:refuse:3/102", 2, "certificate"},
        {"1:load:refuse:80/81", 1, "loading a master key as a single part is not permitted"},
        {"1:load:refuse:96/1", 1, "importer"},
        {"1:load:refuse:32/23", 1, "key part"},
    };
    const size_t num = sizeof(rows) / sizeof(rows[0]);
    const char *args[40] = {"--production-tests", "--units", "1", "--recovery", "1"};
    for (size_t i = 0; i < num; i++) {
        args[5 + 2 * i] = "--fault";
        args[6 + 2 * i] = rows[i].fault;
    }
    bench_open(&b, args);
    b.sigkeys = INES;
    for (size_t i = 0; i <= num; i++) {
        type("initialize 1,2");
        bench_command(&b);
        check_ok(clv_tke_auto_init(b.tke, 1, 1, &b.err), &b);
        if (i == num)
            break;
        failed(rows[i].unit, rows[i].sentence);
        cr_assert_str_eq(bench_row(&b, rows[i].unit)->error.kept,
                         "Nothing was changed in this unit.", "%s", rows[i].fault);
        if (rows[i].unit == 2)
            failed(1, "crypto unit 2 is not ready");
    }
    bench_all_done(&b);
    bench_close(&b);
}

/* ---- recover -------------------------------------------------------------------------------- */

static void lose_and_prepare(const char *unit)
{
    char phrase[40];
    snprintf(phrase, sizeof(phrase), "zeroize %s", unit);
    clear(clv_tke_zeroize, phrase, unit);
    b.units = unit;
    bench_add(&b, INES);
    bench_thresholds(&b, 1, 1);
    b.units = "all";
}

Test(automatic, a_unit_that_lost_its_key_gets_it_back)
{
    uint8_t key[CLV_EP11_PATTERN_LEN], other[CLV_EP11_PATTERN_LEN] = {7};
    char phrase[80], digits[9];
    begin(NULL);
    initialized();
    memcpy(key, one_key_everywhere(), sizeof(key));
    clv_hex(key, 4, digits);
    lose_and_prepare("2");
    bench_command(&b);
    cr_assert_eq(clv_tke_auto_recover(b.tke, 0, other, &b.err), CLV_E_MISMATCH);
    cr_assert_eq(recover(0), CLV_E_RULE);
    snprintf(phrase, sizeof(phrase), "recover %s " ALL, digits);
    cr_assert_str_eq(b.asked, phrase);
    type(phrase);
    bench_command(&b);
    check_ok(clv_tke_auto_recover(b.tke, 0, key, &b.err), &b);
    bench_all_done(&b);
    cr_assert(!bench_row(&b, 1)->sent, "it has the key already");
    cr_assert(clv_ep11_pattern_equal(one_key_everywhere(), key));
    check_ok(recover(4), &b);
    bench_all_done(&b);
    cr_assert_str_empty(b.asked);
    cr_assert_eq(recover(1), CLV_E_INPUT);
    journal_is_intact();
    bench_close(&b);
}

Test(automatic, recovery_units_with_different_keys_are_told_apart)
{
    begin(NULL);
    b.units = "3";
    type("initialize 3");
    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 1, 1, &b.err), &b);
    bench_all_done(&b);
    b.units = "4,5";
    type("initialize 4,5");
    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 1, 1, &b.err), &b);
    bench_all_done(&b);
    b.units = "3-5";
    cr_assert_eq(recover(0), CLV_E_RULE);
    cr_assert(strstr(b.err.fact, "different master keys"), "%s", b.err.fact);
    check_ok(recover(3), &b);
    bench_refused(&b, 4, "its current register holds a master key already");
    bench_refused(&b, 5, "its current register holds a master key already");
    b.units = "1,3";
    check_ok(recover(0), &b);
    bench_refused(&b, 1, "not possible in imprint mode");
    bench_close(&b);
}

/* ---- who may not begin ---------------------------------------------------------------------- */

Test(automatic, refused_before_anything_is_sent)
{
    begin(NULL);
    b.units = "1,2,5";
    bench_command(&b);
    cr_assert_eq(clv_tke_auto_init(b.tke, 1, 1, &b.err), CLV_E_RULE);
    cr_assert(strstr(b.err.fact, "RECOVERY"), "%s", b.err.fact);
    cr_assert_eq(recover(0), CLV_E_RULE);
    b.units = "all";
    bench_command(&b);
    cr_assert_eq(clv_tke_auto_init(b.tke, 2, 1, &b.err), CLV_E_RULE);
    cr_assert(strstr(b.err.fact, "2 administrators"), "%s", b.err.fact);
    cr_assert_eq(clv_tke_auto_init(b.tke, 9, 1, &b.err), CLV_E_INPUT);
    check_ok(rotate(), &b);
    bench_refused(&b, 1, "not possible in imprint mode");
    cr_assert_eq(recover(3), CLV_E_RULE);
    cr_assert(strstr(b.err.fact, "Empty"), "%s", b.err.fact);

    b.units = "2";
    bench_add(&b, OLGA);
    b.units = "5";
    bench_add(&b, INES);
    b.sigkeys = INES "," OLGA;
    bench_add(&b, OLGA);
    bench_thresholds(&b, 1, 2);
    b.units = "all";
    b.sigkeys = INES;
    init();
    bench_refused(&b, 2, "administrator Olga is in it");
    bench_refused(&b, 5, "other administrators or thresholds (2, 1/2)");
    bench_refused(&b, 1, "crypto unit 2 is not ready");
    cr_assert_eq(b.num_passwords, 0);
    cr_assert_str_empty(b.asked);

    b.units = "3,4";
    type("initialize 3,4");
    bench_command(&b);
    check_ok(clv_tke_auto_init(b.tke, 1, 1, &b.err), &b);
    bench_all_done(&b);
    cr_assert_eq(rotate(), CLV_E_RULE, "up to the phrase");
    snprintf(b.state, sizeof(b.state), "%s/elsewhere", b.dir);
    check_ok(rotate(), &b);
    bench_refused(&b, 3, "its new register is not empty");
    bench_refused(&b, 4, "its new register is not empty");
    cr_assert_str_empty(b.asked, "this workstation does not know who made that key");
    bench_close(&b);
}

/* What a unit does not permit is known from its attributes: no key is made that could not be
 * spread.
 */
Test(automatic, units_that_forbid_it_are_known_before)
{
    enum { OTHER = 1 };
    static const struct {
        unsigned unit;
        uint32_t permission;
        const char *sentence;
    } rows[] = {
        {SOURCE, CLV_EP11_PERM_WK_RANDOM, "random master keys are not permitted in this unit"},
        {SOURCE, CLV_EP11_PERM_WK_EXPORT, "exporting master keys is not permitted in this unit"},
        {SOURCE, CLV_EP11_PERM_WK_1PART, "loading a master key as a single part is not permitted"},
        {OTHER, CLV_EP11_PERM_WK_IMPORT, "loading master keys is not permitted in this unit"},
        {OTHER, CLV_EP11_PERM_WK_1PART, "loading a master key as a single part is not permitted"},
    };
    begin(NULL);
    initialized();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench_command(&b);
        bench_known(&b, rows[i].unit)->attributes.value[CLV_EP11_ATTR_PERMISSIONS] &=
            ~rows[i].permission;
        check_ok(clv_tke_auto_rotate(b.tke, &b.err), &b);
        bench_refused(&b, rows[i].unit, rows[i].sentence);
        cr_assert_eq(b.num_passwords, 0);
        cr_assert_str_empty(b.asked);
    }
    (void)one_key_everywhere();
    bench_close(&b);
}
