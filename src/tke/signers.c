/* The selected signature keys, opened when something has to be signed. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* --sigkeys, else the selection of the settings, in its order. */
static clv_status selected(struct clv_tke *t, const struct clv_tke_keys *list,
                           const struct clv_tke_key **ret, size_t *ret_num, struct clv_error *err)
{
    if (t->config.sigkeys)
        return clv_tke_choose_keys(list, t->config.sigkeys, ret, CLV_TKE_MAX_SIGKEYS, ret_num, err);
    for (size_t k = 0; k < t->settings.num_sigkeys; k++) {
        const struct clv_tke_key *found = NULL;
        for (size_t i = 0; i < list->num_keys; i++)
            if (list->keys[i].turn == k + 1)
                found = &list->keys[i];
        if (found == NULL) {
            clv_status st = clv_fail(err, CLV_E_MISSING,
                                     "the selected signature key %s is not among the key files",
                                     t->settings.sigkeys[k]);
            clv_hint(err, "Bring the file back, or select another: claviger sigkey-sel.");
            return st;
        }
        ret[k] = found;
    }
    *ret_num = t->settings.num_sigkeys;
    return CLV_OK;
}

clv_status clv_tke_selected_keys(struct clv_tke *t, struct clv_tke_keys *list,
                                 const struct clv_tke_key **ret, size_t *ret_num,
                                 struct clv_error *err)
{
    clv_status st = clv_tke_list_keys(t, CLV_KEYFILE_SIGKEY, list, err);
    return st == CLV_OK ? selected(t, list, ret, ret_num, err) : st;
}

clv_status clv_tke_selected_skis(struct clv_tke *t, uint8_t (*ret_skis)[CLV_SKI_LEN],
                                 size_t *ret_num, struct clv_error *err)
{
    const struct clv_tke_key *keys[CLV_TKE_MAX_SIGKEYS];
    struct clv_tke_keys list = {0};
    size_t num = 0;
    clv_status st = clv_tke_selected_keys(t, &list, keys, &num, err);
    for (size_t i = 0; st == CLV_OK && i < num; i++)
        memcpy(ret_skis[i], keys[i]->info.ski, CLV_SKI_LEN);
    if (st == CLV_OK)
        *ret_num = num;
    clv_tke_keys_clear(&list);
    return st;
}

static bool has_ski(const uint8_t (*skis)[CLV_SKI_LEN], size_t num, const uint8_t *ski)
{
    for (size_t i = 0; i < num; i++)
        if (memcmp(skis[i], ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

static bool is_open(const struct clv_tke *t, const uint8_t *ski)
{
    for (size_t i = 0; i < t->num_signers; i++)
        if (memcmp(t->keys[i].ski, ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

/* Nothing is opened: the service is asked when there is something to sign. */
static clv_status open_service(struct clv_tke *t, const struct clv_tke_key *key,
                               struct clv_error *err)
{
    struct clv_tke_service_key *k = clv_tke_service_find(t, key->file);
    size_t at = t->num_signers;
    if (k == NULL)
        return clv_fail(err, CLV_E_INTERNAL, "%s is not a key of the service", key->file);
    clv_signing_signer(&k->key, &t->signers[at]);
    memcpy(t->keys[at].ski, k->key.ski, CLV_SKI_LEN);
    t->num_signers++;
    clv_tke_record_signer(t, t->num_signers, k->key.ski);
    return CLV_OK;
}

static clv_status open_one(struct clv_tke *t, const struct clv_tke_key *key, struct clv_error *err)
{
    size_t at = t->num_signers;
    if (at == CLV_TKE_MAX_SIGKEYS)
        return clv_fail(err, CLV_E_RULE, "more than %d signature keys would be open",
                        CLV_TKE_MAX_SIGKEYS);
    if (key->of_service)
        return open_service(t, key, err);
    clv_status st = clv_tke_open_sigkey(t, key, &t->keys[at], err);
    if (st == CLV_OK && memcmp(t->keys[at].ski, key->info.ski, CLV_SKI_LEN) != 0)
        st = clv_fail(err, CLV_E_FORGED, "%s holds another key than its header names", key->file);
    if (st == CLV_OK)
        st = t->keys[at].type == CLV_SIGKEY_RSA
                 ? clv_ep11_signer_rsa(t->keys[at].key, &t->signers[at], err)
                 : clv_ep11_signer_p521(t->keys[at].key, &t->signers[at], err);
    if (st != CLV_OK) {
        clv_sigkey_clear(&t->keys[at]);
        return st;
    }
    t->num_signers++;
    clv_tke_record_signer(t, t->num_signers, t->keys[at].ski);
    return CLV_OK;
}

static clv_status too_few(size_t found, size_t num, bool of_some, struct clv_error *err)
{
    clv_status st = clv_fail(err, CLV_E_RULE, "%zu %s needed, and %zu of the selected %s", num,
                             num == 1 ? "signature is" : "signatures are", found,
                             of_some ? "signature keys are administrators who can give one"
                                     : "signature keys can give one");
    clv_kept(err, "Nothing was sent.");
    clv_hint(err, "Select more: claviger sigkey-sel. Or name them for this command: --sigkeys.");
    return st;
}

clv_status clv_tke_open_signers(struct clv_tke *t, size_t num, const uint8_t (*skis)[CLV_SKI_LEN],
                                size_t num_skis, struct clv_error *err)
{
    const struct clv_tke_key *keys[CLV_TKE_MAX_SIGKEYS], *fit[CLV_TKE_MAX_SIGKEYS];
    struct clv_tke_keys list = {0};
    size_t num_keys = 0, num_fit = 0;
    clv_status st = clv_tke_selected_keys(t, &list, keys, &num_keys, err);
    for (size_t i = 0; st == CLV_OK && i < num_keys && num_fit < num; i++)
        if (skis == NULL || has_ski(skis, num_skis, keys[i]->info.ski))
            fit[num_fit++] = keys[i];
    if (st == CLV_OK && num_fit < num)
        st = too_few(num_fit, num, skis != NULL, err);
    for (size_t i = 0; st == CLV_OK && i < num_fit; i++)
        if (!is_open(t, fit[i]->info.ski))
            st = open_one(t, fit[i], err);
    clv_tke_keys_clear(&list);
    return st;
}

const struct clv_ep11_signer *clv_tke_signers(const struct clv_tke *t, size_t *ret_num)
{
    *ret_num = t->num_signers;
    return t->signers;
}
