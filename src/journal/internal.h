/* Private to the journal room. */
#ifndef CLAVIGER_JOURNAL_INTERNAL_H
#define CLAVIGER_JOURNAL_INTERNAL_H

#include <sys/types.h>

#include "claviger/journal.h"

/* ---- note.c: keys of both types, signatures -------------------------------------------------- */

clv_status vkey_init_typed(struct clv_vkey *vkey, const char *name, uint8_t type,
                           const uint8_t key[32], struct clv_error *err);
clv_status vkey_parse_typed(struct clv_view text, uint8_t type, struct clv_vkey *ret,
                            struct clv_error *err);
/* Every Ed25519 signature is checked here. */
bool ed25519_holds(struct clv_view message, struct clv_view signature, const uint8_t key[32]);
/* Whether name and id of a signature line are the key's. */
bool signed_by(const struct clv_note_signature *s, const struct clv_vkey *vkey);
/* "— <name> <base64 of id and signature>\n" */
void signature_line(struct clv_writer *w, const struct clv_vkey *vkey, struct clv_view signature);

/* ---- tree.c: every complete subtree in memory, so that proving is O(log n) ------------------- */

struct tree_level {
    uint8_t (*hash)[CLV_HASH_LEN];
    size_t num, cap;
};
struct tree {
    uint64_t size;
    struct tree_level level[64];
};
clv_status tree_add(struct tree *t, const uint8_t leaf[CLV_HASH_LEN], struct clv_error *err);
/* Takes the last leaf back. */
void tree_drop_last(struct tree *t);
void tree_clear(struct tree *t);
const uint8_t *tree_leaf(const struct tree *t, uint64_t seq);
void tree_root(const struct tree *t, uint64_t size, uint8_t out[CLV_HASH_LEN]);
void tree_inclusion(const struct tree *t, uint64_t seq, uint64_t size, struct clv_merkle_proof *p);
void tree_consistency(const struct tree *t, uint64_t old_size, uint64_t size,
                      struct clv_merkle_proof *p);

/* ---- lines.c: lines out of a file or memory through one bounded buffer ----------------------- */

#define LINES_BUFFER (64u * 1024)
struct lines {
    int fd; /* -1: memory only */
    const uint8_t *memory;
    uint8_t *buffer;
    size_t start, len; /* not yet taken: data[start .. start + len) */
    uint64_t offset;   /* of data[start] in the file */
    uint64_t limit;    /* of the file when it was opened for reading */
    bool ended;
    int failed_errno;
};
struct line {
    struct clv_view text; /* without the newline; dies at the next line */
    uint64_t offset;
    bool whole; /* ended by a newline */
};
void lines_init_memory(struct lines *l, struct clv_view memory);
/* fd is borrowed. errors  CLV_E_MEMORY */
clv_status lines_init_fd(struct lines *l, int fd, struct clv_error *err);
void lines_clear(struct lines *l);
/* False at the end, and when reading fails (l->failed_errno). A line longer than the buffer comes
 * in pieces that are not whole. */
bool lines_next(struct lines *l, struct line *ret);
/* Whether nothing is left to take. */
bool lines_at_end(struct lines *l);
/* How many bytes the source has in all. */
uint64_t lines_total(const struct lines *l);

/* ---- record.c: one line of journal.log ------------------------------------------------------- */

#define RECORD_CHECK_DIGITS 16
#define RECORD_MAX (20 + 1 + RECORD_CHECK_DIGITS + 1 + CLV_JOURNAL_ENTRY_MAX + 1)

enum record_fault {
    RECORD_GOOD,
    RECORD_MALFORMED,
    RECORD_BAD_CHECK,
};
struct record {
    uint64_t seq;
    struct clv_view entry;
    size_t entry_at; /* offset of entry in the line */
    uint8_t leaf[CLV_HASH_LEN];
};
enum record_fault record_parse(struct clv_view line, struct record *ret);
void record_write(struct clv_writer *w, uint64_t seq, struct clv_view entry,
                  const uint8_t leaf[CLV_HASH_LEN]);
/* A decimal number below 10^18 without leading zeros. */
bool decimal_parse(struct clv_view text, uint64_t *ret);
clv_status entry_check(struct clv_view entry, struct clv_error *err);
/* Whether all of it is valid UTF-8 without control characters; '\n' is allowed when newlines is. */
bool text_is_clean(struct clv_view text, bool newlines);

/* ---- scan.c: the one reading pass ------------------------------------------------------------ */

struct scan_sources {
    struct lines log;
    struct lines checkpoints;
    bool has_vkey_file;
    struct clv_view vkey_file;
};
/* fds are borrowed; *ret_vkey_file is the caller's to free(), after scan_close(). */
clv_status scan_open(struct scan_sources *src, int checkpoints_fd, int log_fd, const char *dir,
                     uint8_t **ret_vkey_file, struct clv_error *err);
void scan_close(struct scan_sources *src);
/* Called for each good record, in order, before a fault is met. */
struct scan_sink {
    clv_status (*entry)(void *ctx, const struct record *record, uint64_t line_offset,
                        struct clv_error *err);
    clv_status (*checkpoint)(void *ctx, struct clv_view note, const struct clv_checkpoint *c,
                             struct clv_error *err);
    void *ctx;
};
struct scan_end {
    uint64_t log_len;         /* offset behind the last good record */
    uint64_t checkpoints_len; /* and behind the last good checkpoint */
};
/* sink may be NULL. errors  reading failed, or the sink did */
clv_status journal_scan(struct scan_sources *src, const struct clv_journal_expect *expect,
                        const struct scan_sink *sink, struct clv_journal_report *report,
                        struct scan_end *ret_end, struct clv_error *err);
/* Whether the first of our keys in the entry is this one: what entry 0 is for. */
bool entry_names_key(struct clv_view entry, const struct clv_vkey *key);
/* The report as an error: fact, code, and a hint where there is one. */
clv_status report_error(const struct clv_journal_report *report, struct clv_error *err);

/* ---- files.c --------------------------------------------------------------------------------- */

/* The system calls that can fail half way, so that tests can make them. */
struct journal_disk {
    ssize_t (*write)(int fd, const void *data, size_t len);
    int (*sync)(int fd);
    int (*truncate)(int fd, off_t len);
};
extern const struct journal_disk journal_disk_system;

/* One append-only file and the length up to which it is known to be good. */
struct logfile {
    int fd; /* -1: not open */
    uint64_t len;
    bool stuck; /* could not be cut back: nothing may follow the rubbish */
    dev_t dev;
    ino_t ino;
};
/* flags: of open(2); refuses links and what is not a plain file. */
clv_status file_open(const char *dir, const char *name, int flags, int *ret_fd,
                     struct clv_error *err);
clv_status logfile_append(struct logfile *f, const struct journal_disk *disk, struct clv_view data,
                          struct clv_error *err);
/* Takes back the last len bytes, which were written whole; stuck when that fails. */
void logfile_cut(struct logfile *f, const struct journal_disk *disk, size_t len);
/* Whether dir/name is still the file that is open. */
bool logfile_is_there(const struct logfile *f, const char *dir, const char *name);
clv_status key_file_create(const char *dir, const struct clv_secret *seed, struct clv_error *err);
clv_status key_file_read(const char *dir, struct clv_secret **ret_seed, struct clv_error *err);

/* ---- medium.c: one copy of the journal, in a folder of its own ------------------------------- */

#define MAX_MEDIA CLV_JOURNAL_MEDIA
enum which_log { ENTRIES, CHECKPOINTS, NUM_LOGS };
struct medium {
    char *dir; /* NULL: there is no such copy */
    int lock_fd;
    struct logfile log[NUM_LOGS];
    size_t reserve;
    bool begun; /* it has a journal.log */
    bool out;   /* given up: nothing is read or written there any more */
};
const char *medium_log_name(enum which_log which);
clv_status medium_init(struct medium *m, const char *dir, struct clv_error *err);
void medium_close(struct medium *m);
void medium_clear(struct medium *m);
/* Lock (unless flags is O_RDONLY) and both files. */
clv_status medium_open(struct medium *m, int flags, struct clv_error *err);
/* Key, public key and empty logs, journal.log last; then opens them. seed: of the secret key. */
clv_status medium_create(struct medium *m, const char *vkey, const struct clv_secret *seed,
                         struct clv_error *err);
/* Still there, and its files can be written to. */
clv_status medium_check(const struct medium *m, struct clv_error *err);
/* As logfile_append(), into the space set aside when the disk is full. */
clv_status medium_append(struct medium *m, enum which_log which, const struct journal_disk *disk,
                         struct clv_view data, struct clv_error *err);
clv_status medium_reserve(struct medium *m, size_t bytes, struct clv_error *err);
void medium_find_reserve(struct medium *m);
/* Gives one piece of it back. */
void medium_spend_reserve(struct medium *m);
/* All of it. */
void medium_drop_reserve(struct medium *m);

/* ---- media.c: the copies beside each other --------------------------------------------------- */

bool pread_whole(int fd, void *out, size_t len, uint64_t offset);
struct clv_journal;
/* The copy that is read, and that the others follow. */
struct medium *media_lead(const struct clv_journal *j);
/* Reads a copy that was opened beside the journal in memory: the same entries from the first on.
 * our_own: it was written by this process, and may end in a write that failed.
 * errors  CLV_E_MISMATCH, CLV_E_FOREIGN; the verdicts on that copy */
clv_status media_compare(const struct clv_journal *j, struct medium *m, bool our_own,
                         struct clv_error *err);
/* Brings a copy that is behind up to the lead. */
clv_status media_catch_up(struct clv_journal *j, struct medium *m, struct clv_error *err);
/* So every copy that is in use; nothing is written where none is behind. */
clv_status media_level(struct clv_journal *j, struct clv_error *err);
/* Appends to every copy, or to none. */
clv_status media_append(struct clv_journal *j, enum which_log which, struct clv_view data,
                        struct clv_error *err);

/* ---- the journal itself ---------------------------------------------------------------------- */

struct clv_journal {
    struct medium medium[MAX_MEDIA];
    size_t lead;    /* its copy is complete */
    size_t failed;  /* the last write failed there; MAX_MEDIA: nowhere */
    size_t reserve; /* wanted in each */
    bool readonly;
    const struct journal_disk *disk;
    struct tree tree;
    uint64_t *offsets; /* of each entry's first byte in journal.log */
    uint32_t *lengths;
    size_t offsets_cap;
    uint64_t signed_size;
    struct clv_writer note; /* the last checkpoint */
    struct {
        uint32_t id; /* of the witness's key */
        uint64_t size;
    } cosigned[CLV_WITNESSES_MAX]; /* last size each witness cosigned: lines found, not checked */
    struct clv_vkey key;
    struct clv_secret *secret; /* Ed25519, libsodium form, 64 bytes; NULL when readonly */
    char vkey_text[CLV_VKEY_TEXT];
    char ceremony_id[CLV_CEREMONY_ID_MAX + 1];
    bool test;
};
/* Remembers who cosigned a checkpoint of this size, as far as there is room. */
void journal_note_cosigners(struct clv_journal *j, struct clv_view note, uint64_t size);
/* mirror may be NULL. */
clv_status journal_alloc(const char *dir, const char *mirror, struct clv_journal **ret,
                         struct clv_error *err);
/* The 32 bytes that the secret key comes from. */
clv_status journal_seed(const struct clv_journal *j, struct clv_secret **ret_seed,
                        struct clv_error *err);
clv_status journal_remember(struct clv_journal *j, uint64_t entry_offset, size_t entry_len,
                            const uint8_t leaf[CLV_HASH_LEN], struct clv_error *err);
/* Ed25519 key pair from a 32-byte seed; *ret_secret has 64 bytes. */
clv_status journal_key_pair(const struct clv_secret *seed, struct clv_secret **ret_secret,
                            uint8_t ret_public[32], struct clv_error *err);
/* For tests. */
void journal_set_disk(struct clv_journal *j, const struct journal_disk *disk);

#endif
