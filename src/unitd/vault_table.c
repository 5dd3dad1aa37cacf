/* The permission table: which message is answered in which state, with how many signatures, by
 * which handler. What is not in it is refused. */
#include <string.h>

#include "internal.h"

enum when {
    ANY_STATE,
    LEFT_IMPRINT, /* refused in imprint mode */
};

/* Distinct administrators that must have signed, outside imprint mode. */
enum needs {
    NOBODY,
    ONE,
    SIGN_THRESHOLD,
    REVOKE_THRESHOLD,
    NEW_THRESHOLD,      /* in imprint mode the threshold asked for, else the present one */
    ZEROIZE_SIGNATURES, /* 1 with permission ZERO_1SIGN */
    CP_SIGNATURES,      /* 1 with permission CP_1SIGN */
};

enum input {
    NO_INPUT,
    MUST_HAVE_INPUT,
    ANY_INPUT, /* the handler judges */
};

struct row {
    uint32_t command;
    enum when when;
    enum needs needs;
    enum input input;
    enum verdict (*run)(struct call *call);
};

/* clang-format off */
static const struct row rows[] = {
    /* message                  state         signatures          input            handler */
    { CLV_EP11_ADMIN_LOGIN,     ANY_STATE,    SIGN_THRESHOLD,     MUST_HAVE_INPUT, cmd_admin_login       },
    { CLV_EP11_ADMIN_LOGOUT,    ANY_STATE,    REVOKE_THRESHOLD,   MUST_HAVE_INPUT, cmd_admin_logout      },
    { CLV_EP11_ADMIN_REPLACE,   ANY_STATE,    SIGN_THRESHOLD,     MUST_HAVE_INPUT, cmd_admin_replace     },
    { CLV_EP11_SET_ATTR,        ANY_STATE,    NEW_THRESHOLD,      MUST_HAVE_INPUT, cmd_set_attributes    },
    { CLV_EP11_GEN_IMPORTER,    LEFT_IMPRINT, ONE,                MUST_HAVE_INPUT, cmd_generate_importer },
    { CLV_EP11_GEN_WK,          LEFT_IMPRINT, ONE,                NO_INPUT,        cmd_generate_wk       },
    { CLV_EP11_IMPORT_WK,       LEFT_IMPRINT, NOBODY,             ANY_INPUT,       cmd_import_wk         },
    { CLV_EP11_COMMIT_WK,       LEFT_IMPRINT, SIGN_THRESHOLD,     MUST_HAVE_INPUT, cmd_commit_wk         },
    { CLV_EP11_FINALIZE_WK,     LEFT_IMPRINT, NOBODY,             MUST_HAVE_INPUT, cmd_finalize_wk       },
    { CLV_EP11_CLEAR_WK,        LEFT_IMPRINT, ONE,                NO_INPUT,        cmd_clear_wk          },
    { CLV_EP11_CLEAR_NEXT_WK,   LEFT_IMPRINT, ONE,                NO_INPUT,        cmd_clear_next_wk     },
    { CLV_EP11_EXPORT_WK,       LEFT_IMPRINT, SIGN_THRESHOLD,     MUST_HAVE_INPUT, cmd_export_wk         },
    { CLV_EP11_EXPORT_NEXT_WK,  LEFT_IMPRINT, SIGN_THRESHOLD,     MUST_HAVE_INPUT, cmd_export_next_wk    },
    { CLV_EP11_ZEROIZE,         ANY_STATE,    ZEROIZE_SIGNATURES, NO_INPUT,        cmd_zeroize           },
    { CLV_EP11_CP_SET,          LEFT_IMPRINT, CP_SIGNATURES,      MUST_HAVE_INPUT, cmd_cp_set            },
    { CLV_EP11_CP_ADD,          LEFT_IMPRINT, CP_SIGNATURES,      MUST_HAVE_INPUT, cmd_cp_add            },
    { CLV_EP11_CP_DEL,          LEFT_IMPRINT, CP_SIGNATURES,      MUST_HAVE_INPUT, cmd_cp_del            },
    { CLV_EP11_Q_ADMINS,        ANY_STATE,    NOBODY,             ANY_INPUT,       query_admins          },
    { CLV_EP11_Q_DEVICE_CERT,   ANY_STATE,    NOBODY,             ANY_INPUT,       query_device_cert     },
    { CLV_EP11_Q_IMPORTER,      ANY_STATE,    NOBODY,             NO_INPUT,        query_importer        },
    { CLV_EP11_Q_CTRLPOINTS,    ANY_STATE,    NOBODY,             NO_INPUT,        query_control_points  },
    { CLV_EP11_Q_WK,            ANY_STATE,    NOBODY,             NO_INPUT,        query_wk              },
    { CLV_EP11_Q_NEXT_WK,       ANY_STATE,    NOBODY,             NO_INPUT,        query_next_wk         },
    { CLV_EP11_Q_ATTRS,         ANY_STATE,    NOBODY,             NO_INPUT,        query_attributes      },
};
/* clang-format on */

static const struct row *find_row(uint32_t command)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].command == command)
            return &rows[i];
    return NULL;
}

bool command_is_known(uint32_t command)
{
    return find_row(command) != NULL;
}

static unsigned threshold(const struct clv_unitd_domain *domain, enum needs needs)
{
    unsigned sign = domain->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD];
    switch (needs) {
    case NOBODY:
        return 0;
    case ONE:
        return 1;
    case REVOKE_THRESHOLD:
        return domain->attributes[CLV_EP11_ATTR_REVOKE_THRESHOLD];
    case ZEROIZE_SIGNATURES:
        return permitted(domain, CLV_EP11_PERM_ZERO_1SIGN) ? 1 : sign;
    case CP_SIGNATURES:
        return permitted(domain, CLV_EP11_PERM_CP_1SIGN) ? 1 : sign;
    case SIGN_THRESHOLD:
    case NEW_THRESHOLD:
        break;
    }
    return sign;
}

static enum verdict required_signatures(const struct call *call, enum needs needs, unsigned *ret)
{
    *ret = 0;
    if (!clv_unitd_in_imprint(call->domain))
        *ret = threshold(call->domain, needs);
    else if (needs == NEW_THRESHOLD)
        return attributes_new_threshold(call, ret);
    return V_OK;
}

static enum verdict check_signers(struct call *call, enum needs needs)
{
    unsigned signed_by = 0, required = 0;
    enum verdict v =
        check_signatures(call->domain, call->request.signatures, call->block.whole, &signed_by);
    if (v == V_OK)
        v = required_signatures(call, needs, &required);
    if (v == V_OK && signed_by < required)
        v = V_SIGNATURES_TOO_FEW;
    return v;
}

/* Queries carry neither module nor counter, and may leave the instance zero. */
static enum verdict check_command(struct call *call, const struct row *row)
{
    enum verdict v = check_identity(call, &call->block);
    if (v == V_OK)
        v = check_counter(call, call->block.counter);
    if (v == V_OK && row->when == LEFT_IMPRINT && clv_unitd_in_imprint(call->domain))
        v = V_IN_IMPRINT;
    if (v == V_OK)
        v = check_signers(call, row->needs);
    return v;
}

static enum verdict check_input(const struct call *call, const struct row *row)
{
    bool has = call->block.input.len > 0;
    bool wrong = (row->input == NO_INPUT && has) || (row->input == MUST_HAVE_INPUT && !has);
    return wrong ? V_INPUT_LENGTH : V_OK;
}

enum verdict call_run(struct call *call)
{
    const struct row *row = find_row(call->block.command);
    if (!row)
        return V_UNKNOWN_COMMAND;
    bool is_query = clv_ep11_is_query(row->command);
    enum verdict v = V_OK;
    if (call->domain_id_malformed)
        v = V_DOMAIN_ID;
    else if (!is_query)
        v = check_command(call, row);
    if (v == V_OK)
        v = check_input(call, row);
    if (v == V_OK)
        v = row->run(call);
    if (v != V_OK || is_query)
        return v;
    call->domain->obeyed[row->command]++;
    /* Zeroize begins a new life with a counter of its own. */
    if (row->command != CLV_EP11_ZEROIZE)
        memcpy(call->domain->counter, call->block.counter.data, CLV_EP11_COUNTER_LEN);
    return v;
}
