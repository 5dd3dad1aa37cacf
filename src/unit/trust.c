/* TRUST: climb the device certificates to a root that the site trusts, then pin key and module.
 *
 * Certificate 0 holds the key that signs answers; 1 its parent, and so on until the unit says "no
 * such certificate", where the root must be one of ours. The answer that brought certificate 0 is
 * checked with the key in it; every later one with that key, too. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static clv_status ask_certificate(struct clv_job *job, struct clv_error *err)
{
    clv_writer_clear(&job->input);
    clv_write_u32(&job->input, job->chain.index);
    job->ask = (struct clv_ask){.command = CLV_EP11_Q_DEVICE_CERT,
                                .module_level = true,
                                .input = clv_writer_view(&job->input)};
    return clv_writer_done(&job->input, err);
}

static clv_status keep_certificate(struct clv_chain *chain, struct clv_view bytes,
                                   struct clv_error *err)
{
    uint8_t *copy = malloc(bytes.len);
    if (copy == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a device certificate");
    memcpy(copy, bytes.data, bytes.len);
    free(chain->cert);
    chain->cert = copy;
    chain->cert_len = bytes.len;
    return CLV_OK;
}

static clv_status decode_certificate(const struct clv_job *job, struct clv_view bytes,
                                     struct clv_ep11_device_cert *ret, struct clv_error *err)
{
    unsigned index = job->chain.index;
    if (clv_ep11_device_cert_decode(bytes, ret, err) != CLV_OK) {
        struct clv_error inner = *err;
        return clv_fail(err, CLV_E_UNTRUSTED, "device certificate %u: %s", index, inner.fact);
    }
    if (memcmp(ret->subject_ski, ret->signer_ski, CLV_SKI_LEN) == 0)
        return clv_fail(err, CLV_E_UNTRUSTED, "device certificate %u vouches for itself", index);
    return CLV_OK;
}

/* A rehearsal on production units, or the reverse, is stopped before anything is asked of them. */
static clv_status world_check(const struct clv_job *job, const uint8_t *serial,
                              struct clv_error *err)
{
    bool test_unit = memcmp(serial, "TEST", 4) == 0;
    if (test_unit == job->fleet->config.test_world)
        return CLV_OK;
    return clv_fail(err, CLV_E_WORLD,
                    test_unit ? "this is a TEST unit, and this is a production "
                                "ceremony"
                              : "this is a production unit, and this is a TEST "
                                "ceremony");
}

static clv_status take_first(struct clv_job *job, const struct clv_answer *answer,
                             struct clv_error *err)
{
    struct clv_chain *chain = &job->chain;
    const struct clv_ep11_response_block *block = &answer->block;
    struct clv_ep11_device_cert cert;
    clv_status status = decode_certificate(job, block->output, &cert, err);
    if (status == CLV_OK)
        status = clv_answer_verify(answer, cert.point, err);
    if (status == CLV_OK)
        status = clv_answer_bind(job->session, &job->ask, answer, block->module_id, err);
    if (status != CLV_OK)
        return status;
    if (memcmp(block->module_id, job->session->unit.serial, CLV_EP11_SERIAL_LEN) != 0)
        return clv_fail(err, CLV_E_UNTRUSTED, "the unit has serial number %.8s, the list says %s",
                        (const char *)block->module_id, job->session->unit.serial);
    status = world_check(job, block->module_id, err);
    if (status != CLV_OK)
        return status;
    memcpy(chain->identity.point, cert.point, CLV_P521_POINT_LEN);
    memcpy(chain->identity.module_id, block->module_id, CLV_EP11_MODULE_ID_LEN);
    clv_ep11_device_ski(cert.point, chain->device_ski);
    return keep_certificate(chain, block->output, err);
}

static clv_status verify_kept(struct clv_chain *chain, const uint8_t point[CLV_P521_POINT_LEN],
                              struct clv_error *err)
{
    struct clv_ep11_device_cert below;
    clv_status status =
        clv_ep11_device_cert_decode(clv_view_of(chain->cert, chain->cert_len), &below, err);
    if (status == CLV_OK)
        status = clv_ep11_device_cert_verify(&below, point, err);
    if (status == CLV_OK)
        return CLV_OK;
    return clv_fail(err, CLV_E_UNTRUSTED, "device certificate %u is not signed by its parent",
                    chain->index - 1);
}

static clv_status kept_signer(const struct clv_chain *chain, uint8_t ret_ski[CLV_SKI_LEN],
                              struct clv_error *err)
{
    struct clv_ep11_device_cert below;
    clv_status status =
        clv_ep11_device_cert_decode(clv_view_of(chain->cert, chain->cert_len), &below, err);
    if (status == CLV_OK)
        memcpy(ret_ski, below.signer_ski, CLV_SKI_LEN);
    return status;
}

static clv_status take_parent(struct clv_job *job, const struct clv_answer *answer,
                              struct clv_error *err)
{
    struct clv_chain *chain = &job->chain;
    struct clv_ep11_device_cert cert;
    uint8_t signer[CLV_SKI_LEN];
    clv_status status = decode_certificate(job, answer->block.output, &cert, err);
    if (status == CLV_OK)
        status = kept_signer(chain, signer, err);
    if (status != CLV_OK)
        return status;
    if (memcmp(cert.subject_ski, signer, CLV_SKI_LEN) != 0)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "device certificate %u is not the parent of certificate %u", chain->index,
                        chain->index - 1);
    status = verify_kept(chain, cert.point, err);
    return status == CLV_OK ? keep_certificate(chain, answer->block.output, err) : status;
}

/* A second TRUST may start a new life of the domain, but never another device. */
static clv_status pin(struct clv_job *job, struct clv_error *err)
{
    struct clv_session *session = job->session;
    const struct clv_chain *chain = &job->chain;
    if (session->unit.trusted &&
        memcmp(&session->identity, &chain->identity, sizeof chain->identity) != 0)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "the unit shows another device key than the one it had before");
    session->identity = chain->identity;
    session->seen = false;
    session->zeroize_open = false;
    session->unit.trusted = true;
    memcpy(session->unit.module_id, chain->identity.module_id, CLV_EP11_MODULE_ID_LEN);
    memcpy(session->unit.device_ski, chain->device_ski, CLV_SKI_LEN);
    memcpy(session->unit.root_ski, chain->root_ski, CLV_SKI_LEN);
    session->unit.root = chain->root;
    return CLV_OK;
}

/* The root whose identifier this is; the site's first. NULL: we trust none of that name. */
static const uint8_t *find_root(const struct clv_service *service, const uint8_t ski[CLV_SKI_LEN],
                                const char **ret_name)
{
    uint8_t own[CLV_SKI_LEN];
    for (size_t i = 0; i < service->num_roots; i++) {
        clv_ep11_device_ski(service->roots[i], own);
        *ret_name = "root named by the site file";
        if (memcmp(own, ski, CLV_SKI_LEN) == 0)
            return service->roots[i];
    }
    const struct clv_ibm_root *root = NULL;
    for (size_t i = 0; service->ibm_roots && (root = clv_ibm_root_at(i)) != NULL; i++) {
        clv_ep11_device_ski(root->point, own);
        *ret_name = root->name;
        if (memcmp(own, ski, CLV_SKI_LEN) == 0)
            return root->point;
    }
    return NULL;
}

static clv_status take_end(struct clv_job *job, struct clv_error *err)
{
    struct clv_chain *chain = &job->chain;
    uint8_t signer[CLV_SKI_LEN];
    clv_status status = kept_signer(chain, signer, err);
    if (status != CLV_OK)
        return status;
    const uint8_t *root = find_root(job->session->service, signer, &chain->root);
    if (root != NULL) {
        status = verify_kept(chain, root, err);
        memcpy(chain->root_ski, signer, CLV_SKI_LEN);
        return status == CLV_OK ? pin(job, err) : status;
    }
    char hex[2 * CLV_SKI_LEN + 1];
    clv_hex(signer, CLV_SKI_LEN, hex);
    (void)clv_fail(err, CLV_E_UNTRUSTED,
                   "its device certificates end in a root we do not trust: %s", hex);
    clv_hint(err, "If this root is right, write it in the site file; else set the unit aside.");
    return CLV_E_UNTRUSTED;
}

static bool is_end_of_chain(const struct clv_ep11_response_block *block)
{
    enum { CKR_KEY_HANDLE_INVALID = 96, XCP_RSC_CERT_NOT_FOUND = 60 };
    return block->return_code == CKR_KEY_HANDLE_INVALID &&
           clv_ep11_reason(block) == XCP_RSC_CERT_NOT_FOUND;
}

static clv_status take_certificate(struct clv_job *job, const struct clv_answer *answer,
                                   enum clv_next *ret_next, struct clv_error *err)
{
    struct clv_chain *chain = &job->chain;
    clv_status status = CLV_OK;
    if (chain->index > 0) {
        status = clv_answer_verify(answer, chain->identity.point, err);
        if (status == CLV_OK)
            status =
                clv_answer_bind(job->session, &job->ask, answer, chain->identity.module_id, err);
        if (status == CLV_OK && is_end_of_chain(&answer->block))
            return take_end(job, err);
    }
    if (status == CLV_OK && answer->block.return_code != 0)
        status = chain->index > 0
                     ? clv_job_refused(job, answer, err)
                     : clv_fail(err, CLV_E_UNTRUSTED, "the unit shows no device certificate");
    if (status == CLV_OK)
        status = chain->index > 0 ? take_parent(job, answer, err) : take_first(job, answer, err);
    if (status != CLV_OK)
        return status;
    chain->index++;
    if (chain->index >= CLV_CHAIN_MAX)
        return clv_fail(err, CLV_E_UNTRUSTED, "its chain of device certificates has no end");
    *ret_next = CLV_NEXT_SAME;
    return CLV_OK;
}

static const struct clv_step trust_steps[] = {
    {.name = "asking for its device certificates",
     .ask = ask_certificate,
     .take = take_certificate,
     .unpinned = true},
};

const struct clv_plan clv_trust_plan = {trust_steps, sizeof trust_steps / sizeof trust_steps[0]};
