/* The header: one table row a field, in file order. Writing and reading use the same rows, and a
 * value has one spelling only, so that what was read writes back to the same bytes. */
#include "internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    FOR_PART = 1 << CLV_KEYFILE_PART,
    FOR_SIGKEY = 1 << CLV_KEYFILE_SIGKEY,
    FOR_WITNESS = 1 << CLV_KEYFILE_WITNESS,
    FOR_ALL = FOR_PART | FOR_SIGKEY | FOR_WITNESS,
};

struct field {
    const char *name;
    unsigned kinds;
    clv_status refusal; /* the class of a value that cannot be taken */
    void (*write)(const struct clv_keyfile_parts *p, struct clv_writer *w);
    bool (*read)(struct clv_keyfile_parts *p, struct clv_view value);
};

/* ---- values ---- */

static bool is_text(struct clv_view value, const char *text)
{
    return value.len == strlen(text) && memcmp(value.data, text, value.len) == 0;
}

static void write_hex(struct clv_writer *w, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        clv_write_u8(w, (uint8_t)digits[data[i] >> 4]);
        clv_write_u8(w, (uint8_t)digits[data[i] & 15]);
    }
}

/* Lower-case hex of exactly len bytes and nothing else. */
static bool read_hex(struct clv_view value, uint8_t *out, size_t len)
{
    if (value.len != 2 * len)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (!isdigit(value.data[i]) && (value.data[i] < 'a' || value.data[i] > 'f'))
            return false;
    return clv_unhex((const char *)value.data, value.len, out, len, NULL) == CLV_OK;
}

/* Text of a person: no blank at either end, and what clv_text_check() takes. */
static clv_status check_text(const char *text, size_t max_chars, const char *what,
                             struct clv_error *err)
{
    size_t len = strlen(text);

    if (len > 0 && (text[0] == ' ' || text[len - 1] == ' '))
        return clv_fail(err, CLV_E_INPUT, "%s begins or ends with a blank", what);
    return clv_text_check(text, max_chars, what, err);
}

static bool copy_text(struct clv_view value, char *out, size_t cap)
{
    if (value.len >= cap || memchr(value.data, 0, value.len))
        return false;
    memcpy(out, value.data, value.len);
    out[value.len] = '\0';
    return true;
}

static clv_status check_ceremony(const char *id, struct clv_error *err)
{
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    if (id[0] == '\0')
        return CLV_OK;
    if (strlen(id) > CLV_KEYFILE_CEREMONY_MAX || id[strspn(id, letters)] != '\0')
        return clv_fail(err, CLV_E_INPUT,
                        "a ceremony identifier has at most %d letters, digits, '.', '_' and '-'",
                        CLV_KEYFILE_CEREMONY_MAX);
    if (strcmp(id, "none") == 0)
        return clv_fail(err, CLV_E_INPUT, "a ceremony cannot be called \"none\"");
    return CLV_OK;
}

clv_status clv_keyfile_check_admin_name(const char *name, struct clv_error *err)
{
    for (const char *c = name; *c; c++)
        if (*c < ' ' || *c > '~')
            return clv_fail(err, CLV_E_INPUT,
                            "an administrator name may only have printable ASCII characters");
    return check_text(name, CLV_KEYFILE_ADMIN_MAX, "the administrator name", err);
}

static clv_status check_witness_name(const char *name, struct clv_error *err)
{
    size_t len = strlen(name);

    for (const char *c = name; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '+')
            len = 0;
    if (len == 0 || len > CLV_KEYFILE_WITNESS_MAX)
        return clv_fail(err, CLV_E_INPUT,
                        "the name in cosignatures has 1 to %d printable ASCII characters, no blank "
                        "and no '+'",
                        CLV_KEYFILE_WITNESS_MAX);
    return CLV_OK;
}

clv_status clv_keyfile_check_texts(const struct clv_keyfile_info *info, struct clv_error *err)
{
    clv_status st = check_text(info->owner, CLV_KEYFILE_OWNER_MAX, "the owner's name", err);

    if (st == CLV_OK)
        st = check_text(info->description, CLV_KEYFILE_DESCRIPTION_MAX, "the description", err);
    if (st == CLV_OK)
        st = check_ceremony(info->ceremony, err);
    if (st == CLV_OK && info->kind == CLV_KEYFILE_SIGKEY)
        st = clv_keyfile_check_admin_name(info->admin_name, err);
    if (st == CLV_OK && info->kind == CLV_KEYFILE_WITNESS)
        st = check_witness_name(info->witness_name, err);
    if (st == CLV_OK && info->slot > CLV_KEYFILE_SLOT_MAX)
        st = clv_fail(err, CLV_E_INPUT, "slot %u: the highest is %d", info->slot,
                      CLV_KEYFILE_SLOT_MAX);
    return st;
}

/* ---- fields: how each is written and read ---- */

static void write_version(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    (void)p;
    clv_write_text(w, CLV_KEYFILE_VERSION);
}

static bool read_version(struct clv_keyfile_parts *p, struct clv_view value)
{
    (void)p;
    return is_text(value, CLV_KEYFILE_VERSION);
}

static void write_kind(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    bool rsa = p->info.kind == CLV_KEYFILE_SIGKEY && p->info.sigkey_type == CLV_SIGKEY_RSA;

    clv_write_text(w, rsa ? "rsa-signature-key" : clv_keyfile_facts(p->info.kind)->word);
}

static bool read_kind(struct clv_keyfile_parts *p, struct clv_view value)
{
    for (int kind = CLV_KEYFILE_PART; kind < CLV_NUM_KEYFILE_KINDS; kind++)
        if (is_text(value, clv_keyfile_facts((enum clv_keyfile_kind)kind)->word))
            p->info.kind = (enum clv_keyfile_kind)kind;
    if (is_text(value, "rsa-signature-key")) {
        p->info.kind = CLV_KEYFILE_SIGKEY;
        p->info.sigkey_type = CLV_SIGKEY_RSA;
    }
    return p->info.kind != CLV_KEYFILE_ANY;
}

static void write_world(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.test_world ? "TEST" : "PRODUCTION");
}

static bool read_world(struct clv_keyfile_parts *p, struct clv_view value)
{
    p->info.test_world = is_text(value, "TEST");
    return p->info.test_world || is_text(value, "PRODUCTION");
}

static void write_description(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.description);
}

static bool read_description(struct clv_keyfile_parts *p, struct clv_view value)
{
    char *text = p->info.description;

    return copy_text(value, text, sizeof p->info.description) &&
           check_text(text, CLV_KEYFILE_DESCRIPTION_MAX, "", NULL) == CLV_OK;
}

static void write_owner(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.owner);
}

static bool read_owner(struct clv_keyfile_parts *p, struct clv_view value)
{
    return copy_text(value, p->info.owner, sizeof p->info.owner) &&
           check_text(p->info.owner, CLV_KEYFILE_OWNER_MAX, "", NULL) == CLV_OK;
}

static void write_created(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    char text[CLV_TIME_TEXT];

    clv_time_text(p->info.created_ms, text);
    clv_write_text(w, text);
}

static bool read_created(struct clv_keyfile_parts *p, struct clv_view value)
{
    char text[CLV_TIME_TEXT], again[CLV_TIME_TEXT];
    struct tm tm = {0};
    const char *end;

    /* A year of two digits would be read, and written again, as it stands. */
    if (value.len != strlen("2026-11-23T09:12:44Z") || !copy_text(value, text, sizeof text))
        return false;
    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (!end || *end)
        return false;
    p->info.created_ms = (int64_t)timegm(&tm) * 1000;
    clv_time_text(p->info.created_ms, again);
    return strcmp(text, again) == 0;
}

static void write_ceremony(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.ceremony[0] ? p->info.ceremony : "none");
}

static bool read_ceremony(struct clv_keyfile_parts *p, struct clv_view value)
{
    if (is_text(value, "none"))
        return true;
    return value.len > 0 && copy_text(value, p->info.ceremony, sizeof p->info.ceremony) &&
           check_ceremony(p->info.ceremony, NULL) == CLV_OK;
}

static void write_slot(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    if (p->info.slot == 0)
        clv_write_text(w, "none");
    else
        clv_write_format(w, "%u", p->info.slot);
}

static bool read_slot(struct clv_keyfile_parts *p, struct clv_view value)
{
    unsigned slot = 0;

    if (is_text(value, "none"))
        return true;
    if (value.len == 0 || value.len > 2 || value.data[0] == '0')
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (!isdigit(value.data[i]))
            return false;
        slot = slot * 10 + (value.data[i] - (unsigned)'0');
    }
    p->info.slot = slot;
    return slot <= CLV_KEYFILE_SLOT_MAX;
}

static void write_origin(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.origin == CLV_ORIGIN_RANDOM ? "random" : "typed");
}

static bool read_origin(struct clv_keyfile_parts *p, struct clv_view value)
{
    p->info.origin = is_text(value, "random") ? CLV_ORIGIN_RANDOM : CLV_ORIGIN_TYPED;
    p->info.has_pattern = p->info.origin == CLV_ORIGIN_RANDOM;
    return p->info.has_pattern || is_text(value, "typed");
}

static void format_kdf(enum clv_kdf_profile profile, char *buf, size_t cap)
{
    const struct clv_kdf_cost *cost = clv_kdf_cost(profile);

    snprintf(buf, cap, "argon2id v=19 m=%u t=%u p=%u %s", cost->memory_kib, cost->passes,
             cost->lanes, cost->name);
}

static void write_kdf(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    char text[64];

    format_kdf(p->info.profile, text, sizeof text);
    clv_write_text(w, text);
}

/* A profile of ours in its own spelling, or nothing: no cost from a file is ever computed with. */
static bool read_kdf(struct clv_keyfile_parts *p, struct clv_view value)
{
    char text[64];

    for (int i = 0; i < CLV_NUM_KDF_PROFILES; i++) {
        format_kdf((enum clv_kdf_profile)i, text, sizeof text);
        p->info.profile = (enum clv_kdf_profile)i;
        if (is_text(value, text))
            return true;
    }
    return false;
}

static void write_salt(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    write_hex(w, p->salt, sizeof p->salt);
}

static bool read_salt(struct clv_keyfile_parts *p, struct clv_view value)
{
    return read_hex(value, p->salt, sizeof p->salt);
}

static void write_cipher(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    (void)p;
    clv_write_text(w, CLV_KEYFILE_CIPHER);
}

static bool read_cipher(struct clv_keyfile_parts *p, struct clv_view value)
{
    (void)p;
    return is_text(value, CLV_KEYFILE_CIPHER);
}

static void write_nonce(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    write_hex(w, p->nonce, sizeof p->nonce);
}

static bool read_nonce(struct clv_keyfile_parts *p, struct clv_view value)
{
    return read_hex(value, p->nonce, sizeof p->nonce);
}

static const char *pattern_name(const struct clv_keyfile_info *info)
{
    return clv_check_name(info->has_pattern ? CLV_CHECK_EP11_VP : CLV_CHECK_KCV_CMAC0);
}

static void write_pattern(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_format(w, "%s ", pattern_name(&p->info));
    if (p->info.has_pattern)
        write_hex(w, p->info.pattern, sizeof p->info.pattern);
    else
        write_hex(w, p->info.cmac0, sizeof p->info.cmac0);
}

static bool read_pattern(struct clv_keyfile_parts *p, struct clv_view value)
{
    const char *name = pattern_name(&p->info);
    size_t skip = strlen(name) + 1;

    if (value.len <= skip || memcmp(value.data, name, skip - 1) != 0 || value.data[skip - 1] != ' ')
        return false;
    value = (struct clv_view){value.data + skip, value.len - skip};
    if (p->info.has_pattern)
        return read_hex(value, p->info.pattern, sizeof p->info.pattern);
    return read_hex(value, p->info.cmac0, sizeof p->info.cmac0);
}

static void write_commitment(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    write_hex(w, p->info.commitment, sizeof p->info.commitment);
}

static bool read_commitment(struct clv_keyfile_parts *p, struct clv_view value)
{
    return read_hex(value, p->info.commitment, sizeof p->info.commitment);
}

static void write_ski(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    write_hex(w, p->info.ski, sizeof p->info.ski);
}

static bool read_ski(struct clv_keyfile_parts *p, struct clv_view value)
{
    return read_hex(value, p->info.ski, sizeof p->info.ski);
}

static void write_administrator(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.admin_name);
}

static bool read_administrator(struct clv_keyfile_parts *p, struct clv_view value)
{
    return copy_text(value, p->info.admin_name, sizeof p->info.admin_name) &&
           clv_keyfile_check_admin_name(p->info.admin_name, NULL) == CLV_OK;
}

static void write_witness(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    clv_write_text(w, p->info.witness_name);
}

static bool read_witness(struct clv_keyfile_parts *p, struct clv_view value)
{
    return copy_text(value, p->info.witness_name, sizeof p->info.witness_name) &&
           check_witness_name(p->info.witness_name, NULL) == CLV_OK;
}

static void write_public_key(const struct clv_keyfile_parts *p, struct clv_writer *w)
{
    write_hex(w, p->info.witness_key, sizeof p->info.witness_key);
}

static bool read_public_key(struct clv_keyfile_parts *p, struct clv_view value)
{
    return read_hex(value, p->info.witness_key, sizeof p->info.witness_key);
}

/* clang-format off */
static const struct field fields[] = {
    { "version",       FOR_ALL,     CLV_E_UNSUPPORTED, write_version,       read_version       },
    { "kind",          FOR_ALL,     CLV_E_UNSUPPORTED, write_kind,          read_kind          },
    { "world",         FOR_ALL,     CLV_E_FORMAT,      write_world,         read_world         },
    { "description",   FOR_ALL,     CLV_E_FORMAT,      write_description,   read_description   },
    { "owner",         FOR_ALL,     CLV_E_FORMAT,      write_owner,         read_owner         },
    { "created",       FOR_ALL,     CLV_E_FORMAT,      write_created,       read_created       },
    { "ceremony",      FOR_ALL,     CLV_E_FORMAT,      write_ceremony,      read_ceremony      },
    { "slot",          FOR_ALL,     CLV_E_FORMAT,      write_slot,          read_slot          },
    { "origin",        FOR_PART,    CLV_E_FORMAT,      write_origin,        read_origin        },
    { "kdf",           FOR_ALL,     CLV_E_UNSUPPORTED, write_kdf,           read_kdf           },
    { "salt",          FOR_ALL,     CLV_E_FORMAT,      write_salt,          read_salt          },
    { "cipher",        FOR_ALL,     CLV_E_UNSUPPORTED, write_cipher,        read_cipher        },
    { "nonce",         FOR_ALL,     CLV_E_FORMAT,      write_nonce,         read_nonce         },
    { "pattern",       FOR_PART,    CLV_E_FORMAT,      write_pattern,       read_pattern       },
    { "commitment",    FOR_PART,    CLV_E_FORMAT,      write_commitment,    read_commitment    },
    { "ski",           FOR_SIGKEY,  CLV_E_FORMAT,      write_ski,           read_ski           },
    { "administrator", FOR_SIGKEY,  CLV_E_FORMAT,      write_administrator, read_administrator },
    { "witness",       FOR_WITNESS, CLV_E_FORMAT,      write_witness,       read_witness       },
    { "public-key",    FOR_WITNESS, CLV_E_FORMAT,      write_public_key,    read_public_key    },
};
/* clang-format on */

enum { NUM_FIELDS = sizeof fields / sizeof fields[0] };

/* Before the kind is read, only rows of all kinds come by. */
static bool applies(const struct field *f, enum clv_keyfile_kind kind)
{
    return f->kinds == FOR_ALL || f->kinds >> kind & 1;
}

void clv_keyfile_write_header(const struct clv_keyfile_parts *parts, struct clv_writer *w)
{
    clv_write_text(w, CLV_KEYFILE_MAGIC "\n");
    for (const struct field *f = fields; f < fields + NUM_FIELDS; f++) {
        if (!applies(f, parts->info.kind))
            continue;
        clv_write_format(w, "%s: ", f->name);
        f->write(parts, w);
        clv_write_u8(w, '\n');
    }
    clv_write_u8(w, '\n');
}

/* ---- reading ---- */

struct lines {
    struct clv_view file;
    size_t pos;
    unsigned number; /* of the line last taken, from 1 */
};

/* The next line without its end; false at the end of the file or without a line end. */
static bool next_line(struct lines *in, struct clv_view *ret)
{
    const uint8_t *start = in->file.data + in->pos;
    const uint8_t *end = memchr(start, '\n', in->file.len - in->pos);

    if (!end)
        return false;
    *ret = clv_view_of(start, (size_t)(end - start));
    in->pos += ret->len + 1;
    in->number++;
    return true;
}

static bool split(struct clv_view line, const char *name, struct clv_view *ret_value)
{
    size_t len = strlen(name);

    if (line.len < len + 2 || memcmp(line.data, name, len) != 0 ||
        memcmp(line.data + len, ": ", 2) != 0)
        return false;
    *ret_value = clv_view_of(line.data + len + 2, line.len - len - 2);
    return true;
}

/* A refused value is shown only when a terminal cannot be made to obey it. */
static clv_status refuse(const struct field *f, const struct lines *in, struct clv_view value,
                         struct clv_error *err)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < ' ' || value.data[i] > '~')
            value.len = 0;
    if (f->refusal != CLV_E_UNSUPPORTED)
        return clv_fail(err, f->refusal, "line %u: the value of \"%s\" breaks the format",
                        in->number, f->name);
    return clv_fail(err, f->refusal, "line %u: this program does not take %s \"%.*s\"", in->number,
                    f->name, value.len > 80 ? 80 : (int)value.len, (const char *)value.data);
}

static clv_status read_field(const struct field *f, struct lines *in, struct clv_keyfile_parts *ret,
                             struct clv_error *err)
{
    struct clv_view line, value;

    if (!next_line(in, &line))
        return clv_fail(err, CLV_E_FORMAT, "the header ends before \"%s\"", f->name);
    if (!split(line, f->name, &value))
        return clv_fail(err, CLV_E_FORMAT, "line %u is not \"%s\"", in->number, f->name);
    return f->read(ret, value) ? CLV_OK : refuse(f, in, value, err);
}

clv_status clv_keyfile_read_fields(struct clv_view file, struct clv_keyfile_parts *ret,
                                   size_t *ret_len, struct clv_error *err)
{
    struct lines in = {.file = file};
    struct clv_view line = {0};
    clv_status st = CLV_OK;

    if (!next_line(&in, &line) || !is_text(line, CLV_KEYFILE_MAGIC))
        return clv_fail(err, CLV_E_FOREIGN, "this is not a claviger key file");
    for (const struct field *f = fields; st == CLV_OK && f < fields + NUM_FIELDS; f++)
        if (applies(f, ret->info.kind))
            st = read_field(f, &in, ret, err);
    if (st != CLV_OK)
        return st;
    if (!next_line(&in, &line) || line.len != 0)
        return clv_fail(err, CLV_E_FORMAT, "the header does not end with a blank line");
    *ret_len = in.pos;
    return CLV_OK;
}
