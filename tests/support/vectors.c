#include "vectors.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One thing to release when a check returns. */
struct vectors_memory {
    struct vectors_memory *next;
    void *plain;
    json_t *json;
    struct clv_secret *secret;
    struct clv_writer writer;
};

/* Files that exist in one layout only: any of them identifies a folder. */
static const char *const only_ep11[] = {"client_cases.json", "info.json",       "misc.json",
                                        "oa.json",           "unit_cases.json", NULL};
static const char *const only_ep11_b[] = {
    "framing.json",      "requests.json",  "responses.json",   "signatures.json",
    "ski_certs.json",    "queries.json",   "oa_certs.json",    "vp_counter.json",
    "sigkey_files.json", "export_wk.json", "unit_errors.json", NULL};

static void __attribute__((format(printf, 1, 2), noreturn)) stop(const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    cr_assert(false, "%s", text);
    abort();
}

static struct vectors_memory *remember(struct vectors *v)
{
    struct vectors_memory *m = calloc(1, sizeof(*m));
    if (!m)
        stop("out of memory");
    m->next = v->memory;
    v->memory = m;
    return m;
}

static void release(struct vectors *v)
{
    while (v->memory) {
        struct vectors_memory *m = v->memory;
        v->memory = m->next;
        free(m->plain);
        json_decref(m->json);
        clv_secret_free(&m->secret);
        clv_writer_clear(&m->writer);
        free(m);
    }
}

void vectors_keep(struct vectors *v, void *memory)
{
    remember(v)->plain = memory;
}

struct clv_writer *vectors_writer(struct vectors *v)
{
    return &remember(v)->writer;
}

static void path_of(const char *folder, const char *file, char *path, size_t cap)
{
    int len = snprintf(path, cap, "%s/%s", folder, file);
    if (len < 0 || (size_t)len >= cap)
        stop("path too long: %s/%s", folder, file);
}

static bool has_one_of(const char *folder, const char *const *files)
{
    char path[4096];
    for (; *files; files++) {
        path_of(folder, *files, path, sizeof(path));
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static enum vectors_layout layout_of(const char *folder)
{
    bool a = has_one_of(folder, only_ep11);
    bool b = has_one_of(folder, only_ep11_b);
    if (a == b)
        stop("%s: %s", folder, a ? "files of both layouts" : "not a folder of test vectors");
    return a ? VECTORS_EP11 : VECTORS_EP11_B;
}

json_t *vectors_load(struct vectors *v, const char *file)
{
    char path[4096];
    path_of(v->folder, file, path, sizeof(path));
    if (!v->ours && access(path, F_OK) != 0) {
        fprintf(stderr, "note: %s is not there, skipped\n", path);
        return NULL;
    }
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        stop("%s:%d: %s", path, why.line, why.text);
    remember(v)->json = root;
    return root;
}

static bool check_folder(const char *folder, size_t len, bool ours, enum vectors_layout layout,
                         const char *file, vectors_check *check)
{
    struct vectors v = {.folder = strndup(folder, len), .ours = ours};
    if (!v.folder)
        stop("out of memory");
    vectors_keep(&v, v.folder);
    v.layout = layout_of(v.folder);
    json_t *root = v.layout == layout ? vectors_load(&v, file) : NULL;
    if (root)
        check(&v, root);
    release(&v);
    return root != NULL;
}

void vectors_each(enum vectors_layout layout, const char *file, vectors_check *check)
{
    static const char *const ours[] = {CLV_SOURCE_DIR "/tests/vectors/ep11",
                                       CLV_SOURCE_DIR "/tests/vectors/ep11-b"};
    size_t num = 0;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        num += check_folder(ours[i], strlen(ours[i]), true, layout, file, check);

    const char *rest = getenv("CLAVIGER_VECTORS");
    while (rest && *rest) {
        size_t len = strcspn(rest, ":");
        if (len > 0)
            num += check_folder(rest, len, false, layout, file, check);
        rest += len + (rest[len] == ':');
    }
    cr_assert(num > 0, "no folder has %s", file);
}

/* ---- fields ---- */
static json_t *member_of(const json_t *object, const char *member)
{
    json_t *value = json_object_get(object, member);
    if (!value)
        stop("field %s is missing", member);
    return value;
}

bool vectors_has(const json_t *object, const char *member)
{
    return json_object_get(object, member) != NULL;
}

const char *vectors_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(member_of(object, member));
    if (!text)
        stop("field %s is not text", member);
    return text;
}

json_int_t vectors_int(const json_t *object, const char *member)
{
    const json_t *value = member_of(object, member);
    if (!json_is_integer(value))
        stop("field %s is not a number", member);
    return json_integer_value(value);
}

bool vectors_bool(const json_t *object, const char *member)
{
    const json_t *value = member_of(object, member);
    if (!json_is_boolean(value))
        stop("field %s is neither true nor false", member);
    return json_is_true(value);
}

json_t *vectors_array(const json_t *object, const char *member)
{
    json_t *value = member_of(object, member);
    if (!json_is_array(value))
        stop("field %s is not a list", member);
    return value;
}

json_t *vectors_object(const json_t *object, const char *member)
{
    json_t *value = member_of(object, member);
    if (!json_is_object(value))
        stop("field %s is not an object", member);
    return value;
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

/* On its own, so that a fault in the program's hex reader cannot hide here. */
static void unhex(const char *text, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            stop("not hex at digit %zu: %.40s", 2 * i, text);
        out[i] = (uint8_t)(high << 4 | low);
    }
}

struct clv_view vectors_hex_of(struct vectors *v, const json_t *string)
{
    const char *text = json_string_value(string);
    if (!text || strlen(text) % 2 != 0)
        stop("not a hex string");
    size_t len = strlen(text) / 2;
    uint8_t *data = malloc(len + 1);
    if (!data)
        stop("out of memory");
    vectors_keep(v, data);
    unhex(text, data, len);
    return (struct clv_view){.data = data, .len = len};
}

struct clv_view vectors_hex(struct vectors *v, const json_t *object, const char *member)
{
    return vectors_hex_of(v, member_of(object, member));
}

uint32_t vectors_u32(struct vectors *v, const json_t *object, const char *member)
{
    struct clv_view bytes = vectors_hex(v, object, member);
    if (bytes.len > 4)
        stop("field %s has more than eight digits", member);
    uint32_t value = 0;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.data[i];
    return value;
}

struct clv_secret *vectors_secret(struct vectors *v, const json_t *object, const char *member)
{
    struct clv_view bytes = vectors_hex(v, object, member);
    struct clv_secret *secret = NULL;
    if (clv_secret_new(bytes.len, &secret, NULL) != CLV_OK)
        stop("no locked memory for %s", member);
    remember(v)->secret = secret;
    memcpy(clv_secret_write(secret), bytes.data, bytes.len);
    clv_secret_close(secret);
    return secret;
}

static void hex_of(struct clv_view bytes, char *text, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; i < bytes.len && at + 3 <= cap; i++, at += 2)
        snprintf(text + at, cap - at, "%02x", bytes.data[i]);
    text[at] = '\0';
}

void vectors_same(struct clv_view got, struct clv_view want, const char *what)
{
    if (got.len == want.len && (got.len == 0 || memcmp(got.data, want.data, got.len) == 0))
        return;
    char left[160] = "";
    char right[160] = "";
    hex_of(got, left, sizeof(left));
    hex_of(want, right, sizeof(right));
    stop("%s: got %zu bytes %s, want %zu bytes %s", what, got.len, left, want.len, right);
}
