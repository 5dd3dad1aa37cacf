/* claviger verify: a journal, a receipt file, scanned codes. Needs nothing but its argument. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/receipt.h"
#include "session.h"
#include "witness.h"

clv_status read_stdin(uint8_t **ret_data, size_t *ret_len, struct clv_error *err)
{
    uint8_t *data = malloc(CLV_RECEIPT_MAX + 1);
    if (data == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for standard input");
    *ret_len = fread(data, 1, CLV_RECEIPT_MAX + 1, stdin);
    *ret_data = data;
    return CLV_OK;
}

static clv_status verify_one(const char *what, const struct clv_evidence_expect *expect,
                             struct clv_evidence_report *report, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (strcmp(what, "-") != 0)
        return clv_evidence_verify(what, expect, report, err);
    clv_status st = read_stdin(&data, &len, err);
    if (st == CLV_OK)
        st = clv_evidence_verify_bytes(clv_view_of(data, len), expect, report, err);
    free(data);
    return st;
}

static int verify_and_print(const char *what, const struct clv_evidence_expect *expect)
{
    struct clv_evidence_report *found = calloc(1, sizeof(*found));
    struct clv_error err = {0};
    char *text = NULL;
    clv_status st = found ? verify_one(what, expect, found, &err)
                          : clv_fail(&err, CLV_E_MEMORY, "no memory for a report");
    if (st == CLV_OK)
        st = clv_evidence_text(found, &text, &err);
    if (st == CLV_OK)
        printf("%s: %s\n%s\n", what, found->code == CLV_OK ? "GOOD" : "NOT GOOD", text);
    int exit_code = st == CLV_OK ? clv_exit_code(found->code) : report(&err);
    free(text);
    free(found);
    return exit_code;
}

int cmd_verify(const struct args *args)
{
    const char *key_text = args_text(args, "key");
    struct clv_evidence_expect held = {.journal_dir = args_text(args, "journal")};
    struct clv_vkey key, witnesses[CLV_WITNESSES_MAX];
    struct clv_error err = {0};
    int worst = 0;
    clv_status st = start_up(&err);
    if (st == CLV_OK && key_text)
        st = clv_vkey_parse(clv_view_of(key_text, strlen(key_text)), &key, &err);
    if (st == CLV_OK)
        st = witness_options(args, witnesses, &held.num_witnesses, &err);
    if (st == CLV_OK && args->num_operands == 0)
        st = clv_fail(&err, CLV_E_USAGE, "name a ceremony folder, a receipt, or - for codes");
    if (st != CLV_OK)
        return report(&err);
    held.key = key_text ? &key : NULL;
    held.witnesses = witnesses;
    for (size_t i = 0; i < args->num_operands; i++) {
        int exit_code = verify_and_print(args->operands[i], &held);
        worst = worst ? worst : exit_code;
    }
    return worst;
}
