/* "1,3-5" and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LIST_WITHOUT_RANGES 12

static clv_status objection(struct clv_error *err, const char *piece, size_t len, const char *what)
{
    clv_status st =
        clv_fail(err, CLV_E_INPUT, "\"%.*s\" %s", (int)(len < 40 ? len : 40), piece, what);
    clv_hint(err, "Numbers and ranges, as in 1,3-5, or the word all.");
    return st;
}

/* Digits at *at; 0 when there are none or too many. */
static unsigned long take_number(const char **at)
{
    unsigned long n = 0;
    size_t digits = strspn(*at, "0123456789");
    if (digits > 0 && digits < 7)
        n = strtoul(*at, NULL, 10);
    *at += digits;
    return n;
}

static clv_status take_piece(const char *piece, size_t len, unsigned max, bool *set,
                             struct clv_error *err)
{
    const char *at = piece;
    unsigned long first = take_number(&at), last = first;
    if (*at == '-' && at < piece + len) {
        at++;
        last = take_number(&at);
    }
    if (at != piece + len || first == 0 || last == 0)
        return objection(err, piece, len, "is not a number or a range");
    if (last < first)
        return objection(err, piece, len, "runs backwards");
    if (last > max)
        return objection(err, piece, len, "is not in the list");
    for (unsigned long i = first; i <= last; i++)
        set[i] = true;
    return CLV_OK;
}

clv_status clv_tke_numbers(const char *text, unsigned max, bool *ret_set, struct clv_error *err)
{
    bool *set = calloc((size_t)max + 1, sizeof(*set));
    clv_status st = set ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a list of numbers");
    const char *at = text + strspn(text, " ");
    if (st == CLV_OK && strcmp(at, "all") == 0)
        memset(set + 1, true, max * sizeof(*set));
    else
        while (st == CLV_OK) {
            size_t len = strcspn(at, ", ");
            st = take_piece(at, len, max, set, err);
            at += len;
            at += strspn(at, " ");
            if (*at != ',')
                break;
            at++;
            at += strspn(at, " ");
        }
    if (st == CLV_OK && *at != '\0' && strcmp(at, "all") != 0)
        st = objection(err, at, strlen(at), "is not expected there");
    if (st == CLV_OK)
        memcpy(ret_set, set, ((size_t)max + 1) * sizeof(*set));
    free(set);
    return st;
}

void clv_tke_number_list(const bool *set, unsigned max, char *buf, size_t cap)
{
    size_t num = 0, used = 0;
    for (unsigned i = 1; i <= max; i++)
        num += set[i];
    buf[0] = '\0';
    for (unsigned i = 1; i <= max && used < cap; i++) {
        unsigned last = i;
        if (!set[i])
            continue;
        while (num > LIST_WITHOUT_RANGES && last < max && set[last + 1])
            last++;
        int n = snprintf(buf + used, cap - used, last > i ? "%s%u-%u" : "%s%u", used ? "," : "", i,
                         last);
        used += n > 0 ? (size_t)n : 0;
        i = last;
    }
}
