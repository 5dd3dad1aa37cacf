/* Commands to units behind HTTPS: a certificate that the site file names, and those that it does
 * not.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "claviger/crypto.h"
#include "desk.h"

#define TOKEN "    token-file: token\n"

static struct desk d;

TestSuite(https, .timeout = 280);

Test(https, a_key_is_loaded_and_made_current)
{
    desk_open_https(&d, "2");
    desk_leave_imprint(&d);
    desk_parts(&d);
    desk_ok(&d, "cryptounit-mk-load --keys Kofi,Lena --password-fd 3 --password-fd 3 "
                "--password-fd 3 3<$PW3");
    desk_ok(&d, "cryptounit-mk-commit --password-fd 3 3<$PW");
    desk_ok(&d, "cryptounit-mk-setimm --confirm 'set immediate 1,2' --password-fd 3 3<$PW");
    desk_ok(&d, "cryptounit-mk");
    desk_says(&d, "2                 current    Valid    ");
    desk_ok(&d, "cryptounit-zeroize --confirm 'zeroize 1,2' --password-fd 3 3<$PW");
    desk_close(&d);
}

/* A certificate for this name at dir/NAME.pem, its key at dir/NAME.key. */
static void make_identity(const char *file, const char *name)
{
    char path[120];
    struct clv_secret *pem = NULL;
    cr_assert_eq(clv_tls_identity_make(&name, 1, &pem, NULL), CLV_OK);
    const char *text = (const char *)clv_secret_read(pem);
    size_t len = clv_secret_len(pem);
    const char *cert = memmem(text, len, "-----BEGIN CERT", 15);
    snprintf(path, sizeof(path), "%s/%s.key", d.process.dir, file);
    file_write(path, text, len);
    snprintf(path, sizeof(path), "%s/%s.pem", d.process.dir, file);
    file_write(path, cert, len - (size_t)(cert - text));
    clv_secret_close(pem);
    clv_secret_free(&pem);
}

/* Starts the daemon again, with a certificate for this name, which the site file trusts. */
static void restart_as(const char *name)
{
    struct process *p = &d.process;
    char token[100];
    const char *args[] = {"--token", token, NULL};
    cr_assert_eq(process_stop(p, SIGTERM), 0);
    snprintf(token, sizeof(token), "%s/token", p->dir);
    snprintf(p->cert, sizeof(p->cert), "%s/given.pem", p->dir);
    snprintf(p->key, sizeof(p->key), "%s/given.key", p->dir);
    make_identity("given", name);
    process_start(p, args);
    desk_write_site(&d, TOKEN "    ca-file: given.pem\n");
}

Test(https, a_certificate_for_another_name_is_refused)
{
    desk_open_https(&d, "1");
    restart_as("127.0.0.1");
    desk_ok(&d, "cryptounits");
    restart_as("tke.us-south.hs-crypto.cloud.ibm.com");
    desk_fails(&d, 7, "cryptounits");
    desk_says(&d, "it cannot be reached: SSL: no alternative certificate subject name matches");
    desk_close(&d);
}

/* Not one of them gets as far as a request. */
Test(https, an_unknown_certificate_is_refused)
{
    desk_open_https(&d, "1");
    make_identity("other", "127.0.0.1");
    desk_write_site(&d, TOKEN "    ca-file: other.pem\n");
    desk_fails(&d, 7, "cryptounits");
    desk_says(&d, "it cannot be reached: ");
    desk_says(&d, "certificate");
    desk_write_site(&d, TOKEN);
    desk_fails(&d, 7, "cryptounits");
    desk_says(&d, "certificate");
    desk_write_site(&d, TOKEN "    ca-file: missing.pem\n");
    desk_fails(&d, 7, "cryptounits");
    desk_write_site(&d, TOKEN "    ca-file: state/tls.pem\n");
    desk_ok(&d, "cryptounits");
    desk_close(&d);
}
