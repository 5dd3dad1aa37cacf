/* How this room reads YAML: a source with positions, a tree without surprises, tables of fields. */
#ifndef CLV_SCRIPT_INTERNAL_H
#define CLV_SCRIPT_INTERNAL_H

#include "claviger/script.h"

/* ---- yaml_source.c: the text and where in it something is wrong ---- */

struct clv_yaml_source {
    const char *name; /* of the file, for errors */
    const char *text; /* len bytes; borrowed */
    size_t len;
};

/* Refuses before YAML is looked at what would make positions, or what a person sees, unreliable:
 * more than CLV_SCRIPT_FILE_MAX bytes, bytes that are not UTF-8, control and format characters. */
clv_status clv_yaml_check(const struct clv_yaml_source *source, struct clv_error *err);
/* "file:line:column: ..." for the byte at offset `at`, the line quoted with a caret.
 * Always CLV_E_SCRIPT. */
clv_status clv_yaml_fail(const struct clv_yaml_source *source, size_t at, struct clv_error *err,
                         const char *fmt, ...) __attribute__((format(printf, 4, 5)));
unsigned clv_yaml_line(const struct clv_yaml_source *source, size_t at); /* from 1 */
size_t clv_yaml_offset(const struct clv_yaml_source *source, unsigned line, unsigned column);

/* ---- yaml_tree.c: YAML to a tree ---- */

enum clv_yaml_kind { CLV_YAML_TEXT, CLV_YAML_MAP, CLV_YAML_LIST };

struct clv_yaml_node {
    enum clv_yaml_kind kind;
    bool plain;                /* TEXT without quotes: may be a number or true/false */
    size_t at;                 /* offset in the source */
    char *text;                /* TEXT */
    struct clv_yaml_node *key; /* of a child of a MAP; TEXT */
    struct clv_yaml_node *first, *next;
    size_t num; /* children */
};

struct clv_yaml {
    struct clv_yaml_node *root; /* a MAP */
};

/* One document, one mapping at the top. Refused: anchors, aliases, tags, directives, a second
 * document, a key twice, nesting deeper than the formats need.
 * errors  CLV_E_SCRIPT */
clv_status clv_yaml_parse(const struct clv_yaml_source *source, struct clv_yaml **ret,
                          struct clv_error *err);
void clv_yaml_free(struct clv_yaml **yaml);
/* The value of a key, or NULL. */
const struct clv_yaml_node *clv_yaml_child(const struct clv_yaml_node *map, const char *key);

/* ---- yaml_fields.c: mappings to structs, by table ---- */

enum clv_yaml_field_kind {
    CLV_FIELD_LINE,   /* const char *: one line of at most max characters */
    CLV_FIELD_TEXT,   /* const char *: lines, at most max bytes */
    CLV_FIELD_NUMBER, /* unsigned: min..max */
    CLV_FIELD_BOOL,   /* bool: true or false */
    CLV_FIELD_WORD,   /* an enum: index into words, which ends with NULL */
    CLV_FIELD_NODE,   /* const struct clv_yaml_node *: read by the caller */
};

struct clv_yaml_field {
    const char *key;
    enum clv_yaml_field_kind kind;
    size_t offset; /* of the member that takes the value */
    bool required;
    unsigned min, max;
    const char *const *words;
};

/* Fills members of out; those without a key in the file stay as they are.
 * errors  CLV_E_SCRIPT: unknown key, missing key, wrong type, out of range, bad text */
clv_status clv_yaml_fields(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                           const struct clv_yaml_field *fields, size_t num_fields, void *out,
                           struct clv_error *err);
/* The same for one value that stands by itself, for example in a list. */
clv_status clv_yaml_value(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                          const struct clv_yaml_field *field, void *out, struct clv_error *err);
/* errors  CLV_E_SCRIPT: node is no list, or has fewer than min or more than max entries */
clv_status clv_yaml_list(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                         const char *what, size_t min, size_t max, struct clv_error *err);
/* The first key must be `key` with version 1: tells a script from a site file and from any other.
 * errors  CLV_E_SCRIPT */
clv_status clv_yaml_is(const struct clv_yaml_source *source, const struct clv_yaml *yaml,
                       const char *key, const char *what, struct clv_error *err);

/* ---- script_order.c: which steps, in which order ---- */
/* list is what script->steps were read from.
 * errors  CLV_E_SCRIPT */
clv_status clv_script_check_order(const struct clv_yaml_source *source,
                                  const struct clv_script *script, const struct clv_yaml_node *list,
                                  struct clv_error *err);

/* ---- site_address.c: where the units of a service instance are ---- */

/* As the file has it; members are NULL where it says nothing. */
struct clv_site_address {
    const char *endpoint, *region, *api, *device;
    const struct clv_yaml_node *queues;
};
/* Fills endpoint and queues of the instance whose mapping is map.
 * errors  CLV_E_SCRIPT: none or several of endpoint, region and device; a value that breaks a rule;
 *         an unknown region or API endpoint, with those that are known */
clv_status clv_site_read_address(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *map,
                                 const struct clv_site_address *address,
                                 struct clv_site_instance *instance, struct clv_error *err);

/* What is wrong with a URL that a token may go to, or NULL: https://, or http:// on this machine.
 */
const char *clv_site_objection_to_url(const char *url);

/* ---- site_signing.c: the signing service ---- */
/* errors  CLV_E_SCRIPT */
clv_status clv_site_read_signing(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *map, struct clv_site_signing *ret,
                                 struct clv_error *err);

/* ---- site_read.c: a trusted root ---- */
/* errors  CLV_E_INPUT: not a point */
clv_status clv_site_root_from_hex(const char *text, size_t len, struct clv_site_root *root,
                                  struct clv_error *err);

#endif
