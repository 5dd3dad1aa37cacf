#include "options.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const char options_help[] =
    "usage: claviger-unitd --state DIR (--socket PATH | --listen 127.0.0.1:PORT) [options]\n"
    "\n"
    "Software crypto units: a service instance of EP11 domains, for tests and rehearsals.\n"
    "DIR holds their keys. Never give them a key that protects something.\n"
    "\n"
    "  --state DIR          folder of the units' state; made with mode 0700\n"
    "  --socket PATH        listen on a Unix socket in a private folder\n"
    "  --listen ADDRESS     listen on 127.0.0.1:PORT; port 0 picks a free one\n"
    "  --units N            operational units, when the state is new (6)\n"
    "  --recovery N         recovery units (0)\n"
    "  --failover N         failover units (0)\n"
    "  --instance UUID      id of the service instance, when the state is new (random)\n"
    "  --permissions HEX    8 digits: domain attribute 3 of the units, when the state is new\n"
    "  --control-points HEX 32 digits: control points of the units, when the state is new\n"
    "  --production-tests   units without the word TEST, when the state is new\n"
    "  --tls                HTTPS, with a certificate of its own: tls.pem in DIR\n"
    "  --tls-name NAME      another name or address the certificate is for; may be repeated\n"
    "  --tls-cert FILE      HTTPS, with this certificate in PEM\n"
    "  --tls-key FILE       and this private key\n"
    "  --token FILE         Authorization header that clients must send\n"
    "  --token-uses N       requests after which a token has expired\n"
    "  --fault PLAN         UNIT:COMMAND:BEHAVIOUR[:ARG][*]; may be repeated\n"
    "  --ready-fd N         write READY to this file descriptor instead of standard output\n"
    "  --parent-fd N        end when this pipe is closed at its other end\n"
    "  --show               print what the units of DIR hold and have obeyed, and end\n"
    "  --help, --version\n";

enum option_id {
    OPT_STATE = 256,
    OPT_SOCKET,
    OPT_LISTEN,
    OPT_UNITS,
    OPT_RECOVERY,
    OPT_FAILOVER,
    OPT_INSTANCE,
    OPT_PERMISSIONS,
    OPT_CONTROL_POINTS,
    OPT_PRODUCTION_TESTS,
    OPT_TLS,
    OPT_TLS_NAME,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_TOKEN,
    OPT_TOKEN_USES,
    OPT_FAULT,
    OPT_READY_FD,
    OPT_PARENT_FD,
    OPT_SHOW,
    OPT_HELP,
    OPT_VERSION,
};

/* clang-format off */
static const struct option long_options[] = {
    { "state",            required_argument, NULL, OPT_STATE },
    { "socket",           required_argument, NULL, OPT_SOCKET },
    { "listen",           required_argument, NULL, OPT_LISTEN },
    { "units",            required_argument, NULL, OPT_UNITS },
    { "recovery",         required_argument, NULL, OPT_RECOVERY },
    { "failover",         required_argument, NULL, OPT_FAILOVER },
    { "instance",         required_argument, NULL, OPT_INSTANCE },
    { "permissions",      required_argument, NULL, OPT_PERMISSIONS },
    { "control-points",   required_argument, NULL, OPT_CONTROL_POINTS },
    { "production-tests", no_argument,       NULL, OPT_PRODUCTION_TESTS },
    { "tls",              no_argument,       NULL, OPT_TLS },
    { "tls-name",         required_argument, NULL, OPT_TLS_NAME },
    { "tls-cert",         required_argument, NULL, OPT_TLS_CERT },
    { "tls-key",          required_argument, NULL, OPT_TLS_KEY },
    { "token",            required_argument, NULL, OPT_TOKEN },
    { "token-uses",       required_argument, NULL, OPT_TOKEN_USES },
    { "fault",            required_argument, NULL, OPT_FAULT },
    { "ready-fd",         required_argument, NULL, OPT_READY_FD },
    { "parent-fd",        required_argument, NULL, OPT_PARENT_FD },
    { "show",             no_argument,       NULL, OPT_SHOW },
    { "help",             no_argument,       NULL, OPT_HELP },
    { "version",          no_argument,       NULL, OPT_VERSION },
    { NULL, 0, NULL, 0 },
};
/* clang-format on */

static clv_status parse_number(const char *text, unsigned max, unsigned *ret, struct clv_error *err)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || n > max)
        return clv_fail(err, CLV_E_USAGE, "\"%s\" is not a number from 0 to %u", text, max);
    *ret = (unsigned)n;
    return CLV_OK;
}

static clv_status take_units(struct options *o, enum clv_ep11_unit_kind kind, struct clv_error *err)
{
    o->given_units = true;
    return parse_number(optarg, CLV_UNITD_MAX_UNITS, &o->num_units[kind], err);
}

static clv_status take_hex(uint8_t *ret, size_t len, bool *ret_given, struct clv_error *err)
{
    *ret_given = true;
    clv_status status = clv_unhex(optarg, strlen(optarg), ret, len, err);
    return clv_while(err, status, "reading %zu hex digits", 2 * len);
}

static clv_status take_fd(int *ret, struct clv_error *err)
{
    unsigned fd = 0;
    clv_status status = parse_number(optarg, 1u << 20, &fd, err);
    if (status == CLV_OK)
        *ret = (int)fd;
    return status;
}

static clv_status take_fault(struct options *o, struct clv_error *err)
{
    if (o->num_faults == OPTIONS_MAX_FAULTS)
        return clv_fail(err, CLV_E_USAGE, "more than %d faults", OPTIONS_MAX_FAULTS);
    o->faults[o->num_faults++] = optarg;
    return CLV_OK;
}

static clv_status take_tls_name(struct options *o, struct clv_error *err)
{
    if (o->num_tls_names == TLS_MAX_NAMES)
        return clv_fail(err, CLV_E_USAGE, "more than %d names", TLS_MAX_NAMES);
    o->tls_names[o->num_tls_names++] = optarg;
    return CLV_OK;
}

static clv_status take(struct options *o, int id, struct clv_error *err)
{
    switch (id) {
    case OPT_STATE:
        o->state_dir = optarg;
        return CLV_OK;
    case OPT_SOCKET:
        o->socket_path = optarg;
        return CLV_OK;
    case OPT_LISTEN:
        o->address = optarg;
        return CLV_OK;
    case OPT_UNITS:
        return take_units(o, CLV_EP11_UNIT_OPERATIONAL, err);
    case OPT_RECOVERY:
        return take_units(o, CLV_EP11_UNIT_RECOVERY, err);
    case OPT_FAILOVER:
        return take_units(o, CLV_EP11_UNIT_FAILOVER, err);
    case OPT_INSTANCE:
        o->instance_id = optarg;
        return CLV_OK;
    case OPT_PERMISSIONS:
        return take_hex(o->permissions, sizeof(o->permissions), &o->given_permissions, err);
    case OPT_CONTROL_POINTS:
        return take_hex(o->control_points, sizeof(o->control_points), &o->given_control_points,
                        err);
    case OPT_PRODUCTION_TESTS:
        o->production_tests = true;
        return CLV_OK;
    case OPT_TLS:
        o->tls = true;
        return CLV_OK;
    case OPT_TLS_NAME:
        return take_tls_name(o, err);
    case OPT_TLS_CERT:
        o->tls_cert = optarg;
        return CLV_OK;
    case OPT_TLS_KEY:
        o->tls_key = optarg;
        return CLV_OK;
    case OPT_TOKEN:
        o->token_file = optarg;
        return CLV_OK;
    case OPT_TOKEN_USES:
        return parse_number(optarg, UINT_MAX, &o->token_uses, err);
    case OPT_FAULT:
        return take_fault(o, err);
    case OPT_READY_FD:
        return take_fd(&o->ready_fd, err);
    case OPT_PARENT_FD:
        return take_fd(&o->parent_fd, err);
    case OPT_SHOW:
        o->show = true;
        return CLV_OK;
    case OPT_HELP:
        o->help = true;
        return CLV_OK;
    case OPT_VERSION:
        o->version = true;
        return CLV_OK;
    default:
        return clv_fail(err, CLV_E_USAGE, "unknown option, or an option without its value");
    }
}

static clv_status check(const struct options *o, struct clv_error *err)
{
    if (!o->state_dir)
        return clv_fail(err, CLV_E_USAGE, "--state is missing");
    if (o->show && (o->socket_path || o->address))
        return clv_fail(err, CLV_E_USAGE, "--show does not listen");
    if (!o->show && !o->socket_path == !o->address)
        return clv_fail(err, CLV_E_USAGE, "want either --socket or --listen");
    if (!o->tls_cert != !o->tls_key)
        return clv_fail(err, CLV_E_USAGE, "--tls-cert and --tls-key go together");
    if (o->tls && o->tls_cert)
        return clv_fail(err, CLV_E_USAGE, "want either --tls or --tls-cert and --tls-key");
    if (o->num_tls_names > 0 && !o->tls)
        return clv_fail(err, CLV_E_USAGE, "--tls-name is for --tls");
    if (o->token_uses > 0 && !o->token_file)
        return clv_fail(err, CLV_E_USAGE, "--token-uses is for --token");
    return CLV_OK;
}

clv_status options_parse(int argc, char **argv, struct options *ret, struct clv_error *err)
{
    struct options o = {
        .num_units = {[CLV_EP11_UNIT_OPERATIONAL] = 6},
        .ready_fd = -1,
        .parent_fd = -1,
    };
    int id;
    opterr = 0;
    while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        clv_status status = take(&o, id, err);
        if (status != CLV_OK)
            return status;
    }
    if (optind < argc)
        return clv_fail(err, CLV_E_USAGE, "unexpected argument \"%s\"", argv[optind]);
    clv_status status = o.help || o.version ? CLV_OK : check(&o, err);
    if (status == CLV_OK)
        *ret = o;
    return status;
}
