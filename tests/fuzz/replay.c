/* Runs a fuzz target without a fuzzer, as an ordinary test: every file of the folders given as
 * arguments, and a fixed, bounded set of mutations of each. What it tries is the same on every run
 * and every machine.
 *
 *     fuzz_der tests/fuzz/corpus/der
 *
 * A folder that is absent or empty is an error: a test that tries nothing must not pass. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEED_MAX ((size_t)1 << 20)
/* Of each kind of mutation and seed: small seeds are covered whole, of larger ones every nth place
 * is tried. */
#define MAX_PLACES 4096
#define NUM_SPLICES 500

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

struct seed {
    uint8_t *data;
    size_t len;
};

struct replay {
    struct seed *seeds;
    size_t num_seeds;
    size_t num_inputs;
    uint64_t random;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "replay: %s %s\n", what, name);
    exit(2);
}

static void *must_allocate(size_t len)
{
    void *p = malloc(len > 0 ? len : 1);
    if (p == NULL)
        die("no memory for", "an input");
    return p;
}

static uint64_t next_random(struct replay *r)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random;
}

/* In memory of exactly its size, so that AddressSanitizer sees a read one byte too far. */
static void try_input(struct replay *r, const uint8_t *data, size_t len)
{
    uint8_t *copy = must_allocate(len);
    if (len > 0)
        memcpy(copy, data, len);
    (void)LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    r->num_inputs++;
}

static size_t step_for(size_t num_places)
{
    return num_places / MAX_PLACES + 1;
}

static void try_truncations(struct replay *r, const struct seed *s)
{
    for (size_t len = 0; len < s->len; len += step_for(s->len))
        try_input(r, s->data, len);
}

static void try_bit_flips(struct replay *r, const struct seed *s)
{
    for (size_t bit = 0; bit < s->len * 8; bit += step_for(s->len * 8)) {
        s->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        try_input(r, s->data, s->len);
        s->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Values that lengths, counts and digits trip over. */
static void try_bytes(struct replay *r, const struct seed *s)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0x84, 0xff, '\n', '0'};
    for (size_t at = 0; at < s->len; at += step_for(s->len * sizeof values)) {
        uint8_t kept = s->data[at];
        for (size_t i = 0; i < sizeof values; i++) {
            s->data[at] = values[i];
            try_input(r, s->data, s->len);
        }
        s->data[at] = kept;
    }
}

static void try_deletes_and_inserts(struct replay *r, const struct seed *s)
{
    uint8_t *data = must_allocate(s->len + 1);
    for (size_t at = 0; at < s->len; at += step_for(s->len)) {
        memcpy(data, s->data, at);
        memcpy(data + at, s->data + at + 1, s->len - at - 1);
        try_input(r, data, s->len - 1);
        data[at] = (uint8_t)next_random(r);
        memcpy(data + at + 1, s->data + at, s->len - at);
        try_input(r, data, s->len + 1);
    }
    free(data);
}

/* The front of this seed, the back of another, and up to four changed bytes. */
static void try_splice(struct replay *r, const struct seed *s)
{
    const struct seed *other = &r->seeds[next_random(r) % r->num_seeds];
    size_t front = next_random(r) % (s->len + 1);
    size_t skip = next_random(r) % (other->len + 1);
    size_t len = front + other->len - skip;
    uint8_t *data = must_allocate(len);
    memcpy(data, s->data, front);
    memcpy(data + front, other->data + skip, other->len - skip);
    for (uint64_t n = next_random(r) % 5; n > 0 && len > 0; n--)
        data[next_random(r) % len] = (uint8_t)next_random(r);
    try_input(r, data, len);
    free(data);
}

static void try_seed(struct replay *r, const struct seed *s)
{
    try_input(r, s->data, s->len);
    try_truncations(r, s);
    try_bit_flips(r, s);
    try_bytes(r, s);
    try_deletes_and_inserts(r, s);
    for (size_t i = 0; i < NUM_SPLICES; i++)
        try_splice(r, s);
}

static void load_seed(struct replay *r, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        die("cannot open", path);
    uint8_t *data = must_allocate(SEED_MAX);
    size_t len = fread(data, 1, SEED_MAX, f);
    if (ferror(f) || !feof(f))
        die("cannot read, or too large:", path);
    (void)fclose(f);
    struct seed *more = realloc(r->seeds, (r->num_seeds + 1) * sizeof *more);
    if (more == NULL)
        die("no memory for", path);
    r->seeds = more;
    r->seeds[r->num_seeds++] = (struct seed){.data = data, .len = len};
}

/* In the order of their names: the order on the disk differs from machine to machine. */
static void load_folder(struct replay *r, const char *folder)
{
    struct dirent **names = NULL;
    int num = scandir(folder, &names, NULL, alphasort);
    if (num < 0)
        die("there is no folder", folder);
    for (int i = 0; i < num; i++) {
        char path[4096];
        struct stat st;
        int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        free(names[i]);
        if (n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            load_seed(r, path);
    }
    free(names);
}

int main(int argc, char **argv)
{
    struct replay r = {.random = UINT64_C(0x9e3779b97f4a7c15)};
    if (LLVMFuzzerInitialize != NULL)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    if (argc < 2)
        die("which folder?", "");
    for (int i = 1; i < argc; i++)
        load_folder(&r, argv[i]);
    if (r.num_seeds == 0)
        die("no inputs in", argv[1]);
    for (size_t i = 0; i < r.num_seeds; i++)
        try_seed(&r, &r.seeds[i]);
    printf("%zu kept inputs, %zu inputs tried\n", r.num_seeds, r.num_inputs);
    for (size_t i = 0; i < r.num_seeds; i++)
        free(r.seeds[i].data);
    free(r.seeds);
    return 0;
}
