/* What the kernel shows of cards and queues under /sys/bus/ap/devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zcrypt.h"

#define FILE_MAX 4096 /* what sysfs shows of one attribute at most */

/* ---- mkvps ---------------------------------------------------------------------------------- */

struct state_word {
    const char *word;
    int state;
};
static const struct state_word current_words[] = {
    {"invalid", CLV_CURRENT_EMPTY}, {"valid", CLV_CURRENT_VALID}, {NULL, 0}};
static const struct state_word new_words[] = {{"empty", CLV_NEW_EMPTY},
                                              {"uncommitted", CLV_NEW_UNCOMMITTED},
                                              {"committed", CLV_NEW_COMMITTED},
                                              {NULL, 0}};

struct line {
    bool known;
    int state;
    bool has_pattern;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
};

static bool take_text(struct clv_view *rest, const char *text)
{
    size_t len = strlen(text);
    if (rest->len < len || memcmp(rest->data, text, len) != 0)
        return false;
    *rest = clv_view_of(rest->data + len, rest->len - len);
    return true;
}

static bool take_state(struct clv_view *rest, const struct state_word *words, struct line *line)
{
    if (take_text(rest, "- "))
        return true;
    line->known = true;
    for (const struct state_word *w = words; w->word != NULL; w++) {
        struct clv_view after = *rest;
        if (!take_text(&after, w->word) || !take_text(&after, " "))
            continue;
        line->state = w->state;
        *rest = after;
        return true;
    }
    return false;
}

static bool take_pattern(struct clv_view *rest, struct line *line)
{
    enum { DIGITS = 2 * CLV_EP11_PATTERN_LEN };
    if (take_text(rest, "-"))
        return true;
    if (!take_text(rest, "0x") || rest->len < DIGITS)
        return false;
    for (size_t i = 0; i < DIGITS; i++)
        if (rest->data[i] == ' ')
            return false; /* clv_unhex() would skip it */
    line->has_pattern = true;
    if (clv_unhex((const char *)rest->data, DIGITS, line->pattern, sizeof line->pattern, NULL) !=
        CLV_OK)
        return false;
    *rest = clv_view_of(rest->data + DIGITS, rest->len - DIGITS);
    return true;
}

static bool take_line(struct clv_view *rest, const char *name, const struct state_word *words,
                      struct line *ret)
{
    return take_text(rest, name) && take_state(rest, words, ret) && take_pattern(rest, ret) &&
           take_text(rest, "\n");
}

clv_status clv_mkvps_parse(struct clv_view text, struct clv_registers *ret, struct clv_error *err)
{
    struct line current = {0}, new = {0};
    if (!take_line(&text, "WK CUR: ", current_words, &current) ||
        !take_line(&text, "WK NEW: ", new_words, &new) || text.len > 0)
        return clv_fail(err, CLV_E_FORMAT, "the kernel shows its registers in a form not known");
    *ret = (struct clv_registers){.knows_current = current.known,
                                  .knows_new = new.known,
                                  .current_state = (enum clv_ep11_current_state)current.state,
                                  .new_state = (enum clv_ep11_new_state) new.state,
                                  .has_current = current.has_pattern,
                                  .has_new = new.has_pattern};
    memcpy(ret->current, current.pattern, sizeof ret->current);
    memcpy(ret->new, new.pattern, sizeof ret->new);
    return CLV_OK;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* sysfs files say a size of 4096 and hold less: read, not measured. */
static clv_status read_attribute(const char *path, char text[FILE_MAX + 1], size_t *ret_len,
                                 struct clv_error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return clv_fail(err, CLV_E_MISSING, "there is no %s", path);
    size_t len = fread(text, 1, FILE_MAX, file);
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed)
        return clv_fail(err, CLV_E_MISSING, "%s cannot be read", path);
    text[len] = '\0';
    *ret_len = len;
    return CLV_OK;
}

static void queue_path(const char *sysfs, const struct clv_queue *queue, const char *name,
                       char *out, size_t cap)
{
    snprintf(out, cap, "%s/%02x.%04x/%s", sysfs, queue->card, queue->domain, name);
}

clv_status clv_sysfs_mkvps(const char *sysfs, const struct clv_queue *queue,
                           struct clv_registers *ret, struct clv_error *err)
{
    char path[600], text[FILE_MAX + 1];
    size_t len = 0;
    queue_path(sysfs, queue, "mkvps", path, sizeof path);
    clv_status status = read_attribute(path, text, &len, err);
    return status == CLV_OK ? clv_mkvps_parse(clv_view_of(text, len), ret, err) : status;
}

static bool is_serial(const char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len != 16)
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return false;
    return true;
}

clv_status clv_sysfs_serial(const char *sysfs, const struct clv_queue *queue,
                            char ret[CLV_EP11_SERIAL_LEN + 1], struct clv_error *err)
{
    char path[600], text[FILE_MAX + 1];
    size_t len = 0;
    snprintf(path, sizeof path, "%s/card%02x/serialnr", sysfs, queue->card);
    clv_status status = read_attribute(path, text, &len, err);
    if (status == CLV_OK && !is_serial(text, len))
        status = clv_fail(err, CLV_E_FORMAT, "%s does not hold 16 characters", path);
    if (status == CLV_OK)
        snprintf(ret, CLV_EP11_SERIAL_LEN + 1, "%.*s", CLV_EP11_SERIAL_LEN, text);
    return status;
}

clv_status clv_sysfs_online(const char *sysfs, const struct clv_queue *queue, struct clv_error *err)
{
    char path[600], text[FILE_MAX + 1];
    size_t len = 0;
    queue_path(sysfs, queue, "online", path, sizeof path);
    if (read_attribute(path, text, &len, NULL) != CLV_OK)
        return clv_fail(err, CLV_E_MISSING, "this machine has no queue %02x.%04x", queue->card,
                        queue->domain);
    if (strcmp(text, "1\n") == 0)
        return CLV_OK;
    clv_status status =
        clv_fail(err, CLV_E_MISSING, "queue %02x.%04x is offline", queue->card, queue->domain);
    clv_hint(err, "Switch it on: chzcrypt -e %02x.%04x", queue->card, queue->domain);
    return status;
}
