/* Device certificate chains of both vector sets. */
#include "check.h"

#include <string.h>

TestSuite(vectors_device, .init = test_start);

static struct clv_view device_ski(struct vectors *v, struct clv_view point)
{
    uint8_t ski[CLV_SKI_LEN];
    cr_assert_eq(point.len, CLV_P521_POINT_LEN);
    clv_ep11_device_ski(point.data, ski);
    struct clv_writer *w = vectors_writer(v);
    clv_write_bytes(w, ski, sizeof(ski));
    return clv_writer_view(w);
}

/* Fields that both layouts have under the same name, and the signature. */
static void check_cert(struct vectors *v, const json_t *from, const char *sections_field,
                       const char *signed_len_field, const char *point_field,
                       struct clv_view signer_point, struct clv_ep11_device_cert *cert)
{
    struct clv_error err = {0};
    struct clv_view bytes = vectors_hex(v, from, "certificate");
    check_ok(clv_ep11_device_cert_decode(bytes, cert, &err), &err, "device certificate");
    cr_assert_eq(cert->format, 2);
    size_t i;
    json_t *len;
    json_array_foreach(vectors_array(from, sections_field), i, len)
        cr_assert_eq(json_integer_value(len), (json_int_t)cert->sections[i]);
    cr_assert_eq(i, 5);
    cr_assert_eq(vectors_int(from, signed_len_field), (json_int_t)cert->signed_bytes.len);
    vectors_same(clv_view_of(bytes.data, cert->signed_bytes.len), cert->signed_bytes,
                 "signed bytes");
    vectors_same(clv_view_of(cert->point, sizeof(cert->point)), vectors_hex(v, from, point_field),
                 "device key");
    vectors_same(clv_view_of(cert->subject_ski, CLV_SKI_LEN), vectors_hex(v, from, "subject_ski"),
                 "subject SKI");
    vectors_same(clv_view_of(cert->signer_ski, CLV_SKI_LEN), vectors_hex(v, from, "signer_ski"),
                 "signer SKI");
    vectors_same(device_ski(v, vectors_hex(v, from, point_field)),
                 vectors_hex(v, from, "subject_ski"), "SKI rule of device keys");
    vectors_same(device_ski(v, signer_point), vectors_hex(v, from, "signer_ski"), "signer's key");
    check_ok(clv_ep11_device_cert_verify(cert, signer_point.data, &err), &err, "signature");
    cr_assert_eq(clv_ep11_device_cert_verify(cert, cert->point, NULL), CLV_E_FORGED);
}

static void check_key_pair(struct vectors *v, const json_t *root, const char *prefix)
{
    struct clv_error err = {0};
    char d[64], point[64], ski[64];
    uint8_t derived[CLV_P521_POINT_LEN];
    snprintf(d, sizeof(d), "%s_private_d", prefix);
    snprintf(point, sizeof(point), "%s_public_key", prefix);
    snprintf(ski, sizeof(ski), "%s_ski", prefix);
    check_ok(clv_p521_point(vectors_secret(v, root, d), derived, &err), &err, d);
    vectors_same(clv_view_of(derived, sizeof(derived)), vectors_hex(v, root, point), point);
    vectors_same(device_ski(v, vectors_hex(v, root, point)), vectors_hex(v, root, ski), ski);
}

/* A certificate that we make for the same key passes the same checks. */
static void check_own(struct vectors *v, const json_t *root)
{
    struct clv_error err = {0};
    struct clv_ep11_device_cert cert;
    struct clv_writer *w = vectors_writer(v);
    static const uint8_t adapter[12] = "D9821B02";
    struct clv_view point = vectors_hex(v, root, "oa_public_key");
    struct clv_view parent = vectors_hex(v, root, "parent_public_key");
    struct clv_view parent_ski = vectors_hex(v, root, "parent_ski");
    check_ok(clv_ep11_device_cert_encode(w, point.data, adapter, parent_ski.data,
                                         vectors_secret(v, root, "parent_private_d"), &err),
             &err, "own certificate");
    check_ok(clv_ep11_device_cert_decode(clv_writer_view(w), &cert, &err), &err, "own certificate");
    vectors_same(clv_view_of(cert.adapter_id, 12), clv_view_of(adapter, 12), "adapter id");
    vectors_same(clv_view_of(cert.point, sizeof(cert.point)), point, "device key");
    check_ok(clv_ep11_device_cert_verify(&cert, parent.data, &err), &err, "own signature");
}

static void check_end_of_chain(const json_t *root, size_t chain_len)
{
    const json_t *end = vectors_object(root, "end_of_chain");
    uint32_t rc = (uint32_t)vectors_int(end, "inner_rc");
    uint32_t reason = (uint32_t)vectors_int(end, "reason");
    cr_assert_eq(vectors_int(end, "index"), (json_int_t)chain_len);
    cr_assert_str_neq(clv_ep11_code_text(rc, reason), clv_ep11_code_text(rc, CLV_EP11_NO_REASON));
}

static void check_oa(struct vectors *v, json_t *root)
{
    struct clv_view module_id = vectors_hex(v, root, "module_id");
    vectors_same(clv_view_of(module_id.data, CLV_EP11_SERIAL_LEN),
                 clv_view_of(vectors_text(root, "module_serial"), CLV_EP11_SERIAL_LEN), "serial");
    check_key_pair(v, root, "oa");
    check_key_pair(v, root, "parent");
    check_key_pair(v, root, "root");
    check_own(v, root);

    size_t i;
    json_t *from;
    const json_t *chain = vectors_array(root, "chain");
    json_array_foreach(chain, i, from)
    {
        struct clv_ep11_device_cert cert;
        bool last = i + 1 == json_array_size(chain);
        cr_assert_eq(vectors_int(from, "index"), (json_int_t)i);
        cr_assert(vectors_bool(from, last ? "signature_valid_under_root"
                                          : "signature_valid_under_parent"));
        check_cert(v, from, "section_lengths", "signed_length", "public_key",
                   vectors_hex(v, root, last ? "root_public_key" : "parent_public_key"), &cert);
        vectors_same(cert.oa_info, vectors_hex(v, from, "oa_info"), "OA info");
    }
    check_end_of_chain(root, json_array_size(chain));
}

Test(vectors_device, chain_a)
{
    vectors_each(VECTORS_EP11, "oa.json", check_oa);
}

static void check_oa_certs(struct vectors *v, json_t *root)
{
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    vectors_same(device_ski(v, vectors_hex(v, root, "root_point")),
                 vectors_hex(v, root, "root_ski"), "root SKI");
    cr_assert_str_eq(vectors_text(root, "format"), "OA2 (CEX6P/CEX7P)");
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "chain"), i, from)
    {
        struct clv_ep11_device_cert cert;
        const json_t *signer = vectors_object(keys, vectors_text(from, "signed_by"));
        cr_assert_eq(vectors_int(from, "index"), (json_int_t)i);
        check_cert(v, from, "sections", "body_len", "public_point", vectors_hex(v, signer, "point"),
                   &cert);
        vectors_same(clv_view_of(cert.adapter_id, sizeof(cert.adapter_id)),
                     vectors_hex(v, from, "adapter_id"), "adapter id");
        vectors_same(clv_view_of(cert.r, sizeof(cert.r)), vectors_hex(v, from, "r"), "r");
        vectors_same(clv_view_of(cert.s, sizeof(cert.s)), vectors_hex(v, from, "s"), "s");
    }
    vectors_same(vectors_hex(v, vectors_object(keys, "oa_root"), "point"),
                 vectors_hex(v, root, "root_point"), "root");
}

Test(vectors_device, chain_b)
{
    vectors_each(VECTORS_EP11_B, "oa_certs.json", check_oa_certs);
}
