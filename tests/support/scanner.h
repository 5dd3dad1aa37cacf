/* A scanner that is a keyboard: what arrives of a code when scanner and computer are set to
 * different layouts, and its burst of keys under the terminal emulator (scanner_scan() needs
 * terminal.h). */
#ifndef CLV_TESTS_SCANNER_H
#define CLV_TESTS_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

/* What the 47 keys of a US keyboard give without Shift, from the upper left on. */
struct layout {
    const char *name;
    const char *keys; /* UTF-8 */
};
/* Letters but Y and Z, digits and the dot are where the US keyboard has them; or are not. Both end
 * in a row without a name. */
extern const struct layout usual_layouts[], other_layouts[];

/* text as it arrives: scanner finds each key and Shift, the computer makes of them what its layout
 * says (with Shift, too, keys that are no letters give what they give without). The scanner's
 * layout is a usual one, text has capitals, digits and dots. The caller's to free(). */
char *scanner_types(const char *text, const struct layout *scanner, const struct layout *computer,
                    bool caps_lock);

struct terminal;
/* Key by key, as fast as a scanner types, with what it was told to send before and behind. */
void scanner_scan(struct terminal *t, const char *before, const char *text, const char *behind);

#endif
