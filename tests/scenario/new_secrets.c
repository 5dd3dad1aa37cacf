#include "new_secrets.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define PART 32

static void draw(void *out, size_t len)
{
    cr_assert_eq(getrandom(out, len, 0), (ssize_t)len);
}

/* Every place where the answers have `from`. */
static void replace_all(struct scene *s, const char *from, const char *to)
{
    size_t num = 0;
    for (char *at; (at = strstr(s->answers, from)) != NULL; num++) {
        char *text = NULL;
        cr_assert(asprintf(&text, "%.*s%s%s", (int)(at - s->answers), s->answers, to,
                           at + strlen(from)) > 0);
        free(s->answers);
        s->answers = text;
    }
    cr_assert_gt(num, 0, "the answers do not have \"%s\"", from);
}

static void new_password(struct scene *s, struct needles *n, const char *old)
{
    uint8_t random[8];
    char hex[17], text[100];
    draw(random, sizeof(random));
    clv_hex(random, sizeof(random), hex);
    snprintf(text, sizeof(text), "%.8s crane %s", hex, hex + 8);
    replace_all(s, old, text);
    needles_add(n, "a password", text, strlen(text));
}

/* One in two halves after a first try that is a digit short, one in capitals, one as it comes. */
static void new_part(struct scene *s, unsigned slot, const uint8_t part[PART])
{
    char hex[2 * PART + 1], line[2 * PART + 2], id[40], id_again[40];
    clv_hex(part, PART, hex);
    snprintf(id, sizeof(id), "part.%u.value", slot);
    snprintf(id_again, sizeof(id_again), "part.%u.value-again", slot);
    scene_answer_only(s, id, NULL);
    scene_answer_only(s, id_again, NULL);
    snprintf(line, sizeof(line), "%s", hex);
    if (slot == 1) {
        line[2 * PART - 1] = '\0';
        scene_answer(s, id, line);
        snprintf(line, sizeof(line), "%.32s %s", hex, hex + 32);
    }
    for (char *c = line; slot == 2 && *c; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    scene_answer(s, id, line);
    scene_answer(s, id_again, line);
}

void new_secrets(struct scene *s, struct needles *n)
{
    static const char *const passwords[] = {
        "copper lantern drifts over quiet harbours", "seven walnut bridges hum at dawn",
        "violet engines forget their winters", "brass kites argue with the marshes"};
    uint8_t part[PART], combined[PART] = {0};
    for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++)
        new_password(s, n, passwords[i]);
    for (unsigned slot = 1; slot <= 3; slot++) {
        draw(part, sizeof(part));
        for (size_t i = 0; i < PART; i++)
            combined[i] ^= part[i];
        new_part(s, slot, part);
        needles_add(n, "a part", part, sizeof(part));
    }
    needles_add(n, "the combined key", combined, sizeof(combined));
}
