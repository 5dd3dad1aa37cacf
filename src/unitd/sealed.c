#include "sealed.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_LEN crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES

static const char magic[] = "claviger-units-1"; /* 16 bytes, also the associated data */
#define MAGIC_LEN (sizeof(magic) - 1)

static clv_status make_key(const char *path, struct clv_secret *key, struct clv_error *err)
{
    uint8_t *bytes = clv_secret_write(key);
    randombytes_buf(bytes, KEY_LEN);
    clv_status status = clv_file_create(path, bytes, KEY_LEN, err);
    clv_secret_close(key);
    return status;
}

static clv_status read_key(const char *path, struct clv_secret *key, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read_private(path, KEY_LEN, &data, &len, err);
    if (status == CLV_OK && len != KEY_LEN)
        status = clv_fail(err, CLV_E_DAMAGED, "%s is not the key of a state file", path);
    if (status == CLV_OK) {
        memcpy(clv_secret_write(key), data, KEY_LEN);
        clv_secret_close(key);
    }
    if (data)
        clv_wipe(data, len);
    free(data);
    return status;
}

clv_status sealed_key(const char *path, bool make, struct clv_secret **ret, struct clv_error *err)
{
    struct clv_secret *key = NULL;
    clv_status status = clv_secret_new(KEY_LEN, &key, err);
    if (status == CLV_OK)
        status =
            make && access(path, F_OK) != 0 ? make_key(path, key, err) : read_key(path, key, err);
    if (status != CLV_OK) {
        clv_secret_free(&key);
        return status;
    }
    *ret = key;
    return CLV_OK;
}

clv_status sealed_write(const struct clv_secret *key, struct clv_view state, struct clv_writer *w,
                        struct clv_error *err)
{
    uint8_t nonce[NONCE_LEN];
    uint8_t *cipher = malloc(state.len + TAG_LEN);
    if (!cipher)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the sealed state");
    randombytes_buf(nonce, sizeof(nonce));
    crypto_aead_xchacha20poly1305_ietf_encrypt(cipher, NULL, state.data, state.len,
                                               (const uint8_t *)magic, MAGIC_LEN, NULL, nonce,
                                               clv_secret_read(key));
    clv_secret_close(key);
    clv_write_bytes(w, magic, MAGIC_LEN);
    clv_write_bytes(w, nonce, sizeof(nonce));
    clv_write_bytes(w, cipher, state.len + TAG_LEN);
    free(cipher);
    return clv_writer_done(w, err);
}

clv_status sealed_read(const struct clv_secret *key, struct clv_view file, uint8_t **ret_state,
                       size_t *ret_len, struct clv_error *err)
{
    struct clv_reader r;
    clv_reader_init(&r, file.data, file.len);
    struct clv_view start = clv_read_bytes(&r, MAGIC_LEN, "magic");
    struct clv_view nonce = clv_read_bytes(&r, NONCE_LEN, "nonce");
    struct clv_view cipher = clv_read_rest(&r);
    if (!clv_reader_ok(&r) || cipher.len <= TAG_LEN || memcmp(start.data, magic, MAGIC_LEN) != 0)
        return clv_fail(err, CLV_E_DAMAGED, "the file is damaged: not a sealed state");
    uint8_t *state = malloc(cipher.len);
    if (!state)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the state");
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(state, NULL, NULL, cipher.data, cipher.len,
                                                         (const uint8_t *)magic, MAGIC_LEN,
                                                         nonce.data, clv_secret_read(key));
    clv_secret_close(key);
    if (bad) {
        free(state);
        return clv_fail(err, CLV_E_DAMAGED, "the file is damaged, or sealed under another key");
    }
    *ret_state = state;
    *ret_len = cipher.len - TAG_LEN;
    return CLV_OK;
}
