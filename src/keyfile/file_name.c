/* Names of key files: of the owner, the kind and the slot, so that people find them again. */
#include "internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GIVEN_MAX = 100, CHANCE_LETTERS = 4 };

void clv_keyfile_simplify(const char *text, char out[CLV_KEYFILE_SIMPLE + 1])
{
    size_t len = 0;

    for (; *text && len < CLV_KEYFILE_SIMPLE; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = c < 128 && isalnum(c);

        if (plain)
            out[len++] = (char)tolower(c);
        else if (len > 0 && out[len - 1] != '-')
            out[len++] = '-';
    }
    while (len > 0 && out[len - 1] == '-')
        len--;
    out[len] = '\0';
}

static char *made_name(const struct clv_keyfile_request *request)
{
    const struct clv_keyfile_info *info = request->info;
    const char *kind = clv_keyfile_facts(info->kind)->stem;
    char owner[CLV_KEYFILE_SIMPLE + 1], slot[16] = "", chance[CHANCE_LETTERS + 1] = "";
    uint8_t bits[CHANCE_LETTERS];
    char *name = NULL;

    clv_keyfile_simplify(info->owner, owner);
    if (info->slot > 0)
        snprintf(slot, sizeof slot, "-%u", info->slot);
    clv_random_fill(request->random, bits, sizeof bits);
    for (size_t i = 0; i < CHANCE_LETTERS; i++)
        chance[i] = CLV_CONSONANTS[bits[i] & 15];
    if (asprintf(&name, "%s-%s%s-%s" CLV_KEYFILE_SUFFIX, owner[0] ? owner : "owner", kind, slot,
                 chance) < 0)
        return NULL;
    return name;
}

static clv_status given_name(const char *given, char **ret_name, struct clv_error *err)
{
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t len = strlen(given), suffix = strlen(CLV_KEYFILE_SUFFIX);
    bool ends = len > suffix && strcmp(given + len - suffix, CLV_KEYFILE_SUFFIX) == 0;

    if (len == 0 || len > GIVEN_MAX || !isalnum((unsigned char)given[0]) ||
        given[strspn(given, letters)] != '\0')
        return clv_fail(err, CLV_E_INPUT,
                        "a file name has 1 to %d letters, digits, '.', '_', '-', and begins with "
                        "a letter or digit",
                        GIVEN_MAX);
    if (asprintf(ret_name, "%s%s", given, ends ? "" : CLV_KEYFILE_SUFFIX) < 0)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    return CLV_OK;
}

bool clv_keyfile_is_plugin_name(const char *path)
{
    size_t len = strlen(path), suffix = strlen(CLV_KEYFILE_PLUGIN_SUFFIX);

    return len > suffix && strcmp(path + len - suffix, CLV_KEYFILE_PLUGIN_SUFFIX) == 0;
}

clv_status clv_keyfile_name(const struct clv_keyfile_request *request, char **ret_name,
                            struct clv_error *err)
{
    char *name;

    if (request->name)
        return given_name(request->name, ret_name, err);
    name = made_name(request);
    if (!name)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    *ret_name = name;
    return CLV_OK;
}
