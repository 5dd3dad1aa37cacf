/* Finds equal parts and shared passwords without keeping them: BLAKE2b tags under a key that lives
 * and dies with the guard. Tags and key are in guarded memory, because a tag together with its key
 * would let a weak password be guessed. */
#include "claviger/custody.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 64, TAG_LEN = 32, KEY_LEN = 32, OWNER_CAP = 260 };

/* What libsodium's hash may leave on the stack behind its return. */
enum { STACK_RESIDUE = 8192 };

struct clv_same_guard {
    struct clv_secret *key;
    struct clv_secret *tags; /* MAX_VALUES tags */
    size_t num;
    struct {
        enum clv_same_what what;
        char owner[OWNER_CAP];
    } seen[MAX_VALUES];
};

clv_status clv_same_guard_new(const struct clv_random *random, struct clv_same_guard **ret,
                              struct clv_error *err)
{
    struct clv_same_guard *guard = calloc(1, sizeof *guard);
    clv_status st;

    if (!guard)
        return clv_fail(err, CLV_E_MEMORY, "no memory to compare parts and passwords");
    if ((st = clv_secret_new(KEY_LEN, &guard->key, err)) != CLV_OK ||
        (st = clv_secret_new(MAX_VALUES * TAG_LEN, &guard->tags, err)) != CLV_OK) {
        clv_same_guard_free(&guard);
        return st;
    }
    clv_random_fill(random, clv_secret_write(guard->key), KEY_LEN);
    clv_secret_close(guard->key);
    *ret = guard;
    return CLV_OK;
}

void clv_same_guard_free(struct clv_same_guard **guard)
{
    if (!*guard)
        return;
    clv_secret_free(&(*guard)->key);
    clv_secret_free(&(*guard)->tags);
    free(*guard);
    *guard = NULL;
}

/* Writes the tag of value into tag, which points into the open tags. */
static void make_tag(const struct clv_same_guard *guard, enum clv_same_what what,
                     const struct clv_secret *value, uint8_t *tag)
{
    const uint8_t kind = (uint8_t)what;
    crypto_generichash_state state;

    crypto_generichash_init(&state, clv_secret_read(guard->key), KEY_LEN, TAG_LEN);
    crypto_generichash_update(&state, &kind, 1);
    crypto_generichash_update(&state, clv_secret_read(value), clv_secret_len(value));
    crypto_generichash_final(&state, tag, TAG_LEN);
    clv_secret_close(value);
    clv_secret_close(guard->key);
    clv_wipe(&state, sizeof state);
    sodium_stackzero(STACK_RESIDUE);
}

/* The index of an entry of the kind with this tag, or guard->num. */
static size_t find_tag(const struct clv_same_guard *guard, enum clv_same_what what,
                       const uint8_t *tags, const uint8_t *tag)
{
    for (size_t i = 0; i < guard->num; i++)
        if (guard->seen[i].what == what && sodium_memcmp(tags + i * TAG_LEN, tag, TAG_LEN) == 0)
            return i;
    return guard->num;
}

static clv_status refuse_same(const struct clv_same_guard *guard, size_t i, struct clv_error *err)
{
    clv_status st;

    if (guard->seen[i].what == CLV_SAME_PART) {
        st = clv_fail(err, CLV_E_RULE, "this key part is equal to the one of %s",
                      guard->seen[i].owner);
        clv_hint(err, "Two equal parts cancel each other. Use another part.");
    } else {
        st = clv_fail(err, CLV_E_RULE, "this password is also the one of %s", guard->seen[i].owner);
        clv_hint(err, "Each owner needs a password that nobody else has. Choose another one.");
    }
    return st;
}

clv_status clv_same_guard_add(struct clv_same_guard *guard, enum clv_same_what what,
                              const char *owner, const struct clv_secret *value,
                              struct clv_error *err)
{
    uint8_t *tags, *tag;
    size_t found;
    clv_status st = CLV_OK;

    if (guard->num == MAX_VALUES)
        return clv_fail(err, CLV_E_FULL, "more than %d parts and passwords in one session",
                        MAX_VALUES);
    if (strlen(owner) >= OWNER_CAP)
        return clv_fail(err, CLV_E_INPUT, "the owner's name is too long");
    tags = clv_secret_write(guard->tags);
    tag = tags + guard->num * TAG_LEN;
    make_tag(guard, what, value, tag);
    found = find_tag(guard, what, tags, tag);
    if (found == guard->num) {
        guard->seen[found].what = what;
        memcpy(guard->seen[found].owner, owner, strlen(owner) + 1);
        guard->num++;
    } else {
        clv_wipe(tag, TAG_LEN);
        if (!clv_same_person(guard->seen[found].owner, owner))
            st = refuse_same(guard, found, err);
    }
    clv_secret_close(guard->tags);
    return st;
}

static void remove_at(struct clv_same_guard *guard, size_t i)
{
    uint8_t *tags = clv_secret_write(guard->tags);
    size_t last = --guard->num;

    memmove(tags + i * TAG_LEN, tags + last * TAG_LEN, TAG_LEN);
    clv_wipe(tags + last * TAG_LEN, TAG_LEN);
    guard->seen[i] = guard->seen[last];
    clv_secret_close(guard->tags);
}

void clv_same_guard_drop(struct clv_same_guard *guard, enum clv_same_what what, const char *owner)
{
    for (size_t i = guard->num; i-- > 0;)
        if (guard->seen[i].what == what && clv_same_person(guard->seen[i].owner, owner))
            remove_at(guard, i);
}
