/* What a person reads when a unit refuses: each row of section d of docs/protocol.md that a command
 * can meet. First what is known before anything is sent, then what only the unit knows. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static struct bench b;

TestSuite(refusals, .timeout = 250);

static void add(const char *file)
{
    bench_command(&b);
    check_ok(clv_tke_add_admin(b.tke, bench_key(&b, CLV_KEYFILE_SIGKEY, file), &b.err), &b);
}

static void thresholds(unsigned sign, unsigned revoke)
{
    bench_command(&b);
    check_ok(clv_tke_set_thresholds(b.tke, sign, revoke, &b.err), &b);
}

static void load(void)
{
    const struct clv_tke_key *parts[4];
    size_t num = 0;
    bench_command(&b);
    bench_parts(&b, "kofi.clvkey,lena.clvkey", parts, &num);
    check_ok(clv_tke_load(b.tke, parts, num, &b.err), &b);
}

static void add_bitcoin(void)
{
    bench_command(&b);
    check_ok(clv_tke_add_control(b.tke, "cryptounit-cp-btc", CLV_EP11_CP_BITCOIN, &b.err), &b);
}

/* The unit's two numbers stand behind the sentence: they are what its maker asks for. */
static void assert_refused_by_unit(unsigned unit, const char *what, const char *says)
{
    const struct clv_tke_row *row = bench_row(&b, unit);
    cr_assert(row->failed && row->sent, "%s", what);
    cr_assert(strstr(row->error.fact, says), "%s: \"%s\" does not say \"%s\"", what,
              row->error.fact, says);
    cr_assert(strstr(row->error.fact, "(return code "), "%s", row->error.fact);
    cr_assert_str_eq(row->error.kept, "Nothing was changed in this unit.", "%s", what);
    cr_assert_gt(strlen(row->error.hint), 0, "%s", what);
}

/* ---- known before: units with other permissions and control points -------------------------- */

static void open_with(const char *option, const char *value)
{
    const char *const args[] = {option, value, NULL};
    bench_open(&b, args);
    add("sofia.clvkey");
    bench_all_done(&b);
}

Test(refusals, a_single_signature_where_none_is_allowed)
{
    open_with("--permissions", "81ff0001");
    thresholds(1, 1);
    bench_all_refused(&b, "a signature threshold of 1 is not permitted");
    add("tove.clvkey");
    thresholds(2, 1);
    bench_all_refused(&b, "a revocation threshold of 1 is not permitted");
    thresholds(2, 2);
    bench_all_done(&b);
    bench_close(&b);
}

Test(refusals, thresholds_that_are_fixed)
{
    open_with("--permissions", "81cf0011");
    thresholds(1, 1);
    bench_all_refused(&b, "this threshold cannot change: its change bit is off");
    bench_close(&b);
}

/* Leaving imprint mode allows the import of key parts, as IBM's tools do: here that is fixed. */
Test(refusals, permissions_that_are_fixed)
{
    open_with("--permissions", "81fe0010");
    thresholds(1, 1);
    for (unsigned unit = 1; unit <= BENCH_UNITS; unit++)
        assert_refused_by_unit(unit, "fixed permissions",
                               "this permission cannot change: its change bit is off");
    bench_close(&b);
}

Test(refusals, control_points_that_nobody_may_add)
{
    open_with("--control-points", "00000000000000000000000000000000");
    thresholds(1, 1);
    add_bitcoin();
    bench_all_refused(&b, "control points may not be added in this unit");
    bench_close(&b);
}

Test(refusals, a_ninth_administrator)
{
    bench_open(&b, NULL);
    bench_command(&b);
    for (unsigned unit = 1; unit <= BENCH_UNITS; unit++) {
        struct clv_unit_state *known = bench_known(&b, unit);
        known->num_admins = CLV_EP11_MAX_ADMINS;
        for (uint8_t i = 0; i < CLV_EP11_MAX_ADMINS; i++)
            memset(known->admin_ski[i], i + 1, CLV_SKI_LEN);
    }
    check_ok(clv_tke_add_admin(b.tke, bench_key(&b, CLV_KEYFILE_SIGKEY, "sofia.clvkey"), &b.err),
             &b);
    bench_all_refused(&b, "eight administrators are installed: there is no room");
    add("sofia.clvkey"); /* it was not so */
    bench_all_done(&b);
    bench_close(&b);
}

/* ---- known to the unit alone ---------------------------------------------------------------- */

enum by { BY_ADMIN, BY_THRESHOLDS, BY_LOAD, BY_COMMIT, BY_SETIMM, BY_CLEAR, BY_ZEROIZE };

struct row {
    const char *fault; /* COMMAND:refuse:RC/REASON, or another behaviour */
    enum by by;
    const char *says;
};

/* clang-format off */
/* In imprint mode, where nothing is signed: what is wrong with addresses, counters, signatures,
 * administrators and attributes is told in the same words whatever the command. */
static const struct row in_imprint[] = {
    { "admin:refuse:256/38",   BY_ADMIN,      "this administrator is installed already" },
    { "admin:refuse:261/39",   BY_ADMIN,      "eight administrators are installed: there is no room" },
    { "admin:refuse:32/40",    BY_ADMIN,      "the certificate is not X.509" },
    { "attr:refuse:84/11",     BY_THRESHOLDS, "the crypto unit does not know this command" },
    { "attr:refuse:3/13",      BY_THRESHOLDS, "the domain id has the wrong size" },
    { "attr:refuse:3/14",      BY_THRESHOLDS, "the crypto unit was reset since it was queried" },
    { "attr:refuse:32/15",     BY_THRESHOLDS, "the module id has the wrong size" },
    { "attr:refuse:32/16",     BY_THRESHOLDS, "the crypto module was reset since it was queried" },
    { "attr:refuse:32/17",     BY_THRESHOLDS, "for a crypto module with another serial number" },
    { "attr:refuse:163/18",    BY_THRESHOLDS, "the transaction counter has the wrong size" },
    { "attr:reject-counter",   BY_THRESHOLDS, "the transaction counter was used before" },
    { "attr:refuse:179/35",    BY_THRESHOLDS, "only possible in imprint mode" },
    { "attr:refuse:257/33",    BY_THRESHOLDS, "the signer is not an administrator of this crypto unit" },
    { "attr:refuse-signature", BY_THRESHOLDS, "a signature does not hold" },
    { "attr:refuse:193/22",    BY_THRESHOLDS, "a signature is malformed" },
    { "attr:refuse:208/21",    BY_THRESHOLDS, "too few different administrators signed the command" },
    { "attr:refuse:208/87",    BY_THRESHOLDS, "the command carries too many signatures" },
    { "attr:refuse:33",        BY_THRESHOLDS, "the command lacks data, or has data where none belongs" },
    { "attr:refuse:209/56",    BY_THRESHOLDS, "imprint mode cannot be left with a revocation threshold of 0" },
    { "attr:refuse:209/36",    BY_THRESHOLDS, "leaving imprint mode is not permitted with these values" },
    { "attr:refuse:209/85",    BY_THRESHOLDS, "the crypto module itself is still in imprint mode" },
    { "attr:refuse:209/57",    BY_THRESHOLDS, "the signature threshold is above the number of administrators" },
    { "attr:refuse:209/58",    BY_THRESHOLDS, "the revocation threshold is above the number of administrators" },
    { "attr:refuse:209/76",    BY_THRESHOLDS, "the signature threshold cannot go back to 0" },
    { "attr:refuse:209/77",    BY_THRESHOLDS, "the revocation threshold cannot go back to 0" },
    { "attr:refuse:209/78",    BY_THRESHOLDS, "a signature threshold of 1 is not permitted" },
    { "attr:refuse:209/79",    BY_THRESHOLDS, "a revocation threshold of 1 is not permitted" },
    { "attr:refuse:209/74",    BY_THRESHOLDS, "single signatures must stay allowed while a threshold is 1" },
    { "attr:refuse:209/69",    BY_THRESHOLDS, "a change bit that was cleared cannot be set again" },
    { "attr:refuse:209/70",    BY_THRESHOLDS, "this permission cannot change: its change bit is off" },
    { "attr:refuse:209/71",    BY_THRESHOLDS, "this threshold cannot change: its change bit is off" },
    { "attr:refuse:209/72",    BY_THRESHOLDS, "this attribute is read-only" },
    { "attr:refuse:32/41",     BY_THRESHOLDS, "the attribute list has the wrong size" },
    { "attr:refuse:209/42",    BY_THRESHOLDS, "the attribute list has an unknown index" },
    { "attr:refuse:209/43",    BY_THRESHOLDS, "the attribute list has an index twice" },
    { "attr:refuse:2147549186", BY_THRESHOLDS, "the crypto module reports an internal error" },
    { "zeroize:refuse:32/32",  BY_ZEROIZE,    "the administrator's key identifier has the wrong size" },
    { "zeroize:refuse:209/67", BY_ZEROIZE,    "one administrator would be left, and single signatures are not allowed" },
    { "zeroize:refuse:209/66", BY_ZEROIZE,    "fewer administrators than a threshold would be left" },
    { "zeroize:refuse:209/68", BY_ZEROIZE,    "the last administrator cannot be removed" },
    { "zeroize:refuse:32/33",  BY_ZEROIZE,    "no administrator has this key identifier" },
};

static const struct row of_registers[] = {
    { "importer:refuse:179/34", BY_LOAD,   "not possible in imprint mode" },
    { "importer:refuse:32/54", BY_LOAD,    "the importer key type has the wrong size" },
    { "importer:refuse:32/55", BY_LOAD,    "the unit does not make importer keys of this type" },
    { "load:refuse:96/1",      BY_LOAD,    "the unit has no importer key" },
    { "load:refuse:32/2",      BY_LOAD,    "the import holds no key part" },
    { "load:refuse:32/3",      BY_LOAD,    "a key part's request cannot be read" },
    { "load:refuse:32/23",     BY_LOAD,    "a sealed key part cannot be read" },
    { "load:refuse:32/24",     BY_LOAD,    "a sealed key part has the wrong size" },
    { "load:refuse:32/25",     BY_LOAD,    "a sealed key part has a point that is not on the curve" },
    { "load:refuse:32/20",     BY_LOAD,    "a key part was sealed for an earlier life of this unit" },
    { "load:refuse:32/26",     BY_LOAD,    "the unit could not derive the key of a sealed part" },
    { "load:refuse:32/27",     BY_LOAD,    "a sealed key part does not open with the unit's importer key" },
    { "load:refuse:32/28",     BY_LOAD,    "a key part does not have 32 bytes" },
    { "load:refuse:80/80",     BY_LOAD,    "loading master keys is not permitted in this unit" },
    { "load:refuse:80/81",     BY_LOAD,    "loading a master key as a single part is not permitted" },
    { "commit:refuse:101/48",  BY_COMMIT,  "the verification pattern is not the one of the key in the new register" },
    { "commit:refuse:96/50",   BY_COMMIT,  "the new master key register is empty" },
    { "setimm:refuse:96/64",   BY_SETIMM,  "the key in the new register is not committed" },
    { "clear:refuse:96/49",    BY_CLEAR,   "the current master key register is empty" },
};
/* clang-format on */

static void commit(void)
{
    uint8_t ours[CLV_EP11_PATTERN_LEN];
    bench_command(&b);
    check_ok(clv_tke_expected_pattern(b.tke, ours, &b.err), &b);
    check_ok(clv_tke_commit(b.tke, ours, &b.err), &b);
}

static void set_immediate(void)
{
    uint8_t ours[CLV_EP11_PATTERN_LEN];
    bench_command(&b);
    check_ok(clv_tke_expected_pattern(b.tke, ours, &b.err), &b);
    snprintf(b.confirm, sizeof(b.confirm), "set immediate 1,2,3");
    check_ok(clv_tke_set_immediate(b.tke, ours, &b.err), &b);
}

static void clear_current(void)
{
    bench_command(&b);
    snprintf(b.confirm, sizeof(b.confirm), "clear current 1,2,3");
    check_ok(clv_tke_clear_current(b.tke, &b.err), &b);
}

static void zeroize(void)
{
    bench_command(&b);
    snprintf(b.confirm, sizeof(b.confirm), "zeroize 1,2,3");
    check_ok(clv_tke_zeroize(b.tke, &b.err), &b);
}

static void give(enum by by)
{
    switch (by) {
    case BY_ADMIN:
        add("tove.clvkey");
        break;
    case BY_THRESHOLDS:
        thresholds(1, 1);
        break;
    case BY_LOAD:
        load();
        break;
    case BY_COMMIT:
        commit();
        break;
    case BY_SETIMM:
        set_immediate();
        break;
    case BY_CLEAR:
        clear_current();
        break;
    case BY_ZEROIZE:
        zeroize();
        break;
    }
}

enum { MAX_ROWS = 64 }; /* as many plans as the daemon takes */
static char plans[MAX_ROWS][60];
static const char *arguments[2 * MAX_ROWS + 3];

/* The rows from first on that one command shows: as many as there are units, one to each. */
static size_t together(const struct row *rows, size_t num, size_t first)
{
    size_t n = 1;
    while (n < BENCH_UNITS && first + n < num && rows[first + n].by == rows[first].by)
        n++;
    return n;
}

static void open_refusing(const struct row *rows, size_t num)
{
    size_t num_arguments = 0;
    for (size_t i = 0, n = 0; i < num; i += n) {
        n = together(rows, num, i);
        for (size_t k = 0; k < n; k++) {
            snprintf(plans[i + k], sizeof(plans[i + k]), "%zu:%s", k + 1, rows[i + k].fault);
            arguments[num_arguments++] = "--fault";
            arguments[num_arguments++] = plans[i + k];
        }
    }
    arguments[num_arguments] = NULL;
    bench_open(&b, arguments);
}

static void give_refused(const struct row *rows, size_t num)
{
    give(rows[0].by);
    for (size_t k = 0; k < num; k++)
        assert_refused_by_unit((unsigned)k + 1, rows[k].fault, rows[k].says);
}

Test(refusals, of_units_in_imprint_mode)
{
    bool has_admin = false;
    size_t num = sizeof(in_imprint) / sizeof(in_imprint[0]);
    open_refusing(in_imprint, num);
    for (size_t i = 0, n = 0; i < num; i += n) {
        n = together(in_imprint, num, i);
        if (in_imprint[i].by != BY_ADMIN && !has_admin) {
            bench_add(&b, "sofia.clvkey");
            has_admin = true;
        }
        give_refused(&in_imprint[i], n);
    }
    bench_close(&b);
}

Test(refusals, of_master_key_registers)
{
    enum by done = BY_LOAD; /* what the next command finds done on all units */
    size_t num = sizeof(of_registers) / sizeof(of_registers[0]);
    open_refusing(of_registers, num);
    bench_add(&b, "sofia.clvkey");
    bench_thresholds(&b, 1, 1);
    for (size_t i = 0, n = 0; i < num; i += n) {
        n = together(of_registers, num, i);
        for (; done < of_registers[i].by; done++) {
            give(done);
            bench_all_done(&b);
        }
        give_refused(&of_registers[i], n);
    }
    bench_close(&b);
}
