/* The folder of the software crypto units: after every fault they are as before a command or as
 * behind it, and what they answered is true. */
#include <stdlib.h>
#include <string.h>

#include "fault_walk.h"
#include "src/unitd/store.h"
#include "unitd_people.h"

static struct bench bench;
static struct people people;
static struct store store;
static struct clv_unitd_vault *own; /* the bench's vault, while the store's is on the bench */
static uint32_t answered;           /* code of the last answer; SILENT: there was none */
#define SILENT UINT32_MAX

static void open_all(void)
{
    people_open(&people, 1, false);
    bench_open(&bench, (struct clv_unitd_setup){.first_domain = 4});
    bench_operational(&bench, &people, 1, 1, 1, 0);
    own = bench.vault;
    store.lock_fd = -1;
}

static void close_all(void)
{
    bench.vault = own;
    bench_close(&bench);
    people_close(&people);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(fault_store, .init = open_all, .fini = close_all);

/* ---- the daemon without its sockets ---------------------------------------------------------- */

static void stop_daemon(void)
{
    if (bench.vault != own)
        clv_unitd_vault_free(&bench.vault);
    bench.vault = own;
    store_close(&store);
}

/* The bench's unit in the store's keeping: the same identity, the state of the folder. */
static clv_status start_daemon(const char *dir, struct clv_error *err)
{
    struct clv_unitd_vault *vault = NULL;
    struct clv_writer state = {0};
    stop_daemon();
    clv_status status = store_open(&store, dir, err);
    if (status == CLV_OK)
        status = store_load(&store, &vault, err);
    if (status == CLV_OK && !vault) {
        status = clv_unitd_vault_encode(own, &state, err);
        if (status == CLV_OK)
            status = clv_unitd_vault_decode(clv_writer_view(&state), &store.ports, &vault, err);
        if (status == CLV_OK)
            status = store_create(&store, vault, err);
        clv_writer_clear(&state);
    }
    if (status == CLV_OK)
        status = store_publish(&store, vault, err);
    if (status != CLV_OK) {
        clv_unitd_vault_free(&vault);
        stop_daemon();
        return status;
    }
    bench.vault = vault;
    bench.domain = clv_unitd_vault_domain(vault, 4);
    return CLV_OK;
}

static void nothing(const char *dir)
{
    (void)dir;
    answered = SILENT;
}

/* ---- begun ----------------------------------------------------------------------------------- */

static void check_begun(const char *dir, clv_status status, const struct clv_error *err)
{
    struct clv_error why = {0};
    (void)status;
    (void)err;
    stop_daemon();
    cr_assert_eq(start_daemon(dir, &why), CLV_OK, "%s: cannot begin again: %s", walk_point(),
                 why.fact);
}

static void is_begun(const char *dir)
{
    check_begun(dir, CLV_OK, NULL);
    cr_assert_eq(folder_num(dir, ".hex") + folder_num(dir, ".id"), 2, "%s", walk_point());
}

Test(fault_store, begun)
{
    walk_sweep(&(struct walk){.name = "a folder of software units begun",
                              .prepare = nothing,
                              .act = start_daemon,
                              .check = check_begun,
                              .recover = start_daemon,
                              .settled = is_begun,
                              .end = stop_daemon});
}

/* ---- changed --------------------------------------------------------------------------------- */

static void begin(const char *dir)
{
    struct clv_error err = {0};
    answered = SILENT;
    cr_assert_eq(start_daemon(dir, &err), CLV_OK, "%s", err.fact);
}

/* An importer key: the smallest command that leaves something behind. */
static void write_order(struct clv_writer *w)
{
    uint8_t type[4];
    struct order order = {.command = CLV_EP11_GEN_IMPORTER,
                          .input = u32_input(type, CLV_EP11_IMPORTER_P521),
                          .signers = "0"};
    order_encode(&bench, &people, &order, w);
}

static struct clv_writer order; /* encoded in prepare(): signing it is not what is swept */

static void begin_with_order(const char *dir)
{
    begin(dir);
    clv_writer_clear(&order);
    write_order(&order);
}

static clv_status give_order(const char *dir, struct clv_error *err)
{
    struct clv_unitd_reply reply = {0};
    struct clv_ep11_response rsp = {0};
    struct clv_ep11_response_block block = {0};
    (void)dir;
    answered = SILENT;
    clv_status status =
        clv_unitd_vault_answer(bench.vault, 0, 4, clv_writer_view(&order), &reply, err);
    if (status == CLV_OK && reply.delivery == CLV_UNITD_SEND &&
        clv_ep11_response_decode(clv_writer_view(&reply.payload), &rsp, err) == CLV_OK &&
        clv_ep11_response_block_decode(rsp.block, &block, err) == CLV_OK)
        answered = block.return_code;
    if (status == CLV_OK && answered != 0)
        status = clv_fail(err, CLV_E_UNIT, "refused: %s", reply.trouble.fact);
    clv_unitd_reply_clear(&reply);
    return status;
}

static bool has_importer(void)
{
    return bench.domain->importer_private != NULL;
}

/* The folder as the next start of the daemon finds it. An answer that says no is signed by the
 * unit: it has to be true. Silence leaves it open. */
static void check_changed(const char *dir, clv_status status, const struct clv_error *err)
{
    struct clv_error why = {0};
    (void)err;
    uint32_t told = answered;
    stop_daemon();
    cr_assert_eq(start_daemon(dir, &why), CLV_OK, "%s: %s", walk_point(), why.fact);
    if (status == CLV_OK)
        cr_assert(told == 0 && has_importer(), "%s: acknowledged and lost", walk_point());
    else if (told != SILENT)
        cr_assert(told != 0 && !has_importer(), "%s: refused and done", walk_point());
}

/* What a client does that got no answer, or no: it asks what is there, and orders anew. */
static clv_status order_again(const char *dir, struct clv_error *err)
{
    clv_status status = start_daemon(dir, err);
    if (status != CLV_OK || has_importer())
        return status;
    clv_writer_clear(&order);
    write_order(&order);
    return give_order(dir, err);
}

static void is_changed(const char *dir)
{
    begin(dir);
    cr_assert(has_importer(), "%s", walk_point());
}

static void end_order(void)
{
    clv_writer_clear(&order);
    stop_daemon();
}

Test(fault_store, changed)
{
    walk_sweep(&(struct walk){.name = "the state of software units changed",
                              .prepare = begin_with_order,
                              .act = give_order,
                              .check = check_changed,
                              .recover = order_again,
                              .settled = is_changed,
                              .end = end_order});
}
