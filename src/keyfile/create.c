/* Creating a key file: sealed, durable, and opened again before anybody is told it exists. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The header's facts, as far as the request gives them. */
static struct clv_keyfile_info asked_for(const struct clv_keyfile_info *info)
{
    struct clv_keyfile_info made = {
        .kind = info->kind,
        .test_world = info->test_world,
        .slot = info->slot,
        .created_ms = info->created_ms - info->created_ms % 1000,
        .profile = info->profile,
    };

    memcpy(made.owner, info->owner, sizeof made.owner);
    memcpy(made.description, info->description, sizeof made.description);
    memcpy(made.ceremony, info->ceremony, sizeof made.ceremony);
    if (info->kind == CLV_KEYFILE_PART)
        made.origin = info->origin;
    else if (info->kind == CLV_KEYFILE_SIGKEY)
        memcpy(made.admin_name, info->admin_name, sizeof made.admin_name);
    else
        memcpy(made.witness_name, info->witness_name, sizeof made.witness_name);
    if (info->kind == CLV_KEYFILE_SIGKEY)
        made.sigkey_type = info->sigkey_type;
    return made;
}

static clv_status check_request(const struct clv_keyfile_request *request, struct clv_error *err)
{
    const struct clv_keyfile_info *info = request->info;
    clv_status st;

    if (info->kind <= CLV_KEYFILE_ANY || info->kind >= CLV_NUM_KEYFILE_KINDS)
        return clv_fail(err, CLV_E_INTERNAL, "a key file of no kind was asked for");
    if ((st = clv_keyfile_check_texts(info, err)) != CLV_OK)
        return st;
    return clv_kdf_fit_to_create(info->profile, err);
}

/* What is sealed: nonce and part, or scalar or seed itself (then *ret_own stays NULL). */
static clv_status make_clear(const struct clv_keyfile_request *request, struct clv_secret **ret_own,
                             struct clv_error *err)
{
    if (request->info->kind == CLV_KEYFILE_PART)
        return clv_opening_new(request->random, request->payload, ret_own, err);
    if (!clv_keyfile_fits(request->info, clv_secret_len(request->payload)))
        return clv_fail(err, CLV_E_FORMAT, "a signature key of its kind does not have %zu bytes",
                        clv_secret_len(request->payload));
    return CLV_OK;
}

static clv_status seal_with_header(struct clv_keyfile_parts *parts, const struct clv_secret *key,
                                   const struct clv_secret *clear, struct clv_error *err)
{
    struct clv_writer header;
    clv_status st;

    clv_writer_init(&header);
    clv_keyfile_write_header(parts, &header);
    if ((st = clv_writer_done(&header, err)) == CLV_OK) {
        parts->header = clv_writer_view(&header);
        st = clv_keyfile_seal(parts, key, clear, err);
        parts->header = (struct clv_view){0};
    }
    clv_writer_clear(&header);
    return st;
}

/* The bytes of the new file. */
static clv_status seal_file(struct clv_kdf *kdf, const struct clv_keyfile_request *request,
                            struct clv_writer *file, struct clv_error *err)
{
    struct clv_keyfile_parts parts = {.info = asked_for(request->info)};
    struct clv_secret *own = NULL, *key = NULL;
    const struct clv_secret *clear;
    clv_status st = make_clear(request, &own, err);

    if (st != CLV_OK)
        return st;
    clear = own ? own : request->payload;
    clv_random_fill(request->random, parts.salt, sizeof parts.salt);
    clv_random_fill(request->random, parts.nonce, sizeof parts.nonce);
    if ((st = clv_keyfile_describe(&parts.info, clear, err)) == CLV_OK &&
        (st = clv_kdf_derive(kdf, parts.info.profile, request->password, parts.salt, &key, err)) ==
            CLV_OK &&
        (st = seal_with_header(&parts, key, clear, err)) == CLV_OK)
        st = clv_keyfile_write_file(&parts, file, err);
    clv_secret_free(&key);
    clv_secret_free(&own);
    return st;
}

/* Proof by use: the file as the disk has it, opened with the password as it was typed. */
static clv_status prove(struct clv_kdf *kdf, const char *path,
                        const struct clv_keyfile_request *request, struct clv_keyfile_info *ret,
                        struct clv_error *err)
{
    struct clv_secret *payload = NULL;
    clv_status st = clv_keyfile_open(kdf, path, request->password, &payload, ret, err);

    if (st == CLV_OK && !clv_secret_equal(payload, request->payload))
        st = clv_fail(err, CLV_E_MISMATCH, "the new file does not hold what was put into it");
    clv_secret_free(&payload);
    return st;
}

static void take_back(const char *path, struct clv_error *err)
{
    clv_status removed = clv_file_remove(path, NULL);

    if (removed == CLV_OK || removed == CLV_E_MISSING)
        clv_kept(err, "The new file was removed again; no key file was created.");
    else
        clv_kept(err, "The new file could not be removed: delete %s yourself.", path);
}

static clv_status check_free(const char *path, struct clv_error *err)
{
    clv_status st;

    if (access(path, F_OK) != 0)
        return CLV_OK;
    st = clv_fail(err, CLV_E_EXISTS, "there is already a file %s", clv_path_name(path));
    clv_kept(err, "It was not touched.");
    clv_hint(err, "Choose another name.");
    return st;
}

/* The path, checked before the owner waits for Argon2. */
static clv_status choose_path(const struct clv_keyfile_request *request, char **ret_path,
                              struct clv_error *err)
{
    char *name = NULL, *path = NULL;
    clv_status st = clv_keyfile_name(request, &name, err);

    if (st != CLV_OK || (st = clv_dir_private(request->dir, err)) != CLV_OK)
        goto out;
    path = clv_path_join(request->dir, name);
    if (!path)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    else
        st = check_free(path, err);
    if (st == CLV_OK) {
        *ret_path = path;
        path = NULL;
    }
out:
    free(path);
    free(name);
    return st;
}

clv_status clv_keyfile_create(struct clv_kdf *kdf, const struct clv_keyfile_request *request,
                              struct clv_keyfile_info *ret_info, char **ret_path,
                              struct clv_error *err)
{
    struct clv_writer file = {0};
    struct clv_keyfile_info info;
    char *path = NULL;
    clv_status st = check_request(request, err);

    if (st != CLV_OK)
        return st;
    clv_writer_init(&file);
    if ((st = choose_path(request, &path, err)) != CLV_OK ||
        (st = seal_file(kdf, request, &file, err)) != CLV_OK ||
        (st = clv_file_create(path, file.data, file.len, err)) != CLV_OK)
        goto out;
    st = prove(kdf, path, request, &info, err);
    if (st != CLV_OK) {
        take_back(path, err);
        goto out;
    }
    *ret_info = info;
    *ret_path = path;
    path = NULL;
out:
    if (st != CLV_OK)
        clv_kept(err, "No key file was created.");
    clv_writer_clear(&file);
    free(path);
    return st;
}
