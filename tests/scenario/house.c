#include "house.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "claviger/crypto.h"
#include "claviger/keyfile.h"

#define HOUSE "CLAVIGER_TEST_HOUSE"
#define SCRIPT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

static const struct {
    const char *file, *owner, *password;
    unsigned slot; /* of a part; 0: a signature key */
} tenants[] = {
    {"sofia.clvkey", "Sofia Dahl", SOFIA_PASSWORD, 0},
    {"kofi.clvkey", "Kofi Eklund", KOFI_PASSWORD, 1},
    {"lena.clvkey", "Lena Fähnrich", LENA_PASSWORD, 2},
};

/* No test runs yet: nothing can be asserted. */
static void must(bool good, const char *what, const struct clv_error *err)
{
    if (good)
        return;
    fprintf(stderr, "the tests' key files cannot be made: %s: %s\n", what, err ? err->fact : "");
    exit(99);
}

static struct clv_secret *secret_from(const void *data, size_t len)
{
    struct clv_secret *s = NULL;
    struct clv_error err = {0};
    must(clv_secret_new(len, &s, &err) == CLV_OK, "a secret", &err);
    memcpy(clv_secret_write(s), data, len);
    clv_secret_close(s);
    return s;
}

static void move_in(struct clv_kdf *kdf, const char *dir, size_t i)
{
    struct clv_error err = {0};
    struct clv_sigkey key = {0};
    struct clv_secret *part = NULL;
    bool is_part = tenants[i].slot != 0;
    clv_status st = is_part ? clv_part_random(clv_random_system(), &part, &err)
                            : clv_sigkey_generate(&key, &err);
    must(st == CLV_OK, tenants[i].file, &err);
    struct clv_keyfile_info info = {.kind = is_part ? CLV_KEYFILE_PART : CLV_KEYFILE_SIGKEY,
                                    .test_world = true,
                                    .slot = is_part ? tenants[i].slot : 1,
                                    .created_ms = INT64_C(1795425164) * 1000,
                                    .profile = CLV_KDF_STANDARD};
    snprintf(info.owner, sizeof(info.owner), "%s", tenants[i].owner);
    snprintf(info.description, sizeof(info.description), "File of the tests");
    if (!is_part)
        snprintf(info.admin_name, sizeof(info.admin_name), "%s", tenants[i].owner);
    struct clv_secret *password = secret_from(tenants[i].password, strlen(tenants[i].password));
    struct clv_keyfile_request request = {.dir = dir,
                                          .name = tenants[i].file,
                                          .info = &info,
                                          .password = password,
                                          .payload = is_part ? part : key.key,
                                          .random = clv_random_system()};
    char *path = NULL;
    st = clv_keyfile_create(kdf, &request, &info, &path, &err);
    must(st == CLV_OK, tenants[i].file, &err);
    free(path);
    clv_secret_free(&password);
    clv_secret_free(&part);
    clv_sigkey_clear(&key);
}

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    char dir[] = "/tmp/claviger-house-XXXXXX";
    struct clv_error err = {0};
    struct clv_kdf *kdf = NULL;
    (void)set;
    must(mkdtemp(dir) != NULL, dir, NULL);
    must(clv_secret_init(&err) == CLV_OK && clv_crypto_init(&err) == CLV_OK, "memory", &err);
    must(clv_kdf_new(CLV_KDF_STANDARD, &kdf, &err) == CLV_OK, "Argon2", &err);
    for (size_t i = 0; i < sizeof(tenants) / sizeof(tenants[0]); i++)
        move_in(kdf, dir, i);
    clv_kdf_free(&kdf);
    setenv(HOUSE, dir, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    char *dir = strdup(getenv(HOUSE));
    (void)stats;
    folder_remove(&dir);
}

const char *house_keys(void)
{
    const char *dir = getenv(HOUSE);
    cr_assert(dir, "the house was not built");
    return dir;
}

void house_commitment(const char *file, char ret_hex[65])
{
    struct clv_keyfile_info info;
    struct clv_error err = {0};
    char *path = clv_path_join(house_keys(), file);
    cr_assert_eq(clv_keyfile_read_header(path, &info, &err), CLV_OK, "%s", err.fact);
    clv_hex(info.commitment, sizeof(info.commitment), ret_hex);
    free(path);
}

char *house_copy(const struct scene *s)
{
    char *dir = scene_path(s, "keys");
    cr_assert_eq(mkdir(dir, 0700), 0);
    for (size_t i = 0; i < sizeof(tenants) / sizeof(tenants[0]); i++) {
        size_t len = 0;
        char *from = clv_path_join(house_keys(), tenants[i].file);
        char *to = clv_path_join(dir, tenants[i].file);
        uint8_t *data = file_bytes(from, &len);
        file_write(to, data, len);
        free(data);
        free(from);
        free(to);
    }
    return dir;
}

/* ---- the shortest load ---------------------------------------------------------------------- */

/* As the phrases have it: ranges above a dozen. */
static void list_units(char *list, size_t cap, unsigned num, unsigned without)
{
    size_t len = 0;
    if (num > 12) {
        snprintf(list, cap, "1-%u", num);
        return;
    }
    for (unsigned i = 1; i <= num; i++)
        if (i != without)
            len += (size_t)snprintf(list + len, cap - len, "%s%u", len ? "," : "", i);
}

void scene_phrases(struct scene *s, unsigned num_units, unsigned without)
{
    static const struct {
        const char *id, *verb;
    } phrases[] = {
        {"confirm.commit", "commit"},
        {"confirm.set-immediate", "set immediate"},
        {"confirm.set-immediate.second", "set immediate"},
    };
    char list[300], phrase[400];
    list_units(list, sizeof(list), num_units, without);
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        snprintf(phrase, sizeof(phrase), "%s %s", phrases[i].verb, list);
        scene_answer_only(s, phrases[i].id, phrase);
    }
}

void scene_answer_go_on(struct scene *s)
{
    scene_answer(s, "resume.administrator", "Ada Brandt");
    scene_answer(s, "resume.witness.1", "Wen Castellan");
    scene_answer(s, "resume.slip", "none");
    scene_answer(s, "resume.go-on", "go-on");
}

void scene_begin_short(struct scene *s, unsigned num_units)
{
    char hex[65], list[300], phrase[400];
    scene_begin(s, "two-owners.txt");
    house_commitment("kofi.clvkey", hex);
    scene_answer(s, "part.1.commitment", hex);
    house_commitment("lena.clvkey", hex);
    scene_answer(s, "part.2.commitment", hex);
    list_units(list, sizeof(list), num_units, 0);
    snprintf(phrase, sizeof(phrase), "zeroize %s", list);
    scene_answer_only(s, "confirm.zeroize", phrase);
    scene_phrases(s, num_units, 0);
}

void scene_play_short(struct scene *s, const char *num_units, const char *drill)
{
    scene_play(s, "--script", SCRIPT, "--keys", house_keys(), "--units", num_units,
               drill ? "--drill" : NULL, drill, NULL);
}
