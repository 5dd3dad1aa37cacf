/* The access token. Its file is read again for every request: whoever runs the daemon lets a token
 * expire by putting another into the file. */
#include <stdlib.h>
#include <string.h>

#include "claviger/unitd.h"

struct clv_unitd_token {
    const char *path;
    unsigned max_uses; /* 0: any number */
    unsigned num_uses;
    struct clv_secret *text; /* as last read */
};

/* The file's first line. */
static clv_status read_line(const char *path, struct clv_secret **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read_private(path, CLV_EP11_TOKEN_MAX, &data, &len, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the token");
    size_t line = 0;
    while (line < len && data[line] != '\r' && data[line] != '\n')
        line++;
    if (line == 0)
        status = clv_fail(err, CLV_E_FORMAT, "%s holds no token", path);
    else
        status = clv_secret_new(line, ret, err);
    if (status == CLV_OK) {
        memcpy(clv_secret_write(*ret), data, line);
        clv_secret_close(*ret);
    }
    clv_wipe(data, len);
    free(data);
    return status;
}

/* A token that differs from the one before starts its own count. */
static clv_status refresh(struct clv_unitd_token *token, struct clv_error *err)
{
    struct clv_secret *text = NULL;
    clv_status status = read_line(token->path, &text, err);
    if (status != CLV_OK)
        return status;
    if (token->text && clv_secret_equal(token->text, text)) {
        clv_secret_free(&text);
        return CLV_OK;
    }
    clv_secret_free(&token->text);
    token->text = text;
    token->num_uses = 0;
    return CLV_OK;
}

clv_status clv_unitd_token_new(const char *path, unsigned max_uses, struct clv_unitd_token **ret,
                               struct clv_error *err)
{
    struct clv_unitd_token *token = calloc(1, sizeof(*token));
    if (!token)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the token");
    *token = (struct clv_unitd_token){.path = path, .max_uses = max_uses};
    clv_status status = refresh(token, err);
    if (status != CLV_OK)
        clv_unitd_token_free(&token);
    else
        *ret = token;
    return status;
}

void clv_unitd_token_free(struct clv_unitd_token **token)
{
    if (!*token)
        return;
    clv_secret_free(&(*token)->text);
    free(*token);
    *token = NULL;
}

/* Constant time in the token's digits; its length is no secret. */
static bool is_same(const struct clv_secret *token, const char *given)
{
    size_t len = clv_secret_len(token);
    if (strlen(given) != len)
        return false;
    uint8_t differs = 0;
    const uint8_t *want = clv_secret_read(token);
    for (size_t i = 0; i < len; i++)
        differs |= (uint8_t)(want[i] ^ (uint8_t)given[i]);
    clv_secret_close(token);
    return differs == 0;
}

clv_status clv_unitd_token_judge(struct clv_unitd_token *token, const char *given,
                                 enum clv_unitd_access *ret, struct clv_error *err)
{
    clv_status status = refresh(token, err);
    if (status != CLV_OK)
        return status;
    if (!given)
        *ret = CLV_UNITD_NO_TOKEN;
    else if (!is_same(token->text, given))
        *ret = CLV_UNITD_WRONG_TOKEN;
    else if (token->max_uses > 0 && token->num_uses >= token->max_uses)
        *ret = CLV_UNITD_EXPIRED_TOKEN;
    else {
        token->num_uses++;
        *ret = CLV_UNITD_GRANTED;
    }
    return CLV_OK;
}
