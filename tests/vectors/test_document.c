/* The worked examples of docs/protocol.md are what the page says they are. */
#include "check.h"
#include "src/ep11/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_OF_THE_PAGE "keys.json" /* the examples are messages of the layout ep11-b */

TestSuite(document, .init = test_start);

/* The lines of one example: hex with blanks, remarks behind #. */
static void append_line(struct clv_writer *w, const char *line, size_t len)
{
    uint8_t bytes[128];
    char digits[2 * sizeof(bytes)];
    size_t num = 0;
    for (size_t i = 0; i < len && line[i] != '#'; i++)
        if (line[i] != ' ' && num < sizeof(digits))
            digits[num++] = line[i];
    cr_assert_eq(clv_unhex(digits, num, bytes, num / 2, NULL), CLV_OK, "%.*s", (int)len, line);
    clv_write_bytes(w, bytes, num / 2);
}

static struct clv_view example(struct vectors *v, const char *name)
{
    uint8_t *page = NULL;
    size_t page_len = 0;
    char mark[64];
    struct clv_writer *w = vectors_writer(v);
    cr_assert_eq(clv_file_read(CLV_SOURCE_DIR "/docs/protocol.md", 1 << 20, &page, &page_len, NULL),
                 CLV_OK);
    vectors_keep(v, page);
    snprintf(mark, sizeof(mark), "<!-- example: %s -->\n```\n", name);
    const char *at = strstr((const char *)page, mark);
    cr_assert_not_null(at, "%s is not on the page", name);
    for (at += strlen(mark); strncmp(at, "```", 3) != 0; at += strcspn(at, "\n") + 1)
        append_line(w, at, strcspn(at, "\n"));
    return clv_writer_view(w);
}

static void check_request_example(struct vectors *v, json_t *keys)
{
    struct clv_ep11_admin_request req;
    struct clv_ep11_admin_block block;
    struct check_key admin = check_key_b(v, keys, "admin1");
    if (!v->ours)
        return;
    check_admin_request(v, example(v, "request"), &req, &block);
    cr_assert_eq(block.command, CLV_EP11_FINALIZE_WK);
    check_signatures(v, &req, &admin, 1);
}

static void check_response_example(struct vectors *v, json_t *keys)
{
    struct clv_ep11_attributes attrs;
    struct check_key device = check_key_b(v, keys, "oa");
    if (!v->ours)
        return;
    struct check_verdict verdict = check_response(example(v, "response"), device.public_key.bits);
    cr_assert_eq(verdict.outcome, CHECK_OK);
    cr_assert_eq(verdict.block.command, CLV_EP11_Q_ATTRS);
    cr_assert_eq(clv_ep11_attributes_decode(verdict.block.output, &attrs, NULL, NULL), CLV_OK);
    cr_assert_eq(attrs.value[CLV_EP11_ATTR_PERMISSIONS], CLV_EP11_PERM_DOMAIN_DEFAULT);
}

static void check_recipient_example(struct vectors *v, json_t *keys)
{
    struct clv_secret *part = NULL;
    struct check_key importer = check_key_b(v, keys, "importer_ec");
    if (!v->ours)
        return;
    cr_assert_eq(clv_ep11_recipient_open(example(v, "recipient"), CLV_EP11_KEY_P521,
                                         importer.private_key, &part, NULL, NULL),
                 CLV_OK);
    clv_secret_free(&part);
}

Test(document, examples)
{
    vectors_each(VECTORS_EP11_B, KEYS_OF_THE_PAGE, check_request_example);
    vectors_each(VECTORS_EP11_B, KEYS_OF_THE_PAGE, check_response_example);
    vectors_each(VECTORS_EP11_B, KEYS_OF_THE_PAGE, check_recipient_example);
}
