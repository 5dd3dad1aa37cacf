#include "store.h"
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define STATE_NAME "units.state"
#define KEY_NAME "units.key"
#define ROOT_NAME "root.hex"
#define INSTANCE_NAME "instance.id"
#define LOCK_NAME "lock"
#define MAX_STATE (16u << 20) /* 256 units with eight administrators each stay below it */

/* Whether the state file, for what can be read just now, has this content. */
static bool holds(const struct store *store, struct clv_view content)
{
    uint8_t *data = NULL;
    size_t len = 0;
    bool same = true; /* not known to be the old one */
    if (clv_file_read_private(store->state_path, MAX_STATE, &data, &len, NULL) == CLV_OK)
        same = clv_view_equal(clv_view_of(data, len), content);
    free(data);
    return same;
}

static clv_status save(void *ctx, const void *state, size_t len, struct clv_error *err)
{
    const struct store *store = ctx;
    struct clv_writer w = {0};
    clv_status status = sealed_write(store->key, clv_view_of(state, len), &w, err);
    if (status == CLV_OK)
        status = clv_file_replace(store->state_path, w.data, w.len, err);
    if (status != CLV_OK && w.len > 0 && holds(store, clv_writer_view(&w))) {
        status = CLV_E_DOUBT;
        if (err)
            err->code = status;
    }
    clv_writer_clear(&w);
    return status;
}

static bool importer_ready(void *ctx, uint32_t type)
{
    struct store *store = ctx;
    return workshop_ready(&store->workshop, type);
}

static clv_status make_importer(void *ctx, uint32_t type, struct clv_secret **ret_private,
                                uint8_t **ret_bits, size_t *ret_bits_len, struct clv_error *err)
{
    struct store *store = ctx;
    return workshop_take(&store->workshop, type, ret_private, ret_bits, ret_bits_len, err);
}

static clv_status lock(struct store *store, const char *dir, struct clv_error *err)
{
    char *path = clv_path_join(dir, LOCK_NAME);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for a path");
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    free(path);
    if (store->lock_fd < 0)
        return clv_fail_errno(err, errno, "cannot open the lock in %s", dir);
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return CLV_OK;
    if (errno != EWOULDBLOCK)
        return clv_fail_errno(err, errno, "cannot lock %s", dir);
    (void)clv_fail(err, CLV_E_EXISTS, "another claviger-unitd uses the state in %s", dir);
    clv_hint(err, "Stop it, or choose another folder.");
    return CLV_E_EXISTS;
}

clv_status store_open(struct store *store, const char *dir, struct clv_error *err)
{
    *store = (struct store){.lock_fd = -1, .ports = clv_unitd_ports_default()};
    store->ports.save = save;
    store->ports.make_importer = make_importer;
    store->ports.importer_ready = importer_ready;
    store->ports.ctx = store;
    clv_status status = clv_dir_private(dir, err);
    if (status == CLV_OK)
        status = lock(store, dir, err);
    if (status != CLV_OK)
        return status;
    store->state_path = clv_path_join(dir, STATE_NAME);
    store->key_path = clv_path_join(dir, KEY_NAME);
    store->root_path = clv_path_join(dir, ROOT_NAME);
    store->instance_path = clv_path_join(dir, INSTANCE_NAME);
    if (!store->state_path || !store->key_path || !store->root_path || !store->instance_path)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for a path");
    return CLV_OK;
}

void store_close(struct store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    workshop_close(&store->workshop);
    clv_secret_free(&store->key);
    free(store->state_path);
    free(store->key_path);
    free(store->root_path);
    free(store->instance_path);
    *store = (struct store){.lock_fd = -1};
}

static clv_status unseal(struct store *store, uint8_t **ret_state, size_t *ret_len,
                         struct clv_error *err)
{
    uint8_t *file = NULL;
    size_t len = 0;
    clv_status status = sealed_key(store->key_path, false, &store->key, err);
    if (status == CLV_OK)
        status = clv_file_read_private(store->state_path, MAX_STATE, &file, &len, err);
    if (status == CLV_OK)
        status = sealed_read(store->key, clv_view_of(file, len), ret_state, ret_len, err);
    free(file);
    return status;
}

clv_status store_load(struct store *store, struct clv_unitd_vault **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    if (access(store->state_path, F_OK) != 0 && errno == ENOENT)
        return CLV_OK;
    clv_status status = unseal(store, &data, &len, err);
    if (status == CLV_OK)
        status = clv_unitd_vault_decode(clv_view_of(data, len), &store->ports, ret, err);
    if (data)
        clv_wipe(data, len);
    free(data);
    if (status != CLV_OK) {
        status = clv_while(err, status, "reading %s", store->state_path);
        clv_kept(err, "The file was left as it is.");
        clv_hint(err, "Start with another --state folder, or restore a copy of this one.");
    }
    return status;
}

clv_status store_create(struct store *store, const struct clv_unitd_vault *vault,
                        struct clv_error *err)
{
    struct clv_writer state = {0}, sealed = {0};
    clv_status status = sealed_key(store->key_path, true, &store->key, err);
    if (status == CLV_OK)
        status = clv_unitd_vault_encode(vault, &state, err);
    if (status == CLV_OK)
        status = sealed_write(store->key, clv_writer_view(&state), &sealed, err);
    if (status == CLV_OK)
        status = clv_file_create(store->state_path, sealed.data, sealed.len, err);
    clv_writer_clear(&state);
    clv_writer_clear(&sealed);
    return status;
}

clv_status store_publish(const struct store *store, const struct clv_unitd_vault *vault,
                         struct clv_error *err)
{
    struct clv_unitd_listing *listing = malloc(sizeof(*listing));
    char hex[2 * CLV_P521_POINT_LEN + 1];
    if (!listing)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the listing");
    clv_unitd_vault_listing(vault, listing);
    clv_hex(listing->root_point, CLV_P521_POINT_LEN, hex);
    clv_status status = clv_file_replace(store->root_path, hex, strlen(hex), err);
    if (status == CLV_OK)
        status = clv_file_replace(store->instance_path, listing->instance_id,
                                  strlen(listing->instance_id), err);
    free(listing);
    return status;
}
