/* Argon2id by the reference library, in a matrix of ours. */
#include "internal.h"

#include <argon2.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct clv_kdf_cost costs[CLV_NUM_KDF_PROFILES] = {
    /*                    name        memory KiB   passes  lanes */
    [CLV_KDF_STANDARD] = { "standard",  256 * 1024,      3,     4 },
    [CLV_KDF_HIGH]     = { "high",     1024 * 1024,      4,     4 },
};
/* clang-format on */

/* A small run that tells what a large one will take. */
static const struct clv_kdf_cost calibration = {"calibration", 16 * 1024, 1, 4};

struct clv_kdf {
    pthread_mutex_t lock; /* one derivation at a time: there is one matrix */
    struct clv_matrix matrix;
    atomic_uint runs;
    atomic_uint estimate_ms[CLV_NUM_KDF_PROFILES];
};

const struct clv_kdf_cost *clv_kdf_cost(enum clv_kdf_profile profile)
{
    return &costs[profile];
}

clv_status clv_kdf_profile_named(const char *name, enum clv_kdf_profile *ret, struct clv_error *err)
{
    for (int i = 0; i < CLV_NUM_KDF_PROFILES; i++)
        if (strcmp(costs[i].name, name) == 0) {
            *ret = (enum clv_kdf_profile)i;
            return CLV_OK;
        }
    return clv_fail(err, CLV_E_UNSUPPORTED,
                    "there is no cost profile of that name; there are \"%s\" and \"%s\"",
                    costs[CLV_KDF_STANDARD].name, costs[CLV_KDF_HIGH].name);
}

/* ---- one call of the library ---- */

/* The library's callbacks have no argument: this thread's matrix for the call under way. */
static _Thread_local struct clv_matrix *matrix_in_use;

static int lend_matrix(uint8_t **ret_memory, size_t len)
{
    if (len > matrix_in_use->len)
        return -1;
    *ret_memory = matrix_in_use->data;
    return 0;
}

static void take_matrix_back(uint8_t *memory, size_t len)
{
    (void)memory; /* the library has wiped it; clv_argon2id() looks */
    (void)len;
}

static uint8_t *unconst(struct clv_view v)
{
    return (uint8_t *)(uintptr_t)v.data; /* the library writes to none of its inputs */
}

clv_status clv_argon2id(struct clv_matrix *matrix, const struct clv_argon2_input *input,
                        uint8_t *out, size_t out_len, struct clv_error *err)
{
    argon2_context context = {
        .out = out,
        .outlen = (uint32_t)out_len,
        .pwd = unconst(input->password),
        .pwdlen = (uint32_t)input->password.len,
        .salt = unconst(input->salt),
        .saltlen = (uint32_t)input->salt.len,
        .secret = unconst(input->secret),
        .secretlen = (uint32_t)input->secret.len,
        .ad = unconst(input->associated),
        .adlen = (uint32_t)input->associated.len,
        .t_cost = input->passes,
        .m_cost = input->memory_kib,
        .lanes = input->lanes,
        .threads = input->lanes,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = matrix ? lend_matrix : NULL,
        .free_cbk = matrix ? take_matrix_back : NULL,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    size_t used = (size_t)input->memory_kib * 1024;
    int failed;

    matrix_in_use = matrix;
    failed = argon2id_ctx(&context);
    matrix_in_use = NULL;
    sodium_stackzero(CLV_STACK_RESIDUE);
    if (matrix && !clv_matrix_is_zero(matrix, used)) {
        clv_wipe(matrix->data, used);
        return clv_fail(err, CLV_E_INTERNAL, "the memory of the password hash was not wiped");
    }
    if (failed == ARGON2_MEMORY_ALLOCATION_ERROR || failed == ARGON2_THREAD_FAIL)
        return clv_fail(err, CLV_E_MEMORY, "no memory or no thread for the password hash");
    if (failed)
        return clv_fail(err, CLV_E_INTERNAL, "the password hash failed: %s",
                        argon2_error_message(failed));
    return CLV_OK;
}

/* ---- the engine ---- */

static unsigned elapsed_ms(int64_t since)
{
    int64_t ms = clv_now_ms(clv_clock_system()) - since;

    return ms < 1 ? 1 : (unsigned)ms;
}

static uint64_t work_of(const struct clv_kdf_cost *cost)
{
    return (uint64_t)cost->memory_kib * cost->passes;
}

static clv_status calibrate(struct clv_kdf *kdf, struct clv_error *err)
{
    static const uint8_t salt[CLV_KDF_SALT_LEN] = {0};
    const struct clv_argon2_input input = {
        .memory_kib = calibration.memory_kib,
        .passes = calibration.passes,
        .lanes = calibration.lanes,
        .password = clv_view_of("calibration", 11),
        .salt = clv_view_of(salt, sizeof salt),
    };
    uint8_t out[CLV_KDF_KEY_LEN];
    int64_t start = clv_now_ms(clv_clock_system());
    clv_status st = clv_argon2id(&kdf->matrix, &input, out, sizeof out, err);
    unsigned ms = elapsed_ms(start);

    for (int i = 0; st == CLV_OK && i < CLV_NUM_KDF_PROFILES; i++)
        atomic_store(&kdf->estimate_ms[i],
                     (unsigned)(ms * work_of(&costs[i]) / work_of(&calibration)));
    return st;
}

clv_status clv_kdf_new(enum clv_kdf_profile profile, struct clv_kdf **ret, struct clv_error *err)
{
    struct clv_kdf *kdf = calloc(1, sizeof *kdf);
    clv_status st;

    if (!kdf)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the password hash");
    if (pthread_mutex_init(&kdf->lock, NULL) != 0) {
        free(kdf);
        return clv_fail(err, CLV_E_INTERNAL, "a lock cannot be made");
    }
    if ((st = clv_matrix_map((size_t)costs[profile].memory_kib * 1024, &kdf->matrix, err)) !=
            CLV_OK ||
        (st = calibrate(kdf, err)) != CLV_OK) {
        clv_kdf_free(&kdf);
        return st;
    }
    *ret = kdf;
    return CLV_OK;
}

void clv_kdf_free(struct clv_kdf **kdf)
{
    if (!*kdf)
        return;
    clv_matrix_unmap(&(*kdf)->matrix);
    pthread_mutex_destroy(&(*kdf)->lock);
    free(*kdf);
    *kdf = NULL;
}

static clv_status grow_matrix(struct clv_kdf *kdf, enum clv_kdf_profile profile,
                              struct clv_error *err)
{
    size_t wanted = (size_t)costs[profile].memory_kib * 1024;

    if (kdf->matrix.len >= wanted)
        return CLV_OK;
    clv_matrix_unmap(&kdf->matrix); /* first: both together might not fit */
    return clv_matrix_map(wanted, &kdf->matrix, err);
}

static clv_status derive_locked(struct clv_kdf *kdf, enum clv_kdf_profile profile,
                                const struct clv_secret *password, const uint8_t *salt,
                                struct clv_secret *key, struct clv_error *err)
{
    struct clv_argon2_input input = {
        .memory_kib = costs[profile].memory_kib,
        .passes = costs[profile].passes,
        .lanes = costs[profile].lanes,
        .salt = clv_view_of(salt, CLV_KDF_SALT_LEN),
    };
    clv_status st = grow_matrix(kdf, profile, err);
    int64_t start;

    if (st != CLV_OK)
        return st;
    start = clv_now_ms(clv_clock_system());
    atomic_fetch_add(&kdf->runs, 1);
    input.password = clv_view_of(clv_secret_read(password), clv_secret_len(password));
    st = clv_argon2id(&kdf->matrix, &input, clv_secret_write(key), CLV_KDF_KEY_LEN, err);
    clv_secret_close(key);
    clv_secret_close(password);
    if (st == CLV_OK)
        atomic_store(&kdf->estimate_ms[profile], elapsed_ms(start));
    return st;
}

clv_status clv_kdf_derive(struct clv_kdf *kdf, enum clv_kdf_profile profile,
                          const struct clv_secret *password, const uint8_t salt[CLV_KDF_SALT_LEN],
                          struct clv_secret **ret_key, struct clv_error *err)
{
    struct clv_secret *key = NULL;
    clv_status st;

    if (clv_secret_len(password) == 0)
        return clv_fail(err, CLV_E_INPUT, "the password is empty");
    if (clv_secret_len(password) > CLV_PASSWORD_MAX)
        return clv_fail(err, CLV_E_INPUT, "a password has at most %d bytes", CLV_PASSWORD_MAX);
    if ((st = clv_secret_new(CLV_KDF_KEY_LEN, &key, err)) != CLV_OK)
        return st;
    pthread_mutex_lock(&kdf->lock);
    st = derive_locked(kdf, profile, password, salt, key, err);
    pthread_mutex_unlock(&kdf->lock);
    if (st == CLV_OK)
        *ret_key = key;
    else
        clv_secret_free(&key);
    return st;
}

unsigned clv_kdf_runs(const struct clv_kdf *kdf)
{
    return atomic_load(&kdf->runs);
}

unsigned clv_kdf_estimate_ms(const struct clv_kdf *kdf, enum clv_kdf_profile profile)
{
    return atomic_load(&kdf->estimate_ms[profile]);
}

clv_status clv_kdf_fit_to_create(enum clv_kdf_profile profile, struct clv_error *err)
{
    uint64_t total, available, wanted = (uint64_t)costs[profile].memory_kib * 1024;
    clv_status st;

    clv_memory_now(&total, &available);
    if (total == 0 || wanted <= total / 2)
        return CLV_OK;
    st = clv_fail(err, CLV_E_MEMORY,
                  "the cost profile \"%s\" takes %llu MiB, more than half of this machine's %llu",
                  costs[profile].name, (unsigned long long)(wanted >> 20),
                  (unsigned long long)(total >> 20));
    clv_hint(err, "Create the file on a machine with more memory, or choose \"%s\".",
             costs[CLV_KDF_STANDARD].name);
    return st;
}
