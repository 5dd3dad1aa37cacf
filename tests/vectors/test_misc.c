/* Counters, patterns, queries, attributes, error texts, parameter maps. */
#include "check.h"
#include "src/ep11/internal.h"

#include <stdlib.h>
#include <string.h>

TestSuite(vectors_misc, .init = test_start);

/* ---- counters and patterns, in both layouts ---- */
/* One entry is shorter, to show that the width is kept: ours is always 16 bytes. */
static void widen(struct clv_view counter, uint8_t wide[CLV_EP11_COUNTER_LEN])
{
    cr_assert_leq(counter.len, CLV_EP11_COUNTER_LEN);
    memset(wide, 0, CLV_EP11_COUNTER_LEN);
    memcpy(wide + CLV_EP11_COUNTER_LEN - counter.len, counter.data, counter.len);
}

static void check_counter(struct vectors *v, const json_t *from, const char *in, const char *out)
{
    uint8_t counter[CLV_EP11_COUNTER_LEN];
    uint8_t want[CLV_EP11_COUNTER_LEN];
    uint8_t next[CLV_EP11_COUNTER_LEN];
    widen(vectors_hex(v, from, in), counter);
    widen(vectors_hex(v, from, out), want);
    clv_ep11_counter_next(counter, next);
    vectors_same(clv_view_of(next, sizeof(next)), clv_view_of(want, sizeof(want)), "next counter");
    bool wraps = want[0] == 0 && counter[0] == 0xff;
    cr_assert_eq(clv_ep11_counter_compare(next, counter) > 0, !wraps);
    cr_assert_eq(clv_ep11_counter_compare(counter, counter), 0);
}

static void check_pattern(struct vectors *v, const json_t *from, const char *untruncated)
{
    static const uint8_t one = 1;
    uint8_t hash[CLV_SHA256_LEN];
    const struct clv_view pieces[] = {clv_view_of(&one, 1), vectors_hex(v, from, "key")};
    struct clv_view vp = vectors_hex(v, from, "vp");
    cr_assert_eq(vp.len, CLV_EP11_PATTERN_LEN);
    clv_sha256_pieces(pieces, 2, hash);
    if (untruncated)
        vectors_same(clv_view_of(hash, sizeof(hash)), vectors_hex(v, from, untruncated),
                     "pattern of older units");
    cr_assert(clv_ep11_pattern_equal(hash, vp.data), "older and newer form are equal");
    hash[CLV_EP11_PATTERN_SIGNIFICANT - 1] ^= 1;
    cr_assert_not(clv_ep11_pattern_equal(hash, vp.data));
    hash[CLV_EP11_PATTERN_SIGNIFICANT - 1] ^= 1;
    memset(hash + CLV_EP11_PATTERN_SIGNIFICANT, 0, sizeof(hash) - CLV_EP11_PATTERN_SIGNIFICANT);
    vectors_same(clv_view_of(hash, sizeof(hash)), vp, "pattern of newer units");
    if (vectors_has(from, "wkid"))
        vectors_same(clv_view_of(hash, 16), vectors_hex(v, from, "wkid"), "WKID");
}

static void check_xor(struct vectors *v, const json_t *from)
{
    struct clv_secret *sum = NULL;
    struct clv_view key = vectors_hex(v, from, "key");
    size_t i;
    json_t *part;
    cr_assert_eq(clv_secret_new(key.len, &sum, NULL), CLV_OK);
    uint8_t *bytes = clv_secret_write(sum);
    json_array_foreach(vectors_array(from, "parts"), i, part)
    {
        struct clv_view p = vectors_hex_of(v, part);
        cr_assert_eq(p.len, key.len);
        for (size_t at = 0; at < p.len; at++)
            bytes[at] ^= p.data[at];
    }
    vectors_same(clv_view_of(bytes, key.len), key, "XOR of the parts");
    clv_secret_close(sum);
    clv_secret_free(&sum);
    check_pattern(v, from, NULL);
}

static void check_vp_counter_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "verification_patterns"), i, from)
        check_pattern(v, from, "sha256_01_key");
    json_array_foreach(vectors_array(root, "xor"), i, from) check_xor(v, from);
    json_array_foreach(vectors_array(root, "counters"), i, from)
        check_counter(v, from, "counter", "next");
}

Test(vectors_misc, patterns_and_counters_b)
{
    vectors_each(VECTORS_EP11_B, "vp_counter.json", check_vp_counter_b);
}

static void check_numbers_a(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "verification_pattern"), i, from)
        check_pattern(v, from, "untruncated");
    json_array_foreach(vectors_array(root, "transaction_counter_increment"), i, from)
        check_counter(v, from, "in", "out");
}

Test(vectors_misc, patterns_and_counters_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_numbers_a);
}

/* ---- queries: we send the very strings the SDK sends ---- */
static const struct {
    const char *name;
    uint32_t command; /* 0: get_xcp_info */
    uint32_t info_type;
    bool module_level; /* eight zero bytes in the block's domain id */
    bool index_zero;   /* input 00000000 */
} queries[] = {
    {"control_points_3_8", CLV_EP11_Q_CTRLPOINTS, 0, false, false},
    {"device_certificate_0_3_8", CLV_EP11_Q_DEVICE_CERT, 0, true, true},
    {"device_certificate_count_3_8", CLV_EP11_Q_DEVICE_CERT, 0, true, false},
    {"domain_admins_3_8", CLV_EP11_Q_ADMINS, 0, false, false},
    {"domain_attributes_3_8", CLV_EP11_Q_ATTRS, 0, false, false},
    {"domain_info_3_8", 0, CLV_EP11_INFO_DOMAIN, false, false},
    {"module_info_3_8", 0, CLV_EP11_INFO_MODULE, false, false},
};

static void write_query(struct clv_writer *w, size_t i)
{
    static const uint8_t zeros[4];
    const uint32_t domain = 8;
    if (queries[i].command == 0) {
        const struct clv_ep11_info_request info = {.function = 1u << 16 | CLV_EP11_FN_INFO,
                                                   .domain = domain,
                                                   .type = queries[i].info_type};
        clv_ep11_info_request_encode(w, &info);
        return;
    }
    struct clv_ep11_admin_block block = {.command = queries[i].command};
    struct clv_writer inner = {0};
    if (!queries[i].module_level)
        block.domain_id[3] = (uint8_t)domain;
    if (queries[i].index_zero)
        block.input = clv_view_of(zeros, sizeof(zeros));
    clv_ep11_admin_block_encode(&inner, &block);
    const struct clv_ep11_admin_request req = {.function = 1u << 16 | CLV_EP11_FN_ADMIN,
                                               .domain = domain,
                                               .block = clv_writer_view(&inner)};
    clv_ep11_admin_request_encode(w, &req);
    clv_writer_clear(&inner);
}

static void check_queries_a(struct vectors *v, json_t *root)
{
    struct clv_error err = {0};
    const json_t *strings = vectors_object(root, "queries");
    cr_assert_eq(json_object_size(strings), sizeof(queries) / sizeof(queries[0]));
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        const char *want = vectors_text(strings, queries[i].name);
        struct clv_writer *payload = vectors_writer(v);
        struct clv_writer *w = vectors_writer(v);
        write_query(payload, i);
        check_ok(clv_ep11_htp_request_encode(w, 3, 8, clv_writer_view(payload), &err), &err,
                 queries[i].name);
        vectors_same(clv_writer_view(w), clv_view_of(want, strlen(want)), queries[i].name);
    }
}

Test(vectors_misc, queries_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_queries_a);
}

/* ---- attributes ---- */
static void check_attribute_blob(struct vectors *v, const json_t *from)
{
    struct clv_error err = {0};
    struct clv_ep11_attributes a;
    struct clv_view blob = vectors_hex(v, from, "blob");
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_attributes_decode(blob, &a, NULL, &err), &err, "attributes");
    cr_assert_eq(a.value[CLV_EP11_ATTR_SIGN_THRESHOLD], vectors_int(from, "signature_threshold"));
    cr_assert_eq(a.value[CLV_EP11_ATTR_REVOKE_THRESHOLD],
                 vectors_int(from, "revocation_threshold"));
    cr_assert_eq(a.value[CLV_EP11_ATTR_PERMISSIONS], vectors_u32(v, from, "permissions"));
    cr_assert_eq(a.value[CLV_EP11_ATTR_MODE], vectors_u32(v, from, "mode"));
    cr_assert_eq(a.value[CLV_EP11_ATTR_STANDARDS], vectors_u32(v, from, "standards"));
    clv_ep11_attributes_encode(w, &a);
    vectors_same(clv_writer_view(w), blob, "attributes, encoded again");

    w = vectors_writer(v);
    for (size_t i = CLV_EP11_ATTR_STANDARDS; i <= CLV_EP11_ATTR_MAX; i++)
        a.present[i] = false;
    clv_ep11_attributes_encode(w, &a);
    vectors_same(clv_writer_view(w), vectors_hex(v, from, "set_attr_input"), "input of SET_ATTR");
}

static void check_attributes_a(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "attributes"), i, from) check_attribute_blob(v, from);
}

Test(vectors_misc, attributes_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_attributes_a);
}

/* ---- lengths and error texts ---- */
static void check_length(struct vectors *v, const json_t *from)
{
    struct clv_error err = {0};
    size_t len = (size_t)vectors_int(from, "length");
    struct clv_view want = vectors_hex(v, from, "der");
    struct clv_writer *w = vectors_writer(v);
    size_t mark = clv_der_open(w, CLV_DER_OCTETS);
    clv_write_zeros(w, len);
    clv_der_close(w, mark);
    check_ok(clv_writer_done(w, &err), &err, "element");
    struct clv_view got = clv_writer_view(w);
    cr_assert_eq(got.len, 1 + want.len + len);
    vectors_same(clv_view_of(got.data + 1, want.len), want, "length");
}

/* Where IBM's SDK has a text of its own for a code, so do we. */
static void check_error_text(const json_t *from)
{
    const char *reason_text = vectors_text(from, "reason");
    uint32_t rc = (uint32_t)strtoul(vectors_text(from, "rc"), NULL, 10);
    uint32_t reason =
        reason_text[0] ? (uint32_t)strtoul(reason_text, NULL, 10) : CLV_EP11_NO_REASON;
    const char *unknown = clv_ep11_code_text(0xffff, CLV_EP11_NO_REASON);
    if (vectors_bool(from, "sdk_has_text"))
        cr_assert_str_neq(clv_ep11_code_text(rc, reason), unknown, "%u/%u", rc, reason);
    cr_assert_neq(clv_ep11_code_hint(rc, reason)[0], '\0');
}

static void check_rest_a(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "der_lengths"), i, from) check_length(v, from);
    json_array_foreach(vectors_array(root, "sdk_known_errors"), i, from) check_error_text(from);
}

Test(vectors_misc, lengths_and_texts_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_rest_a);
}

/* ---- export of a master key ---- */

/* What we ask is what they ask; the order of entries is free. */
static void check_our_request(struct vectors *v, const uint8_t *point, struct clv_view theirs,
                              bool same_order)
{
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_export_request_encode(w, point);
    cr_assert_eq(w->len, theirs.len);
    if (same_order)
        vectors_same(clv_writer_view(w), theirs, "request for an export");
}

static const struct clv_ep11_parameter *entry_of(const struct clv_ep11_parameter *entries,
                                                 size_t num, uint16_t tag)
{
    for (size_t i = 0; i < num; i++)
        if (entries[i].tag == tag)
            return &entries[i];
    cr_assert(false, "no parameter %x", tag);
    return entries;
}

static void check_holder(struct clv_view cert, struct clv_view point)
{
    struct clv_error err = {0};
    uint8_t got[CLV_P521_POINT_LEN];
    uint8_t again[CLV_EP11_KPH_CERT_LEN];
    check_ok(clv_ep11_kph_cert_decode(cert, got, &err), &err, "key-part holder");
    vectors_same(clv_view_of(got, sizeof(got)), point, "key-part holder's key");
    clv_ep11_kph_cert_encode(got, again);
    vectors_same(clv_view_of(again, sizeof(again)), cert, "certificate, encoded again");
}

static size_t decode_map(struct vectors *v, struct clv_view bytes, bool minimal,
                         struct clv_ep11_parameter *entries, size_t cap)
{
    struct clv_error err = {0};
    size_t num = 0;
    check_ok(clv_ep11_parameters_decode(bytes, entries, cap, &num, &err), &err, "parameter map");
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_parameters_encode(w, entries, num);
    if (minimal)
        vectors_same(clv_writer_view(w), bytes, "parameter map, encoded again");
    return num;
}

static void check_export_a(struct vectors *v, json_t *root)
{
    struct clv_error err = {0};
    struct clv_ep11_parameter entries[8];
    uint8_t point[CLV_P521_POINT_LEN];
    const json_t *from = vectors_object(root, "export_wk");
    struct clv_view cert = vectors_hex(v, from, "kph_certificate");
    cr_assert(vectors_bool(from, "entries_may_come_in_any_order"));
    check_ok(clv_p521_point(vectors_secret(v, from, "kph_private_d"), point, &err), &err, "holder");
    check_our_request(v, point, vectors_hex(v, from, "parameter_file_one_possible_order"), true);
    check_holder(cert, clv_view_of(point, sizeof(point)));
    size_t num =
        decode_map(v, vectors_hex(v, from, "parameter_file_one_possible_order"), true, entries, 8);
    cr_assert_eq(num, 3);
    vectors_same(entry_of(entries, num, CLV_EP11_PARAM_HOLDER_CERT)->data, cert,
                 "certificate in the map");
    cr_assert_eq(entry_of(entries, num, CLV_EP11_PARAM_PARTS_NEEDED)->index, 1);
    cr_assert_eq(entry_of(entries, num, CLV_EP11_PARAM_SCOPE)->index, 0x0c);
}

Test(vectors_misc, export_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_export_a);
}

static void check_export_request_b(struct vectors *v, const json_t *from)
{
    struct clv_ep11_parameter entries[8];
    struct clv_view cert = vectors_hex(v, from, "kph_certificate");
    check_holder(cert, vectors_hex(v, from, "kph_public_point"));
    size_t num = decode_map(v, vectors_hex(v, from, "parameter_file"), true, entries, 8);
    size_t i;
    json_t *entry;
    const json_t *list = vectors_array(from, "entries_in_this_order");
    cr_assert_eq(json_array_size(list), num);
    check_our_request(v, vectors_hex(v, from, "kph_public_point").data,
                      vectors_hex(v, from, "parameter_file"),
                      entries[0].tag == CLV_EP11_PARAM_PARTS_NEEDED);
    json_array_foreach(list, i, entry)
    {
        cr_assert_eq(entries[i].tag, vectors_u32(v, entry, "type"));
        cr_assert_eq(entries[i].index, vectors_u32(v, entry, "index"));
        cr_assert_eq((json_int_t)entries[i].data.len, vectors_int(entry, "data_len"));
    }
    vectors_same(entry_of(entries, num, CLV_EP11_PARAM_HOLDER_CERT)->data, cert,
                 "certificate in the map");
}

static void check_export_b(struct vectors *v, json_t *root)
{
    struct clv_error err = {0};
    struct clv_ep11_parameter entries[8];
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "requests"), i, from) check_export_request_b(v, from);
    from = vectors_object(root, "response");
    size_t num = decode_map(v, vectors_hex(v, from, "parameter_file"), false, entries, 8);
    const struct clv_ep11_parameter *part = entry_of(entries, num, CLV_EP11_PARAM_PART);
    cr_assert_eq(part->index, 0);
    vectors_same(part->data, vectors_hex(v, from, "key_part_0"), "encrypted part");
    struct clv_view taken;
    check_ok(clv_ep11_export_answer_decode(vectors_hex(v, from, "parameter_file"), &taken, &err),
             &err, "answer to an export");
    vectors_same(taken, part->data, "the part that is taken");
}

Test(vectors_misc, export_b)
{
    vectors_each(VECTORS_EP11_B, "export_wk.json", check_export_b);
}
