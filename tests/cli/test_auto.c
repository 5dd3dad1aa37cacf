/* auto-init, auto-mk-rotate and auto-recover as scripts give them. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

#define INIT "auto-init --sign-threshold 2 --revoke-threshold 1"
#define INITIALIZE INIT " --confirm 'initialize 1,2,3,4,5' --password-fd 3 --password-fd 3 3<$PW2"
#define ROTATE "auto-mk-rotate --password-fd 3 --password-fd 3 3<$PW2"

static struct desk d;

TestSuite(automatic, .timeout = 280);

static void mend(void)
{
    process_stop(&d.process, SIGTERM);
    process_start(&d.process, NULL);
}

/* How many of the units have a current key. */
static unsigned num_live(void)
{
    unsigned num = 0;
    desk_ok(&d, "cryptounit-mk");
    for (const char *at = d.run.output; (at = strstr(at, "current    Valid ")) != NULL; at++)
        num++;
    return num;
}

static void is_one_key_everywhere(void)
{
    cr_assert_eq(num_live(), 5);
    desk_ok(&d, "cryptounit-compare");
    desk_says(&d, "configured the same");
}

static void journal_verifies(void)
{
    desk_fails(&d, 0,
               "cryptounits >/dev/null 2>&1; '" CLV_BINARY_DIR
               "/claviger' verify $DESK/var/claviger/commands");
    desk_says(&d, "HOLDS: journal.");
}

/* What the last command wanted to have confirmed, as an option. */
static void wanted(char *ret, size_t cap)
{
    const char *phrase = strstr(d.run.output, "--confirm \"");
    cr_assert(phrase, "%s", d.run.output);
    snprintf(ret, cap, "%.*s", (int)(strcspn(phrase + 11, "\"") + 12), phrase);
}

static void rotate(int exit_code, const char *confirm)
{
    char command[400];
    snprintf(command, sizeof(command), "%s %s", ROTATE, confirm);
    desk_fails(&d, exit_code, command);
}

Test(automatic, a_key_is_made_replaced_and_recovered)
{
    char phrase[200], command[400];
    desk_open_recovery(&d, NULL);
    desk_fails(&d, 2, INIT);
    desk_says(&d, "For what is selected now: --confirm \"initialize 1,2,3,4,5\"");
    desk_fails(&d, 8, INIT " --confirm 'initialize 1,2,3'");
    desk_ok(&d, INITIALIZE);
    desk_says(&d, "Installing administrator 2 of 2: Olga ...");
    desk_says(&d, "Verification pattern of the new key: EP11-VP ");
    desk_says(&d, "Done on 5 of 5 selected crypto units.");
    is_one_key_everywhere();

    rotate(2, "");
    desk_says(&d, "Every selected crypto unit holds the new key, Full committed.");
    wanted(phrase, sizeof(phrase));
    cr_assert_eq(strncmp(phrase, "--confirm \"storage is re-enciphered to ", 39), 0, "%s", phrase);
    rotate(8, "--confirm 'storage is re-enciphered, rotate 1,2,3,4,5'");
    rotate(0, phrase);
    is_one_key_everywhere();

    desk_ok(&d, "cryptounit-zeroize --units 2 --confirm 'zeroize 2' --password-fd 3 3<$PW");
    desk_fails(&d, 6, "auto-recover");
    desk_says(&d, "not possible in imprint mode");
    desk_ok(&d, "cryptounit-admin-add --units 2 --keys Ines --password-fd 3 3<$PW");
    desk_ok(&d, "cryptounit-admin-add --units 2 --keys Olga --password-fd 3 3<$DESK/olga");
    desk_ok(&d, "cryptounit-thrhld-set --units 2 --sign-threshold 2 --revoke-threshold 1 "
                "--password-fd 3 --password-fd 3 3<$PW2");
    desk_fails(&d, 2, "auto-recover --from 9");
    desk_fails(&d, 2, "auto-recover");
    wanted(phrase, sizeof(phrase));
    snprintf(command, sizeof(command),
             "auto-mk-recover --from 4 --password-fd 3 --password-fd 3 3<$PW2 %s", phrase);
    desk_ok(&d, command);
    is_one_key_everywhere();
    journal_verifies();
    desk_close(&d);
}

/* ---- drills --------------------------------------------------------------------------------- */

Test(automatic, a_unit_that_dies_between_load_and_commit)
{
    desk_open_recovery(&d, "2:commit:die");
    desk_fails(&d, 10, INITIALIZE);
    desk_says(&d, "FAILED  2");
    desk_says(&d, "crypto unit 2 is not ready, and this begins only when all selected units are");
    desk_says(&d, "It stays as it is: new register Full committed");
    desk_says(&d, "give the same command again: it goes on where it stopped.");
    mend();
    cr_assert_eq(num_live(), 1, "the recovery unit that made the key, and nobody else");
    desk_ok(&d, INITIALIZE);
    is_one_key_everywhere();
    journal_verifies();
    desk_close(&d);
}

Test(automatic, an_export_that_is_corrupted)
{
    desk_open_recovery(&d, "3:export:spoilt-part");
    desk_fails(&d, 10, INITIALIZE);
    desk_says(&d, "FAILED  1");
    desk_says(&d, "the unit refused IMPORT_WK");
    cr_assert_eq(num_live(), 1);
    desk_ok(&d, INITIALIZE);
    is_one_key_everywhere();
    desk_close(&d);
}

Test(automatic, an_export_of_another_key)
{
    desk_open_recovery(&d, "3:export:other-part");
    desk_fails(&d, 10, INITIALIZE);
    desk_says(&d, "the crypto unit accepted the command, but shows something else");
    cr_assert_eq(num_live(), 1);
    desk_fails(&d, 6, INIT);
    desk_says(&d, "its new register is not empty: Full uncommitted");
    desk_ok(&d, "cryptounit-mk-clrnew --units 1 --confirm 'clear new 1' --password-fd 3 3<$PW");
    desk_ok(&d, INITIALIZE);
    is_one_key_everywhere();
    desk_close(&d);
}
