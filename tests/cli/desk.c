#include "desk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin_key.h"
#include "start.h"

#define PASSWORD "copper lantern drifts over quiet harbours\n"

static void write_text(const struct desk *d, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", d->process.dir, name);
    file_write(path, text, strlen(text));
}

void desk_write_site(const struct desk *d, const char *lines)
{
    char text[1200], endpoint[100];
    process_endpoint(&d->process, endpoint, sizeof(endpoint));
    snprintf(text, sizeof(text),
             "claviger-site: 1\n"
             "service-instances:\n"
             "  - name: Desk\n"
             "    id: %s\n"
             "    endpoint: %s\n"
             "    trusted-roots: [%s/root.hex]\n"
             "    units: all\n"
             "%s"
             "folders:\n"
             "  key-files: %s/keys\n"
             "  receipts: %s\n"
             "printer: none\n"
             "deadlines:\n"
             "  query-seconds: 20\n"
             "  command-seconds: 20\n",
             d->process.instance, endpoint, d->process.state, lines, d->process.dir,
             d->process.dir);
    write_text(d, "site.yaml", text);
}

static void begin(struct desk *d)
{
    test_start();
    *d = (struct desk){0};
    process_open(&d->process);
}

/* The daemon runs; the rest of the desk. */
static void lay_out(struct desk *d, const char *site_lines)
{
    char keys[120];
    snprintf(keys, sizeof(keys), "%s/keys", d->process.dir);
    cr_assert_eq(mkdir(keys, 0700), 0);
    desk_write_site(d, site_lines);
    write_text(d, "pw", PASSWORD);
    write_text(d, "pw3", PASSWORD PASSWORD PASSWORD);
    desk_ok(d, "cryptounits --site $DESK/site.yaml");
    desk_ok(d, "cryptounit-add --units all");
}

void desk_open(struct desk *d, const char *num_units, const char *fault)
{
    const char *args[] = {"--units", num_units, fault ? "--fault" : NULL, fault, NULL};
    begin(d);
    process_start(&d->process, args);
    lay_out(d, "");
}

void desk_open_https(struct desk *d, const char *num_units)
{
    char token[100];
    begin(d);
    snprintf(token, sizeof(token), "%s/token", d->process.dir);
    write_text(d, "token", "Bearer abc\n");
    const char *args[] = {"--units", num_units, "--token", token, NULL};
    d->process.https = true;
    process_start(&d->process, args);
    lay_out(d, "    ca-file: state/tls.pem\n    token-file: token\n");
}

void desk_open_recovery(struct desk *d, const char *fault)
{
    const char *args[] = {
        "--production-tests",     "--units", "2", "--recovery", "2", "--failover", "1",
        fault ? "--fault" : NULL, fault,     NULL};
    char keys[120], ines[100], olga[100], both[240];
    begin(d);
    d->production = true;
    process_start(&d->process, args);
    lay_out(d, "");
    snprintf(keys, sizeof(keys), "%s/keys", d->process.dir);
    plugin_key_write(keys, PLUGIN_P521, "Ines");
    plugin_key_write(keys, PLUGIN_RSA, "Olga");
    plugin_key_password(PLUGIN_P521, ines, sizeof(ines));
    plugin_key_password(PLUGIN_RSA, olga, sizeof(olga));
    snprintf(both, sizeof(both), "%s\n%s\n", ines, olga);
    write_text(d, "pw", ines);
    write_text(d, "pw2", both);
    write_text(d, "olga", olga);
    desk_ok(d, "sigkey-sel --keys Ines,Olga");
}

void desk_close(struct desk *d)
{
    run_clear(&d->run);
    process_close(&d->process);
}

void desk_run(struct desk *d, const char *command)
{
    char line[1600];
    const char *dir = d->process.dir;
    snprintf(d->command, sizeof(d->command), "%s", command);
    snprintf(line, sizeof(line),
             "DESK=%s; PW=%s/pw; PW2=%s/pw2; PW3=%s/pw3; export XDG_CONFIG_HOME=%s/config "
             "XDG_STATE_HOME=%s/var; claviger() { name=$1; shift; '" CLV_BINARY_DIR
             "/claviger' $name %s --no-input \"$@\"; }; claviger %s",
             dir, dir, dir, dir, dir, dir, d->production ? "" : "--test", command);
    run_clear(&d->run);
    run_program(&d->run, NULL, "sh", "-c", line, NULL);
}

void desk_fails(struct desk *d, int exit_code, const char *command)
{
    desk_run(d, command);
    cr_assert_eq(d->run.exit_code, exit_code, "%s\nended with %d:\n%s", command, d->run.exit_code,
                 d->run.output);
}

void desk_ok(struct desk *d, const char *command)
{
    desk_fails(d, 0, command);
}

void desk_says(const struct desk *d, const char *text)
{
    cr_assert(strstr(d->run.output, text), "%s\ndoes not say \"%s\":\n%s", d->command, text,
              d->run.output);
}

void desk_leave_imprint(struct desk *d)
{
    desk_ok(d, "sigkey-add --name Sofia --password-fd 3 3<$PW");
    desk_ok(d, "sigkey-sel --keys Sofia");
    desk_ok(d, "cryptounit-admin-add --keys Sofia --password-fd 3 3<$PW");
    desk_ok(d, "cryptounit-exit-impr --password-fd 3 3<$PW");
}

void desk_parts(struct desk *d)
{
    desk_ok(d, "mk-add --random --name Kofi --password-fd 3 3<$PW");
    desk_ok(d, "mk-add --random --name Lena --password-fd 3 3<$PW");
}
