/* Administrator certificates (docs/protocol.md, b.5): written in the one form IBM's tools write,
 * read in any X.509 form, since units take any. */
#include "internal.h"

#include <string.h>

static const uint8_t version_v3[] = {2};
static const uint8_t serial_zero[] = {0};
static const char not_before[] = "20000101000000Z";
static const char not_after[] = "21001231235959Z";
static const char unit_name[] = "TKE Administration";

/* ---- writing ---- */
/* The PrintableString of X.680, whatever the locale says is a letter. */
static bool printable_string(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  " '()+,-./:=?";
    return text[strspn(text, allowed)] == '\0';
}

static clv_status check_name(const char *name, struct clv_error *err)
{
    size_t len = strlen(name);
    if (len == 0 || len > CLV_EP11_ADMIN_NAME_MAX)
        return clv_fail(err, CLV_E_INPUT, "an administrator's name has 1 to %d characters, not %zu",
                        CLV_EP11_ADMIN_NAME_MAX, len);
    if (!printable_string(name))
        return clv_fail(err, CLV_E_INPUT,
                        "an administrator's name has letters, digits, blanks and '()+,-./:=? only");
    return CLV_OK;
}

static void write_rdn(struct clv_writer *w, enum clv_ep11_oid oid, const char *text, size_t len)
{
    size_t set = clv_der_open(w, CLV_DER_SET);
    size_t pair = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_ep11_oid_write(w, oid);
    clv_der_write(w, CLV_DER_PRINTABLE, text, len);
    clv_der_close(w, pair);
    clv_der_close(w, set);
}

static void write_name(struct clv_writer *w, const char *name)
{
    char padded[CLV_EP11_ADMIN_NAME_MAX];
    memset(padded, ' ', sizeof(padded));
    memcpy(padded, name, strlen(name));
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    write_rdn(w, CLV_OID_ORGANIZATIONAL_UNIT, unit_name, strlen(unit_name));
    write_rdn(w, CLV_OID_COMMON_NAME, padded, sizeof(padded));
    clv_der_close(w, seq);
}

static void write_validity(struct clv_writer *w)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_GENERALIZED_TIME, not_before, strlen(not_before));
    clv_der_write(w, CLV_DER_GENERALIZED_TIME, not_after, strlen(not_after));
    clv_der_close(w, seq);
}

static void write_extensions(struct clv_writer *w, const uint8_t ski[CLV_SKI_LEN])
{
    size_t explicit = clv_der_open(w, CLV_DER_EXPLICIT_3);
    size_t list = clv_der_open(w, CLV_DER_SEQUENCE);
    size_t extension = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_ep11_oid_write(w, CLV_OID_SUBJECT_KEY_ID);
    size_t value = clv_der_open(w, CLV_DER_OCTETS);
    clv_der_write_octets(w, ski, CLV_SKI_LEN);
    clv_der_close(w, value);
    clv_der_close(w, extension);
    clv_der_close(w, list);
    clv_der_close(w, explicit);
}

static enum clv_ep11_oid signature_oid(const struct clv_ep11_public_key *key)
{
    return key->type == CLV_EP11_KEY_P521 ? CLV_OID_ECDSA_SHA512 : CLV_OID_SHA256_RSA;
}

static void write_tbs(struct clv_writer *w, const char *name, const struct clv_ep11_public_key *key,
                      const uint8_t ski[CLV_SKI_LEN])
{
    size_t tbs = clv_der_open(w, CLV_DER_SEQUENCE);
    size_t version = clv_der_open(w, CLV_DER_EXPLICIT_0);
    clv_der_write(w, CLV_DER_INTEGER, version_v3, sizeof(version_v3));
    clv_der_close(w, version);
    clv_der_write(w, CLV_DER_INTEGER, serial_zero, sizeof(serial_zero));
    clv_ep11_algorithm_write(w, signature_oid(key), CLV_NULL_ABSENT);
    write_name(w, name);
    write_validity(w);
    write_name(w, name);
    clv_ep11_spki_encode(w, key);
    write_extensions(w, ski);
    clv_der_close(w, tbs);
}

static clv_status check_signer(const struct clv_ep11_public_key *key,
                               const uint8_t ski[CLV_SKI_LEN], const struct clv_ep11_signer *signer,
                               struct clv_error *err)
{
    enum clv_ep11_sig_alg want =
        key->type == CLV_EP11_KEY_P521 ? CLV_EP11_SIG_P521 : CLV_EP11_SIG_RSA_X931;
    if (signer->algorithm != want || memcmp(signer->ski, ski, CLV_SKI_LEN) != 0)
        return clv_fail(err, CLV_E_MISMATCH, "the signer's key is not the certificate's key");
    return CLV_OK;
}

clv_status clv_ep11_admin_cert_encode(struct clv_writer *w, const char *name,
                                      const struct clv_ep11_public_key *key,
                                      const struct clv_ep11_signer *signer, struct clv_error *err)
{
    uint8_t ski[CLV_SKI_LEN];
    uint8_t sig[512];
    size_t sig_len = 0;
    struct clv_writer tbs = {0};

    clv_status status = check_name(name, err);
    if (status != CLV_OK)
        return status;
    clv_ep11_admin_ski(key, ski);
    status = check_signer(key, ski, signer, err);
    if (status != CLV_OK)
        return status;

    write_tbs(&tbs, name, key, ski);
    status = clv_writer_done(&tbs, err);
    if (status != CLV_OK)
        goto out;
    status = signer->sign(signer->ctx, clv_writer_view(&tbs), sig, sizeof(sig), &sig_len, err);
    if (status != CLV_OK)
        goto out;
    size_t cert = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_write_writer(w, &tbs);
    clv_ep11_algorithm_write(w, signature_oid(key), CLV_NULL_ABSENT);
    clv_ep11_write_bits(w, clv_view_of(sig, sig_len));
    clv_der_close(w, cert);
    status = clv_writer_done(w, err);
out:
    clv_writer_clear(&tbs);
    return status;
}

/* ---- reading ---- */
static void show_name(struct clv_view text, char *name, size_t cap)
{
    size_t len = text.len < cap - 1 ? text.len : cap - 1;
    while (len > 0 && text.data[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < len; i++)
        name[i] = text.data[i] >= 0x20 && text.data[i] < 0x7f ? (char)text.data[i] : '?';
    name[len] = '\0';
}

/* Common name of an RDN sequence; the first one counts. */
static void read_name(struct clv_reader *r, char *name, size_t cap)
{
    struct clv_reader seq, set, pair;
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "issuer");
    while (clv_reader_left(&seq) > 0) {
        clv_der_enter(&seq, CLV_DER_SET, &set, "issuer");
        while (clv_reader_left(&set) > 0) {
            clv_der_enter(&set, CLV_DER_SEQUENCE, &pair, "issuer");
            enum clv_ep11_oid oid = clv_ep11_oid_read(&pair, "issuer");
            struct clv_view text = clv_der_read(&pair, clv_der_peek(&pair), "issuer");
            clv_der_leave(&pair);
            if (oid == CLV_OID_COMMON_NAME && name[0] == '\0')
                show_name(text, name, cap);
        }
    }
}

static void read_tbs(struct clv_reader *r, struct clv_ep11_admin_cert *cert)
{
    struct clv_reader tbs;
    clv_der_enter(r, CLV_DER_SEQUENCE, &tbs, "TBSCertificate");
    if (clv_der_peek(&tbs) == CLV_DER_EXPLICIT_0)
        (void)clv_der_read(&tbs, CLV_DER_EXPLICIT_0, "version");
    (void)clv_der_read(&tbs, CLV_DER_INTEGER, "serial number");
    (void)clv_der_read(&tbs, CLV_DER_SEQUENCE, "signature algorithm");
    read_name(&tbs, cert->name, sizeof(cert->name));
    (void)clv_der_read(&tbs, CLV_DER_SEQUENCE, "validity");
    (void)clv_der_read(&tbs, CLV_DER_SEQUENCE, "subject");
    clv_ep11_spki_read(&tbs, &cert->key);
    while (clv_reader_left(&tbs) > 0)
        (void)clv_der_read(&tbs, clv_der_peek(&tbs), "extensions");
}

clv_status clv_ep11_admin_cert_decode(struct clv_view bytes, struct clv_ep11_admin_cert *ret,
                                      struct clv_error *err)
{
    struct clv_ep11_admin_cert cert = {0};
    struct clv_reader r, seq, tbs;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "certificate");
    cert.tbs = clv_der_whole(&seq, CLV_DER_SEQUENCE, "TBSCertificate");
    (void)clv_der_read(&seq, CLV_DER_SEQUENCE, "signature algorithm");
    cert.signature = clv_ep11_read_bits(&seq, "signature");
    clv_der_leave(&seq);
    clv_status status = clv_reader_done(&r, err);
    if (status == CLV_OK) {
        clv_reader_init(&tbs, cert.tbs.data, cert.tbs.len);
        read_tbs(&tbs, &cert);
        status = clv_reader_done(&tbs, err);
    }
    if (status == CLV_OK)
        status = clv_ep11_public_key_check(&cert.key, err);
    if (status == CLV_OK) {
        clv_ep11_admin_ski(&cert.key, cert.ski);
        *ret = cert;
    }
    return clv_while(err, status, "reading an administrator's certificate");
}
