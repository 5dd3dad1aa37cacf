#include "fixtures.h"

#include "src/keyfile/internal.h"

#include <pthread.h>
#include <stdlib.h>

static const uint8_t salt[CLV_KDF_SALT_LEN] = {1, 2, 3, 4};

Test(kdf, self_test_holds)
{
    struct clv_error err = {0};

    cr_assert_eq(clv_kdf_self_test(&err), CLV_OK, "%s", err.fact);
}

Test(kdf, profiles_are_fixed)
{
    const struct clv_kdf_cost *standard = clv_kdf_cost(CLV_KDF_STANDARD);
    const struct clv_kdf_cost *high = clv_kdf_cost(CLV_KDF_HIGH);
    enum clv_kdf_profile profile = CLV_KDF_STANDARD;

    cr_assert_eq(standard->memory_kib, 256 * 1024);
    cr_assert_eq(standard->passes, 3);
    cr_assert_eq(standard->lanes, 4);
    cr_assert_eq(high->memory_kib, 1024 * 1024);
    cr_assert_eq(high->passes, 4);
    cr_assert_eq(high->lanes, 4);
    cr_assert_eq(clv_kdf_profile_named("high", &profile, NULL), CLV_OK);
    cr_assert_eq(profile, CLV_KDF_HIGH);
    cr_assert_eq(clv_kdf_profile_named("low", &profile, NULL), CLV_E_UNSUPPORTED);
}

/* The matrix changes where the work is done, not what comes out of it. */
Test(kdf, own_matrix_gives_what_the_library_gives)
{
    struct clv_matrix matrix = {0};
    uint8_t ours[32], theirs[32];

    cr_assert_eq(clv_matrix_map((size_t)8 << 20, &matrix, NULL), CLV_OK);
    for (uint32_t kib = 32; kib <= 8192; kib *= 4) {
        const struct clv_argon2_input input = {
            .memory_kib = kib,
            .passes = 2,
            .lanes = 4,
            .password = clv_view_of("password", 8),
            .salt = clv_view_of(salt, sizeof salt),
        };
        cr_assert_eq(clv_argon2id(&matrix, &input, ours, sizeof ours, NULL), CLV_OK);
        cr_assert(clv_matrix_is_zero(&matrix, matrix.len));
        cr_assert_eq(clv_argon2id(NULL, &input, theirs, sizeof theirs, NULL), CLV_OK);
        cr_assert_arr_eq(ours, theirs, sizeof ours);
    }
    clv_matrix_unmap(&matrix);
}

Test(kdf, matrix_too_small_is_an_error_and_not_a_crash)
{
    struct clv_matrix matrix = {0};
    const struct clv_argon2_input input = {
        .memory_kib = 4096,
        .passes = 1,
        .lanes = 1,
        .password = clv_view_of("password", 8),
        .salt = clv_view_of(salt, sizeof salt),
    };
    uint8_t out[32];

    cr_assert_eq(clv_matrix_map((size_t)2 << 20, &matrix, NULL), CLV_OK);
    matrix.len = (size_t)2 << 20;
    cr_assert_neq(clv_argon2id(&matrix, &input, out, sizeof out, NULL), CLV_OK);
    clv_matrix_unmap(&matrix);
}

Test(kdf, a_single_byte_left_in_the_matrix_is_seen)
{
    struct clv_matrix matrix = {0};
    static const size_t places[] = {0, 1, 4095, 4096, 1234567, ((size_t)4 << 20) - 1};

    cr_assert_eq(clv_matrix_map((size_t)4 << 20, &matrix, NULL), CLV_OK);
    cr_assert(clv_matrix_is_zero(&matrix, matrix.len));
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        matrix.data[places[i]] = 1;
        cr_assert_not(clv_matrix_is_zero(&matrix, matrix.len), "place %zu", places[i]);
        matrix.data[places[i]] = 0;
    }
    clv_matrix_unmap(&matrix);
    cr_assert_null(matrix.map);
}

Test(kdf, more_memory_than_there_is_gives_a_message)
{
    struct clv_matrix matrix = {0};
    struct clv_error err = {0};

    cr_assert_eq(clv_matrix_map((size_t)1 << 50, &matrix, &err), CLV_E_MEMORY);
    cr_assert(strstr(err.fact, "available"));
    cr_assert(err.hint[0]);
}

struct job {
    struct clv_kdf *kdf;
    const struct clv_secret *password;
    struct clv_secret *key;
    clv_status st;
};

static void *derive_job(void *arg)
{
    struct job *job = arg;

    job->st = clv_kdf_derive(job->kdf, CLV_KDF_STANDARD, job->password, salt, &job->key, NULL);
    return NULL;
}

/* Two workers at once: one waits for the other, and both get the same key. */
Test(kdf, serves_worker_threads_one_after_the_other)
{
    struct clv_kdf *kdf = new_kdf();
    struct clv_secret *passwords[2] = {secret_text(PASSWORD), secret_text(PASSWORD)};
    struct job jobs[2];
    pthread_t threads[2];

    cr_assert_gt(clv_kdf_estimate_ms(kdf, CLV_KDF_STANDARD), 0);
    cr_assert_gt(clv_kdf_estimate_ms(kdf, CLV_KDF_HIGH),
                 clv_kdf_estimate_ms(kdf, CLV_KDF_STANDARD));
    for (int i = 0; i < 2; i++) {
        jobs[i] = (struct job){.kdf = kdf, .password = passwords[i]};
        cr_assert_eq(pthread_create(&threads[i], NULL, derive_job, &jobs[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_eq(jobs[i].st, CLV_OK);
    }
    cr_assert_eq(clv_kdf_runs(kdf), 2);
    cr_assert(clv_secret_equal(jobs[0].key, jobs[1].key));
    for (int i = 0; i < 2; i++) {
        clv_secret_free(&jobs[i].key);
        clv_secret_free(&passwords[i]);
    }
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(kdf, refuses_an_empty_password_and_one_beyond_the_limit)
{
    struct clv_kdf *kdf = new_kdf();
    struct clv_secret *password = NULL, *key = NULL;

    cr_assert_eq(clv_secret_new(CLV_PASSWORD_MAX + 1, &password, NULL), CLV_OK);
    cr_assert_eq(clv_kdf_derive(kdf, CLV_KDF_STANDARD, password, salt, &key, NULL), CLV_E_INPUT);
    clv_secret_shrink(password, 0);
    cr_assert_eq(clv_kdf_derive(kdf, CLV_KDF_STANDARD, password, salt, &key, NULL), CLV_E_INPUT);
    cr_assert_null(key);
    cr_assert_eq(clv_kdf_runs(kdf), 0);
    clv_secret_free(&password);
    clv_kdf_free(&kdf);
}

/* source  the library's own argon2id_hash_raw(4, 1048576, 4, ...), computed apart */
#define HIGH_KEY "46b99f5f9db1e9da66ab595b2e1875243d8013d0b6d83d1b7b8094df032d1bda"

Test(kdf, grows_to_the_high_profile_when_it_is_asked_for)
{
    uint64_t total, available;
    struct clv_kdf *kdf;
    struct clv_secret *password, *key = NULL, *want;

    clv_memory_now(&total, &available);
    if (available < UINT64_C(3) << 29)
        cr_skip_test("needs 1.5 GiB of available memory");
    kdf = new_kdf();
    password = secret_text(PASSWORD);
    want = secret_hex(HIGH_KEY);
    cr_assert_eq(clv_kdf_derive(kdf, CLV_KDF_HIGH, password, salt, &key, NULL), CLV_OK);
    cr_assert(clv_secret_equal(key, want));
    clv_secret_free(&key);
    clv_secret_free(&want);
    clv_secret_free(&password);
    clv_kdf_free(&kdf);
}
