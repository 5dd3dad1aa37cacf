/* What the tests of key files share: the worked examples of the format's page, a folder of their
 * own, and the requests they make files with. */
#ifndef CLAVIGER_TESTS_KEYFILE_FIXTURES_H
#define CLAVIGER_TESTS_KEYFILE_FIXTURES_H

#include "claviger/keyfile.h"
#include "secrets.h"

#define PASSWORD "eight ducks cross the quiet harbour"

/* ---- the page ---- */

/* The fenced block that opens with ```tag, without its fences; to be freed. */
char *document_block(const char *tag);
/* The code in the row of this name, in the first table behind the block; to be freed. */
char *document_cell(const char *tag, const char *row);
/* The bytes of a block. */
struct clv_view document_file(const char *tag);

/* ---- a folder ---- */

const char *temp_dir(void);                                  /* made on first use, mode 0700 */
void temp_dir_remove(void);                                  /* as Criterion's .fini */
char *temp_path(const char *name);                           /* to be freed */
size_t temp_dir_count(void);                                 /* files in it */
char *temp_write(const char *name, struct clv_view content); /* mode 0600; the path, to be freed */

/* ---- requests ---- */

/* Zero at the start; release with request_clear(). */
struct request {
    struct clv_keyfile_info info;
    struct clv_keyfile_request ask;
    struct clv_secret *password, *payload;
    struct clv_random chance; /* counts up, as in the worked examples */
    uint8_t counter;
};
/* The worked examples, exactly. */
void request_part(struct request *r);
void request_sigkey(struct request *r);
void request_witness(struct request *r);
void request_clear(struct request *r);

struct clv_kdf *new_kdf(void);

#endif
