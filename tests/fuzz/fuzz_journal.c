/* A whole journal from bytes: log, checkpoints and public key file, split at two lines "===".
 * Property: whatever it is, the report is consistent, and intact is said of the seeds only. */
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"

static struct clv_view next_part(struct clv_view *rest)
{
    static const char mark[] = "===\n";
    const uint8_t *found = rest->len ? memmem(rest->data, rest->len, mark, sizeof mark - 1) : NULL;
    size_t part_len = found ? (size_t)(found - rest->data) : rest->len;
    struct clv_view part = clv_view_of(rest->data, part_len);
    size_t used = part_len + (found ? sizeof mark - 1 : 0);
    *rest = clv_view_of(rest->data + used, rest->len - used);
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_view rest = clv_view_of(data, len);
    struct clv_view log = next_part(&rest), checkpoints = next_part(&rest);
    struct clv_journal_report r;
    clv_journal_verify_bytes(log, checkpoints, rest, NULL, &r);
    if ((r.verdict == CLV_JOURNAL_INTACT) != (r.code == CLV_OK) ||
        (r.code == CLV_OK) != (r.fault[0] == '\0') || r.signed_size > r.size)
        abort();
    if (r.code == CLV_OK && r.signed_size != r.size)
        abort();
    return 0;
}
