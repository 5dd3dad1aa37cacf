/* Every way to damage a key file, and the class each one must get. Nothing here runs Argon2. */
#include "edits.h"
#include "fixtures.h"

#include <stdlib.h>

static const char *const examples[] = {"clvkey-part", "clvkey-signature", "clvkey-witness"};

#define EACH_EXAMPLE(file)                                                                         \
    for (size_t example_ = 0; example_ < 3; example_++)                                            \
        for (struct clv_view file = document_file(examples[example_]); file.data;                  \
             free((void *)(uintptr_t)file.data), file.data = NULL)

static uint8_t *copy_of(struct clv_view file, size_t room)
{
    uint8_t *copy = malloc(file.len + room);

    cr_assert(copy);
    memcpy(copy, file.data, file.len);
    return copy;
}

static void assert_closed(const struct edit *e, bool fitting, clv_status want, size_t place)
{
    struct clv_view file = edit_close(e, fitting);
    clv_status got = parse(file);

    cr_assert_eq(got, want, "place %zu: %s, not %s", place, clv_code_name(got),
                 clv_code_name(want));
    free((void *)(uintptr_t)file.data);
}

Test(format, every_truncation_is_damage)
{
    EACH_EXAMPLE(file)
    for (size_t len = 0; len < file.len; len++)
        cr_assert_eq(parse(clv_view_of(file.data, len)), CLV_E_DAMAGED, "length %zu", len);
}

Test(format, every_flipped_bit_is_damage)
{
    EACH_EXAMPLE(file)
    {
        uint8_t *copy = copy_of(file, 0);
        for (size_t bit = 0; bit < 8 * file.len; bit++) {
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
            cr_assert_eq(parse(clv_view_of(copy, file.len)), CLV_E_DAMAGED, "bit %zu", bit);
            copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        free(copy);
    }
}

Test(format, every_inserted_or_lost_byte_is_damage)
{
    static const uint8_t inserted[] = {'\0', '\n', '\r', ' ', '0', 0xff};

    EACH_EXAMPLE(file)
    {
        uint8_t *copy = copy_of(file, 1);
        for (size_t at = 0; at <= file.len; at++)
            for (size_t i = 0; i < sizeof inserted; i++) {
                memcpy(copy, file.data, at);
                copy[at] = inserted[i];
                memcpy(copy + at + 1, file.data + at, file.len - at);
                cr_assert_eq(parse(clv_view_of(copy, file.len + 1)), CLV_E_DAMAGED, "at %zu", at);
            }
        for (size_t at = 0; at < file.len; at++) {
            memcpy(copy, file.data, at);
            memcpy(copy + at, file.data + at + 1, file.len - at - 1);
            cr_assert_eq(parse(clv_view_of(copy, file.len - 1)), CLV_E_DAMAGED, "at %zu", at);
        }
        free(copy);
    }
}

Test(format, lines_lost_doubled_or_exchanged_are_damage)
{
    EACH_EXAMPLE(file)
    {
        const struct edit whole = edit_open(file);
        for (size_t i = 0; i < whole.num; i++) {
            struct edit lost = whole, doubled = whole;
            edit_remove(&lost, i);
            assert_closed(&lost, false, CLV_E_DAMAGED, i);
            edit_insert(&doubled, i, whole.lines[i]);
            assert_closed(&doubled, false, CLV_E_DAMAGED, i);
        }
        for (size_t i = 0; i + 1 < whole.num; i++) {
            struct edit exchanged = whole;
            edit_swap(&exchanged, i, i + 1);
            assert_closed(&exchanged, false, CLV_E_DAMAGED, i);
        }
    }
}

Test(format, changed_line_ends_are_damage_and_are_named)
{
    EACH_EXAMPLE(file)
    {
        struct clv_writer w;
        struct clv_keyfile_info info;
        struct clv_error err = {0};

        clv_writer_init(&w);
        for (size_t i = 0; i < file.len; i++) {
            if (file.data[i] == '\n')
                clv_write_u8(&w, '\r');
            clv_write_u8(&w, file.data[i]);
        }
        cr_assert_eq(clv_keyfile_parse(clv_writer_view(&w), &info, &err), CLV_E_DAMAGED);
        cr_assert(strstr(err.fact, "line ends"));
        clv_writer_clear(&w);
    }
}

Test(format, other_files_are_foreign)
{
    static const char *const others[] = {
        "{\"enckey\":\"00\",\"seaSalt\":\"00\"}",
        "untrusted comment: minisign encrypted secret key\nRWQ=\n",
        "\177ELF\x02\x01\x01",
        "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n",
        "\n",
        " claviger key file\n",
        "Claviger key file\n",
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert_eq(parse(clv_view_of(others[i], strlen(others[i]))), CLV_E_FOREIGN, "%zu", i);
}

/* ---- from here on the checksum fits ---- */

Test(format, with_a_fitting_checksum_a_lost_doubled_or_exchanged_line_breaks_the_format)
{
    EACH_EXAMPLE(file)
    {
        const struct edit whole = edit_open(file);
        for (size_t i = 0; i + 1 < whole.num; i++) {
            struct edit lost = whole, doubled = whole;
            edit_remove(&lost, i);
            assert_closed(&lost, true, i == 0 ? CLV_E_FOREIGN : CLV_E_FORMAT, i);
            edit_insert(&doubled, i, whole.lines[i]);
            assert_closed(&doubled, true, CLV_E_FORMAT, i);
        }
        for (size_t i = 0; i + 2 < whole.num; i++) {
            struct edit exchanged = whole;
            edit_swap(&exchanged, i, i + 1);
            assert_closed(&exchanged, true, i == 0 ? CLV_E_FOREIGN : CLV_E_FORMAT, i);
        }
    }
}

#define HEX16 "303132333435363738393a3b3c3d3e3f"
#define TEXT50 "abcdefghijklmnopqrstuvwxyabcdefghijklmnopqrstuvwxy"

/* clang-format off */
static const struct {
    const char *name, *line;
    clv_status want;
} changed[] = {
    { "version",     "version: 2",                                          CLV_E_UNSUPPORTED },
    { "version",     "version: 01",                                         CLV_E_UNSUPPORTED },
    { "version",     "version:1",                                           CLV_E_FORMAT },
    { "version",     "Version: 1",                                          CLV_E_FORMAT },
    { "version",     "version: 1 ",                                         CLV_E_UNSUPPORTED },
    { "version",     "version: \x1b[2J",                                    CLV_E_UNSUPPORTED },
    { "kind",        "kind: master-key",                                    CLV_E_UNSUPPORTED },
    { "kind",        "kind: signature-key",                                 CLV_E_FORMAT },
    { "kind",        "kind: ",                                              CLV_E_UNSUPPORTED },
    { "world",       "world: test",                                         CLV_E_FORMAT },
    { "world",       "world: TEST PRODUCTION",                              CLV_E_FORMAT },
    { "description", "description: ",                                       CLV_E_FORMAT },
    { "description", "description:  two blanks",                            CLV_E_FORMAT },
    { "description", "description: blank at the end ",                      CLV_E_FORMAT },
    { "description", "description: tab\there",                              CLV_E_FORMAT },
    { "description", "description: escape \x1b[31m",                        CLV_E_FORMAT },
    { "description", "description: turned \u202e around",                   CLV_E_FORMAT },
    { "description", "description: not UTF-8 \xff",                         CLV_E_FORMAT },
    { "description", "description: " TEXT50 TEXT50,                         CLV_OK },
    { "description", "description: " TEXT50 TEXT50 "z",                     CLV_E_FORMAT },
    { "owner",       "owner: Zo\u00eb \u0416",                              CLV_OK },
    { "owner",       "owner: " TEXT50 "abcdefghijklmn",                     CLV_OK },
    { "owner",       "owner: " TEXT50 "abcdefghijklmno",                    CLV_E_FORMAT },
    { "owner",       "owner: zero\u200bwidth",                              CLV_E_FORMAT },
    { "created",     "created: 2026-11-23 09:12:44Z",                       CLV_E_FORMAT },
    { "created",     "created: 2026-11-23T09:12:44",                        CLV_E_FORMAT },
    { "created",     "created: 2026-02-30T09:12:44Z",                       CLV_E_FORMAT },
    { "created",     "created: 2026-1-23T09:12:44Z",                        CLV_E_FORMAT },
    { "created",     "created: 2026-11-23T24:00:00Z",                       CLV_E_FORMAT },
    { "created",     "created: 1970-01-01T00:00:00Z",                       CLV_OK },
    { "created",     "created: 2106-02-07T06:28:16Z",                       CLV_OK },
    { "ceremony",    "ceremony: none",                                      CLV_OK },
    { "ceremony",    "ceremony: ",                                          CLV_E_FORMAT },
    { "ceremony",    "ceremony: a/b",                                       CLV_E_FORMAT },
    { "ceremony",    "ceremony: " TEXT50 "abcdefghijklmno",                 CLV_E_FORMAT },
    { "slot",        "slot: none",                                          CLV_OK },
    { "slot",        "slot: 20",                                            CLV_OK },
    { "slot",        "slot: 21",                                            CLV_E_FORMAT },
    { "slot",        "slot: 0",                                             CLV_E_FORMAT },
    { "slot",        "slot: 01",                                            CLV_E_FORMAT },
    { "slot",        "slot: -1",                                            CLV_E_FORMAT },
    { "slot",        "slot: 4294967297",                                    CLV_E_FORMAT },
    { "origin",      "origin: typed",                                       CLV_E_FORMAT },
    { "origin",      "origin: guessed",                                     CLV_E_FORMAT },
    { "kdf",         "kdf: argon2id v=19 m=1048576 t=4 p=4 high",           CLV_OK },
    { "kdf",         "kdf: argon2id v=19 m=4294967295 t=4294967295 p=4 standard", CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=19 m=262144 t=3 p=4294967295 standard", CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=19 m=262144 t=2147483647 p=4 standard", CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=19 m=1073741824 t=3 p=4 standard",    CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=19 m=8 t=1 p=1 standard",             CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=16 m=262144 t=3 p=4 standard",        CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2d v=19 m=262144 t=3 p=4 standard",         CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=19 m=262144 t=3 p=4 high",            CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: argon2id v=19 m=262144 t=3 p=4 standard ",       CLV_E_UNSUPPORTED },
    { "kdf",         "kdf: scrypt",                                         CLV_E_UNSUPPORTED },
    { "salt",        "salt: " HEX16 "00",                                   CLV_E_FORMAT },
    { "salt",        "salt: 303132333435363738393A3B3C3D3E3F",              CLV_E_FORMAT },
    { "salt",        "salt: 3031 32333435363738393a3b3c3d3e3",              CLV_E_FORMAT },
    { "salt",        "salt: ",                                              CLV_E_FORMAT },
    { "cipher",      "cipher: aes-256-gcm",                                 CLV_E_UNSUPPORTED },
    { "cipher",      "cipher: none",                                        CLV_E_UNSUPPORTED },
    { "nonce",       "nonce: " HEX16,                                       CLV_E_FORMAT },
    { "pattern",     "pattern: KCV-CMAC0 377822",                           CLV_E_FORMAT },
    { "pattern",     "pattern: EP11-VP 377822",                             CLV_E_FORMAT },
    { "pattern",     "pattern: EP11-VP",                                    CLV_E_FORMAT },
    { "commitment",  "commitment: " HEX16,                                  CLV_E_FORMAT },
    { "commitment",  "comitment: " HEX16 HEX16,                             CLV_E_FORMAT },
};
/* clang-format on */

Test(format, with_a_fitting_checksum_each_changed_value_gets_its_class)
{
    struct clv_view file = document_file("clvkey-part");
    const struct edit whole = edit_open(file);

    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        struct edit e = whole;
        edit_replace(&e, edit_find(&e, changed[i].name), changed[i].line);
        assert_closed(&e, true, changed[i].want, i);
    }
    free((void *)(uintptr_t)file.data);
}

Test(format, a_typed_part_shows_three_bytes_only)
{
    struct clv_view file = document_file("clvkey-part");
    struct edit e = edit_open(file);
    struct clv_keyfile_info info;
    char text[CLV_CHECK_TEXT];

    edit_replace(&e, edit_find(&e, "origin"), "origin: typed");
    assert_closed(&e, true, CLV_E_FORMAT, 0); /* a typed part with a full pattern */
    edit_replace(&e, edit_find(&e, "pattern"), "pattern: KCV-CMAC0 b8f0ef");
    struct clv_view typed = edit_close(&e, true);
    cr_assert_eq(clv_keyfile_parse(typed, &info, NULL), CLV_OK);
    clv_keyfile_check_text(&info, text);
    cr_assert_str_eq(text, "KCV-CMAC0 b8f0ef");
    free((void *)(uintptr_t)typed.data);
    free((void *)(uintptr_t)file.data);
}

Test(format, administrator_names_are_what_units_store)
{
    static const struct {
        const char *line;
        clv_status want;
    } names[] = {
        {"administrator: abcdefghijklmnopqrstuvwxyz1234", CLV_OK},
        {"administrator: abcdefghijklmnopqrstuvwxyz12345", CLV_E_FORMAT},
        {"administrator: Zo\u00eb", CLV_E_FORMAT},
        {"administrator: ", CLV_E_FORMAT},
    };
    struct clv_view file = document_file("clvkey-signature");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct edit e = edit_open(file);
        edit_replace(&e, edit_find(&e, "administrator"), names[i].line);
        assert_closed(&e, true, names[i].want, i);
    }
    free((void *)(uintptr_t)file.data);
}

static void assert_payload(const char *first, const char *second, clv_status want)
{
    struct clv_view file = document_file("clvkey-part");
    struct edit e = edit_open(file);

    edit_replace(&e, e.num - 3, first);
    edit_replace(&e, e.num - 2, second);
    assert_closed(&e, true, want, 0);
    free((void *)(uintptr_t)file.data);
}

#define LINE_1 "MuGRFd/uFMawQ5zRUTDKdt0FVsX3nUKp5dUvGwkkk0OTHXpI/RSHnDjikMh9d9bF"
#define LINE_2 "2MnnGQ/bD3MFdDsp9Xuq4B+u3fPCXHG/yB2bHILJEr8="

Test(format, payload_has_one_spelling)
{
    assert_payload(LINE_1, LINE_2, CLV_OK);
    assert_payload(LINE_1 LINE_2, "", CLV_E_FORMAT);
    assert_payload(LINE_1 "2", "MnnGQ/bD3MFdDsp9Xuq4B+u3fPCXHG/yB2bHILJEr8=", CLV_E_FORMAT);
    assert_payload(LINE_1, "2MnnGQ/bD3MFdDsp9Xuq4B+u3fPCXHG/yB2bHILJEr8", CLV_E_FORMAT);
    assert_payload(LINE_1, "2MnnGQ/bD3MFdDsp9Xuq4B+u3fPCXHG/yB2bHILJEr9=", CLV_E_FORMAT);
    assert_payload(LINE_1, " " LINE_2, CLV_E_FORMAT);
    assert_payload(LINE_1, LINE_2 "\n", CLV_E_FORMAT);
    assert_payload(LINE_1, "2MnnGQ_bD3MFdDsp9Xuq4B-u3fPCXHG_yB2bHILJEr8=", CLV_E_FORMAT);
}

Test(format, payload_of_another_length_is_refused)
{
    assert_payload(LINE_1, "", CLV_E_FORMAT);
    assert_payload("", "", CLV_E_FORMAT);
    assert_payload(LINE_1, "2MnnGQ/bD3MFdDsp9Xuq4B+u3fPCXHG/yB2bHILJ", CLV_E_FORMAT);
    assert_payload(LINE_1 "\n" LINE_1 "\n" LINE_1, LINE_2, CLV_E_FORMAT);
}

Test(format, more_than_the_limit_is_refused_before_it_is_looked_at)
{
    uint8_t *huge = calloc(1, CLV_KEYFILE_MAX + 1);

    cr_assert(huge);
    memcpy(huge, "claviger key file\n", 18);
    cr_assert_eq(parse(clv_view_of(huge, CLV_KEYFILE_MAX + 1)), CLV_E_FORMAT);
    cr_assert_eq(parse(clv_view_of(huge, CLV_KEYFILE_MAX)), CLV_E_DAMAGED);
    free(huge);
}

Test(format, no_error_repeats_what_a_terminal_would_obey)
{
    struct clv_view file = document_file("clvkey-part");
    struct edit e = edit_open(file);
    struct clv_keyfile_info info;
    struct clv_error err = {0};
    char text[2048];

    edit_replace(&e, edit_find(&e, "cipher"), "cipher: \x1b]0;gotcha\x07");
    struct clv_view bad = edit_close(&e, true);
    cr_assert_eq(clv_keyfile_parse(bad, &info, &err), CLV_E_UNSUPPORTED);
    clv_error_format(&err, text, sizeof text);
    cr_assert_not(strchr(text, '\x1b') || strstr(text, "gotcha"));
    free((void *)(uintptr_t)bad.data);
    free((void *)(uintptr_t)file.data);
}
