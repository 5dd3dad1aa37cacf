/* Return and reason codes in words (docs/protocol.md, section d). Reasons identify a situation;
 * return codes differ between accounts of the protocol, so they only decide where the reason does
 * not. */
#include "internal.h"

#include <stddef.h>

struct code_row {
    uint32_t return_code, reason;
    const char *text, *hint;
};

#define NONE CLV_EP11_NO_REASON

/* What to do, where several situations need the same. */
#define REPORT "Note both numbers and ask the maker of the crypto unit."
#define REFRESH "Query the crypto unit again; somebody else may have used it meanwhile."
#define CHECK_UNIT "Check that this is the crypto unit you selected; query it again."
#define CHECK_SIGNER "Check whose signature key was used, and the unit's administrators."
#define ATTRIBUTES "Query the unit's attributes and correct the request."
#define PERMISSION "An administrator can grant this while the matching change bit is set."
#define LOAD_AGAIN "Load the key parts into this unit again."
#define NEW_IMPORTER "Generate a new importer key in this unit, then load again."

/* clang-format off */
static const struct code_row rows[] = {
    /* addressing and freshness */
    {3, 12, "no crypto unit has this domain index", CHECK_UNIT},
    {3, 13, "the domain id has the wrong size", REPORT},
    {3, 14, "the crypto unit was reset since it was queried (domain instance differs)", REFRESH},
    {32, 15, "the module id has the wrong size", REPORT},
    {32, 16, "the crypto module was reset since it was queried (module instance differs)", REFRESH},
    {32, 17, "the command is for a crypto module with another serial number", CHECK_UNIT},
    {163, 18, "the transaction counter has the wrong size", REPORT},
    {163, 19, "the transaction counter was used before", REFRESH},
    {84, 11, "the crypto unit does not know this command", "Use a crypto unit that supports it."},
    /* signatures */
    {208, 21, "too few different administrators signed the command",
     "Collect as many signatures as the unit's threshold asks for."},
    {192, 22, "a signature does not hold", CHECK_SIGNER},
    {193, 22, "a signature is malformed", CHECK_SIGNER},
    {193, 87, "the command carries too many signatures", "Sign with eight administrators at most."},
    {257, 33, "the signer is not an administrator of this crypto unit", CHECK_SIGNER},
    /* imprint mode */
    {179, 34, "not possible in imprint mode", "Leave imprint mode first."},
    {179, 35, "only possible in imprint mode", "The unit has left imprint mode already; query it."},
    {209, 36, "leaving imprint mode is not permitted with these values", ATTRIBUTES},
    {209, 56, "imprint mode cannot be left with a revocation threshold of 0",
     "Set both thresholds in the same request."},
    {209, 85, "the crypto module itself is still in imprint mode",
     "The module's administrators must leave imprint mode first."},
    /* administrators */
    {32, 32, "the administrator's key identifier has the wrong size", REPORT},
    {32, 33, "no administrator has this key identifier", CHECK_SIGNER},
    {96, 33, "no administrator has this key identifier", CHECK_SIGNER},
    {256, 38, "this administrator is installed already", "Nothing needs to be done."},
    {261, 39, "eight administrators are installed: there is no room for another",
     "Remove one first."},
    {32, 40, "the certificate is not X.509, or its key is not used by crypto units",
     "Use a P-521 or RSA signature key."},
    {209, 66, "fewer administrators than a threshold would be left",
     "Lower the threshold or add another administrator first."},
    {209, 67, "one administrator would be left, and single signatures are not allowed",
     "Add another administrator first."},
    {209, 68, "the last administrator cannot be removed", "Add another administrator first."},
    /* attributes */
    {32, 41, "the attribute list has the wrong size", REPORT},
    {209, 42, "the attribute list has an unknown index", REPORT},
    {209, 43, "the attribute list has an index twice", REPORT},
    {209, 57, "the signature threshold is above the number of administrators", ATTRIBUTES},
    {209, 58, "the revocation threshold is above the number of administrators", ATTRIBUTES},
    {209, 69, "a change bit that was cleared cannot be set again",
     "Only zeroizing the unit sets it again."},
    {209, 70, "this permission cannot change: its change bit is off",
     "Only zeroizing the unit sets it again."},
    {209, 71, "this threshold cannot change: its change bit is off",
     "Only zeroizing the unit sets it again."},
    {209, 72, "this attribute is read-only", ATTRIBUTES},
    {209, 74, "single signatures must stay allowed while a threshold is 1",
     "Raise the thresholds first."},
    {209, 76, "the signature threshold cannot go back to 0", ATTRIBUTES},
    {209, 77, "the revocation threshold cannot go back to 0", ATTRIBUTES},
    {209, 78, "a signature threshold of 1 is not permitted", ATTRIBUTES},
    {209, 79, "a revocation threshold of 1 is not permitted", ATTRIBUTES},
    /* control points */
    {33, 44, "the control points have the wrong size", REPORT},
    {209, 45, "these control points are refused", ATTRIBUTES},
    {80, 46, "control points may not be added in this unit", ATTRIBUTES},
    {80, 47, "control points may not be removed in this unit", ATTRIBUTES},
    /* master key registers */
    {101, 48, "the verification pattern is not the one of the key in the new register",
     "Compare the patterns; load the right parts before you commit."},
    {96, 49, "the current master key register is empty", LOAD_AGAIN},
    {96, 50, "the new master key register is empty", LOAD_AGAIN},
    {96, 64, "the key in the new register is not committed", "Commit it first."},
    {80, 52, "random master keys are not permitted in this unit", PERMISSION},
    {80, 53, "both master key registers are full", "Clear one of them first."},
    /* importer keys and key parts */
    {96, 1, "the unit has no importer key", NEW_IMPORTER},
    {32, 2, "the import holds no key part", LOAD_AGAIN},
    {32, 3, "a key part's request cannot be read", REPORT},
    {32, 5, "a key part's request has the wrong number of fields", REPORT},
    {32, 6, "a key part's request is for another command", REPORT},
    {32, 7, "a key part's request is for another domain", CHECK_UNIT},
    {32, 8, "a key part's request holds no block", REPORT},
    {208, 9, "a key part is not signed", "Every part needs one signature at least."},
    {32, 20, "a key part was sealed for an earlier life of this unit", NEW_IMPORTER},
    {32, 23, "a sealed key part cannot be read", NEW_IMPORTER},
    {32, 24, "a sealed key part has the wrong size", NEW_IMPORTER},
    {32, 25, "a sealed key part has a point that is not on the curve", NEW_IMPORTER},
    {32, 26, "the unit could not derive the key of a sealed part", NEW_IMPORTER},
    {32, 27, "a sealed key part does not open with the unit's importer key", NEW_IMPORTER},
    {32, 28, "a key part does not have 32 bytes", LOAD_AGAIN},
    {33, 54, "the importer key type has the wrong size", REPORT},
    {32, 55, "the unit does not make importer keys of this type", "Ask for a P-521 key."},
    {32, 75, "more than 20 key parts", "Use fewer parts."},
    {80, 80, "loading master keys is not permitted in this unit", PERMISSION},
    {80, 81, "loading a master key as a single part is not permitted in this unit", PERMISSION},
    /* export */
    {80, 131, "exporting master keys is not permitted in this unit", PERMISSION},
    {3, 102, "the certificate of a key-part holder is not valid", "Check the holder's key."},
    /* device certificates, configuration */
    {33, 59, "the index of a device certificate has the wrong size", REPORT},
    {96, 60, "there is no device certificate with this index", "The chain ends before it."},
    {32, 61, "the function control vector is not loaded", REPORT},
    {145, 61, "the function control vector is not loaded", REPORT},

    /* return codes alone */
    {0, NONE, "the crypto unit did what was asked", "Nothing needs to be done."},
    {3, NONE, "the crypto module does not serve this domain", CHECK_UNIT},
    {7, NONE, "the crypto unit could not read the request", REPORT},
    {32, NONE, "the data of the command is wrong", REPORT},
    {33, NONE, "the command lacks data, or has data where none belongs", REPORT},
    {49, NONE, "the crypto module is out of memory", "Try again later."},
    {80, NONE, "the unit's attributes or control points do not allow this", PERMISSION},
    {84, NONE, "the crypto unit does not know this command", "Use a crypto unit that supports it."},
    {96, NONE, "the key, certificate or entry asked for is not there", REFRESH},
    {101, NONE, "the key in the register is another one", REFRESH},
    {102, NONE, "a key that the command needs is missing", REFRESH},
    {145, NONE, "the operation was not prepared in the crypto module", REPORT},
    {163, NONE, "the transaction counter is not valid", REFRESH},
    {179, NONE, "not possible in imprint mode", "Leave imprint mode first."},
    {192, NONE, "a signature does not hold", CHECK_SIGNER},
    {193, NONE, "a signature is malformed", CHECK_SIGNER},
    {208, NONE, "too few administrators signed the command",
     "Collect as many signatures as the unit's threshold asks for."},
    {209, NONE, "the values of the command contradict each other or the unit's settings",
     ATTRIBUTES},
    {256, NONE, "this administrator is installed already", "Nothing needs to be done."},
    {257, NONE, "the signer is not an administrator of this crypto unit", CHECK_SIGNER},
    {261, NONE, "there is no room for another administrator", "Remove one first."},
    {0x80010001, NONE, "the data belongs to another master key", REFRESH},
    {0x80010002, NONE, "the crypto module reports an internal error", REPORT},
    {0x80010003, NONE, "the way to the crypto module is disturbed", "Try again later."},
    {0x80010006, NONE, "the crypto module is in a mode that forbids this", REPORT},
    {0x80010009, NONE, "the crypto unit has no master key", LOAD_AGAIN},
    {0x8001000b, NONE, "the crypto module did not answer in time", REFRESH},
    {0x8001000c, NONE, "the object is read-only", ATTRIBUTES},
    {0x8001000d, NONE, "a fixed policy of the crypto module forbids this", REPORT},
    {0x80010010, NONE, "the message is too long for the way to the crypto module", REPORT},
    {0x80010011, NONE, "the function control vector is not loaded", REPORT},
    {0x80010013, NONE, "the crypto module speaks another version of the protocol", REPORT},
    {0x80010030, NONE, "the target of the command is not valid", CHECK_UNIT},
    {0x80010101, NONE, "the crypto module is in an error state", REPORT},
};
/* clang-format on */

static const struct code_row unknown_code = {
    0, NONE, "the crypto unit gave a code that is in no published list", REPORT};

static const struct code_row *find(uint32_t return_code, uint32_t reason, bool any_return_code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].reason == reason && (any_return_code || rows[i].return_code == return_code))
            return &rows[i];
    return NULL;
}

static const struct code_row *row_of(uint32_t return_code, uint32_t reason)
{
    const struct code_row *row = find(return_code, reason, false);
    if (!row && return_code != 0 && reason != 0 && reason != NONE)
        row = find(return_code, reason, true);
    if (!row)
        row = find(return_code, NONE, false);
    return row ? row : &unknown_code;
}

const char *clv_ep11_code_text(uint32_t return_code, uint32_t reason)
{
    return row_of(return_code, reason)->text;
}

const char *clv_ep11_code_hint(uint32_t return_code, uint32_t reason)
{
    return row_of(return_code, reason)->hint;
}

clv_status clv_ep11_code_fail(uint32_t return_code, uint32_t reason, struct clv_error *err)
{
    const struct code_row *row = row_of(return_code, reason);
    if (reason == NONE)
        (void)clv_fail(err, CLV_E_UNIT, "the crypto unit refuses: %s (return code %u)", row->text,
                       return_code);
    else
        (void)clv_fail(err, CLV_E_UNIT, "the crypto unit refuses: %s (return code %u, reason %u)",
                       row->text, return_code, reason);
    clv_hint(err, "%s", row->hint);
    return CLV_E_UNIT;
}
