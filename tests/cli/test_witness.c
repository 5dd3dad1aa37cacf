/* A witness and their machine: keys, checkpoints that are shown, cosigned, refused, and taken back.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

#define UNITS "--test --site site.yaml --units 1"
#define JOURNAL ".local/state/claviger/commands-test"
/* What the shell knows of the journal and the witness. */
#define KEYS                                                                                       \
    "J=" JOURNAL "; V=$(cat $J/journal.vkey); "                                                    \
    "W=$(claviger witness-keys --test --json | grep -o '[^\"]*+[0-9a-f]*+B[^\"]*'); "

/* A desk with one unit, a journal of commands, and a witness's key. */
static void begin(struct shell *s)
{
    shell_open(s, "--units", "1", NULL);
    sh(s, "claviger cryptounit-zeroize " UNITS " --confirm 'zeroize 1'");
    cr_assert_eq(s->exit_code, 0, "%s", s->err);
    sh(s, "claviger witness-key-add --test --name 'Wen Li' --json --password-fd 3 3<pw > k; "
          "valid < k; cat k");
    shell_assert_said(s, "valid\n");
    shell_assert_said(s, "claviger.invalid/witness/test/wen-li+");
}

static void cosign(struct shell *s)
{
    sh(s, KEYS "claviger checkpoint $J > codes && "
               "claviger cosign --test codes --key $V --password-fd 3 3<pw > answer");
    cr_assert_eq(s->exit_code, 0, "%s", s->err);
}

Test(witness, a_key_is_made_and_listed)
{
    struct shell s;
    begin(&s);
    sh(&s, "claviger witness-keys --test --json > l; valid < l; claviger witness-keys --test");
    shell_assert_said(&s, "valid\n");
    shell_assert_said(&s, "Wen Li   Witness's key   claviger.invalid/witness/test/wen-li+");
    sh(&s, "claviger witness-keys 2>&1");
    shell_assert_said(&s, "TEST file");
    sh(&s, "claviger witness-key-add --test --name Ola --cosigner 'a b' --password-fd 3 3<pw");
    shell_assert_refused(&s, 2, "no blank");
    sh(&s, "claviger witness-key-add --test --name Ola --cosigner example.org/ola --password-fd 3 "
           "3<pw");
    shell_assert_said(&s, "\nexample.org/ola+");
    shell_close(&s);
}

Test(witness, a_cosignature_goes_there_and_back)
{
    struct shell s;
    begin(&s);
    sh(&s, KEYS "claviger checkpoint $J --json > c; valid < c; cat c");
    shell_assert_said(&s, "valid\n");
    shell_assert_said(&s, "\"old\": 0");
    cosign(&s);
    cr_assert(strstr(s.err, "first checkpoint of this journal"), "%s", s.err);
    sh(&s, KEYS "claviger cosign --add $J --witness-key $W --receipts r --json answer > a; "
                "valid < a; cat a");
    shell_assert_said(&s, "valid\n");
    sh(&s, KEYS "claviger cosign --add $J --witness-key $W --receipts r answer; "
                "claviger verify --witness-key $W $J");
    shell_assert_said(&s, "GOOD");
    shell_assert_said(&s, "cosigned by   claviger.invalid/witness/test/wen-li+");
    /* Grown: the proof starts where the witness stopped; the rows are typed this time. */
    sh(&s, "claviger cryptounit-zeroize " UNITS " --confirm 'zeroize 1'");
    sh(&s, KEYS "claviger checkpoint $J --request | claviger cosign --test - --json --password-fd "
                "3 3<pw > a; valid < a; cat a");
    shell_assert_said(&s, "valid\n");
    cr_assert_null(strstr(s.out, "\"before\": 0"), "%s", s.out);
    sh(&s, KEYS "grep -o '\"[1-8]  [^\"]*' a | tr -d '\"' | tr A-Z a-z > rows; wc -l < rows; "
                "claviger cosign --add $J --witness-key $W --receipts r rows");
    shell_assert_said(&s, "8\n");
    sh(&s, KEYS "head -7 rows | claviger cosign --add $J --witness-key $W --receipts r -");
    shell_assert_refused(&s, 7, "row 8");
    shell_close(&s);
}

Test(witness, a_new_journal_is_trusted_by_a_person_or_by_its_key_from_paper)
{
    struct shell s;
    begin(&s);
    sh(&s, KEYS "claviger checkpoint $J --request > r; claviger cosign --test r --password-fd 3 "
                "3<pw");
    shell_assert_refused(&s, 7, "the key of this journal is not known");
    sh(&s,
       KEYS "claviger checkpoint $J > codes; claviger cosign --test codes --password-fd 3 3<pw");
    shell_assert_refused(&s, 2, "--confirm \"trust ");
    sh(&s, KEYS "claviger cosign --test codes --confirm 'trust 00000000' --password-fd 3 3<pw");
    shell_assert_refused(&s, 8, "that is not \"trust ");
    sh(&s, "ls .local/share/claviger | grep -c seen");
    cr_assert_eq(atoi(s.out), 0);
    sh(&s, KEYS "id=$(echo $V | cut -d+ -f2); claviger cosign --test codes --confirm \"trust $id\" "
                "--password-fd 3 3<pw; stat -c %%a .local/share/claviger/*.seen");
    shell_assert_said(&s, "CLV1W.");
    shell_assert_said(&s, "600\n");
    shell_close(&s);
}

Test(witness, what_does_not_continue_the_journal_is_refused)
{
    struct shell s;
    begin(&s);
    sh(&s, KEYS "claviger checkpoint $J --request > old; mkdir -p fork/claviger; "
                "cp -r $J fork/claviger/");
    sh(&s, "claviger cryptounit-zeroize " UNITS " --confirm 'zeroize 1'");
    cosign(&s);
    sh(&s, "claviger cosign --test old --password-fd 3 3<pw");
    shell_assert_refused(&s, 1, "rolled back");
    /* The copy of the folder goes on in another way, with the same key. */
    for (int i = 0; i < 2; i++)
        sh(&s,
           "XDG_STATE_HOME=$PWD/fork claviger cryptounit-zeroize " UNITS " --confirm 'zeroize 1'");
    sh(&s, KEYS "n=$(claviger checkpoint $J --json | grep -o '\"entries\": [0-9]*' | grep -o "
                "'[0-9]*'); claviger checkpoint fork/claviger/commands-test --old $n > forked && "
                "claviger cosign --test forked --password-fd 3 3<pw");
    shell_assert_refused(&s, 1, "two views of one journal");
    sh(&s, "claviger checkpoint fork/claviger/commands-test --old 1 --request > f; "
           "claviger cosign --test f --password-fd 3 3<pw");
    shell_assert_refused(&s, 1, "claviger checkpoint DIR --old");
    shell_close(&s);
}

Test(witness, nothing_else_is_cosigned_or_added)
{
    static const struct {
        const char *command;
        int exit_code;
        const char *said;
    } cases[] = {
        {"echo hello | claviger cosign --test - --key $V", 5, "E-FORMAT"},
        {"claviger cosign --test - --key $V < /dev/null", 5, "E-FORMAT"},
        {"head -c 100 codes | claviger cosign --test - --key $V", 5, "E-FORMAT"},
        {"head -1 codes | claviger cosign --test - --key $V", 7, "is missing"},
        {"claviger cosign codes --key $V", 2, "--keys is missing"},
        {"claviger cosign --test codes --key $W", 5, "E-UNSUPPORTED"},
        {"claviger cosign --test nowhere --key $V", 7, "E-MISSING"},
        {"claviger cosign --test codes --key $V --password-fd 3 3<wrong", 4, "E-PASSWORD"},
        {"claviger cosign --add $J answer", 2, "--add needs --witness-key"},
        {"claviger cosign --add $J --witness-key $V answer", 5, "E-UNSUPPORTED"},
        {"claviger cosign --add $J --witness-key $O answer", 5, "none of the --witness-key"},
        {"grep CLV1W answer | tr 2-9 3-92 | claviger cosign --add $J --witness-key $W -", 5,
         "E-FORMAT"},
        {"claviger cosign --add nowhere --witness-key $W answer", 7, "E-MISSING"},
        {"claviger checkpoint nowhere", 7, "E-MISSING"},
        {"claviger checkpoint", 2, "name the folder"},
        {"claviger checkpoint $J --old 9999", 7, "no checkpoint continues"},
        {"claviger checkpoint $J --old -1", 2, "--old takes a number"},
        {"claviger verify --witness-key $O $J", 5, ""},
    };
    struct shell s;
    begin(&s);
    sh(&s, "claviger witness-key-add --test --name Ola --password-fd 3 3<pw | tail -1 > ola; "
           "echo not this one at all > wrong");
    sh(&s,
       KEYS "claviger checkpoint $J > codes; claviger cosign --test codes --keys 'Wen Li' --key "
            "$V --password-fd 3 3<pw > answer");
    cr_assert_eq(s.exit_code, 0, "%s", s.err);
    sh(&s, KEYS "mv .local/share/claviger/ola*.clvkey .; n=$(claviger checkpoint $J --json | grep "
                "-o '\"entries\": [0-9]*' | grep -o '[0-9]*'); claviger checkpoint $J --old $n > "
                "codes");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sh(&s, KEYS "O=$(cat ola); %s", cases[i].command);
        shell_assert_refused(&s, cases[i].exit_code, cases[i].said);
    }
    sh(&s, "sed -i 's/version/Version/' .local/share/claviger/*.seen; claviger cosign --test codes "
           "--password-fd 3 3<pw");
    shell_assert_refused(&s, 5, "E-DAMAGED");
    shell_close(&s);
}
