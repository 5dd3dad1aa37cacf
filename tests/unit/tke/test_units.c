/* Every command that changes crypto units: the way of the seed document, and what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "claviger/journal.h"

static struct bench b;

static void pattern(uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    check_ok(clv_tke_expected_pattern(b.tke, ret, &b.err), &b);
}

static void commit(void)
{
    uint8_t ours[CLV_EP11_PATTERN_LEN];
    bench_command(&b);
    pattern(ours);
    check_ok(clv_tke_commit(b.tke, ours, &b.err), &b);
}

static void set_immediate(void)
{
    uint8_t ours[CLV_EP11_PATTERN_LEN];
    bench_command(&b);
    pattern(ours);
    snprintf(b.confirm, sizeof(b.confirm), "set immediate %s",
             strcmp(b.units, "all") == 0 ? "1,2,3" : b.units);
    check_ok(clv_tke_set_immediate(b.tke, ours, &b.err), &b);
}

static void leave_imprint(void)
{
    bench_add(&b, "sofia.clvkey");
    bench_command(&b);
    check_ok(clv_tke_exit_imprint(b.tke, &b.err), &b);
    bench_all_done(&b);
}

static void rotate(const char *phrase, clv_status expected)
{
    uint8_t ours[CLV_EP11_PATTERN_LEN];
    char typed[sizeof(b.confirm)];
    snprintf(typed, sizeof(typed), "%s", phrase);
    bench_command(&b);
    pattern(ours);
    memcpy(b.confirm, typed, sizeof(typed));
    cr_assert_eq(clv_tke_rotate(b.tke, ours, &b.err), expected, "%s", b.err.fact);
}

static void clear_current(void)
{
    bench_command(&b);
    snprintf(b.confirm, sizeof(b.confirm), "clear current %s", b.units);
    check_ok(clv_tke_clear_current(b.tke, &b.err), &b);
    bench_all_done(&b);
}

static bool all_equal(void)
{
    struct clv_tke_comparison c = {0};
    check_ok(clv_tke_compare(b.tke, &c, &b.err), &b);
    bool equal = c.equal;
    cr_assert_eq(c.num_settings, 8);
    clv_tke_comparison_clear(&c);
    return equal;
}

static void journal_is_intact(void)
{
    struct clv_journal_report report = {0};
    check_ok(clv_journal_verify(clv_tke_journal_dir(b.tke), NULL, &report, &b.err), &b);
    cr_assert_eq(report.verdict, CLV_JOURNAL_INTACT, "%s", report.fault);
    cr_assert(report.test);
    cr_assert_gt(report.size, 8);
}

TestSuite(units, .timeout = 250);

/* ---- the way of the document ---------------------------------------------------------------- */

Test(units, the_whole_way_with_three_administrators)
{
    bench_open(&b, NULL);
    bench_add(&b, "sofia.clvkey");
    cr_assert_eq(b.num_passwords, 1, "nothing is signed in imprint mode");
    bench_add(&b, "tove.clvkey");
    bench_add(&b, "nadia.clvkey");
    bench_thresholds(&b, 2, 3);
    cr_assert_eq(b.num_passwords, 2, "three are selected, two are needed");
    bench_load(&b, "kofi.clvkey,lena.clvkey");
    commit();
    bench_all_done(&b);
    cr_assert(strstr(bench_row(&b, 1)->note, "Full committed"));
    set_immediate();
    bench_all_done(&b);
    cr_assert_str_eq(b.asked, "set immediate 1,2,3");
    cr_assert(strstr(bench_row(&b, 3)->note, "current register Valid"));
    bench_command(&b);
    cr_assert(all_equal());
    journal_is_intact();
    bench_close(&b);
}

Test(units, what_is_so_already_is_left_alone)
{
    bench_open(&b, NULL);
    leave_imprint();
    bench_add(&b, "sofia.clvkey");
    cr_assert_eq(b.num_passwords, 0);
    bench_thresholds(&b, 1, 1);
    cr_assert_eq(b.num_passwords, 0);
    bench_load(&b, "kofi.clvkey,lena.clvkey");
    b.units = "2";
    commit();
    b.units = "all";
    commit();
    bench_all_done(&b);
    cr_assert(!bench_row(&b, 2)->sent);
    cr_assert(bench_row(&b, 3)->sent);
    set_immediate();
    set_immediate();
    bench_all_done(&b);
    cr_assert_str_empty(b.asked, "nothing is left to confirm");
    cr_assert(!bench_row(&b, 1)->sent);
    bench_close(&b);
}

/* ---- imprint mode, thresholds, administrators ----------------------------------------------- */

Test(units, registers_are_closed_in_imprint_mode)
{
    static const char sentence[] = "not possible in imprint mode";
    const uint8_t any[CLV_EP11_PATTERN_LEN] = {1};
    const struct clv_tke_key *parts[4];
    size_t num = 0;
    bench_open(&b, NULL);
    bench_command(&b);
    bench_parts(&b, "kofi.clvkey,lena.clvkey", parts, &num);
    check_ok(clv_tke_load(b.tke, parts, num, &b.err), &b);
    bench_all_refused(&b, sentence);
    bench_command(&b);
    check_ok(clv_tke_commit(b.tke, any, &b.err), &b);
    bench_all_refused(&b, sentence);
    bench_command(&b);
    check_ok(clv_tke_set_immediate(b.tke, any, &b.err), &b);
    bench_all_refused(&b, sentence);
    bench_command(&b);
    check_ok(clv_tke_clear_current(b.tke, &b.err), &b);
    bench_all_refused(&b, sentence);
    bench_command(&b);
    check_ok(clv_tke_clear_new(b.tke, &b.err), &b);
    bench_all_refused(&b, sentence);
    cr_assert_eq(b.num_passwords, 0, "nobody types a password for what is refused");
    bench_close(&b);
}

Test(units, thresholds_are_explained_before_a_unit_refuses)
{
    bench_open(&b, NULL);
    bench_command(&b);
    check_ok(clv_tke_exit_imprint(b.tke, &b.err), &b);
    bench_all_refused(&b, "signature threshold is above the number of administrators");
    bench_add(&b, "sofia.clvkey");
    bench_add(&b, "tove.clvkey");
    bench_command(&b);
    check_ok(clv_tke_set_thresholds(b.tke, 2, 3, &b.err), &b);
    bench_all_refused(&b, "revocation threshold is above the number of administrators");
    bench_command(&b);
    cr_assert_eq(clv_tke_set_thresholds(b.tke, 0, 1, &b.err), CLV_E_INPUT);
    cr_assert_eq(clv_tke_set_thresholds(b.tke, 1, 9, &b.err), CLV_E_INPUT);
    b.sigkeys = "tove.clvkey,nadia.clvkey";
    bench_command(&b);
    check_ok(clv_tke_set_thresholds(b.tke, 2, 2, &b.err), &b);
    bench_all_refused(&b, "2 signatures are needed; administrators of this unit among the selected "
                          "signature keys: 1");
    bench_close(&b);
}

Test(units, administrators_are_guarded)
{
    uint8_t ski[CLV_SKI_LEN];
    bench_open(&b, NULL);
    bench_add(&b, "sofia.clvkey");
    bench_add(&b, "tove.clvkey");
    bench_thresholds(&b, 2, 2);
    bench_command(&b);
    check_ok(clv_tke_exit_imprint(b.tke, &b.err), &b);
    bench_all_refused(&b, "it has left imprint mode already, with thresholds 2/2");
    bench_command(&b);
    check_ok(clv_tke_find_admin(b.tke, "Tove", ski, &b.err), &b);
    check_ok(clv_tke_remove_admin(b.tke, ski, &b.err), &b);
    bench_all_refused(&b, "fewer administrators than a threshold would be left");
    cr_assert_eq(clv_tke_find_admin(b.tke, "Nobody", ski, &b.err), CLV_E_INPUT);
    bench_thresholds(&b, 1, 1);
    bench_command(&b);
    check_ok(clv_tke_find_admin(b.tke, "Tove", ski, &b.err), &b);
    char hex[9];
    clv_hex(ski, 4, hex);
    snprintf(b.confirm, sizeof(b.confirm), "remove administrator %s 1,2,3", hex);
    check_ok(clv_tke_remove_admin(b.tke, ski, &b.err), &b);
    bench_all_done(&b);
    bench_command(&b);
    check_ok(clv_tke_remove_admin(b.tke, ski, &b.err), &b);
    bench_all_refused(&b, "no administrator has this key identifier");
    bench_command(&b);
    check_ok(clv_tke_find_admin(b.tke, "Sofia", ski, &b.err), &b);
    check_ok(clv_tke_remove_admin(b.tke, ski, &b.err), &b);
    bench_all_refused(&b, "the last administrator cannot be removed");
    bench_close(&b);
}

/* ---- parts and registers -------------------------------------------------------------------- */

static clv_status load_status(const char *names)
{
    const struct clv_tke_key *parts[4];
    size_t num = 0;
    bench_command(&b);
    bench_parts(&b, names, parts, &num);
    return clv_tke_load(b.tke, parts, num, &b.err);
}

static void new_registers_are_empty(void)
{
    bench_command(&b);
    for (unsigned unit = 1; unit <= BENCH_UNITS; unit++)
        cr_assert_eq(clv_fleet_state(clv_tke_fleet(b.tke), unit)->new_state, CLV_NEW_EMPTY);
}

Test(units, parts_that_are_equal_or_alone_are_not_loaded)
{
    bench_open(&b, NULL);
    leave_imprint();
    cr_assert_eq(load_status("kofi.clvkey"), CLV_E_RULE);
    cr_assert_eq(load_status("kofi.clvkey,kofi-again.clvkey"), CLV_E_RULE);
    cr_assert(strstr(b.err.fact, "the same key part"), "%s", b.err.fact);
    cr_assert_eq(b.num_passwords, 0, "the headers tell");
    cr_assert_eq(load_status("kofi.clvkey,kofi-typed.clvkey"), CLV_E_RULE);
    cr_assert_eq(b.num_passwords, 3, "Sofia signs, both parts are opened");
    new_registers_are_empty();
    bench_close(&b);
}

Test(units, registers_are_explained_before_a_unit_refuses)
{
    uint8_t ours[CLV_EP11_PATTERN_LEN], other[CLV_EP11_PATTERN_LEN] = {0};
    bench_open(&b, NULL);
    leave_imprint();
    bench_command(&b);
    cr_assert_eq(clv_tke_expected_pattern(b.tke, ours, &b.err), CLV_E_MISSING);
    check_ok(clv_tke_commit(b.tke, other, &b.err), &b);
    bench_all_refused(&b, "the new master key register is empty");
    bench_load(&b, "kofi.clvkey,lena.clvkey");
    check_ok(load_status("kofi.clvkey,lena.clvkey"), &b);
    bench_all_refused(&b, "its new register is not empty: Full uncommitted");
    bench_command(&b);
    check_ok(clv_tke_commit(b.tke, other, &b.err), &b);
    bench_all_refused(&b, "its new register holds another key");
    set_immediate();
    bench_all_refused(&b, "the key in the new register is not committed");
    b.units = "1,2";
    commit();
    b.units = "all";
    set_immediate();
    bench_refused(&b, 3, "the key in the new register is not committed");
    bench_refused(&b, 1, "crypto unit 3 is not ready");
    cr_assert_eq(b.num_passwords, 0);
    bench_command(&b);
    cr_assert(!all_equal());
    commit();
    set_immediate();
    bench_all_done(&b);
    check_ok(load_status("kofi.clvkey,lena.clvkey"), &b);
    for (unsigned unit = 1; unit <= BENCH_UNITS; unit++)
        cr_assert_str_eq(bench_row(&b, unit)->error.fact, "this is its current master key already");
    new_registers_are_empty();
    bench_close(&b);
}

Test(units, a_rotation_is_not_a_set_immediate)
{
    bench_open(&b, NULL);
    leave_imprint();
    bench_load(&b, "kofi.clvkey,lena.clvkey");
    commit();
    set_immediate();
    bench_load(&b, "kofi.clvkey,agnes.clvkey");
    commit();
    bench_all_done(&b);
    set_immediate();
    bench_all_refused(&b, "its current register holds another master key");
    cr_assert_str_empty(b.asked);
    rotate("set immediate 1,2,3", CLV_E_RULE);
    cr_assert_str_eq(b.asked, "storage is re-enciphered, rotate 1,2,3");
    rotate(b.asked, CLV_OK);
    bench_all_done(&b);
    cr_assert(strstr(bench_row(&b, 1)->note, "new register Empty, current register Valid"));
    rotate("", CLV_OK);
    bench_all_done(&b);
    cr_assert(!bench_row(&b, 1)->sent, "once is enough");
    bench_close(&b);
}

Test(units, rotations_are_explained_before_a_unit_refuses)
{
    bench_open(&b, NULL);
    leave_imprint();
    bench_load(&b, "kofi.clvkey,lena.clvkey");
    rotate("", CLV_OK);
    bench_all_refused(&b, "the key in the new register is not committed");
    commit();
    rotate("", CLV_OK);
    bench_all_refused(&b, "its current register is Empty: there is nothing to rotate");
    set_immediate();
    b.units = "2";
    clear_current();
    bench_load(&b, "lena.clvkey,agnes.clvkey");
    commit();
    set_immediate();
    bench_all_done(&b);
    b.units = "all";
    bench_load(&b, "kofi.clvkey,agnes.clvkey");
    commit();
    rotate("", CLV_OK);
    bench_refused(&b, 2, "is not that of the other units");
    bench_refused(&b, 1, "crypto unit 2 is not ready");
    bench_close(&b);
}

/* ---- what is lost is confirmed -------------------------------------------------------------- */

Test(units, zeroize_and_clear_take_the_exact_phrase)
{
    bench_open(&b, NULL);
    leave_imprint();
    bench_load(&b, "kofi.clvkey,lena.clvkey");
    bench_command(&b);
    snprintf(b.confirm, sizeof(b.confirm), "clear new 1,2");
    cr_assert_eq(clv_tke_clear_new(b.tke, &b.err), CLV_E_RULE);
    cr_assert_str_eq(b.asked, "clear new 1,2,3");
    cr_assert_eq(b.num_passwords, 0);
    bench_command(&b);
    snprintf(b.confirm, sizeof(b.confirm), "clear new 1,2,3");
    check_ok(clv_tke_clear_new(b.tke, &b.err), &b);
    bench_all_done(&b);
    bench_command(&b);
    check_ok(clv_tke_clear_current(b.tke, &b.err), &b);
    bench_all_done(&b);
    cr_assert_str_empty(b.asked, "the current registers are empty: nothing to confirm");
    bench_command(&b);
    snprintf(b.confirm, sizeof(b.confirm), "zeroize 1,2,3");
    check_ok(clv_tke_zeroize(b.tke, &b.err), &b);
    bench_all_done(&b);
    cr_assert_str_eq(bench_row(&b, 2)->note, "imprint mode, 0 administrators, thresholds 0/0");
    journal_is_intact();
    bench_close(&b);
}

/* ---- a unit that misbehaves ----------------------------------------------------------------- */

Test(units, a_unit_that_dies_fails_alone)
{
    static const char *const args[] = {"--fault", "2:admin:die", NULL};
    bench_open(&b, args);
    bench_command(&b);
    check_ok(clv_tke_add_admin(b.tke, bench_key(&b, CLV_KEYFILE_SIGKEY, "sofia.clvkey"), &b.err),
             &b);
    cr_assert_eq(clv_tke_total(b.tke), CLV_TKE_SOME);
    cr_assert(bench_row(&b, 2)->failed);
    cr_assert(!bench_row(&b, 1)->failed);
    cr_assert_gt(strlen(bench_row(&b, 2)->error.hint), 0);
    journal_is_intact();
    bench_close(&b);
}

/* ---- control points ------------------------------------------------------------------------- */

Test(units, control_points_are_added_where_the_unit_allows_it)
{
    struct clv_unit_state state = {.control_points = {[6] = 0x01, [8] = 0x20}};
    cr_assert(clv_tke_has_control(&state, CLV_EP11_CP_EDDSA));
    cr_assert(clv_tke_has_control(&state, CLV_EP11_CP_BITCOIN));
    cr_assert(!clv_tke_has_control(&state, CLV_EP11_CP_SIG_OTHER));
    bench_open(&b, NULL);
    bench_command(&b);
    check_ok(clv_tke_add_control(b.tke, "cryptounit-cp-btc", CLV_EP11_CP_BITCOIN, &b.err), &b);
    bench_all_refused(&b, "not possible in imprint mode");
    leave_imprint();
    bench_command(&b);
    check_ok(clv_tke_add_control(b.tke, "cryptounit-cp-btc", CLV_EP11_CP_BITCOIN, &b.err), &b);
    bench_all_done(&b);
    cr_assert(!bench_row(&b, 1)->sent, "the software units come with all of them");
    bench_close(&b);
}

/* ---- patterns from paper -------------------------------------------------------------------- */

Test(units, patterns_are_read_whole_or_cut)
{
    static const char whole[] = "ef8a9b7a e36f0970 5ce756eb c410f475 e64e68ae d3a690eb cdae11b1 "
                                "f0c4a385";
    uint8_t p[CLV_EP11_PATTERN_LEN], cut[CLV_EP11_PATTERN_LEN];
    struct clv_error err = {0};
    char text[sizeof(whole)];
    cr_assert_eq(clv_tke_pattern_from_text(whole, p, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(p[31], 0x85);
    snprintf(text, sizeof(text), "%.*s", 56 + 6, whole);
    cr_assert_eq(clv_tke_pattern_from_text(text, cut, &err), CLV_OK, "%s", err.fact);
    cr_assert(clv_ep11_pattern_equal(p, cut));
    cr_assert_eq(cut[31], 0);
    for (size_t len = 0; len < sizeof(whole) - 1; len++) {
        snprintf(text, sizeof(text), "%.*s", (int)len, whole);
        bool good = clv_tke_pattern_from_text(text, p, NULL) == CLV_OK;
        cr_assert_eq(good, len == 56 + 6 || len == 56 + 7, "%zu characters", len);
    }
}
