/* claviger-unitd: opens its folder, makes or loads the vault, listens or shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "store.h"

/* ---- the vault, new or as it was ---- */

static clv_status check_same(const struct options *o, const struct clv_unitd_vault *vault,
                             struct clv_error *err)
{
    struct clv_unitd_listing *listing = malloc(sizeof(*listing));
    unsigned num[CLV_UNITD_NUM_KINDS] = {0};
    if (!listing)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the listing");
    clv_status status = CLV_OK;
    clv_unitd_vault_listing(vault, listing);
    for (unsigned i = 0; i < listing->num_units; i++)
        num[listing->units[i].kind]++;
    if (o->given_units && memcmp(num, o->num_units, sizeof(num)) != 0)
        status = clv_fail(err, CLV_E_USAGE,
                          "the state has %u operational, %u recovery and %u failover units", num[0],
                          num[1], num[2]);
    else if (o->instance_id && strcmp(o->instance_id, listing->instance_id) != 0)
        status =
            clv_fail(err, CLV_E_USAGE, "the state is of service instance %s", listing->instance_id);
    else if (o->production_tests && !listing->production_tests)
        status = clv_fail(err, CLV_E_WORLD, "the state is of TEST units");
    else if (o->given_permissions || o->given_control_points)
        status = clv_fail(err, CLV_E_USAGE,
                          "the units have their permissions and control points already");
    free(listing);
    if (status != CLV_OK)
        clv_hint(err, "Leave the option out, or choose another --state folder.");
    return status;
}

static clv_status new_vault(const struct options *o, struct store *store,
                            struct clv_unitd_vault **ret, struct clv_error *err)
{
    struct clv_unitd_setup setup = {
        .production_tests = o->production_tests,
        .control_points = o->given_control_points ? o->control_points : NULL,
        .instance_id = o->instance_id,
        .ports = &store->ports,
    };
    struct clv_reader permissions;
    clv_reader_init(&permissions, o->permissions, sizeof(o->permissions));
    setup.permissions = clv_read_u32(&permissions, "permissions");
    memcpy(setup.num_units, o->num_units, sizeof(setup.num_units));
    clv_status status = clv_unitd_vault_new(&setup, ret, err);
    if (status == CLV_OK)
        status = store_create(store, *ret, err);
    return status;
}

static clv_status open_vault(const struct options *o, struct store *store,
                             struct clv_unitd_vault **ret, struct clv_error *err)
{
    clv_status status = store_load(store, ret, err);
    if (status == CLV_OK)
        status = *ret ? check_same(o, *ret, err) : new_vault(o, store, ret, err);
    if (status == CLV_OK)
        status = store_publish(store, *ret, err);
    for (size_t i = 0; i < o->num_faults && status == CLV_OK; i++)
        status = clv_unitd_vault_add_fault(*ret, o->faults[i], err);
    return status;
}

/* ---- serving ---- */

static clv_status open_tls(const struct options *o, struct tls *ret, struct clv_error *err)
{
    if (o->tls_cert)
        return tls_read(o->tls_cert, o->tls_key, ret, err);
    return o->tls ? tls_own(o->state_dir, o->tls_names, o->num_tls_names, ret, err) : CLV_OK;
}

/* A port that was picked is told; the path of a socket is known to whoever gave it. */
static clv_status say_ready(const struct options *o, const struct clv_unitd_listener *listener,
                            struct clv_error *err)
{
    char line[160];
    int fd = o->ready_fd >= 0 ? o->ready_fd : STDOUT_FILENO;
    if (o->address)
        snprintf(line, sizeof(line), "READY %s\n", clv_unitd_listener_where(listener));
    else
        snprintf(line, sizeof(line), "READY\n");
    clv_status status = clv_fd_write_all(fd, line, strlen(line), err);
    if (o->ready_fd >= 0)
        close(o->ready_fd);
    return status;
}

static int work_fd(void *ctx)
{
    return workshop_fd(ctx);
}

static void work_collect(void *ctx)
{
    workshop_collect(ctx);
}

static clv_status serve(const struct options *o, struct store *store, struct clv_unitd_vault *vault,
                        const struct tls *tls, struct clv_unitd_token *token, struct clv_error *err)
{
    struct clv_unitd_listener *listener = NULL;
    struct clv_unitd_listener_config config = {
        .vault = vault,
        .socket_path = o->socket_path,
        .address = o->address,
        .tls_cert = tls->cert_pem,
        .tls_key = tls->key_pem,
        .token = token,
        .parent_fd = o->parent_fd,
        .work = {.fd = work_fd, .collect = work_collect, .ctx = &store->workshop},
    };
    clv_status status = clv_unitd_listener_new(&config, &listener, err);
    if (status == CLV_OK)
        status = say_ready(o, listener, err);
    if (status == CLV_OK)
        status = clv_unitd_listener_run(listener, err);
    clv_unitd_listener_free(&listener);
    return status;
}

static clv_status listen_and_serve(const struct options *o, struct store *store,
                                   struct clv_unitd_vault *vault, struct clv_error *err)
{
    struct clv_unitd_token *token = NULL;
    struct tls tls = {0};
    clv_status status = CLV_OK;
    if (o->token_file)
        status = clv_unitd_token_new(o->token_file, o->token_uses, &token, err);
    if (status == CLV_OK)
        status = open_tls(o, &tls, err);
    if (status == CLV_OK)
        status = serve(o, store, vault, &tls, token, err);
    clv_unitd_token_free(&token);
    tls_clear(&tls);
    return status;
}

/* ---- showing ---- */

static clv_status show(const struct options *o, struct store *store, struct clv_unitd_vault **ret,
                       struct clv_error *err)
{
    struct clv_writer text = {0};
    clv_status status = store_load(store, ret, err);
    if (status == CLV_OK && !*ret)
        status = clv_fail(err, CLV_E_MISSING, "there are no units in %s", o->state_dir);
    if (status == CLV_OK)
        status = clv_unitd_vault_describe(*ret, &text, err);
    if (status == CLV_OK)
        status = clv_fd_write_all(STDOUT_FILENO, text.data, text.len, err);
    clv_writer_clear(&text);
    return status;
}

static clv_status run(const struct options *o, struct clv_error *err)
{
    struct store store = {.lock_fd = -1};
    struct clv_unitd_vault *vault = NULL;
    clv_status status = clv_secret_init(err);
    if (status == CLV_OK)
        status = clv_crypto_init(err);
    if (status == CLV_OK && o->show && access(o->state_dir, F_OK) != 0)
        status = clv_fail(err, CLV_E_MISSING, "there is no folder %s", o->state_dir);
    if (status == CLV_OK)
        status = store_open(&store, o->state_dir, err);
    if (status == CLV_OK && o->show)
        status = show(o, &store, &vault, err);
    else if (status == CLV_OK)
        status = open_vault(o, &store, &vault, err);
    if (status == CLV_OK && !o->show)
        status = listen_and_serve(o, &store, vault, err);
    clv_unitd_vault_free(&vault);
    store_close(&store);
    return status;
}

static clv_status print(const char *text, struct clv_error *err)
{
    return clv_fd_write_all(STDOUT_FILENO, text, strlen(text), err);
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct clv_error err = {0};
    char text[2048];
    clv_status status = clv_fd_hold_standard(&err);
    if (status == CLV_OK)
        status = options_parse(argc, argv, &options, &err);
    if (status == CLV_OK && options.help)
        status = print(options_help, &err);
    else if (status == CLV_OK && options.version)
        status = print("claviger-unitd " CLV_VERSION "\n", &err);
    else if (status == CLV_OK)
        status = run(&options, &err);
    if (status == CLV_OK)
        return 0;
    clv_error_format(&err, text, sizeof(text));
    fprintf(stderr, "claviger-unitd: %s\n", text);
    if (status == CLV_E_USAGE)
        fputs("Try claviger-unitd --help.\n", stderr);
    return clv_exit_code(status);
}
