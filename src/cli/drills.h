/* Drills: the bad days a team can practise, and the book of those that were passed.
 *
 * A drill is passed when a rehearsal with it came to its end and its journal shows that the bad day
 * came. The book is a file a script, named by the script's hash, in the user's state folder. It is
 * a note for the people in the room, not evidence: the evidence is the journal of the rehearsal. */
#ifndef CLV_CLI_DRILLS_H
#define CLV_CLI_DRILLS_H

#include "claviger/ceremony.h"
#include "claviger/conductor.h"

#define DRILL_MAX_FAULTS 4

struct drill {
    const char *name;
    const char *what;                         /* happens, in a few words */
    const char *faults[DRILL_MAX_FAULTS + 1]; /* plans of claviger-unitd; NULL behind the last */
    unsigned num_units;                       /* at least so many */
    enum clv_mishap mishap;                   /* on this side of the wire */
    bool creates_parts;                       /* needs a script that does */
    enum clv_event_kind sign;                 /* an event that shows that the bad day came */
    const char *sign_name;                    /* its name, when only that one counts; or NULL */
};
extern const struct drill drills[];
extern const size_t num_drills;

/* name NULL: *ret is NULL. errors  CLV_E_USAGE: there is no such drill; the hint has the names */
clv_status drill_find(const char *name, const struct drill **ret, struct clv_error *err);
/* script NULL: it is not read yet. errors  CLV_E_USAGE: too few units, or a script it cannot be
 * practised with */
clv_status drill_check(const struct drill *drill, unsigned num_units,
                       const struct clv_script *script, struct clv_error *err);

/* ---- the book ---- */
struct drill_book {
    const struct drill *drill; /* of this rehearsal, or NULL */
    const char *dir;           /* of the ceremony */
    uint8_t script_hash[32];
    bool seen; /* while the journal is read: the sign of the drill */
    struct clv_drill_book port;
};
/* book must not move afterwards; borrows the rest. */
void drill_book_init(struct drill_book *book, const struct drill *drill, const char *dir,
                     const struct clv_script *script);

#endif
