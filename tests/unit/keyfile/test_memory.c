/* The memory canary: after creating and opening key files, everything freed, no page of this
 * process holds a password, a part, a scalar or an Argon2 key, nor any eight bytes of one.
 *
 * The test itself knows each secret only as two halves, a mask and the masked bytes, and compares
 * byte by byte. A control puts one secret into ordinary memory and must be found. */
#include "fixtures.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CANARY_MAX = 80, RUN = 8, CHUNK = 1 << 16 };

struct canary {
    const char *what;
    uint8_t mask[CANARY_MAX], masked[CANARY_MAX];
    size_t len;
    bool reversed; /* big numbers lie about with their last byte first */
};

/* Takes the bytes of an open span, without leaving them anywhere else. */
static void canary_set(struct canary *c, const char *what, const struct clv_secret *s,
                       bool reversed)
{
    const uint8_t *p = clv_secret_read(s);

    c->what = what;
    c->len = clv_secret_len(s);
    c->reversed = reversed;
    cr_assert_leq(c->len, CANARY_MAX);
    clv_random_fill(clv_random_system(), c->mask, c->len);
    for (size_t i = 0; i < c->len; i++)
        c->masked[i] = p[reversed ? c->len - 1 - i : i] ^ c->mask[i];
    clv_secret_close(s);
}

static uint8_t canary_byte(const struct canary *c, size_t i)
{
    return c->mask[i] ^ c->masked[i];
}

/* Whether any RUN bytes of the canary stand at p. */
static bool stands_at(const struct canary *c, const uint8_t *p)
{
    for (size_t start = 0; start + RUN <= c->len; start++) {
        size_t i = 0;
        while (i < RUN && p[i] == canary_byte(c, start + i))
            i++;
        if (i == RUN)
            return true;
    }
    return false;
}

/* ---- the process ---- */

struct search {
    const struct canary *canaries;
    size_t num;
    bool begins[1 << 16]; /* the two bytes with which some run begins */
    uint8_t *chunk;
    int mem;
    const char *mapping; /* its line in the list of mappings */
    bool expected;       /* a control: hits are no news */
    size_t pages, hits;
};

/* Names the first places only: a failing run shows where to look. */
static void hit(struct search *s, const char *what, uintptr_t at)
{
    if (s->hits++ < 8 && !s->expected)
        cr_log_warn("%s at %#lx in %s", what, (unsigned long)at, s->mapping);
}

static void search_bytes(struct search *s, uintptr_t at, size_t len)
{
    const uint8_t *p = s->chunk;

    if (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0)
        return; /* most of the Argon2 matrix */
    for (size_t i = 0; i + RUN <= len; i++) {
        if (!s->begins[p[i] << 8 | p[i + 1]])
            continue;
        for (size_t c = 0; c < s->num; c++)
            if (stands_at(&s->canaries[c], s->chunk + i))
                hit(s, s->canaries[c].what, at + i);
    }
}

/* Overlapping chunks, so that no run is missed between two; unreadable pages are passed over. */
static void search_mapping(struct search *s, uintptr_t start, uintptr_t end)
{
    uintptr_t own = (uintptr_t)s->chunk;

    for (uintptr_t at = start; at < end; at += CHUNK - RUN) {
        size_t want = end - at < CHUNK ? end - at : CHUNK;
        if (at < own + CHUNK && at + want > own)
            continue;
        ssize_t got = pread(s->mem, s->chunk, want, (off_t)at);
        if (got <= 0)
            continue;
        s->pages += (size_t)got / 4096;
        search_bytes(s, at, (size_t)got);
    }
}

static struct search *search_new(const struct canary *canaries, size_t num)
{
    struct search *s = calloc(1, sizeof *s);

    cr_assert(s);
    s->canaries = canaries;
    s->num = num;
    s->chunk = aligned_alloc(CHUNK, CHUNK);
    s->mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    cr_assert(s->chunk && s->mem >= 0);
    for (size_t c = 0; c < num; c++)
        for (size_t i = 0; i + RUN <= canaries[c].len; i++)
            s->begins[canary_byte(&canaries[c], i) << 8 | canary_byte(&canaries[c], i + 1)] = true;
    return s;
}

static void search_mappings(struct search *s)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], perms[8];
    unsigned long start, end;

    cr_assert(maps);
    s->mapping = line;
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx %7s", &start, &end, perms) == 3 && perms[0] == 'r' &&
            end - start <= (1ul << 31))
            search_mapping(s, start, end);
    fclose(maps);
}

/* How many places hold a run of one of the canaries. */
static size_t search_process(const struct canary *canaries, size_t num, bool expected)
{
    struct search *s = search_new(canaries, num);
    size_t hits;

    s->expected = expected;
    search_mappings(s);
    cr_assert_gt(s->pages, 100, "the search read next to nothing");
    hits = s->hits;
    clv_wipe(s->chunk, CHUNK);
    free(s->chunk);
    close(s->mem);
    free(s);
    return hits;
}

/* ---- what happens before the search ---- */

static struct clv_secret *random_secret(size_t len)
{
    struct clv_secret *s = NULL;

    cr_assert_eq(clv_secret_new(len, &s, NULL), CLV_OK);
    clv_random_fill(clv_random_system(), clv_secret_write(s), len);
    clv_secret_close(s);
    return s;
}

/* Creates with a fresh passphrase, opens, and derives once more to know the Argon2 key. */
static void create_and_open(struct clv_kdf *kdf, struct clv_keyfile_info *ask,
                            const struct clv_secret *payload, struct canary c[2])
{
    struct clv_secret *password = NULL, *opened = NULL, *key = NULL;
    struct clv_password_verdict verdict;
    struct clv_keyfile_info info;
    uint8_t salt[CLV_KDF_SALT_LEN], *file = NULL;
    size_t len = 0;
    char *path = NULL;

    cr_assert_eq(clv_passphrase_generate(clv_random_system(), &password, NULL), CLV_OK);
    cr_assert_eq(clv_password_check(password, NULL, &verdict, NULL), CLV_OK);
    const struct clv_keyfile_request request = {
        .dir = temp_dir(),
        .info = ask,
        .password = password,
        .payload = payload,
        .random = clv_random_system(),
    };
    cr_assert_eq(clv_keyfile_create(kdf, &request, &info, &path, NULL), CLV_OK);
    cr_assert_eq(clv_keyfile_open(kdf, path, password, &opened, &info, NULL), CLV_OK);
    cr_assert_eq(clv_file_read(path, CLV_KEYFILE_MAX, &file, &len, NULL), CLV_OK);
    const char *hex = strstr((char *)file, "\nsalt: ") + 7;
    cr_assert_eq(clv_unhex(hex, 32, salt, sizeof salt, NULL), CLV_OK);
    cr_assert_eq(clv_kdf_derive(kdf, CLV_KDF_STANDARD, password, salt, &key, NULL), CLV_OK);
    canary_set(&c[0], "password", password, false);
    canary_set(&c[1], "Argon2 key", key, false);
    free(file);
    free(path);
    clv_secret_free(&key);
    clv_secret_free(&opened);
    clv_secret_free(&password);
}

static void part_turn(struct clv_kdf *kdf, struct canary c[3])
{
    struct clv_keyfile_info ask = {.kind = CLV_KEYFILE_PART,
                                   .test_world = true,
                                   .slot = 1,
                                   .owner = "Lena Vogt",
                                   .description = "part"};
    struct clv_secret *part = NULL;
    struct clv_accumulator *acc = NULL;
    struct clv_same_guard *guard = NULL;
    struct clv_check_values values;

    cr_assert_eq(clv_part_random(clv_random_system(), &part, NULL), CLV_OK);
    create_and_open(kdf, &ask, part, c);
    cr_assert_eq(clv_accumulator_new(clv_random_system(), &acc, NULL), CLV_OK);
    cr_assert_eq(clv_accumulator_add(acc, part, NULL), CLV_OK);
    cr_assert_eq(clv_accumulator_check_values(acc, &values, NULL), CLV_OK);
    cr_assert_eq(clv_same_guard_new(clv_random_system(), &guard, NULL), CLV_OK);
    cr_assert_eq(clv_same_guard_add(guard, CLV_SAME_PART, "Lena", part, NULL), CLV_OK);
    canary_set(&c[2], "part", part, false);
    clv_secret_free(&part);
    /* The accumulator and the guard live on between turns, and hold nothing that can be found. */
    cr_assert_eq(search_process(&c[2], 1, false), 0);
    clv_accumulator_free(&acc);
    clv_same_guard_free(&guard);
}

static void sigkey_turn(struct clv_kdf *kdf, struct canary c[4])
{
    struct clv_keyfile_info ask = {.kind = CLV_KEYFILE_SIGKEY,
                                   .test_world = true,
                                   .slot = 1,
                                   .owner = "Dana Ruiz",
                                   .description = "signature key",
                                   .admin_name = "Dana Ruiz"};
    struct clv_sigkey key = {0};
    uint8_t digest[CLV_SHA512_LEN] = {1}, sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;

    cr_assert_eq(clv_sigkey_generate(&key, NULL), CLV_OK);
    create_and_open(kdf, &ask, key.key, c);
    cr_assert_eq(clv_p521_sign(key.key, digest, sig, &len, NULL), CLV_OK);
    canary_set(&c[2], "scalar", key.key, false);
    canary_set(&c[3], "scalar as a little-endian number", key.key, true);
    clv_sigkey_clear(&key);
}

Test(memory, holds_no_secret_of_a_key_file_afterwards, .fini = temp_dir_remove)
{
    struct canary c[7] = {0};
    struct clv_kdf *kdf;

    cr_assert_eq(clv_crypto_init(NULL), CLV_OK); /* start.c was in time */
    kdf = new_kdf();
    part_turn(kdf, c);
    sigkey_turn(kdf, c + 3);
    cr_assert_eq(clv_secret_alive(), 0);
    cr_assert_eq(search_process(c, 7, false), 0, "while the Argon2 matrix is still there");
    clv_kdf_free(&kdf);
    cr_assert_eq(search_process(c, 7, false), 0);
}

/* Every place where a secret could be left behind, and the search has to see it. */
Test(memory, search_finds_what_is_left_behind)
{
    struct clv_secret *secret = random_secret(40);
    struct canary c;
    uint8_t *heap = malloc(100);
    volatile uint8_t stack[40];
    static volatile uint8_t data[40];

    cr_assert(heap);
    canary_set(&c, "control", secret, false);
    cr_assert_eq(search_process(&c, 1, false), 0);
    for (size_t i = 0; i < RUN; i++)
        heap[61 + i] = canary_byte(&c, 17 + i);
    cr_assert_geq(search_process(&c, 1, true), 1, "heap");
    clv_wipe(heap, 100);
    cr_assert_eq(search_process(&c, 1, false), 0);
    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = canary_byte(&c, i);
    cr_assert_geq(search_process(&c, 1, true), 1, "stack");
    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = 0;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = canary_byte(&c, i);
    cr_assert_geq(search_process(&c, 1, true), 1, "data");
    free(heap);
    clv_secret_free(&secret);
}
