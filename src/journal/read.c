/* Reading entries back and proving things about them. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

bool pread_whole(int fd, void *buffer, size_t len, uint64_t offset)
{
    unsigned tries = 0;
    uint8_t *out = buffer;
    while (len > 0) {
        ssize_t n = pread(fd, out, len, (off_t)offset);
        if (n < 0 && clv_again(&tries))
            continue;
        if (n == 0)
            errno = 0;
        if (n <= 0)
            return false;
        out += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

clv_status clv_journal_read(const struct clv_journal *j, uint64_t seq,
                            struct clv_journal_entry *ret, struct clv_error *err)
{
    uint8_t leaf[CLV_HASH_LEN];
    struct clv_journal_entry e;
    if (seq >= j->tree.size)
        return clv_fail(err, CLV_E_MISSING, "the journal has no entry %" PRIu64, seq);
    e.len = j->lengths[seq];
    if (!pread_whole(media_lead(j)->log[ENTRIES].fd, e.text, e.len, j->offsets[seq]))
        return errno ? clv_fail_errno(err, errno, "cannot read entry %" PRIu64 " again", seq)
                     : clv_fail(err, CLV_E_DAMAGED, "entry %" PRIu64 " is gone", seq);
    e.text[e.len] = '\0';
    clv_merkle_leaf(clv_view_of(e.text, e.len), leaf);
    if (memcmp(leaf, tree_leaf(&j->tree, seq), CLV_HASH_LEN) != 0)
        return clv_fail(err, CLV_E_DAMAGED, "entry %" PRIu64 " has changed on the disk", seq);
    ret->len = e.len;
    memcpy(ret->text, e.text, e.len + 1);
    return CLV_OK;
}

clv_status clv_journal_each(const struct clv_journal *j, uint64_t from,
                            clv_status (*fn)(void *ctx, uint64_t seq, struct clv_view entry,
                                             struct clv_error *err),
                            void *ctx, struct clv_error *err)
{
    struct clv_journal_entry e;
    for (uint64_t seq = from; seq < j->tree.size; seq++) {
        clv_status status = clv_journal_read(j, seq, &e, err);
        if (status == CLV_OK)
            status = fn(ctx, seq, clv_view_of(e.text, e.len), err);
        if (status != CLV_OK)
            return status;
    }
    return CLV_OK;
}

clv_status clv_journal_prove(const struct clv_journal *j, uint64_t seq,
                             struct clv_merkle_proof *ret, struct clv_error *err)
{
    if (seq >= j->tree.size)
        return clv_fail(err, CLV_E_MISSING, "the journal has no entry %" PRIu64, seq);
    if (seq >= j->signed_size)
        return clv_fail(err, CLV_E_MISSING, "no checkpoint signs entry %" PRIu64 " yet", seq);
    tree_inclusion(&j->tree, seq, j->signed_size, ret);
    return CLV_OK;
}

clv_status clv_journal_prove_consistency(const struct clv_journal *j, uint64_t old_size,
                                         struct clv_merkle_proof *ret, struct clv_error *err)
{
    if (old_size == 0 || old_size > j->signed_size)
        return clv_fail(err, CLV_E_MISSING, "no checkpoint continues a log of %" PRIu64 " entries",
                        old_size);
    tree_consistency(&j->tree, old_size, j->signed_size, ret);
    return CLV_OK;
}
