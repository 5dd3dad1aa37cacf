#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The deepest place of either format is a number in a list in an instance in a list in the file. */
#define MAX_DEPTH 6
/* Far above what a script needs; keeps the search for equal keys short. */
#define MAX_NODES 2000

struct building {
    const struct clv_yaml_source *source;
    struct fy_diag *diag;
    struct fy_parser *parser;
    struct fy_event *event; /* the current one */
    size_t num_nodes;
    size_t last_at; /* where we were last, for what has no place of its own */
};

static void node_free(struct clv_yaml_node *node)
{
    while (node != NULL) {
        struct clv_yaml_node *next = node->next;
        if (node->key != NULL)
            free(node->key->text);
        free(node->key);
        node_free(node->first);
        free(node->text);
        free(node);
        node = next;
    }
}

void clv_yaml_free(struct clv_yaml **yaml)
{
    if (*yaml != NULL)
        node_free((*yaml)->root);
    free(*yaml);
    *yaml = NULL;
}

const struct clv_yaml_node *clv_yaml_child(const struct clv_yaml_node *map, const char *key)
{
    for (const struct clv_yaml_node *child = map->first; child != NULL; child = child->next) {
        if (child->key != NULL && strcmp(child->key->text, key) == 0)
            return child;
    }
    return NULL;
}

/* ---- one event after the other ---- */

static size_t token_at(struct building *b, struct fy_token *token)
{
    const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;
    if (mark == NULL || mark->input_pos > b->source->len)
        return b->last_at;
    size_t at = mark->input_pos;
    /* A block text starts at its first line, blanks included: point to its first word. */
    while (at < b->source->len && (b->source->text[at] == ' ' || b->source->text[at] == '\n'))
        at++;
    b->last_at = at < b->source->len ? at : mark->input_pos;
    return b->last_at;
}

static clv_status syntax_error(struct building *b, struct clv_error *err)
{
    void *iterator = NULL;
    const struct fy_diag_error *fault = fy_diag_errors_iterate(b->diag, &iterator);
    if (fault == NULL || fault->line < 1 || fault->column < 1)
        return clv_yaml_fail(b->source, b->last_at, err, "not understood as YAML near here");
    size_t at = clv_yaml_offset(b->source, (unsigned)fault->line, (unsigned)fault->column);
    return clv_yaml_fail(b->source, at, err, "%s", fault->msg);
}

static clv_status next_event(struct building *b, struct clv_error *err)
{
    if (b->event != NULL)
        fy_parser_event_free(b->parser, b->event);
    b->event = fy_parser_parse(b->parser);
    if (b->event == NULL || fy_parser_get_stream_error(b->parser))
        return syntax_error(b, err);
    return CLV_OK;
}

static clv_status expect_event(struct building *b, enum fy_event_type type, const char *otherwise,
                               struct clv_error *err)
{
    clv_status status = next_event(b, err);
    if (status != CLV_OK)
        return status;
    if (b->event->type == type)
        return CLV_OK;
    size_t at = b->last_at;
    if (b->event->type == FYET_DOCUMENT_START)
        at = token_at(b, b->event->document_start.document_start);
    return clv_yaml_fail(b->source, at, err, "%s", otherwise);
}

/* ---- nodes ---- */

static clv_status refuse_decoration(struct building *b, struct fy_token *anchor,
                                    struct fy_token *tag, struct clv_error *err)
{
    if (anchor != NULL) {
        size_t at = token_at(b, anchor);
        return clv_yaml_fail(b->source, at, err, "anchors (&) are not used here");
    }
    if (tag != NULL) {
        size_t at = token_at(b, tag);
        return clv_yaml_fail(b->source, at, err, "tags (!) are not used here");
    }
    return CLV_OK;
}

static clv_status node_new(struct building *b, enum clv_yaml_kind kind, size_t at,
                           struct clv_yaml_node **ret, struct clv_error *err)
{
    if (++b->num_nodes > MAX_NODES)
        return clv_yaml_fail(b->source, at, err, "more than %d values", MAX_NODES);
    struct clv_yaml_node *node = calloc(1, sizeof *node);
    if (node == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    node->kind = kind;
    node->at = at;
    *ret = node;
    return CLV_OK;
}

static clv_status scalar_node(struct building *b, struct clv_yaml_node **ret, struct clv_error *err)
{
    struct fy_token *token = b->event->scalar.value;
    clv_status status = refuse_decoration(b, b->event->scalar.anchor, b->event->scalar.tag, err);
    if (status != CLV_OK)
        return status;
    size_t at = token_at(b, token), len = 0;
    const char *text = fy_token_get_text(token, &len);
    if (text == NULL) /* "key:" with nothing behind it */
        text = "", len = 0;
    if (memchr(text, '\0', len) != NULL)
        return clv_yaml_fail(b->source, at, err, "a control character");

    struct clv_yaml_node *node = NULL;
    status = node_new(b, CLV_YAML_TEXT, at, &node, err);
    if (status != CLV_OK)
        return status;
    node->plain = fy_token_scalar_style(token) == FYSS_PLAIN;
    node->text = strndup(text, len);
    if (node->text == NULL) {
        node_free(node);
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    }
    *ret = node;
    return CLV_OK;
}

static clv_status build(struct building *b, unsigned depth, struct clv_yaml_node **ret,
                        struct clv_error *err);

/* The current event is the key. */
static clv_status build_key(struct building *b, const struct clv_yaml_node *map,
                            struct clv_yaml_node **ret, struct clv_error *err)
{
    if (b->event->type != FYET_SCALAR)
        return clv_yaml_fail(b->source, b->last_at, err, "a key must be a single word");
    struct clv_yaml_node *key = NULL;
    clv_status status = scalar_node(b, &key, err);
    if (status != CLV_OK)
        return status;
    const struct clv_yaml_node *twice = clv_yaml_child(map, key->text);
    if (twice != NULL) {
        status =
            clv_yaml_fail(b->source, key->at, err, "\"%.40s\" stands here twice, first on line %u",
                          key->text, clv_yaml_line(b->source, twice->key->at));
        node_free(key);
        return status;
    }
    *ret = key;
    return CLV_OK;
}

static clv_status build_children(struct building *b, struct clv_yaml_node *parent, unsigned depth,
                                 struct clv_error *err)
{
    bool map = parent->kind == CLV_YAML_MAP;
    enum fy_event_type end = map ? FYET_MAPPING_END : FYET_SEQUENCE_END;
    struct clv_yaml_node **tail = &parent->first;
    for (;;) {
        struct clv_yaml_node *key = NULL;
        clv_status status = next_event(b, err);
        if (status != CLV_OK || b->event->type == end)
            return status;
        if (map) {
            status = build_key(b, parent, &key, err);
            if (status == CLV_OK)
                status = next_event(b, err);
        }
        if (status == CLV_OK)
            status = build(b, depth + 1, tail, err);
        if (status != CLV_OK) {
            node_free(key);
            return status;
        }
        (*tail)->key = key;
        tail = &(*tail)->next;
        parent->num++;
    }
}

static clv_status collection_node(struct building *b, unsigned depth, struct clv_yaml_node **ret,
                                  struct clv_error *err)
{
    bool map = b->event->type == FYET_MAPPING_START;
    struct fy_token *start =
        map ? b->event->mapping_start.mapping_start : b->event->sequence_start.sequence_start;
    clv_status status =
        map ? refuse_decoration(b, b->event->mapping_start.anchor, b->event->mapping_start.tag, err)
            : refuse_decoration(b, b->event->sequence_start.anchor, b->event->sequence_start.tag,
                                err);
    if (status != CLV_OK)
        return status;
    size_t at = token_at(b, start);
    if (depth >= MAX_DEPTH)
        return clv_yaml_fail(b->source, at, err, "nested too deeply");

    struct clv_yaml_node *node = NULL;
    status = node_new(b, map ? CLV_YAML_MAP : CLV_YAML_LIST, at, &node, err);
    if (status != CLV_OK)
        return status;
    status = build_children(b, node, depth, err);
    if (status != CLV_OK) {
        node_free(node);
        return status;
    }
    *ret = node;
    return CLV_OK;
}

/* The value that the current event begins. */
static clv_status build(struct building *b, unsigned depth, struct clv_yaml_node **ret,
                        struct clv_error *err)
{
    if (b->event->type == FYET_SCALAR)
        return scalar_node(b, ret, err);
    if (b->event->type == FYET_MAPPING_START || b->event->type == FYET_SEQUENCE_START)
        return collection_node(b, depth, ret, err);
    if (b->event->type == FYET_ALIAS) {
        size_t at = token_at(b, b->event->alias.anchor);
        return clv_yaml_fail(b->source, at, err, "aliases (*) are not used here");
    }
    return clv_yaml_fail(b->source, b->last_at, err, "a value is missing here");
}

static clv_status build_all(struct building *b, struct clv_yaml *yaml, struct clv_error *err)
{
    clv_status status = expect_event(b, FYET_STREAM_START, "not understood as YAML", err);
    if (status == CLV_OK)
        status = expect_event(b, FYET_DOCUMENT_START, "the file is empty", err);
    if (status == CLV_OK)
        status =
            expect_event(b, FYET_MAPPING_START, "the file must consist of \"key: value\"", err);
    if (status == CLV_OK)
        status = build(b, 0, &yaml->root, err);
    if (status == CLV_OK)
        status = expect_event(b, FYET_DOCUMENT_END, "something stands behind the end", err);
    if (status == CLV_OK)
        status = expect_event(b, FYET_STREAM_END, "a second document: one file is one", err);
    return status;
}

/* ---- libfyaml, made silent ---- */

static void say_nothing(struct fy_diag *diag, void *user, const char *text, size_t len)
{
    (void)diag, (void)user, (void)text, (void)len;
}

static bool parser_open(struct building *b)
{
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    diag_cfg.output_fn = say_nothing;
    diag_cfg.colorize = false;
    b->diag = fy_diag_create(&diag_cfg);
    if (b->diag == NULL)
        return false;
    fy_diag_set_collect_errors(b->diag, true);

    const struct fy_parse_cfg cfg = {
        .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
        .diag = b->diag,
    };
    b->parser = fy_parser_create(&cfg);
    return b->parser != NULL &&
           fy_parser_set_string(b->parser, b->source->text, b->source->len) == 0;
}

static void parser_close(struct building *b)
{
    if (b->event != NULL)
        fy_parser_event_free(b->parser, b->event);
    if (b->parser != NULL)
        fy_parser_destroy(b->parser);
    if (b->diag != NULL)
        fy_diag_destroy(b->diag);
}

clv_status clv_yaml_parse(const struct clv_yaml_source *source, struct clv_yaml **ret,
                          struct clv_error *err)
{
    clv_status status = clv_yaml_check(source, err);
    if (status != CLV_OK)
        return status;
    if (source->len == 0) /* libfyaml would measure an empty text itself */
        return clv_yaml_fail(source, 0, err, "the file is empty");

    struct building b = {.source = source};
    struct clv_yaml *yaml = calloc(1, sizeof *yaml);
    if (yaml == NULL || !parser_open(&b)) {
        status = clv_fail(err, CLV_E_MEMORY, "no memory left");
        goto out;
    }
    status = build_all(&b, yaml, err);
    if (status == CLV_OK) {
        *ret = yaml;
        yaml = NULL;
    }
out:
    parser_close(&b);
    clv_yaml_free(&yaml);
    return status;
}
