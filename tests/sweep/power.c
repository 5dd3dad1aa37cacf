#include "power.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "power_disk.h"

#define SECTOR 512u
#define MARK_MAX 200
#define DIGEST 16

struct power {
    struct disk disk;
    FILE *trace;
    uint64_t point; /* records applied */
    char last[200]; /* what the last one was */
    char mark[MARK_MAX];
    uint8_t (*seen)[DIGEST];
    size_t num_seen;
    uint64_t number; /* of the next tree */
    bool (*wanted)(uint64_t number);
};

struct power *power_new(const char *trace_path)
{
    struct power *p = calloc(1, sizeof *p);
    if (!p || sodium_init() < 0 || !(p->trace = fopen(trace_path, "re")))
        abort();
    return p;
}

void power_free(struct power **p)
{
    disk_clear(&(*p)->disk);
    fclose((*p)->trace);
    free((*p)->seen);
    free(*p);
    *p = NULL;
}

const char *power_mark(const struct power *p)
{
    return p->mark;
}

void power_split(struct power *p, const char *folder)
{
    p->disk.second = folder;
}

void power_choose(struct power *p, bool (*wanted)(uint64_t number))
{
    p->wanted = wanted;
}

bool power_next(struct power *p)
{
    static const char *const words[] = {
        [TRACE_CREATE] = "create",     [TRACE_WRITE] = "write",   [TRACE_TRUNCATE] = "truncate",
        [TRACE_SYNC] = "sync",         [TRACE_RENAME] = "rename", [TRACE_LINK] = "link",
        [TRACE_SYNC_DIR] = "sync dir", [TRACE_UNLINK] = "unlink", [TRACE_MKDIR] = "mkdir",
        [TRACE_MARK] = "mark"};
    struct shim_record r;
    if (fread(&r, sizeof r, 1, p->trace) != 1)
        return false;
    char *path = calloc(1, r.path_len + 1);
    uint8_t *data = calloc(1, r.data_len + 1);
    if (!path || !data || fread(path, 1, r.path_len, p->trace) != r.path_len ||
        fread(data, 1, r.data_len, p->trace) != r.data_len)
        abort();
    disk_apply(&p->disk, &r, path, data);
    if (r.kind == TRACE_MARK)
        (void)snprintf(p->mark, sizeof p->mark, "%s", (const char *)data);
    (void)snprintf(p->last, sizeof p->last, "record %" PRIu64 " (%s %.100s)", ++p->point,
                   words[r.kind], path);
    free(path);
    free(data);
    return true;
}

/* ---- one tree -------------------------------------------------------------------------------- */

enum data_fate {
    KEPT,
    DROPPED,
    HOLE,      /* as long as it was to be, zeros where nothing was safe */
    CUT,       /* the last write up to `at` bytes, nothing behind */
    LATE_PART, /* the last write from `at` on, zeros before */
};
static const char *const fate_words[] = {"kept", "dropped", "as a hole", "cut", "its later part"};

/* What the cut does to one medium. */
struct cut {
    bool applied[DISK_MAX_CHANGES]; /* which of the changes of names that are not safe are there */
    const char *names_word;
    enum data_fate fate;
    int only; /* the node it befalls, the others are kept; -1: all that are dirty */
    size_t at;
};
struct variant {
    const struct cut *cut[DISK_MEDIA];
    struct names names;
};

/* What the node holds then; fresh memory. */
static struct content fate_of(const struct node *n, const struct cut *v)
{
    const struct content *from = v->fate == DROPPED ? &n->safe : &n->now;
    struct content c = {malloc(from->len + 1), from->len};
    if (!c.data)
        abort();
    if (from->len > 0)
        memcpy(c.data, from->data, from->len);
    if (v->fate == HOLE)
        for (size_t i = 0; i < c.len; i++)
            if (i >= n->safe.len)
                c.data[i] = 0;
    if (v->fate == CUT && n->last_at + v->at < c.len)
        c.len = n->last_at + v->at;
    if (v->fate == LATE_PART)
        memset(c.data + n->last_at, 0, v->at);
    return c;
}

static struct content content_in(const struct disk *d, int node, const struct variant *v)
{
    static const struct cut kept = {.fate = KEPT};
    const struct node *n = &d->node[node];
    const struct cut *cut = v->cut[n->medium];
    bool befalls = n->dirty && (cut->only < 0 || cut->only == node);
    return fate_of(n, befalls ? cut : &kept);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

/* Whether such a tree was there before; remembers it. */
static bool is_new(struct power *p, const struct variant *v)
{
    uint8_t digest[DIGEST];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, DIGEST);
    for (size_t i = 0; i < v->names.num; i++) {
        const struct name *name = &v->names.name[i];
        struct content c = {0};
        if (name->node >= 0)
            c = content_in(&p->disk, name->node, v);
        (void)crypto_generichash_update(&state, (const uint8_t *)name->path,
                                        strlen(name->path) + 1);
        (void)crypto_generichash_update(&state, (const uint8_t *)&c.len, sizeof c.len);
        (void)crypto_generichash_update(&state, c.data ? c.data : digest, c.len);
        free(c.data);
    }
    (void)crypto_generichash_update(&state, (const uint8_t *)p->mark, strlen(p->mark));
    (void)crypto_generichash_final(&state, digest, DIGEST);
    for (size_t i = 0; i < p->num_seen; i++)
        if (memcmp(p->seen[i], digest, DIGEST) == 0)
            return false;
    p->seen = realloc(p->seen, (p->num_seen + 1) * sizeof *p->seen);
    if (!p->seen)
        abort();
    memcpy(p->seen[p->num_seen++], digest, DIGEST);
    return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    return ftw->level == 0 ? 0 : remove(path);
}

static void write_file(const char *path, struct content c)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return; /* its folder is not there: neither is the file */
    if (write(fd, c.data, c.len) != (ssize_t)c.len)
        abort();
    close(fd);
}

static void build(const struct power *p, const struct variant *v, const char *dir)
{
    char path[SHIM_PATH * 2];
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (size_t i = 0; i < v->names.num; i++) {
        const struct name *name = &v->names.name[i];
        (void)snprintf(path, sizeof path, "%s/%s", dir, name->path);
        if (name->node < 0) {
            if (mkdir(path, 0700) != 0 && errno != ENOENT)
                abort();
            continue;
        }
        struct content c = content_in(&p->disk, name->node, v);
        write_file(path, c);
        free(c.data);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* ---- what may be left of one medium ---------------------------------------------------------- */

struct cuts {
    struct cut *cut;
    size_t num;
};

static void add_cut(struct cuts *list, const struct cut *cut)
{
    list->cut = realloc(list->cut, (list->num + 1) * sizeof *list->cut);
    if (!list->cut)
        abort();
    list->cut[list->num++] = *cut;
}

static bool is_dirty(const struct disk *d, unsigned medium, size_t node)
{
    return d->node[node].dirty && d->node[node].medium == medium;
}

static void add_data(struct cuts *list, const struct disk *d, unsigned medium,
                     const bool applied[DISK_MAX_CHANGES], const char *word)
{
    struct cut cut = {.names_word = word, .only = -1};
    memcpy(cut.applied, applied, sizeof cut.applied);
    bool any = false;
    for (size_t i = 0; i < d->num_nodes; i++)
        any = any || is_dirty(d, medium, i);
    for (cut.fate = KEPT; cut.fate <= (any ? HOLE : KEPT); cut.fate++)
        add_cut(list, &cut);
    cut.fate = DROPPED;
    for (size_t i = 0; i < d->num_nodes; i++) {
        cut.only = (int)i;
        if (is_dirty(d, medium, i))
            add_cut(list, &cut);
    }
}

/* The last write to a file, cut at each sector it crosses and in the middle. */
static void add_torn(struct cuts *list, const struct node *n, struct cut cut)
{
    for (size_t at = 1; at < n->last_len; at++) {
        if ((n->last_at + at) % SECTOR != 0 && at != n->last_len / 2)
            continue;
        cut.at = at;
        cut.fate = CUT;
        add_cut(list, &cut);
        cut.fate = LATE_PART;
        add_cut(list, &cut);
    }
}

/* Of the changes of names: none, each prefix, each one alone, all but one, all. */
static void list_cuts(const struct disk *d, unsigned medium, struct cuts *ret)
{
    struct cut all = {.names_word = "names kept"};
    size_t ours[DISK_MAX_CHANGES], num = 0;
    for (size_t i = 0; i < d->num_changes; i++)
        if (d->change[i].medium == medium)
            ours[num++] = i;
    add_data(ret, d, medium, all.applied, num > 0 ? "no name kept" : "names kept");
    for (size_t i = 0; i < num; i++) {
        bool alone[DISK_MAX_CHANGES] = {false};
        all.applied[ours[i]] = alone[ours[i]] = true;
        add_data(ret, d, medium, all.applied, i + 1 == num ? "names kept" : "some names kept");
        add_data(ret, d, medium, alone, "one name kept");
    }
    for (size_t i = 0; i < num; i++) {
        all.applied[ours[i]] = false;
        add_data(ret, d, medium, all.applied, "all names but one kept");
        all.applied[ours[i]] = true;
    }
    for (size_t i = 0; i < d->num_nodes; i++) {
        all.only = (int)i;
        if (is_dirty(d, medium, i))
            add_torn(ret, &d->node[i], all);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

struct looking {
    struct power *power;
    const char *dir;
    power_look *look;
    void *ctx;
    size_t num;
};

static void tell_cut(const struct cut *cut, char *ret, size_t cap)
{
    (void)snprintf(ret, cap, "%s, unsynced data %s (%zu)", cut->names_word, fate_words[cut->fate],
                   cut->at);
}

static void look_at(struct looking *l, struct variant *v)
{
    char what[600], cuts[DISK_MEDIA][100];
    struct power *p = l->power;
    if (v->names.num > 0) /* a folder comes before what is in it */
        qsort(v->names.name, v->names.num, sizeof *v->names.name, by_path);
    if (!is_new(p, v))
        return;
    if (p->wanted && !p->wanted(p->number++))
        return;
    build(p, v, l->dir);
    for (unsigned m = 0; m < DISK_MEDIA; m++)
        tell_cut(v->cut[m], cuts[m], sizeof cuts[m]);
    (void)snprintf(what, sizeof what, "power cut behind %s, %s%s%s", p->last, cuts[0],
                   p->disk.second ? "; on the second medium " : "", p->disk.second ? cuts[1] : "");
    l->look(l->ctx, what);
    l->num++;
}

/* The safe names, and those changes that the cuts leave. */
static void names_left(const struct disk *d, struct variant *v)
{
    names_copy(&d->safe, &v->names);
    for (size_t i = 0; i < d->num_changes; i++)
        if (v->cut[d->change[i].medium]->applied[i])
            names_change(&v->names, &d->change[i]);
}

size_t power_each_tree(struct power *p, const char *dir, power_look *look, void *ctx)
{
    struct looking l = {.power = p, .dir = dir, .look = look, .ctx = ctx};
    struct cuts first = {0}, second = {0};
    list_cuts(&p->disk, 0, &first);
    list_cuts(&p->disk, 1, &second);
    for (size_t i = 0; i < first.num; i++)
        for (size_t k = 0; k < second.num; k++) {
            struct variant v = {.cut = {&first.cut[i], &second.cut[k]}};
            names_left(&p->disk, &v);
            look_at(&l, &v);
            names_clear(&v.names);
        }
    free(first.cut);
    free(second.cut);
    return l.num;
}
