/* Whether a password is good enough.
 *
 * zxcvbn works in ordinary memory and does not wipe it. So it runs in a child process, which gets
 * the password through one locked page shared with it alone, writes its figure there and ends; the
 * page is wiped and unmapped here. Guarded memory itself does not reach a child. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zxcvbn.h>

enum { MAX_WORDS = 64, WORD_CAP = 64, CHILD_SECONDS = 10, CHILD_WAIT_SECONDS = 60 };

struct desk {
    char password[CLV_PASSWORD_MAX + 1];
    char words[MAX_WORDS][WORD_CAP];
    double bits;
};

/* ---- length and characters ---- */

/* Length of the UTF-8 character at p, 0 if it is none or a control character. */
static size_t character_len(const uint8_t *p, size_t left)
{
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xc2 ? 0
                 : p[0] < 0xe0 ? 2
                 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf5 ? 4
                               : 0;

    if (len == 0 || len > left || p[0] < 0x20 || p[0] == 0x7f)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xe0 && p[1] < 0xa0) ||
        (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0; /* C1 control, overlong form, surrogate, beyond Unicode */
    return len;
}

static bool count_characters(const struct clv_secret *password, size_t *ret_num)
{
    const uint8_t *p = clv_secret_read(password);
    size_t len = clv_secret_len(password), pos = 0, num = 0, step = 1;

    for (; pos < len && step > 0; pos += step, num++)
        step = character_len(p + pos, len - pos);
    clv_secret_close(password);
    *ret_num = num;
    return step > 0;
}

/* ---- the estimate ---- */

/* Adds text and its words in lower case, which is how zxcvbn wants them. */
static size_t add_words(struct desk *desk, size_t num, const char *text)
{
    size_t len = 0;

    for (; num < MAX_WORDS; text++) {
        bool letter = *text && *text != ' ' && *text != '-' && *text != '\t';

        if (letter && len < WORD_CAP - 1) {
            desk->words[num][len++] = *text >= 'A' && *text <= 'Z' ? (char)(*text | 0x20) : *text;
        } else if (!letter) {
            num += len >= 3;
            len = 0;
        }
        if (!*text)
            break;
    }
    return num;
}

/* In the child. */
static _Noreturn void estimate_and_exit(struct desk *desk)
{
    const struct rlimit seconds = {CHILD_SECONDS, CHILD_SECONDS};
    const char *words[MAX_WORDS + 1] = {0};

    (void)setrlimit(RLIMIT_CPU, &seconds);
    for (size_t i = 0; i < MAX_WORDS && desk->words[i][0]; i++)
        words[i] = desk->words[i];
    desk->bits = ZxcvbnMatch(desk->password, words, NULL);
    _exit(0);
}

static clv_status run_child(struct desk *desk, struct clv_error *err)
{
    pid_t pid = clv_child_fork(CHILD_WAIT_SECONDS);

    if (pid < 0)
        return clv_fail_errno(err, errno, "cannot start the process that judges passwords");
    if (pid == 0)
        estimate_and_exit(desk);
    if (!clv_child_done(pid))
        return clv_fail(err, CLV_E_INTERNAL, "the process that judges passwords failed");
    return CLV_OK;
}

static struct desk *desk_new(void)
{
    void *p =
        mmap(NULL, sizeof(struct desk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    if (mlock(p, sizeof(struct desk)) == 0 && madvise(p, sizeof(struct desk), MADV_DONTDUMP) == 0)
        return p;
    (void)munmap(p, sizeof(struct desk));
    return NULL;
}

static void desk_free(struct desk *desk)
{
    clv_wipe(desk, sizeof *desk);
    (void)munmap(desk, sizeof *desk);
}

static clv_status estimate(const struct clv_secret *password, const char *const *user_words,
                           double *ret_bits, struct clv_error *err)
{
    struct desk *desk = desk_new();
    clv_status st;

    if (!desk)
        return clv_fail(err, CLV_E_MEMORY, "no locked memory to judge a password in");
    for (size_t num = 0; user_words && *user_words; user_words++)
        num = add_words(desk, num, *user_words);
    memcpy(desk->password, clv_secret_read(password), clv_secret_len(password));
    clv_secret_close(password);
    st = run_child(desk, err);
    if (st == CLV_OK)
        *ret_bits = desk->bits;
    desk_free(desk);
    return st;
}

/* ---- the verdict ---- */

static clv_status refuse_weak(struct clv_error *err, const char *why)
{
    clv_status st = clv_fail(err, CLV_E_WEAK, "the password is %s", why);

    clv_hint(err, "Take five or more words that have nothing to do with each other, or the "
                  "generated passphrase.");
    return st;
}

clv_status clv_password_check(const struct clv_secret *password, const char *const *user_words,
                              struct clv_password_verdict *ret, struct clv_error *err)
{
    struct clv_password_verdict verdict = {0};
    clv_status st;

    if (clv_secret_len(password) > CLV_PASSWORD_MAX)
        return clv_fail(err, CLV_E_INPUT, "a password has at most %d characters",
                        CLV_PASSWORD_MAX_CHARS);
    if (!count_characters(password, &verdict.num_chars))
        return clv_fail(err, CLV_E_INPUT,
                        "the password has a control character, or is not UTF-8 text");
    if (verdict.num_chars > CLV_PASSWORD_MAX_CHARS)
        return clv_fail(err, CLV_E_INPUT, "a password has at most %d characters",
                        CLV_PASSWORD_MAX_CHARS);
    if ((st = estimate(password, user_words, &verdict.bits, err)) != CLV_OK)
        return st;
    verdict.good =
        verdict.num_chars >= CLV_PASSWORD_MIN_CHARS && verdict.bits >= CLV_PASSWORD_MIN_BITS;
    *ret = verdict;
    if (verdict.num_chars < CLV_PASSWORD_MIN_CHARS)
        return refuse_weak(err, "shorter than 12 characters");
    return verdict.good ? CLV_OK : refuse_weak(err, "too easy to guess");
}
