/* An owner whose key lies with a signing service, on the full screen: the token is pasted and never
 * shown, the key is looked at, the phrase is typed, and a service that fails asks what now. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "needles.h"
#include "signing_service.h"
#include "terminal.h"
#include "tests/scenario/house.h"

#define PROGRAM CLV_BINARY_DIR "/claviger"
#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define TOKEN "token-of-first"

static char *service_file(const struct scene *s)
{
    size_t len = 0;
    char *url_path = scene_path(s, "url"), *path = scene_path(s, "signing.yaml"), *text = NULL;
    char *url = (char *)file_bytes(url_path, &len);
    cr_assert_gt(asprintf(&text,
                          "signing-service:\n  name: House\n  url: %s\n  test: true\n"
                          "  token: ask\n  keys: [first, second]\n",
                          url),
                 0);
    file_write(path, text, strlen(text));
    free(text);
    free(url);
    free(url_path);
    return path;
}

static void call_the_roll(struct terminal *t)
{
    static const char *const rows[][2] = {
        {"Name of the ceremony administrator", "Ada Brandt"},
        {"Name of the witness", "Wen Castellan"},
        {"Name of signature-key owner 1", "Sofia Dahl"},
        {"Name of key-part owner 1", "Kofi Eklund"},
        {"Name of key-part owner 2", "Lena F\u00e4hnrich"},
    };
    terminal_wait_text(t, "Does the clock on the wall agree?");
    terminal_send(t, KEY_ENTER);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        terminal_wait_text(t, rows[i][0]);
        terminal_send(t, rows[i][1]);
        terminal_send(t, KEY_ENTER);
    }
    terminal_wait_text(t, "What now?");
    terminal_send(t, "1" KEY_ENTER);
    terminal_wait_text(t, "zeroize 1");
    terminal_send(t, "zeroize 1" KEY_ENTER);
    terminal_wait_text(t, "seated");
    terminal_send(t, KEY_ENTER);
}

Test(service_tui, an_owner_signs_through_the_service)
{
    static const char *const plans[] = {"keys:broken:1:1", NULL};
    struct signing_service service;
    struct needles n = {0};
    struct scene s;
    size_t len = 0;
    scene_begin_short(&s, 1);
    signing_service_start(&service, s.top, plans);
    char *file = service_file(&s);
    const char *argv[] = {PROGRAM,  "rehearse",   "--dir",   s.dir, "--script",          SHORT,
                          "--keys", house_keys(), "--units", "1",   "--signing-service", file,
                          NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    call_the_roll(t);
    terminal_wait_text(t, "Where is your signature key?");
    terminal_wait_text(t, "Key second of the signing service \"House\"");
    terminal_send(t, "2" KEY_ENTER);
    terminal_wait_text(t, "wants to know who asks for key first");
    terminal_send(t, PASTE_START TOKEN PASTE_END KEY_ENTER);
    terminal_wait_text(t, "HTTP 500: {\"message\": \"out of order\"}");
    terminal_send(t, "1" KEY_ENTER);
    terminal_wait_text(t, "wants to know who asks for key first");
    terminal_send(t, TOKEN KEY_ENTER);
    terminal_wait_text(t, "The signatures come from the signing service \"House\"");
    terminal_wait_text(t, "No crypto unit has this key among its administrators yet.");
    terminal_send(t, "sign with second" KEY_ENTER);
    terminal_wait_text(t, "That is not the phrase.");
    terminal_send(t, "sign with first" KEY_ENTER);
    terminal_wait_text(t, "Name of the administrator");
    terminal_send(t, "Sofia Dahl" KEY_ENTER);
    terminal_wait_text(t, "Hand over to Ada Brandt");
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    cr_assert(terminal_mode_restored(t));
    needles_add(&n, "the token", TOKEN, strlen(TOKEN));
    const unsigned char *stream = terminal_stream(t, &len);
    cr_assert_null(needles_in(&n, stream, len), "%s", needles_in(&n, stream, len));
    journal_read(s.dir, &s.journal);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_SIGKEY_READY), 1);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_FILE_REFUSED), 1);
    needles_clear(&n);
    terminal_free(&t);
    signing_service_stop(&service);
    free(file);
    scene_clear(&s);
}
