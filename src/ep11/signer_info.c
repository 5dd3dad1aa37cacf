/* SignerInfo (docs/protocol.md, b.4): who signed, how, and the signature. */
#include "internal.h"

struct signature_kind {
    enum clv_ep11_oid digest, signature;
};

static const struct signature_kind kinds[] = {
    [CLV_EP11_SIG_P521] = {CLV_OID_SHA512, CLV_OID_ECDSA_SHA512},
    [CLV_EP11_SIG_RSA_X931] = {CLV_OID_SHA256, CLV_OID_RSA},
    [CLV_EP11_SIG_RSA_PKCS1] = {CLV_OID_SHA256, CLV_OID_SHA256_RSA},
    [CLV_EP11_SIG_DILITHIUM] = {CLV_OID_SHA512, CLV_OID_DILITHIUM_R2_87},
};

static const uint8_t version_3[] = {3};

void clv_ep11_signer_info_encode(struct clv_writer *w, const struct clv_ep11_signer_info *si)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_INTEGER, version_3, sizeof(version_3));
    clv_der_write(w, CLV_DER_CONTEXT_0, si->ski, sizeof(si->ski));
    clv_ep11_algorithm_write(w, kinds[si->algorithm].digest, CLV_NULL_PRESENT);
    clv_ep11_algorithm_write(w, kinds[si->algorithm].signature, CLV_NULL_PRESENT);
    clv_der_write_octets(w, si->signature.data, si->signature.len);
    clv_der_close(w, seq);
}

static enum clv_ep11_sig_alg algorithm_of(struct clv_reader *r, enum clv_ep11_oid digest,
                                          enum clv_ep11_oid signature)
{
    /* Which digest goes with Dilithium is not public; the signature is carried, not verified. */
    if (signature == CLV_OID_DILITHIUM_R2_87)
        return CLV_EP11_SIG_DILITHIUM;
    for (size_t i = 0; i < CLV_EP11_SIG_DILITHIUM; i++)
        if (kinds[i].digest == digest && kinds[i].signature == signature)
            return (enum clv_ep11_sig_alg)i;
    clv_reader_fault(r, "signature algorithm", "is not known");
    return CLV_EP11_SIG_P521;
}

void clv_ep11_signer_info_read(struct clv_reader *r, struct clv_ep11_signer_info *ret)
{
    struct clv_reader seq;
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "SignerInfo");
    clv_der_expect(&seq, CLV_DER_INTEGER, version_3, sizeof(version_3), "SignerInfo version");
    clv_ep11_read_fixed(&seq, CLV_DER_CONTEXT_0, ret->ski, sizeof(ret->ski), "signer SKI");
    enum clv_ep11_oid digest = clv_ep11_algorithm_read(&seq, "digest algorithm");
    enum clv_ep11_oid signature = clv_ep11_algorithm_read(&seq, "signature algorithm");
    ret->algorithm = algorithm_of(&seq, digest, signature);
    ret->signature = clv_der_octets(&seq, "signature");
    clv_der_leave(&seq);
}
