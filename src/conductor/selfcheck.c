/* Each row a check: what it is called, how it is made. */
#include "selfcheck.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define SPACE_WANTED (16u * 1024 * 1024)

typedef bool check_fn(const struct clv_conductor *c, char *found, size_t cap);

static bool from_status(clv_status st, const struct clv_error *err, const char *good, char *found,
                        size_t cap)
{
    snprintf(found, cap, "%s", st == CLV_OK ? good : err->fact);
    return st == CLV_OK;
}

static bool check_script(const struct clv_conductor *c, char *found, size_t cap)
{
    char hash[100];
    clv_hex_groups(c->config.script->hash, 8, 4, hash, sizeof(hash));
    snprintf(found, cap, "%s, SHA-256 %s ...", c->config.script->id, hash);
    return true;
}

static bool check_clock(const struct clv_conductor *c, char *found, size_t cap)
{
    char now[CLV_TIME_TEXT];
    clv_time_text(clv_now_wall_ms(c->config.clock), now);
    snprintf(found, cap, "%s; nothing is decided by it", now);
    return true;
}

static bool check_memory(const struct clv_conductor *c, char *found, size_t cap)
{
    (void)c;
    struct clv_error err = {0};
    struct clv_secret *s = NULL;
    clv_status st = clv_secret_new(4096, &s, &err);
    clv_secret_free(&s);
    return from_status(st, &err, "secrets are locked, not dumped, not inherited", found, cap);
}

static bool check_dumps(const struct clv_conductor *c, char *found, size_t cap)
{
    (void)c;
    struct rlimit limit = {0};
    bool off = getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0;
    snprintf(found, cap, off ? "core dumps are off" : "core dumps are on: run \"ulimit -c 0\"");
    return off;
}

/* The Argon2 matrix is too large to lock; swap off is what keeps it from the disk. */
static bool check_swap(const struct clv_conductor *c, char *found, size_t cap)
{
    char line[256];
    unsigned num = 0;
    FILE *f = fopen("/proc/swaps", "re");
    while (f && fgets(line, sizeof(line), f))
        num++;
    if (f)
        fclose(f);
    bool off = f && num <= 1;
    if (off)
        snprintf(found, cap, "swap is off");
    else if (c->config.test_world)
        snprintf(found, cap, "swap is on: accepted in a rehearsal, refused in production");
    else
        snprintf(found, cap, "swap is on: run \"swapoff -a\"");
    return off || c->config.test_world;
}

static bool check_crypto(const struct clv_conductor *c, char *found, size_t cap)
{
    (void)c;
    struct clv_error err = {0};
    return from_status(clv_crypto_self_test(&err), &err, "known answers of every primitive agree",
                       found, cap);
}

static bool check_argon2(const struct clv_conductor *c, char *found, size_t cap)
{
    struct clv_error err = {0};
    char good[160];
    const struct clv_kdf_cost *cost = clv_kdf_cost(c->profile);
    snprintf(good, sizeof(good), "%s: %u MiB ready, about %u ms a file; cross-checked", cost->name,
             cost->memory_kib / 1024, clv_kdf_estimate_ms(c->kdf, c->profile));
    return from_status(clv_kdf_self_test(&err), &err, good, found, cap);
}

static bool check_space(const struct clv_conductor *c, char *found, size_t cap)
{
    struct statvfs fs = {0};
    bool read = statvfs(c->config.dir, &fs) == 0;
    unsigned long long left = (unsigned long long)fs.f_bavail * fs.f_frsize;
    snprintf(found, cap, "%llu MiB free, %u wanted; %zu KiB set aside", left >> 20,
             SPACE_WANTED >> 20, clv_journal_reserve_left(c->journal) / 1024);
    return read && left >= SPACE_WANTED;
}

/* Two copies on one medium are lost together. */
static bool check_media(const struct clv_conductor *c, char *found, size_t cap)
{
    struct stat first, second;
    if (c->mirror == NULL) {
        snprintf(found, cap, "the journal is on one medium");
        return true;
    }
    bool read = stat(c->config.dir, &first) == 0 && stat(c->mirror, &second) == 0;
    bool apart = read && first.st_dev != second.st_dev;
    snprintf(found, cap, "%s%s",
             apart ? "the journal is on two media" : "both copies of the journal are on one medium",
             !apart && c->config.test_world ? ": accepted in a rehearsal" : "");
    return apart || c->config.test_world;
}

/* Counted, not judged: the people in the room know how many there should be. */
static bool check_keyboards(const struct clv_conductor *c, char *found, size_t cap)
{
    (void)c;
    char line[512];
    unsigned num = 0;
    FILE *f = fopen("/proc/bus/input/devices", "re");
    while (f && fgets(line, sizeof(line), f))
        num += strncmp(line, "H: Handlers=", 12) == 0 && strstr(line, "kbd") != NULL;
    if (f)
        fclose(f);
    if (f)
        snprintf(found, cap, "%u devices can type: look for one too many", num);
    else
        snprintf(found, cap, "input devices cannot be listed here");
    return true;
}

static bool check_network(const struct clv_conductor *c, char *found, size_t cap)
{
    (void)c;
    char names[120] = "";
    size_t len = 0;
    DIR *dir = opendir("/sys/class/net");
    for (struct dirent *d; dir && (d = readdir(dir)) != NULL;)
        if (d->d_name[0] != '.' && strcmp(d->d_name, "lo") != 0 &&
            len + strlen(d->d_name) + 2 < sizeof(names))
            len += (size_t)snprintf(names + len, sizeof(names) - len, " %s", d->d_name);
    if (dir)
        closedir(dir);
    snprintf(found, cap, "%s%s", len ? "network devices:" : "no network device", names);
    return true;
}

/* Names, or how many there are when they would fill the page. */
static void shorten(char *names, size_t cap)
{
    unsigned num = 1;
    for (const char *at = names; (at = strchr(at, ',')) != NULL; at++)
        num++;
    if (num > 3)
        snprintf(names, cap, "%u", num);
}

/* Told, not judged: practice is a matter of the people's own rules. */
static bool check_drills(const struct clv_conductor *c, char *found, size_t cap)
{
    char passed[240] = "none", missing[240] = "";
    if (c->config.drills)
        c->config.drills->say(c->config.drills->ctx, passed, missing, sizeof(passed));
    shorten(missing, sizeof(missing));
    snprintf(found, cap, "passed with this script: %s; not practised: %s", passed, missing);
    return true;
}

/* clang-format off */
static const struct {
    const char *name;
    check_fn *fn;
} checks[] = {
    { "script",       check_script },
    { "drills",       check_drills },
    { "clock",        check_clock },
    { "memory",       check_memory },
    { "core dumps",   check_dumps },
    { "swap",         check_swap },
    { "cryptography", check_crypto },
    { "Argon2id",     check_argon2 },
    { "disk",         check_space },
    { "media",        check_media },
    { "keyboards",    check_keyboards },
    { "network",      check_network },
};
/* clang-format on */

size_t self_check(const struct clv_conductor *c, struct check_result *results, size_t cap)
{
    size_t num = 0;
    for (; num < sizeof(checks) / sizeof(checks[0]) && num < cap; num++) {
        results[num].name = checks[num].name;
        results[num].ok = checks[num].fn(c, results[num].found, sizeof(results[num].found));
    }
    return num;
}
