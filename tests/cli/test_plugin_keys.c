/* Signature-key files of the plug-in: listed, signing, and turned into files of ours. Sofia's is a
 * P-521 key and says so; Boris's is an RSA key whose file has no name in it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

#define SKI_SOFIA "34a0f07d5c1a64c2f674bf844655302982214fa7f6ff4315d3cafa2e65f289f7"
#define SKI_BORIS "f7371e87b3448157ccb40eef8b9f4b56b3b3793bbc097a0b817d8c499781c2d2"

/* The two files in a folder of their own, mode 0600, and the password they have. */
static void bring_files(struct shell *s)
{
    sh(s,
       "mkdir -p old; cp '%s'/tests/support/plugin/*.sigkey old; chmod 600 old/*; "
       "echo 'old password of the plug-in' > oldpw; claviger sigkeys --key-dir old --json | tee l "
       "| valid; cat l",
       CLV_SOURCE_DIR);
    shell_assert_said(s, SKI_SOFIA);
    shell_assert_said(s, SKI_BORIS);
}

Test(plugin_keys, become_ours)
{
    struct shell s;
    shell_open(&s, NULL);
    bring_files(&s);
    sh(&s, "claviger sigkey-import old/sofia.sigkey --password-fd 3 --password-fd 4 3<oldpw 4<pw");
    shell_assert_said(&s, "Subject key identifier: " SKI_SOFIA);
    shell_assert_said(&s, "The old file still opens");
    sh(&s, "claviger sigkey-import old/boris.sigkey --name Boris --json --password-fd 3 "
           "--password-fd 4 3<oldpw 4<pw | tee l | valid; cat l");
    shell_assert_said(&s, SKI_BORIS);
    sh(&s, "claviger sigkeys");
    shell_assert_said(&s, "Boris");
    shell_assert_said(&s, "Sofia");
    sh(&s, "head -3 ~/.local/share/claviger/boris-*");
    shell_assert_said(&s, "kind: rsa-signature-key");
    sh(&s, "cmp old/sofia.sigkey '%s'/tests/support/plugin/sofia.sigkey", CLV_SOURCE_DIR);
    cr_assert_eq(s.exit_code, 0, "the old file was changed");
    shell_close(&s);
}

Test(plugin_keys, what_cannot_be_imported)
{
    struct shell s;
    shell_open(&s, NULL);
    bring_files(&s);
    sh(&s, "claviger sigkey-import --no-input");
    shell_assert_refused(&s, 2, "name the file");
    sh(&s, "claviger sigkey-import old/none.sigkey");
    shell_assert_refused(&s, 7, "E-MISSING");
    sh(&s, "claviger sigkey-import old/boris.sigkey --password-fd 3 --password-fd 4 3<oldpw 4<pw");
    shell_assert_refused(&s, 2, "does not say whose key it is");
    sh(&s, "claviger sigkey-import old/sofia.sigkey --password-fd 3 --password-fd 4 3<pw 4<pw");
    shell_assert_refused(&s, 4, "E-PASSWORD");
    sh(&s, "echo weak > w; claviger sigkey-import old/sofia.sigkey --password-fd 3 --password-fd 4 "
           "3<oldpw 4<w");
    shell_assert_refused(&s, 8, "E-WEAK");
    sh(&s, "claviger sigkey-import old/sofia.sigkey --test --password-fd 3 --password-fd 4 "
           "3<oldpw 4<pw");
    shell_assert_refused(&s, 8, "E-WORLD");
    sh(&s, "chmod 644 old/sofia.sigkey; claviger sigkey-import old/sofia.sigkey");
    shell_assert_refused(&s, 7, "E-PERMISSION");
    sh(&s, "claviger sigkeys");
    cr_assert(!strstr(s.out, "Sofia"), "%s", s.out);
    shell_close(&s);
}

/* RSA from an imported file, P-521 from the plug-in's own: both sign on production units. */
Test(plugin_keys, sign_side_by_side)
{
    struct shell s;
    shell_open(&s, "--units", "2", "--production-tests", NULL);
    bring_files(&s);
    sh(&s, "claviger sigkey-import old/boris.sigkey --name Boris --key-dir old --password-fd 3 "
           "--password-fd 4 3<oldpw 4<pw && rm old/boris.sigkey && "
           "claviger cryptounits --site site.yaml && claviger cryptounit-add --units all && "
           "claviger sigkey-sel --key-dir old --keys Sofia,Boris && "
           "claviger cryptounit-admin-add --key-dir old --keys Sofia --password-fd 3 3<oldpw && "
           "claviger cryptounit-admin-add --key-dir old --keys Boris --password-fd 3 3<pw");
    cr_assert_eq(s.exit_code, 0, "%s%s", s.out, s.err);
    sh(&s, "cat oldpw pw > both; claviger cryptounit-thrhld-set --key-dir old --sign-threshold 2 "
           "--revoke-threshold 2 --password-fd 3 --password-fd 3 3<both");
    cr_assert_eq(s.exit_code, 0, "%s%s", s.out, s.err);
    sh(&s, "claviger cryptounit-admins");
    shell_assert_said(&s, "Boris");
    shell_assert_said(&s, SKI_BORIS);
    shell_assert_said(&s, SKI_SOFIA);
    shell_close(&s);
}
