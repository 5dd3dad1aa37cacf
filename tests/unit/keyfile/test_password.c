#include "fixtures.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static clv_status check(const char *text, const char *const *words,
                        struct clv_password_verdict *ret, struct clv_error *err)
{
    struct clv_secret *password = secret_text(text);
    clv_status st = clv_password_check(password, words, ret, err);

    clv_secret_free(&password);
    return st;
}

Test(password, good_ones_are_taken)
{
    static const char *const good[] = {
        "eight ducks cross the quiet harbour",
        "xK9#mQ2$vL7@pZ",
        "Fünf Möwen zählen nachts Würfel",
        "davok-tusen-gobeh-ranuk-focan-hegot-wubes-kamot",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct clv_password_verdict verdict = {0};
        cr_assert_eq(check(good[i], NULL, &verdict, NULL), CLV_OK, "%s", good[i]);
        cr_assert(verdict.good);
        cr_assert_geq(verdict.bits, CLV_PASSWORD_MIN_BITS);
    }
}

Test(password, weak_ones_are_refused_with_what_to_do)
{
    static const char *const weak[] = {"a",
                                       "short but x",
                                       "aaaaaaaaaaaaaaaa",
                                       "qwertyuiop12345",
                                       "passwordpassword",
                                       "1980-12-24 1980"};

    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        struct clv_password_verdict verdict = {.good = true};
        struct clv_error err = {0};
        cr_assert_eq(check(weak[i], NULL, &verdict, &err), CLV_E_WEAK, "%s", weak[i]);
        cr_assert_not(verdict.good);
        cr_assert(err.hint[0]);
        cr_assert_not(strstr(err.fact, weak[i]) && strlen(weak[i]) > 1);
    }
}

Test(password, characters_are_counted_not_bytes)
{
    struct clv_password_verdict verdict = {0};

    cr_assert_eq(check("äöüßéèêëàâç", NULL, &verdict, NULL), CLV_E_WEAK);
    cr_assert_eq(verdict.num_chars, 11);
}

/* Names of the people make a password weak that would else be good enough. */
Test(password, names_of_the_ceremony_count_for_nothing)
{
    static const char *const names[] = {"Roswitha Quenzel", "Xanthippe-Ludmilla Brzezinska", NULL};
    static const char text[] = "RoswithaBrzezinskaQuenzel";
    struct clv_password_verdict without = {0}, with = {0};

    cr_assert_eq(check(text, NULL, &without, NULL), CLV_OK);
    cr_assert_eq(check(text, names, &with, NULL), CLV_E_WEAK);
    cr_assert_lt(with.bits, without.bits / 2);
}

Test(password, what_is_not_text_is_refused)
{
    static const char *const bad[] = {
        "control \x01 character", "escape \x1b[A sequence", "delete \x7f character",
        "c1 \xc2\x9b character",  "not \xff utf-8 at all",  "overlong \xc0\xaf slash",
        "surrogate \xed\xa0\x80", "cut off here \xe2\x82",  "too high \xf4\x90\x80\x80",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct clv_password_verdict verdict = {0};
        cr_assert_eq(check(bad[i], NULL, &verdict, NULL), CLV_E_INPUT, "%zu", i);
    }
}

Test(password, too_long_is_refused)
{
    char text[600];
    struct clv_password_verdict verdict = {0};

    memset(text, 0, sizeof text);
    for (size_t i = 0; i < 129; i++)
        text[i] = "kjvbxpwq"[i * i % 8];
    cr_assert_eq(check(text, NULL, &verdict, NULL), CLV_E_INPUT);
    for (size_t i = 0; i < 599; i++)
        text[i] = 'x';
    cr_assert_eq(check(text, NULL, &verdict, NULL), CLV_E_INPUT);
}

static void *busy(void *stop)
{
    while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED))
        free(malloc(100)); /* holds the allocator's lock now and then */
    return NULL;
}

Test(password, check_works_beside_other_threads)
{
    bool stop = false;
    pthread_t thread;
    struct clv_password_verdict verdict = {0};

    cr_assert_eq(pthread_create(&thread, NULL, busy, &stop), 0);
    for (int i = 0; i < 50; i++)
        cr_assert_eq(check(PASSWORD, NULL, &verdict, NULL), CLV_OK);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(password, check_leaves_the_signal_mask_as_it_was)
{
    sigset_t before, after;
    struct clv_password_verdict verdict = {0};

    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    cr_assert_eq(check(PASSWORD, NULL, &verdict, NULL), CLV_OK);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int sig = 1; sig < 32; sig++)
        cr_assert_eq(sigismember(&after, sig), sigismember(&before, sig), "signal %d", sig);
}

Test(passphrase, has_the_documented_form)
{
    struct clv_secret *phrase = NULL;

    for (int round = 0; round < 50; round++) {
        cr_assert_eq(clv_passphrase_generate(clv_random_system(), &phrase, NULL), CLV_OK);
        cr_assert_eq(clv_secret_len(phrase), CLV_PASSPHRASE_LEN);
        const char *text = (const char *)clv_secret_read(phrase);
        for (size_t i = 0; i < CLV_PASSPHRASE_LEN; i++) {
            const char *letters = i % 6 == 5 ? "-" : (i % 6) % 2 == 0 ? "bcdfghjkmnprstvw" : "aeou";
            cr_assert(text[i] && strchr(letters, text[i]), "place %zu", i);
        }
        clv_secret_close(phrase);
        clv_secret_free(&phrase);
    }
    cr_assert_eq(clv_secret_alive(), 0);
}

static void fill_with(void *ctx, void *out, size_t len)
{
    memset(out, *(const uint8_t *)ctx, len);
}

/* Both ends of the alphabets, so that every bit of chance reaches a letter. */
Test(passphrase, spells_every_bit)
{
    static const struct {
        uint8_t byte;
        const char *group;
    } cases[] = {{0x00, "babab"}, {0xff, "wuwuw"}, {0x12, "camed"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t byte = cases[i].byte;
        const struct clv_random random = {fill_with, &byte};
        struct clv_secret *phrase = NULL;
        cr_assert_eq(clv_passphrase_generate(&random, &phrase, NULL), CLV_OK);
        cr_assert_eq(memcmp(clv_secret_read(phrase), cases[i].group, 5), 0);
        clv_secret_close(phrase);
        clv_secret_free(&phrase);
    }
}

Test(passphrase, is_a_good_password)
{
    struct clv_secret *phrase = NULL;
    struct clv_password_verdict verdict = {0};

    cr_assert_eq(clv_passphrase_generate(clv_random_system(), &phrase, NULL), CLV_OK);
    cr_assert_eq(clv_password_check(phrase, NULL, &verdict, NULL), CLV_OK);
    clv_secret_free(&phrase);
}
