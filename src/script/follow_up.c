/* A script and a site file for the units that were set aside: written out ready to run, and read by
 * the same reader as any other. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* In double quotes: whatever the text is, it is text. */
static void quoted(struct clv_writer *w, const char *text)
{
    clv_write_text(w, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            clv_write_text(w, "\\");
        clv_write_bytes(w, text, 1);
    }
    clv_write_text(w, "\"");
}

/* ---- the script ---- */

static void role(struct clv_writer *w, const char *key, unsigned number, const char *label)
{
    clv_write_format(w, "  %s: { number: %u, label: ", key, number);
    quoted(w, label);
    clv_write_text(w, " }\n");
}

static const char *second_person_for(const struct clv_script *script)
{
    static const char *const lists[2][2] = {{"[]", "[zeroize]"},
                                            {"[set-immediate]", "[set-immediate, zeroize]"}};
    return lists[script->second_person_for_set_immediate][script->second_person_for_zeroize];
}

static void write_rules(struct clv_writer *w, const struct clv_script *script, bool reset,
                        const uint8_t pattern[CLV_SHA256_LEN])
{
    char hex[2 * CLV_SHA256_LEN + 1];
    clv_hex(pattern, CLV_SHA256_LEN, hex);
    clv_write_format(w, "rules:\n  signature-threshold: %u\n  revocation-threshold: %u\n",
                     script->sign_threshold, script->revoke_threshold);
    clv_write_format(w, "  password-min-bits: %u\n  kdf-profile: %s\n  reset-units: %s\n",
                     script->password_min_bits, script->kdf_profile, reset ? "required" : "never");
    clv_write_format(w, "  idle-seconds: %u\n  allow-part-owner-to-sign: %s\n",
                     script->idle_seconds, script->allow_part_owner_to_sign ? "true" : "false");
    clv_write_format(w, "  allow-witness-other-role: %s\n  second-person-for: %s\n",
                     script->allow_witness_other_role ? "true" : "false",
                     second_person_for(script));
    clv_write_format(w, "  expected-pattern: %s\n\n", hex);
}

/* clang-format off */
static const struct {
    const char *word, *title, *say;
    bool administrators; /* only where the first script sets them */
} steps[] = {
    {"self-check", "Check the workstation",
     "The workstation checks itself. Please compare the time on the screen with your own watch.", false},
    {"roll-call", "Roll call",
     "I call each role in turn. Please say your name as it stands on your slip and your key file.", false},
    {"units", "Find the crypto units that were set aside",
     "Only the units that were set aside are asked. Please read the serial numbers with me.", false},
    {"signature-keys", "Open the signature keys",
     "Each signature-key owner opens the file of the first ceremony, alone at the keyboard.", false},
    {"administrators", "Add the administrators and leave imprint mode",
     "The same administrators and thresholds as on the other units, where they are not set yet.", true},
    {"load", "Load the same key parts",
     "First all commitments, from the slips. Then each owner opens the part of the first ceremony. "
     "The combined key must have the pattern of the ceremony receipt, or nothing is loaded.", false},
    {"commit", "Commit", "Please compare the pattern with the ceremony receipt, group by group.", false},
    {"set-immediate", "Make the master key current",
     "This cannot be taken back. Afterwards these units hold what the others hold.", false},
    {"compare", "Compare", "Every unit is asked again.", false},
    {"receipts", "Receipts", "File them behind the receipts of the first ceremony.", false},
    {"sign-off", "Sign-off", "Is the record true?", false},
};
/* clang-format on */

void clv_script_follow_up(const struct clv_script *script, const char *ceremony,
                          const uint8_t pattern[CLV_SHA256_LEN], bool reset, struct clv_writer *w)
{
    bool has_admins = clv_script_find(script, CLV_STEP_ADMINISTRATORS) != NULL;
    clv_write_format(w, "# Written at the end of ceremony %s. Run it with follow-up-site.yaml.\n",
                     ceremony);
    clv_write_format(w, "claviger-script: 1\nid: follow-up-%.29s\n", ceremony);
    clv_write_format(w, "title: \"Follow-up of %.32s\"\npurpose: ", ceremony);
    clv_write_format(w, "\"Bring the crypto units that were set aside in ceremony %s to the ",
                     ceremony);
    clv_write_text(w, "same master key: same key files, same commitments, same pattern.\"\n\n");
    clv_write_text(w, "roles:\n");
    role(w, "administrator", 1, script->administrator_label);
    role(w, "witness", script->num_witnesses, script->witness_label);
    role(w, "key-part-owners", script->num_owners, script->owner_label);
    role(w, "signature-key-owners", script->num_signers, script->signer_label);
    clv_write_text(w, "\n");
    write_rules(w, script, reset && has_admins, pattern);
    clv_write_text(w, "steps:\n");
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].administrators && !has_admins)
            continue;
        clv_write_format(w, "  - step: %s\n", steps[i].word);
        if (strcmp(steps[i].word, "signature-keys") == 0)
            clv_write_text(w, "    keys: open\n");
        clv_write_format(w, "    title: \"%s\"\n    say: \"%s\"\n", steps[i].title, steps[i].say);
    }
}

/* ---- the site file ---- */

/* A name that is found is written so that it is found from anywhere. */
static void write_file(struct clv_writer *w, const char *indent, const char *key, const char *name)
{
    char *absolute = name ? realpath(name, NULL) : NULL;
    if (name == NULL)
        return;
    clv_write_format(w, "%s%s: ", indent, key);
    quoted(w, absolute ? absolute : name);
    clv_write_text(w, "\n");
    free(absolute);
}

static void write_address(struct clv_writer *w, const struct clv_site_instance *in)
{
    static const char device[] = "zcrypt:";
    bool cards = strncmp(in->endpoint, device, strlen(device)) == 0;
    clv_write_text(w, cards ? "    device: " : "    endpoint: ");
    quoted(w, cards ? in->endpoint + strlen(device) : in->endpoint);
    clv_write_text(w, "\n");
    for (size_t i = 0; i < in->num_queues; i++)
        clv_write_format(w, "%s\"%02x.%04x\"", i ? ", " : "    queues: [", in->queues[i].card,
                         in->queues[i].domain);
    if (in->num_queues > 0)
        clv_write_text(w, "]\n");
}

static void write_roots(struct clv_writer *w, const struct clv_site_instance *in)
{
    char hex[2 * CLV_P521_POINT_LEN + 1];
    for (size_t i = 0; i < in->num_roots; i++) {
        clv_hex(in->roots[i].point, CLV_P521_POINT_LEN, hex);
        clv_write_format(w, "%s      - \"%s\"\n", i ? "" : "    trusted-roots:\n", hex);
    }
}

static void write_instance(struct clv_writer *w, const struct clv_site_instance *in,
                           const struct clv_site_selection *selection)
{
    clv_write_text(w, "  - name: ");
    quoted(w, in->name);
    clv_write_format(w, "\n    id: %s\n", in->id);
    write_address(w, in);
    write_roots(w, in);
    if (in->token == CLV_SITE_TOKEN_ASK)
        clv_write_text(w, "    token: ask\n");
    write_file(w, "    ", "token-file", in->token_file);
    write_file(w, "    ", "ca-file", in->ca_file);
    for (size_t i = 0; i < selection->num; i++)
        clv_write_format(w, "%s%u", i ? ", " : "    units: [", selection->units[i]);
    clv_write_text(w, "]\n");
}

static void write_signing(struct clv_writer *w, const struct clv_site_signing *signing)
{
    clv_write_text(w, "\nsigning-service:\n    name: ");
    quoted(w, signing->name);
    clv_write_text(w, "\n    url: ");
    quoted(w, signing->url);
    clv_write_format(w, "\n    test: %s\n    seconds: %u\n", signing->test ? "true" : "false",
                     signing->seconds);
    if (signing->token == CLV_SITE_TOKEN_ASK)
        clv_write_text(w, "    token: ask\n");
    write_file(w, "    ", "ca-file", signing->ca_file);
    write_file(w, "    ", "token-file", signing->token_file);
    write_file(w, "    ", "keys-file", signing->keys_file);
    for (size_t i = 0; i < signing->num_keys; i++) {
        clv_write_text(w, i ? ", " : "    keys: [");
        quoted(w, signing->keys[i]);
    }
    if (signing->num_keys > 0)
        clv_write_text(w, "]\n");
}

void clv_site_follow_up(const struct clv_site *site, const struct clv_site_selection *selections,
                        struct clv_writer *w)
{
    clv_write_text(w, "claviger-site: 1\n\nservice-instances:\n");
    for (size_t i = 0; i < site->num_instances; i++)
        if (selections[i].num > 0)
            write_instance(w, &site->instances[i], &selections[i]);
    if (site->signing.name)
        write_signing(w, &site->signing);
    if (site->key_files_folder || site->receipts_folder || site->mirror_folder)
        clv_write_text(w, "\nfolders:\n");
    write_file(w, "  ", "key-files", site->key_files_folder);
    write_file(w, "  ", "receipts", site->receipts_folder);
    write_file(w, "  ", "journal-mirror", site->mirror_folder);
    clv_write_format(w, "\nprinter: %s\n", site->printer ? site->printer : "none");
    clv_write_format(w, "\ndeadlines:\n  query-seconds: %u\n  command-seconds: %u\n",
                     site->query_seconds, site->command_seconds);
    for (size_t i = 0; i < site->num_witness_keys; i++) {
        clv_write_text(w, i == 0 ? "\nwitness-keys:\n  - " : "  - ");
        quoted(w, site->witness_keys[i]);
        clv_write_text(w, "\n");
    }
}
