/* Checkpoints and the names of our logs. source  C2SP tlog-checkpoint */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ".invalid" (RFC 2606) can never be a real host: the name says which log, not where. */
static const char test_prefix[] = "claviger.invalid/test/";
static const char production_prefix[] = "claviger.invalid/production/";

static clv_status bad_checkpoint(struct clv_error *err, const char *what)
{
    return clv_fail(err, CLV_E_FORMAT, "not a checkpoint: %s", what);
}

clv_status clv_checkpoint_parse(struct clv_view text, struct clv_checkpoint *ret,
                                struct clv_error *err)
{
    struct clv_checkpoint c = {0};
    struct clv_view size, root, line, rest = text;
    if (!clv_view_take_line(&rest, &c.origin) || !clv_view_take_line(&rest, &size) ||
        !clv_view_take_line(&rest, &root))
        return bad_checkpoint(err, "it has fewer than three lines");
    if (c.origin.len == 0)
        return bad_checkpoint(err, "its origin is empty");
    if (!decimal_parse(size, &c.size))
        return bad_checkpoint(err, "its size is not a number");
    if (!clv_hash_parse(root, c.root))
        return bad_checkpoint(err, "its root is not the base64 of 32 bytes");
    c.extensions = rest;
    while (clv_view_take_line(&rest, &line))
        if (line.len == 0)
            return bad_checkpoint(err, "an extension line is empty");
    if (rest.len > 0)
        return bad_checkpoint(err, "its last line has no newline");
    *ret = c;
    return CLV_OK;
}

void clv_checkpoint_write(const struct clv_checkpoint *c, struct clv_writer *w)
{
    char *root = clv_base64(c->root, CLV_HASH_LEN);
    if (!root) {
        w->failed = true;
        return;
    }
    clv_write_view(w, c->origin);
    clv_write_format(w, "\n%" PRIu64 "\n%s\n", c->size, root);
    clv_write_view(w, c->extensions);
    free(root);
}

static bool id_is_valid(const uint8_t *id, size_t len)
{
    if (len == 0 || len > CLV_CEREMONY_ID_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(id[i] >= 'A' && id[i] <= 'Z') && !(id[i] >= '0' && id[i] <= '9') && id[i] != '-')
            return false;
    return true;
}

clv_status clv_origin_format(const char *ceremony_id, bool test, char out[CLV_NOTE_NAME_MAX + 1],
                             struct clv_error *err)
{
    if (!id_is_valid((const uint8_t *)ceremony_id, strlen(ceremony_id)))
        return clv_fail(err, CLV_E_INPUT, "a ceremony id is 1 to %d of A-Z, 0-9 and '-'",
                        CLV_CEREMONY_ID_MAX);
    snprintf(out, CLV_NOTE_NAME_MAX + 1, "%s%s", test ? test_prefix : production_prefix,
             ceremony_id);
    return CLV_OK;
}

static bool has_prefix(struct clv_view v, const char *prefix)
{
    return v.len > strlen(prefix) && memcmp(v.data, prefix, strlen(prefix)) == 0;
}

clv_status clv_origin_parse(struct clv_view origin, char ret_ceremony_id[CLV_CEREMONY_ID_MAX + 1],
                            bool *ret_test, struct clv_error *err)
{
    bool test = has_prefix(origin, test_prefix);
    const char *prefix = test ? test_prefix : production_prefix;
    if (!has_prefix(origin, prefix) ||
        !id_is_valid(origin.data + strlen(prefix), origin.len - strlen(prefix)))
        return clv_fail(err, CLV_E_FOREIGN, "its origin does not name a claviger ceremony");
    memcpy(ret_ceremony_id, origin.data + strlen(prefix), origin.len - strlen(prefix));
    ret_ceremony_id[origin.len - strlen(prefix)] = '\0';
    *ret_test = test;
    return CLV_OK;
}
