#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "internal.h"

#define SERIAL_LEN 16

/* Names of the parties only: what the certificate may be used for is said beside. */
/* clang-format off */
static const struct {
    int nid;
    const char *value;
} extensions[] = {
    { NID_basic_constraints,        "critical,CA:FALSE" },
    { NID_key_usage,                "critical,digitalSignature" },
    { NID_ext_key_usage,            "serverAuth" },
    { NID_subject_key_identifier,   "hash" },
};
/* clang-format on */

static bool add_extensions(X509 *cert)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid, extensions[i].value);
        bool added = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
        X509_EXTENSION_free(extension);
        if (!added)
            return false;
    }
    return true;
}

/* An address by its bytes, everything else as a name of the DNS. */
static GENERAL_NAME *make_name(const char *text)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    int type = address == NULL ? GEN_DNS : GEN_IPADD;
    ASN1_OCTET_STRING_free(address);
    ERR_clear_error();
    return a2i_GENERAL_NAME(NULL, NULL, NULL, type, text, 0);
}

static bool add_names(X509 *cert, const char *const *names, size_t num)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < num; i++) {
        GENERAL_NAME *name = make_name(names[i]);
        ok = name != NULL && sk_GENERAL_NAME_push(list, name) > 0;
        if (!ok)
            GENERAL_NAME_free(name);
    }
    ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(list);
    return ok;
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_LEN];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40); /* positive, and of full length */
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
    BN_free(n);
    return ok;
}

/* It does not expire (RFC 5280 4.1.2.5): nothing here may depend on a clock. */
static bool set_times(X509 *cert)
{
    return ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z") == 1 &&
           ASN1_TIME_set_string(X509_getm_notAfter(cert), "99991231235959Z") == 1;
}

static bool set_parties(X509 *cert, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1;
}

static X509 *make_certificate(EVP_PKEY *key, const char *const *names, size_t num)
{
    X509 *cert = X509_new();
    if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
        set_times(cert) && set_parties(cert, "claviger software units") &&
        X509_set_pubkey(cert, key) == 1 && add_extensions(cert) && add_names(cert, names, num) &&
        X509_sign(cert, key, EVP_sha256()) > 0)
        return cert;
    X509_free(cert);
    return NULL;
}

/* Through a memory in the secure heap, into a secret. */
static clv_status export_pem(EVP_PKEY *key, X509 *cert, struct clv_secret **ret,
                             struct clv_error *err)
{
    char *data = NULL;
    struct clv_secret *pem = NULL;
    clv_status status = CLV_OK;
    BIO *bio = BIO_new(BIO_s_secmem());
    if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(bio, cert) != 1)
        status = clv_crypto_broken(err, "writing a certificate");
    long len = status == CLV_OK ? BIO_get_mem_data(bio, &data) : 0;
    if (status == CLV_OK)
        status = clv_secret_new((size_t)len, &pem, err);
    if (status == CLV_OK) {
        memcpy(clv_secret_write(pem), data, (size_t)len);
        clv_secret_close(pem);
        *ret = pem;
    }
    BIO_free(bio);
    return status;
}

clv_status clv_tls_identity_make(const char *const *names, size_t num, struct clv_secret **ret_pem,
                                 struct clv_error *err)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key == NULL ? NULL : make_certificate(key, names, num);
    clv_status status = cert == NULL ? clv_crypto_broken(err, "making a certificate")
                                     : export_pem(key, cert, ret_pem, err);
    X509_free(cert);
    EVP_PKEY_free(key);
    clv_crypto_scrub();
    return status;
}
