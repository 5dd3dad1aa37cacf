/* RecipientInfos of both vector sets, value by value, in both directions. */
#include "check.h"
#include "src/ep11/internal.h"

#include <string.h>

#define RECIPIENT_P521_LEN 313
#define RECIPIENT_SKI_AT 239
#define WRAPPED_AT (RECIPIENT_P521_LEN - CLV_EP11_WRAPPED_LEN)

TestSuite(vectors_recipient, .init = test_start);

static void same_secret(const struct clv_secret *got, struct clv_view want, const char *what)
{
    vectors_same(clv_view_of(clv_secret_read(got), clv_secret_len(got)), want, what);
    clv_secret_close(got);
}

static void check_opens(struct clv_view sealed, enum clv_ep11_key_type type,
                        const struct clv_secret *importer, struct clv_view part)
{
    struct clv_error err = {0};
    struct clv_secret *opened = NULL;
    uint32_t reason = 0;
    check_ok(clv_ep11_recipient_open(sealed, type, importer, &opened, &reason, &err), &err,
             "open a RecipientInfo");
    same_secret(opened, part, "part");
    clv_secret_free(&opened);
}

/* Our own sealing of the same part opens to it. */
static void check_own_seal(struct vectors *v, const struct clv_ep11_public_key *importer,
                           const struct clv_secret *importer_private, const struct clv_secret *part,
                           struct clv_view clear)
{
    struct clv_error err = {0};
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_recipient_seal(w, importer, part, &err), &err, "seal");
    check_opens(clv_writer_view(w), importer->type, importer_private, clear);
}

struct names {
    const char *ephemeral_d, *ephemeral_point, *z, *wrapped;
};

static void check_shared_info(struct vectors *v, struct clv_view ukm, enum clv_ep11_null null,
                              struct clv_view want)
{
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_shared_info(w, ukm.data, null);
    vectors_same(clv_writer_view(w), want, "SharedInfo");
}

static void check_kek(const struct clv_secret *z, struct clv_view ukm, enum clv_ep11_null null,
                      struct clv_view want)
{
    struct clv_error err = {0};
    struct clv_secret *kek = NULL;
    check_ok(clv_ep11_derive_kek(z, ukm.data, null, &kek, &err), &err, "KEK");
    same_secret(kek, want, "KEK");
    clv_secret_free(&kek);
}

static void check_agreement(struct vectors *v, const json_t *from, const struct names *names,
                            const struct clv_secret *importer, struct clv_view importer_point)
{
    struct clv_error err = {0};
    struct clv_secret *z = NULL;
    struct clv_view ephemeral_point = vectors_hex(v, from, names->ephemeral_point);
    struct clv_view want = vectors_hex(v, from, names->z);
    struct clv_view ukm = vectors_hex(v, from, "ukm");
    cr_assert_eq(want.len, CLV_P521_SCALAR_LEN);
    cr_assert_eq(ukm.len, CLV_EP11_UKM_LEN);
    check_ok(clv_p521_ecdh(importer, ephemeral_point.data, ephemeral_point.len, &z, &err), &err,
             "the unit's side");
    same_secret(z, want, "shared secret, the unit's side");
    clv_secret_free(&z);
    check_ok(clv_p521_ecdh(vectors_secret(v, from, names->ephemeral_d), importer_point.data,
                           importer_point.len, &z, &err),
             &err, "the client's side");
    same_secret(z, want, "shared secret, the client's side");
    check_shared_info(v, ukm, CLV_NULL_PRESENT, vectors_hex(v, from, "shared_info"));
    check_kek(z, ukm, CLV_NULL_PRESENT, vectors_hex(v, from, "kek"));
    clv_secret_free(&z);
}

static void check_absent_form(const struct clv_secret *z, struct vectors *v, struct clv_view ukm,
                              struct clv_view shared_info, struct clv_view kek)
{
    check_shared_info(v, ukm, CLV_NULL_ABSENT, shared_info);
    check_kek(z, ukm, CLV_NULL_ABSENT, kek);
}

/* With the same ephemeral key, material and identifier, we build the same bytes. */
static void check_rebuilt(struct vectors *v, const json_t *from, const struct names *names,
                          struct clv_view importer_point, struct clv_view sealed)
{
    struct clv_error err = {0};
    struct clv_ep11_exchange exchange = {.ephemeral = vectors_secret(v, from, names->ephemeral_d)};
    struct clv_view point = vectors_hex(v, from, names->ephemeral_point);
    struct clv_view ukm = vectors_hex(v, from, "ukm");
    memcpy(exchange.ephemeral_point, point.data, CLV_P521_POINT_LEN);
    memcpy(exchange.ukm, ukm.data, CLV_EP11_UKM_LEN);
    memcpy(exchange.recipient_ski, sealed.data + RECIPIENT_SKI_AT, CLV_SKI_LEN);
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_recipient_seal_p521(w, importer_point.data, &exchange,
                                          vectors_secret(v, from, "part"), &err),
             &err, "seal with given values");
    vectors_same(clv_writer_view(w), sealed, "RecipientInfo");
}

static void check_p521(struct vectors *v, const json_t *from, const struct names *names,
                       const struct clv_secret *importer, struct clv_view importer_point)
{
    struct clv_view sealed = vectors_hex(v, from, "recipient_info");
    struct clv_view part = vectors_hex(v, from, "part");
    const struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521, .bits = importer_point};
    cr_assert_eq(sealed.len, RECIPIENT_P521_LEN);
    vectors_same(clv_view_of(sealed.data + WRAPPED_AT, CLV_EP11_WRAPPED_LEN),
                 vectors_hex(v, from, names->wrapped), "wrapped part");
    check_agreement(v, from, names, importer, importer_point);
    check_rebuilt(v, from, names, importer_point, sealed);
    check_opens(sealed, CLV_EP11_KEY_P521, importer, part);
    check_own_seal(v, &key, importer, vectors_secret(v, from, "part"), part);
}

/* ---- layout ep11 ---- */
static void check_pattern(struct clv_view key, struct clv_view vp)
{
    static const uint8_t one = 1;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    const struct clv_view pieces[] = {clv_view_of(&one, 1), key};
    clv_sha256_pieces(pieces, 2, pattern);
    cr_assert_eq(vp.len, CLV_EP11_PATTERN_LEN);
    cr_assert(clv_ep11_pattern_equal(pattern, vp.data), "verification pattern");
}

/* The same part wrapped under the other reading of SharedInfo: a unit takes both. */
static void check_alternative(struct vectors *v, const json_t *from,
                              const struct clv_secret *importer)
{
    const json_t *alt = vectors_object(from, "alt_absent_params");
    struct clv_view sealed = vectors_hex(v, from, "recipient_info");
    struct clv_view wrapped = vectors_hex(v, alt, "encrypted_key");
    uint8_t other[RECIPIENT_P521_LEN];
    uint8_t digest[CLV_SHA256_LEN];
    memcpy(other, sealed.data, sizeof(other));
    cr_assert_eq(wrapped.len, CLV_EP11_WRAPPED_LEN);
    memcpy(other + WRAPPED_AT, wrapped.data, wrapped.len);
    clv_sha256(other, sizeof(other), digest);
    vectors_same(clv_view_of(digest, sizeof(digest)), vectors_hex(v, alt, "recipient_info_sha256"),
                 "RecipientInfo without NULL");
    check_opens(clv_view_of(other, sizeof(other)), CLV_EP11_KEY_P521, importer,
                vectors_hex(v, from, "part"));
    check_absent_form(vectors_secret(v, from, "shared_secret_z"), v, vectors_hex(v, from, "ukm"),
                      vectors_hex(v, alt, "shared_info"), vectors_hex(v, alt, "kek"));
}

static struct clv_view importer_of(struct vectors *v, const json_t *from,
                                   enum clv_ep11_key_type type)
{
    struct clv_error err = {0};
    struct clv_ep11_public_key key;
    uint8_t ski[CLV_SKI_LEN];
    check_ok(clv_ep11_spki_decode(vectors_hex(v, from, "importer_spki"), &key, &err), &err,
             "importer key");
    cr_assert_eq(key.type, type);
    clv_ep11_importer_ski(&key, ski);
    vectors_same(clv_view_of(ski, sizeof(ski)), vectors_hex(v, from, "importer_ski"),
                 "importer SKI");
    return key.bits;
}

static void check_rsa_a(struct vectors *v, const json_t *from)
{
    struct clv_view point = importer_of(v, from, CLV_EP11_KEY_RSA);
    const struct clv_ep11_public_key key = {
        .type = CLV_EP11_KEY_RSA, .bits = point, .rsa_bits = 2048};
    struct clv_view part = vectors_hex(v, from, "part");
    struct clv_view block = vectors_hex(v, from, "padded_block");
    struct clv_view cipher = vectors_hex(v, from, "encrypted_key");
    struct clv_view sealed = vectors_hex(v, from, "recipient_info");
    const struct clv_secret *importer = vectors_secret(v, from, "importer_private_der_pkcs1");
    cr_assert_eq(block.len, CLV_RSA2048_LEN);
    cr_assert(block.data[0] == 0 && block.data[1] == 2 && block.data[block.len - 33] == 0);
    vectors_same(clv_view_of(block.data + block.len - 32, 32), part, "padded block");
    vectors_same(clv_view_of(sealed.data + sealed.len - cipher.len, cipher.len), cipher,
                 "ciphertext");
    check_pattern(part, vectors_hex(v, from, "vp"));
    check_opens(sealed, CLV_EP11_KEY_RSA, importer, part);
    check_own_seal(v, &key, importer, vectors_secret(v, from, "part"), part);
}

static void check_file_a(struct vectors *v, json_t *root)
{
    static const struct names names = {"originator_private_d", "originator_public",
                                       "shared_secret_z", "encrypted_key"};
    const json_t *p521 = vectors_object(root, "p521");
    const struct clv_secret *importer = vectors_secret(v, p521, "importer_private_d");
    struct clv_view point = importer_of(v, p521, CLV_EP11_KEY_P521);
    struct clv_view importer_ski = vectors_hex(v, p521, "importer_ski");
    struct clv_secret *sum = NULL;
    check_ok(clv_secret_new(CLV_EP11_PART_LEN, &sum, NULL), NULL, "sum");
    size_t i;
    json_t *part;
    json_array_foreach(vectors_array(p521, "parts"), i, part)
    {
        struct clv_view sealed = vectors_hex(v, part, "recipient_info");
        check_p521(v, part, &names, importer, point);
        vectors_same(clv_view_of(sealed.data + RECIPIENT_SKI_AT, CLV_SKI_LEN), importer_ski,
                     "recipient");
        check_alternative(v, part, importer);
        check_pattern(vectors_hex(v, part, "part"), vectors_hex(v, part, "part_vp"));
        clv_secret_xor(sum, vectors_secret(v, part, "part"));
    }
    same_secret(sum, vectors_hex(v, p521, "combined_key"), "XOR of the parts");
    check_pattern(vectors_hex(v, p521, "combined_key"), vectors_hex(v, p521, "combined_vp"));
    clv_secret_free(&sum);
    check_rsa_a(v, vectors_object(root, "rsa2048"));
}

Test(vectors_recipient, both_keys_a)
{
    vectors_each(VECTORS_EP11, "recipient_info.json", check_file_a);
}

/* ---- layout ep11-b ---- */
static void check_p521_b(struct vectors *v, const json_t *keys, const json_t *from)
{
    static const struct names names = {"ephemeral_d", "ephemeral_point", "z", "wrapped"};
    struct check_key importer = check_key_b(v, keys, vectors_text(from, "importer"));
    check_p521(v, from, &names, importer.private_key, importer.public_key.bits);
    check_absent_form(vectors_secret(v, from, "z"), v, vectors_hex(v, from, "ukm"),
                      vectors_hex(v, from, "alt_shared_info_absent_params"),
                      vectors_hex(v, from, "alt_kek"));
}

static void check_rsa_b(struct vectors *v, const json_t *keys, const json_t *from)
{
    struct check_key importer = check_key_b(v, keys, vectors_text(from, "importer"));
    struct clv_view part = vectors_hex(v, from, "part");
    struct clv_view sealed = vectors_hex(v, from, "recipient_info");
    struct clv_view cipher = vectors_hex(v, from, "encrypted");
    uint8_t ski[CLV_SKI_LEN];
    clv_ep11_importer_ski(&importer.public_key, ski);
    vectors_same(clv_view_of(ski, sizeof(ski)), vectors_hex(v, from, "ski"), "importer SKI");
    vectors_same(clv_view_of(sealed.data + sealed.len - cipher.len, cipher.len), cipher,
                 "ciphertext");
    check_opens(sealed, CLV_EP11_KEY_RSA, importer.private_key, part);
    check_own_seal(v, &importer.public_key, importer.private_key, vectors_secret(v, from, "part"),
                   part);
}

static void check_file_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    const json_t *keys = vectors_load(v, "keys.json");
    if (!keys)
        return;
    json_array_foreach(vectors_array(root, "p521"), i, from) check_p521_b(v, keys, from);
    json_array_foreach(vectors_array(root, "rsa2048"), i, from) check_rsa_b(v, keys, from);
}

Test(vectors_recipient, both_keys_b)
{
    vectors_each(VECTORS_EP11_B, "recipient_info.json", check_file_b);
}
