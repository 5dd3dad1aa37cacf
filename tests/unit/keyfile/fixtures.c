#include "fixtures.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the page ---- */

static char *document(void)
{
    uint8_t *data = NULL;
    size_t len = 0;

    cr_assert_eq(
        clv_file_read(CLV_SOURCE_DIR "/docs/formats/keyfile.md", 1 << 20, &data, &len, NULL),
        CLV_OK);
    return (char *)data;
}

static char *find_block(char *page, const char *tag)
{
    char fence[64];

    snprintf(fence, sizeof fence, "\n```%s\n", tag);
    char *start = strstr(page, fence);
    cr_assert(start, "the page has no block %s", tag);
    return start + strlen(fence);
}

char *document_block(const char *tag)
{
    char *page = document(), *start = find_block(page, tag);
    char *end = strstr(start, "\n```\n");

    cr_assert(end);
    char *block = strndup(start, (size_t)(end + 1 - start));
    free(page);
    return block;
}

char *document_cell(const char *tag, const char *row)
{
    char *page = document(), *block = find_block(page, tag), begin[64];

    snprintf(begin, sizeof begin, "\n| %s | `", row);
    char *cell = strstr(block, begin);
    cr_assert(cell, "the page has no row %s behind %s", row, tag);
    cell += strlen(begin);
    char *copy = strndup(cell, strcspn(cell, "`"));
    free(page);
    return copy;
}

struct clv_view document_file(const char *tag)
{
    char *block = document_block(tag);

    return clv_view_of(block, strlen(block));
}

/* ---- a folder ---- */

static char folder[64];

const char *temp_dir(void)
{
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/claviger-keyfile-XXXXXX");
        cr_assert(mkdtemp(folder));
    }
    return folder;
}

char *temp_path(const char *name)
{
    return clv_path_join(temp_dir(), name);
}

char *temp_write(const char *name, struct clv_view content)
{
    char *path = temp_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    cr_assert_geq(fd, 0);
    cr_assert_eq(clv_fd_write_all(fd, content.data, content.len, NULL), CLV_OK);
    cr_assert_eq(fchmod(fd, 0600), 0);
    close(fd);
    return path;
}

static size_t walk(bool remove_all)
{
    DIR *dir = opendir(temp_dir());
    size_t num = 0;

    cr_assert(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        num++;
        if (remove_all && unlinkat(dirfd(dir), e->d_name, 0) != 0)
            cr_assert_eq(unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR), 0);
    }
    closedir(dir);
    return num;
}

size_t temp_dir_count(void)
{
    return walk(false);
}

void temp_dir_remove(void)
{
    if (!folder[0])
        return;
    chmod(folder, 0700);
    walk(true);
    rmdir(folder);
    folder[0] = '\0';
}

/* ---- requests ---- */

static void request_common(struct request *r, const char *owner, const char *description)
{
    r->info.test_world = true;
    r->info.slot = 1;
    r->info.created_ms = INT64_C(1795425164) * 1000;
    snprintf(r->info.ceremony, sizeof r->info.ceremony, "%s", "rehearsal-1");
    snprintf(r->info.owner, sizeof r->info.owner, "%s", owner);
    snprintf(r->info.description, sizeof r->info.description, "%s", description);
    r->counter = 0x0f;
    r->chance = (struct clv_random){count_up, &r->counter};
    r->password = secret_text(PASSWORD);
    r->ask = (struct clv_keyfile_request){
        .dir = temp_dir(),
        .info = &r->info,
        .password = r->password,
        .payload = r->payload,
        .random = &r->chance,
    };
}

void request_part(struct request *r)
{
    uint8_t part[CLV_PART_LEN];

    for (size_t i = 0; i < sizeof part; i++)
        part[i] = (uint8_t)(0xa0 + i);
    r->payload = secret_of(part, sizeof part);
    r->info.kind = CLV_KEYFILE_PART;
    request_common(r, "Lena Vogt", "Master key 2026, part 1");
    r->ask.name = "lena";
}

void request_sigkey(struct request *r)
{
    uint8_t scalar[CLV_P521_SCALAR_LEN];

    for (size_t i = 0; i < sizeof scalar; i++)
        scalar[i] = (uint8_t)i;
    r->payload = secret_of(scalar, sizeof scalar);
    r->info.kind = CLV_KEYFILE_SIGKEY;
    snprintf(r->info.admin_name, sizeof r->info.admin_name, "%s", "Dana Ruiz");
    request_common(r, "Dana Ruiz", "Signature key 2026");
    r->ask.name = "dana";
}

void request_witness(struct request *r)
{
    uint8_t seed[CLV_WITNESS_SEED_LEN];

    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(0x40 + i);
    r->payload = secret_of(seed, sizeof seed);
    r->info.kind = CLV_KEYFILE_WITNESS;
    request_common(r, "Wen Li", "Witness's key 2026");
    clv_witness_default_name(r->info.owner, true, r->info.witness_name);
    r->info.ceremony[0] = '\0';
    r->info.slot = 0;
    r->ask.name = "wen";
}

void request_clear(struct request *r)
{
    clv_secret_free(&r->password);
    clv_secret_free(&r->payload);
}

struct clv_kdf *new_kdf(void)
{
    struct clv_kdf *kdf = NULL;
    struct clv_error err = {0};

    cr_assert_eq(clv_kdf_new(CLV_KDF_STANDARD, &kdf, &err), CLV_OK, "%s", err.fact);
    return kdf;
}
