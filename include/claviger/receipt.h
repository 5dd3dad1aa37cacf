/* receipt: from facts to documents that somebody who was not in the room can check, and back.
 *
 * receipt/proof.h     journal entry + tlog-proof + signed checkpoint: file, codes k of n, slips
 * receipt/relay.h     checkpoints to be cosigned and cosignatures, for a scanner or by hand
 * receipt/qr.h        QR codes as modules and as terminal text
 * receipt/document.h  label and value rows, signature lines and codes as PDF and as text
 * receipt/print.h     a sheet to a print queue
 * here                one call that recognises any piece of evidence and verifies it
 *
 * This room never reads or interprets what the ceremony wrote into an entry, beyond showing the
 * members of a JSON object as lines. It writes nothing on the terminal and holds no secret. */
#ifndef CLAVIGER_RECEIPT_H
#define CLAVIGER_RECEIPT_H

#include "claviger/base.h"
#include "claviger/receipt/document.h"
#include "claviger/receipt/print.h"
#include "claviger/receipt/proof.h"
#include "claviger/receipt/qr.h"
#include "claviger/receipt/relay.h"

enum clv_evidence_kind {
    CLV_EVIDENCE_UNKNOWN,
    CLV_EVIDENCE_JOURNAL,    /* a ceremony folder */
    CLV_EVIDENCE_RECEIPT,    /* a .tlog-proof file */
    CLV_EVIDENCE_CODES,      /* what a reader printed of a receipt's codes */
    CLV_EVIDENCE_SLIP,       /* the text of a slip's code */
    CLV_EVIDENCE_CHECKPOINT, /* a bare signed checkpoint */
};

/* What to hold the evidence against; everything may be NULL. */
struct clv_evidence_expect {
    const struct clv_vkey *key; /* from paper, or from an earlier receipt */
    const char *journal_dir;    /* receipts, slips and checkpoints: also against this journal */
    const struct clv_vkey
        *witnesses;       /* receipts, checkpoints, journals: cosigned by each of them */
    size_t num_witnesses; /* at most CLV_WITNESSES_MAX */
};

/* One cosignature that the evidence carries. */
struct clv_evidence_cosigner {
    char name[CLV_NOTE_NAME_MAX + 1];
    uint32_t id;
    uint64_t time, size; /* of the checkpoint */
    bool holds;          /* checked against a key that was given; false: not checked */
};

struct clv_evidence_report {
    enum clv_evidence_kind kind;
    clv_status code;                   /* CLV_OK: everything that can be checked holds */
    char verdict[400];                 /* one sentence: what holds, or the first thing wrong */
    char advice[400];                  /* what it does not prove, or what to do now; may be "" */
    struct clv_journal_report journal; /* kind JOURNAL, or journal_dir given */
    struct clv_receipt_facts facts;    /* kinds RECEIPT and CODES */
    struct clv_slip slip;              /* kind SLIP; size and root also of kind CHECKPOINT */
    char serial[CLV_SERIAL_MAX + 1];   /* kind CODES */
    struct clv_evidence_cosigner cosigners[CLV_WITNESSES_MAX];
    size_t num_cosigners;
};

/* path: a ceremony folder or a file. ret_report is filled whenever CLV_OK is returned.
 * errors  only what kept it from looking: CLV_E_MISSING, CLV_E_IO, CLV_E_PERMISSION */
clv_status clv_evidence_verify(const char *path, const struct clv_evidence_expect *expect,
                               struct clv_evidence_report *ret_report, struct clv_error *err);
/* The same for bytes (standard input, a scanner): everything but a folder. */
clv_status clv_evidence_verify_bytes(struct clv_view bytes,
                                     const struct clv_evidence_expect *expect,
                                     struct clv_evidence_report *ret_report, struct clv_error *err);
/* The report as plain lines for people: verdict, facts, what is not proven. In fresh memory, the
 * caller's to free(). */
clv_status clv_evidence_text(const struct clv_evidence_report *report, char **ret_text,
                             struct clv_error *err);
const char *clv_evidence_kind_name(enum clv_evidence_kind kind); /* "receipt (scanned codes)" */

/* The members of a JSON object as "label  value" lines (nested ones as label.label); text that is
 * not a JSON object as it is, escaped. In fresh memory, the caller's to free().
 * errors  CLV_E_MEMORY */
clv_status clv_entry_text(struct clv_view entry, char **ret_text, struct clv_error *err);

#endif
