/* Key parts and signature keys: made, listed, chosen, removed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

#define PART1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

Test(keys, a_random_part_is_saved_and_listed)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "claviger mks");
    shell_assert_said(&s, "KEYNUM   OWNER   DESCRIPTION   CHECK VALUE   CREATED   FILE\n");
    sh(&s, "claviger mk-add --random --name Lena --description 'Part one' --password-fd 3 3<pw");
    shell_assert_said(&s, "Check value: EP11-VP ");
    cr_assert(strstr(s.err, "Argon2id, 256 MiB"), "%s", s.err);
    sh(&s, "claviger mks");
    shell_assert_said(&s, "1        Lena    Part one      EP11-VP ");
    sh(&s, "claviger mks --json | valid");
    shell_assert_said(&s, "valid\n");
    sh(&s, "stat -c %%a .local/share/claviger .local/share/claviger/*");
    cr_assert_str_eq(s.out, "700\n600\n");
    shell_close(&s);
}

Test(keys, of_a_typed_part_only_the_short_value_is_shown)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "echo " PART1 " > digits; claviger mk-add --value --value-fd 4 --name Marek --json "
           "--password-fd 3 3<pw 4<digits > made; cat made; valid < made");
    shell_assert_said(&s, "\"check-value\": \"KCV-CMAC0 377822\"");
    cr_assert(strstr(s.out, "valid\n"));
    sh(&s, "claviger mks");
    shell_assert_said(&s, "KCV-CMAC0 377822");
    sh(&s, "grep -ri 491176b0 . || echo nowhere");
    shell_assert_said(&s, "nowhere");
    shell_close(&s);
}

Test(keys, what_is_missing_is_named_and_nothing_is_made)
{
    static const struct {
        const char *command;
        int exit_code;
        const char *said;
    } cases[] = {
        {"claviger mk-add --name A --password-fd 3 3<pw", 2, "name one of --random and --value"},
        {"claviger mk-add --random --value --name A", 2, "name one of --random and --value"},
        {"claviger mk-add --random --value-fd 3 --name A", 2, "--value-fd belongs to --value"},
        {"claviger mk-add --random --password-fd 3 3<pw", 2, "--name is missing"},
        {"claviger mk-add --random --no-input --password-fd 3 3<pw", 2, "Give --name"},
        {"claviger mk-add --random --name A", 2, "--password-fd is missing"},
        {"claviger mk-add --value --name A --password-fd 3 3<pw", 2, "--value-fd is missing"},
        {"claviger mk-add --random --name A --password-fd 9 9<&-", 2,
         "not an open file descriptor"},
        {"claviger mk-add --random --name A --password-fd 3x 3<pw", 2, "not an open file"},
        {"claviger mk-add --random --name A --password-fd 3 3</dev/null", 2, "there is no line"},
        {"echo short > weak; claviger mk-add --random --name A --password-fd 3 3<weak", 8,
         "E-WEAK"},
        {"claviger mk-add --random --name A --profile low --password-fd 3 3<pw", 2,
         "no profile \"low\""},
        {"echo 0011 > d; claviger mk-add --value --name A --value-fd 4 --password-fd 3 3<pw 4<d", 2,
         "E-INPUT"},
        {"claviger sigkey-add --name 'Sofía' --password-fd 3 3<pw", 2, "E-INPUT"},
        {"claviger sigkey-add", 2, "--name is missing"},
        {"claviger mk-rm", 2, "--keys is missing"},
        {"claviger mk-rm --keys 1", 2, "\"1\" is none of the key files"},
        {"claviger sigkey-sel --keys Lena", 2, "\"Lena\" is none of the key files"},
        {"claviger mk-add --colour", 2, "unknown option"},
        {"claviger mks left over", 2, "unexpected argument \"left\""},
    };
    struct shell s;
    shell_open(&s, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sh(&s, "%s", cases[i].command);
        shell_assert_refused(&s, cases[i].exit_code, cases[i].said);
        cr_assert_str_eq(s.out, "", "%s", cases[i].command);
    }
    sh(&s, "ls .local/share/claviger 2>/dev/null | wc -l");
    cr_assert_eq(atoi(s.out), 0, "%s", s.out);
    shell_close(&s);
}

Test(keys, a_limit_on_files_is_an_error_and_leaves_nothing)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "ulimit -f 1; claviger mk-add --random --name Lena --password-fd 3 3<pw");
    shell_assert_refused(&s, 7, "File too large");
    sh(&s, "ls -A .local/share/claviger | wc -l");
    cr_assert_eq(atoi(s.out), 0, "%s", s.out);
    shell_close(&s);
}

Test(keys, an_error_is_json_too)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "claviger mk-rm --keys 7 --json > e; echo $?; valid < e; cat e");
    shell_assert_said(&s, "2\nvalid\n");
    cr_assert(strstr(s.out, "\"code\": \"E-INPUT\""), "%s", s.out);
    shell_close(&s);
}

Test(keys, a_part_is_removed_by_its_exact_name_only)
{
    struct shell s;
    char name[256];
    shell_open(&s, NULL);
    sh(&s, "claviger mk-add --random --name Lena --password-fd 3 3<pw");
    strcpy(name, shell_key(&s, "lena"));
    sh(&s, "claviger mk-rm --keys 1");
    shell_assert_refused(&s, 2, "--confirm \"remove lena-");
    sh(&s, "claviger mk-rm --keys 1 --confirm yes");
    shell_assert_refused(&s, 8, "that is not \"remove lena-");
    sh(&s, "claviger mks | wc -l");
    cr_assert_eq(atoi(s.out), 2, "%s", s.out);
    sh(&s, "claviger mk-rm --keys Lena --confirm 'remove %s' --json | valid", name);
    shell_assert_said(&s, "valid");
    sh(&s, "ls .local/share/claviger | wc -l");
    cr_assert_eq(atoi(s.out), 0, "%s", s.out);
    shell_close(&s);
}

Test(keys, signature_keys_sign_in_the_order_they_were_chosen)
{
    struct shell s;
    char name[256];
    shell_open(&s, NULL);
    sh(&s, "claviger sigkey-add --name Sofia --password-fd 3 3<pw");
    shell_assert_said(&s, "Subject key identifier: ");
    sh(&s, "claviger sigkey-add --name Boris --password-fd 3 --json 3<pw | valid");
    shell_assert_said(&s, "valid");
    sh(&s, "claviger sigkeys");
    shell_assert_said(&s, "1        false      Boris ");
    sh(&s, "claviger sigkey-sel --keys Sofia,1");
    shell_assert_said(&s, "1        true (2)   Boris ");
    shell_assert_said(&s, "2        true (1)   Sofia ");
    sh(&s, "claviger sigkey-sel --keys 1,Boris");
    shell_assert_refused(&s, 2, "a second time");
    sh(&s, "claviger sigkeys --json > l; valid < l; cat l");
    shell_assert_said(&s, "valid");
    shell_assert_said(&s, "\"selected\": 2");
    strcpy(name, shell_key(&s, "sofia"));
    sh(&s, "claviger sigkey-rm --keys 2 --confirm 'remove %s'; claviger sigkeys", name);
    shell_assert_said(&s, "1        true (1)   Boris ");
    sh(&s, "claviger sigkey-sel --keys none");
    shell_assert_said(&s, "1        false      Boris ");
    shell_close(&s);
}

Test(keys, each_world_leaves_the_others_files_alone)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "claviger mk-add --test --random --name Lena --password-fd 3 3<pw");
    sh(&s, "claviger mks");
    shell_assert_said(&s, "KEYNUM");
    cr_assert(!strstr(s.out, "Lena"), "%s", s.out);
    cr_assert(strstr(s.err, "TEST file"), "%s", s.err);
    sh(&s, "claviger mk-rm --keys Lena");
    shell_assert_refused(&s, 2, "none of the key files");
    sh(&s, "claviger mks --json | tee l | valid; cat l");
    shell_assert_said(&s, "\"problem\": \"TEST file\"");
    sh(&s, "claviger mks --test --json | tee l | valid; cat l");
    shell_assert_said(&s, "\"problem\": null");
    shell_assert_said(&s, "\"world\": \"TEST\"");
    shell_close(&s);
}

Test(keys, a_file_that_cannot_be_read_is_listed_with_the_reason)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "mkdir -p k; echo nothing > k/odd.clvkey; echo '{}' > k/odd.sigkey; "
           "claviger sigkeys --key-dir k");
    shell_assert_said(&s, "KEYNUM");
    cr_assert(strstr(s.err, "not usable: odd.clvkey: "), "%s", s.err);
    cr_assert(strstr(s.err, "not usable: odd.sigkey: "), "%s", s.err);
    sh(&s, "claviger sigkeys --key-dir k --json | valid");
    shell_assert_said(&s, "valid");
    sh(&s, "CLOUDTKEFILES=$PWD/k claviger sigkeys");
    cr_assert(strstr(s.err, "odd.clvkey"), "%s", s.err);
    sh(&s, "chmod 755 k; claviger mks --key-dir k");
    shell_assert_refused(&s, 7, "E-PERMISSION");
    shell_close(&s);
}
