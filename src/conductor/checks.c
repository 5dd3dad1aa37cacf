/* Check values as people read them, each with its name: of a part as they are on record, and of the
 * combined key. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Long values in groups of four digits. */
static void group_digits(const char *item, size_t len, char *buf, size_t cap)
{
    const char *blank = memchr(item, ' ', len);
    size_t name = blank ? (size_t)(blank - item) + 1 : len, at = 0;
    bool is_long = len - name > 16;
    for (size_t i = 0; i < len && at + 2 < cap; i++) {
        if (is_long && i > name && (i - name) % 4 == 0)
            buf[at++] = ' ';
        buf[at++] = item[i];
    }
    buf[at] = '\0';
}

void fill_check_rows(const char *record, struct check_rows *ret)
{
    ret->num = 0;
    while (*record != '\0' && ret->num < MAX_CHECK_ROWS) {
        size_t len = strcspn(record, ",");
        group_digits(record, len, ret->text[ret->num], sizeof(ret->text[0]));
        ret->row[ret->num] = (struct clv_document_row){
            ret->num == 0 ? "Check values of the part" : "", ret->text[ret->num], true};
        ret->num++;
        record += len;
        record += strspn(record, ", ");
    }
}

clv_status show_pattern(struct clv_conductor *c, struct clv_error *err)
{
    static const enum clv_check_kind shown[] = {CLV_CHECK_EP11_VP, CLV_CHECK_CCA_MKVP,
                                                CLV_CHECK_WKVP, CLV_CHECK_KCV_CMAC0,
                                                CLV_CHECK_KCV_ECB0};
    enum { NUM_SHOWN = sizeof(shown) / sizeof(shown[0]), BEFORE = 3 };
    char text[NUM_SHOWN][CLV_CHECK_TEXT];
    const char *lines[BEFORE + NUM_SHOWN + 2] = {
        "Every part was opened, matched and sealed. This workstation computed",
        "the verification pattern of the combined key, and its other check values:", ""};
    for (size_t i = 0; i < NUM_SHOWN; i++) {
        clv_check_text(&c->checks, shown[i], text[i]);
        lines[BEFORE + i] = text[i];
    }
    lines[BEFORE + NUM_SHOWN] = "";
    lines[BEFORE + NUM_SHOWN + 1] =
        "Every unit must show this pattern. Commit and set immediate carry it.";
    return ask_continue(c, "pattern.read", "The expected verification pattern", lines,
                        sizeof(lines) / sizeof(lines[0]), err);
}
