#include "power_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* ---- content --------------------------------------------------------------------------------- */

static void content_copy(const struct content *from, struct content *to)
{
    to->data = must(realloc(to->data, from->len + 1));
    to->len = from->len;
    if (from->len > 0)
        memcpy(to->data, from->data, from->len);
}

static void content_resize(struct content *c, size_t len)
{
    c->data = must(realloc(c->data, len + 1));
    if (len > c->len)
        memset(c->data + c->len, 0, len - c->len);
    c->len = len;
}

static void content_write(struct content *c, size_t at, const uint8_t *data, size_t len)
{
    if (at + len > c->len)
        content_resize(c, at + len);
    if (len > 0)
        memcpy(c->data + at, data, len);
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct name *find(const struct names *n, const char *path)
{
    for (size_t i = 0; i < n->num; i++)
        if (strcmp(n->name[i].path, path) == 0)
            return &n->name[i];
    return NULL;
}

static void take_out(struct names *n, const char *path)
{
    struct name *found = find(n, path);
    if (!found)
        return;
    free(found->path);
    *found = n->name[--n->num];
}

static void put_in(struct names *n, const char *path, int node)
{
    take_out(n, path);
    n->name = must(realloc(n->name, (n->num + 1) * sizeof *n->name));
    n->name[n->num++] = (struct name){must(strdup(path)), node};
}

void names_change(struct names *n, const struct change *c)
{
    if (c->kind == TRACE_RENAME || c->kind == TRACE_UNLINK)
        take_out(n, c->path);
    if (c->kind == TRACE_RENAME || c->kind == TRACE_LINK)
        put_in(n, c->to, c->node);
    if (c->kind == TRACE_CREATE || c->kind == TRACE_MKDIR)
        put_in(n, c->path, c->node);
}

void names_copy(const struct names *from, struct names *ret)
{
    *ret = (struct names){0};
    for (size_t i = 0; i < from->num; i++)
        put_in(ret, from->name[i].path, from->name[i].node);
}

void names_clear(struct names *n)
{
    for (size_t i = 0; i < n->num; i++)
        free(n->name[i].path);
    free(n->name);
    *n = (struct names){0};
}

/* ---- changes of names ------------------------------------------------------------------------ */

static bool is_in(const char *path, const char *folder)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (strcmp(folder, ".") == 0)
        return !slash;
    return slash && strlen(folder) == len && strncmp(path, folder, len) == 0;
}

static unsigned medium_of(const struct disk *d, const char *path)
{
    size_t len = d->second ? strlen(d->second) : 0;
    return len > 0 && strncmp(path, d->second, len) == 0 && path[len] == '/';
}

static void forget_change(struct change *c)
{
    free(c->path);
    free(c->to);
}

static void sync_folder(struct disk *d, const char *folder)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->num_changes; i++) {
        if (is_in(d->change[i].path, folder)) {
            names_change(&d->safe, &d->change[i]);
            forget_change(&d->change[i]);
        } else {
            d->change[kept++] = d->change[i];
        }
    }
    d->num_changes = kept;
}

static int new_node(struct disk *d, uint64_t number, unsigned medium)
{
    d->node = must(realloc(d->node, (d->num_nodes + 1) * sizeof *d->node));
    d->node[d->num_nodes] = (struct node){.number = number, .medium = medium};
    return (int)d->num_nodes++;
}

/* The youngest of that number: the older ones are unlinked. */
static struct node *node_of(struct disk *d, uint64_t number)
{
    for (size_t i = d->num_nodes; i-- > 0;)
        if (d->node[i].number == number)
            return &d->node[i];
    return NULL;
}

static void change_names(struct disk *d, const struct shim_record *r, const char *path,
                         const uint8_t *data)
{
    struct change c = {.kind = (enum shim_kind)r->kind,
                       .medium = medium_of(d, path),
                       .path = must(strdup(path)),
                       .node = -1};
    const struct name *old = find(&d->now, path);
    if (d->num_changes == DISK_MAX_CHANGES)
        abort();
    if (r->kind == TRACE_CREATE)
        c.node = new_node(d, r->node, c.medium);
    else if (old)
        c.node = old->node;
    if (r->kind == TRACE_RENAME || r->kind == TRACE_LINK)
        c.to = must(strndup((const char *)data, r->data_len));
    names_change(&d->now, &c);
    d->change[d->num_changes++] = c;
}

/* ---- records --------------------------------------------------------------------------------- */

static void write_node(struct node *n, const struct shim_record *r, const uint8_t *data)
{
    if (r->kind == TRACE_TRUNCATE) {
        content_resize(&n->now, (size_t)r->at);
        n->last_len = 0;
    } else {
        content_write(&n->now, (size_t)r->at, data, r->data_len);
        n->last_at = (size_t)r->at;
        n->last_len = r->data_len;
    }
    n->dirty = true;
}

static void sync_node(struct node *n)
{
    content_copy(&n->now, &n->safe);
    n->dirty = false;
    n->last_len = 0;
}

void disk_apply(struct disk *d, const struct shim_record *r, const char *path, const uint8_t *data)
{
    struct node *n = NULL;
    switch ((enum shim_kind)r->kind) {
    case TRACE_CREATE:
    case TRACE_MKDIR:
    case TRACE_RENAME:
    case TRACE_LINK:
    case TRACE_UNLINK:
        change_names(d, r, path, data);
        break;
    case TRACE_WRITE:
    case TRACE_TRUNCATE:
        if ((n = node_of(d, r->node)) != NULL)
            write_node(n, r, data);
        break;
    case TRACE_SYNC:
        if ((n = node_of(d, r->node)) != NULL)
            sync_node(n);
        break;
    case TRACE_SYNC_DIR:
        sync_folder(d, path);
        break;
    case TRACE_MARK:
        break;
    }
}

void disk_clear(struct disk *d)
{
    for (size_t i = 0; i < d->num_nodes; i++) {
        free(d->node[i].now.data);
        free(d->node[i].safe.data);
    }
    for (size_t i = 0; i < d->num_changes; i++)
        forget_change(&d->change[i]);
    names_clear(&d->now);
    names_clear(&d->safe);
    free(d->node);
    *d = (struct disk){0};
}
