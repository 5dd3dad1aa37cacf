/* Memory that is short once, at every allocation in turn: each room says that it is, and not that
 * its input is wrong. Files are read too, so calls on them fail on the way. */
#include <stdlib.h>
#include <string.h>

#include "claviger/ceremony.h"
#include "claviger/custody.h"
#include "claviger/ep11.h"
#include "claviger/receipt.h"
#include "claviger/script.h"
#include "fault_walk.h"
#include "logs.h"
#include "run.h"
#include "secrets.h"

static void nothing(const char *dir)
{
    (void)dir;
}

static void no_end(const char *dir)
{
    (void)dir;
}

/* Nothing was wrong with what was given: no other class of error is true. */
static void check_code(const char *dir, clv_status status, const struct clv_error *err)
{
    (void)dir;
    cr_assert(status == CLV_OK || clv_exit_code(status) == 9 || clv_exit_code(status) == 7,
              "%s: passes for something else: %s %s", walk_point(), clv_code_name(status),
              err->fact);
    cr_assert_eq(clv_secret_alive(), 0, "%s: a secret stays alive", walk_point());
}

static void sweep(const char *name, clv_status (*act)(const char *, struct clv_error *))
{
    cr_assert_eq(clv_secret_init(NULL), CLV_OK);
    cr_assert_eq(clv_crypto_init(NULL), CLV_OK);
    walk_sweep(&(struct walk){.name = name,
                              .prepare = nothing,
                              .act = act,
                              .check = check_code,
                              .recover = act,
                              .settled = no_end});
}

/* ---- crypto ---------------------------------------------------------------------------------- */

static clv_status sign_and_verify(const char *dir, struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN], digest[CLV_SHA512_LEN], sig[CLV_P521_SIGNATURE_MAX];
    struct clv_secret *scalar = NULL;
    size_t len = 0;
    (void)dir;
    clv_sha512("message", 7, digest);
    clv_status status = clv_p521_generate(&scalar, point, err);
    if (status == CLV_OK)
        status = clv_p521_sign(scalar, digest, sig, &len, err);
    if (status == CLV_OK)
        status = clv_p521_verify(point, digest, sig, len, err);
    clv_secret_free(&scalar);
    return status;
}

Test(fault_memory, signatures)
{
    sweep("a P-521 key, a signature, verified", sign_and_verify);
}

/* A certificate is kept for as long as its unit lives: made whole, or not at all. */
static clv_status make_device_cert(const char *dir, struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN], adapter[12] = {0}, ski[CLV_SKI_LEN] = {0};
    struct clv_ep11_device_cert cert;
    struct clv_secret *scalar = NULL;
    struct clv_writer w = {0};
    (void)dir;
    clv_status status = clv_p521_generate(&scalar, point, err);
    if (status == CLV_OK)
        status = clv_ep11_device_cert_encode(&w, point, adapter, ski, scalar, err);
    if (status == CLV_OK)
        status = clv_ep11_device_cert_decode(clv_writer_view(&w), &cert, err);
    if (status == CLV_OK)
        status = clv_ep11_device_cert_verify(&cert, point, err);
    clv_secret_free(&scalar);
    clv_writer_clear(&w);
    return status;
}

Test(fault_memory, device_certificates)
{
    sweep("a device certificate, made and verified", make_device_cert);
}

/* ---- key parts ------------------------------------------------------------------------------- */

static clv_status make_part(const char *dir, struct clv_error *err)
{
    struct clv_secret *part = NULL, *opening = NULL;
    (void)dir;
    clv_status status = clv_part_random(clv_random_system(), &part, err);
    if (status == CLV_OK)
        status = clv_opening_new(clv_random_system(), part, &opening, err);
    clv_secret_free(&part);
    clv_secret_free(&opening);
    return status;
}

Test(fault_memory, parts)
{
    sweep("a key part and its opening", make_part);
}

/* ---- events and the engine ------------------------------------------------------------------- */

static clv_status one_event(const char *dir, struct clv_error *err)
{
    struct clv_event e = {.kind = CLV_EVENT_DEVIATION, .wall_ms = 1795425164000}, again;
    struct clv_writer w = {0};
    (void)dir;
    memcpy(e.name, "late", 5);
    memcpy(e.text, "the witness came late", 22);
    clv_status status = clv_event_encode(&e, &w, err);
    if (status == CLV_OK)
        status = clv_event_decode(clv_writer_view(&w), &again, err);
    clv_writer_clear(&w);
    return status;
}

/* The JSON library calls a text malformed when its memory runs out: it does not tell the two apart,
 * and so we cannot. */
static void check_event(const char *dir, clv_status status, const struct clv_error *err)
{
    if (status != CLV_E_FORMAT)
        check_code(dir, status, err);
}

Test(fault_memory, events)
{
    walk_sweep(&(struct walk){.name = "an event written and read",
                              .prepare = nothing,
                              .act = one_event,
                              .check = check_event,
                              .recover = one_event,
                              .settled = no_end});
}

static clv_status new_engine(const char *dir, struct clv_error *err)
{
    struct clv_script *script = NULL;
    struct clv_ceremony *engine = NULL;
    char *path = clv_path_join(dir, "script.yaml");
    clv_status status = path ? clv_script_read(path, &script, err)
                             : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    if (status == CLV_OK)
        status = clv_ceremony_new(script, &engine, err);
    clv_ceremony_free(&engine);
    clv_script_free(&script);
    return status;
}

static void put_script(const char *dir)
{
    size_t len = 0;
    char *path = clv_path_join(dir, "script.yaml");
    uint8_t *data = file_bytes(CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml", &len);
    file_write(path, data, len);
    free(data);
    free(path);
}

/* The YAML library crashes without memory: calls on files only. */
Test(fault_memory, scripts)
{
    walk_sweep(&(struct walk){.name = "a script read, an engine made",
                              .prepare = put_script,
                              .act = new_engine,
                              .check = check_code,
                              .recover = new_engine,
                              .settled = no_end,
                              .no_memory_sweep = true});
}

/* ---- receipts -------------------------------------------------------------------------------- */

static struct clv_journal *journal;

static clv_status prove(const char *dir, struct clv_error *err)
{
    static struct clv_receipt_facts facts;
    struct clv_codes codes;
    uint8_t *file = NULL, *back = NULL;
    size_t len = 0, back_len = 0;
    (void)dir;
    clv_status status = clv_receipt_encode(journal, 2, &file, &len, err);
    if (status == CLV_OK)
        status = clv_receipt_verify(clv_view_of(file, len), clv_journal_key(journal), &facts, err);
    if (status == CLV_OK)
        status = clv_receipt_codes(clv_view_of(file, len), "FA17-01", &codes, err);
    struct clv_writer w = {0};
    for (size_t i = 0; status == CLV_OK && i < codes.num; i++)
        clv_write_format(&w, "%s\n", codes.text[i]);
    if (status == CLV_OK)
        status = clv_writer_done(&w, err);
    if (status == CLV_OK)
        status = clv_receipt_from_codes(clv_writer_view(&w), &back, &back_len, NULL, err);
    clv_writer_clear(&w);
    free(file);
    free(back);
    return status;
}

static void check_journal_secret(const char *dir, clv_status status, const struct clv_error *err)
{
    (void)dir;
    cr_assert(status == CLV_OK || clv_exit_code(status) == 9 || clv_exit_code(status) == 7,
              "%s: passes for something else: %s %s", walk_point(), clv_code_name(status),
              err->fact);
}

static void begin(const char *dir)
{
    struct clv_error err = {0};
    logs_forget();
    cr_assert_eq(logs_open(dir, &journal, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(journal, LOGS_NUM, &err), CLV_OK, "%s", err.fact);
}

static void let_go(void)
{
    clv_journal_free(&journal);
}

Test(fault_memory, receipts)
{
    cr_assert_eq(clv_secret_init(NULL), CLV_OK);
    cr_assert_eq(clv_crypto_init(NULL), CLV_OK);
    walk_sweep(&(struct walk){.name = "a receipt made, verified, in codes and back",
                              .prepare = begin,
                              .act = prove,
                              .check = check_journal_secret,
                              .recover = prove,
                              .settled = no_end,
                              .end = let_go});
}
