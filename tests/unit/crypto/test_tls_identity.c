/* The certificate of a TLS server, read by OpenSSL as a client would. */
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "support.h"

TestSuite(tls_identity, .init = start, .fini = no_secret_is_alive);

static const char *const names[] = {"localhost", "127.0.0.1", "tke.us-south.example"};

struct identity {
    EVP_PKEY *key;
    X509 *cert;
};

static void identity_make(struct identity *ret)
{
    struct clv_secret *pem = NULL;
    cr_assert_eq(clv_tls_identity_make(names, 3, &pem, NULL), CLV_OK);
    BIO *bio = BIO_new_mem_buf(clv_secret_read(pem), (int)clv_secret_len(pem));
    ret->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    ret->cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    cr_assert(BIO_eof(bio), "nothing behind the certificate");
    BIO_free(bio);
    clv_secret_close(pem);
    clv_secret_free(&pem);
    cr_assert(ret->key && ret->cert);
}

static void identity_clear(struct identity *i)
{
    EVP_PKEY_free(i->key);
    X509_free(i->cert);
}

/* As a server's, for this name, by a client that has this certificate among its roots. */
static int verdict(X509 *cert, X509 *root, const char *host, const char *address)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(ctx, store, cert, NULL);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    if (host)
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    if (address)
        X509_VERIFY_PARAM_set1_ip_asc(param, address);
    (void)X509_verify_cert(ctx);
    int error = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return error;
}

Test(tls_identity, holds_for_its_names_and_no_others)
{
    struct identity i;
    identity_make(&i);
    cr_assert_eq(X509_check_private_key(i.cert, i.key), 1);
    cr_assert_eq(verdict(i.cert, i.cert, "localhost", NULL), X509_V_OK);
    cr_assert_eq(verdict(i.cert, i.cert, "tke.us-south.example", NULL), X509_V_OK);
    cr_assert_eq(verdict(i.cert, i.cert, NULL, "127.0.0.1"), X509_V_OK);
    cr_assert_eq(verdict(i.cert, i.cert, "example", NULL), X509_V_ERR_HOSTNAME_MISMATCH);
    cr_assert_eq(verdict(i.cert, i.cert, NULL, "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
    identity_clear(&i);
}

Test(tls_identity, is_another_one_each_time)
{
    struct identity one, two;
    identity_make(&one);
    identity_make(&two);
    cr_assert_neq(X509_cmp(one.cert, two.cert), 0);
    cr_assert_neq(EVP_PKEY_eq(one.key, two.key), 1);
    cr_assert_neq(verdict(one.cert, two.cert, "localhost", NULL), X509_V_OK);
    identity_clear(&one);
    identity_clear(&two);
}

Test(tls_identity, signs_for_no_other_certificate)
{
    struct identity i;
    identity_make(&i);
    cr_assert_eq(X509_check_ca(i.cert), 0);
    cr_assert_eq(X509_get_extended_key_usage(i.cert), XKU_SSL_SERVER);
    identity_clear(&i);
}
