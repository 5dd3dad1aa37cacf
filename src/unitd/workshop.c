#include "workshop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_MESSAGE PIPE_BUF /* a key, in one piece */

static const uint32_t types[WORKSHOP_SIZES] = {CLV_EP11_IMPORTER_RSA2048, CLV_EP11_IMPORTER_RSA3072,
                                               CLV_EP11_IMPORTER_RSA4096};

/* WORKSHOP_SIZES: no type of ours. */
static size_t slot_of(uint32_t type)
{
    size_t slot = 0;
    while (slot < WORKSHOP_SIZES && types[slot] != type)
        slot++;
    return slot;
}

static clv_status make(uint32_t type, struct workshop_key *ret, struct clv_error *err)
{
    return clv_unitd_ports_default().make_importer(NULL, type, &ret->private, &ret->bits,
                                                   &ret->bits_len, err);
}

static void key_clear(struct workshop_key *key)
{
    clv_secret_free(&key->private);
    free(key->bits);
    *key = (struct workshop_key){0};
}

/* ---- in the process beside ---- */

/* Length of the private key, the private key, the public one. */
static bool send_key(const struct workshop_key *key, int fd)
{
    struct clv_secret *message = NULL;
    struct clv_writer w;
    if (clv_secret_new(MAX_MESSAGE, &message, NULL) != CLV_OK)
        return false;
    clv_writer_init_fixed(&w, clv_secret_write(message), MAX_MESSAGE);
    clv_write_u32(&w, (uint32_t)clv_secret_len(key->private));
    clv_write_bytes(&w, clv_secret_read(key->private), clv_secret_len(key->private));
    clv_write_bytes(&w, key->bits, key->bits_len);
    clv_secret_close(key->private);
    bool sent = clv_writer_done(&w, NULL) == CLV_OK && write(fd, w.data, w.len) == (ssize_t)w.len;
    clv_secret_close(message);
    clv_secret_free(&message);
    return sent;
}

/* Ends with the daemon, and keeps nothing of it open but the way back. */
static _Noreturn void work(uint32_t type, int fd, pid_t daemon)
{
    struct workshop_key key = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != daemon || dup2(fd, STDIN_FILENO) < 0)
        _exit(1);
    close_range(STDIN_FILENO + 1, ~0u, 0);
    _exit(make(type, &key, NULL) == CLV_OK && send_key(&key, STDIN_FILENO) ? 0 : 1);
}

/* ---- in the daemon ---- */

static void begin(struct workshop *w, size_t slot)
{
    int ends[2];
    pid_t daemon = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0) {
        w->broken = true;
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        work(types[slot], ends[1], daemon);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        w->broken = true;
        return;
    }
    w->pid = pid;
    w->fd = ends[0];
    w->slot = slot;
}

bool workshop_ready(struct workshop *w, uint32_t type)
{
    size_t slot = slot_of(type);
    if (slot == WORKSHOP_SIZES || w->broken || w->keys[slot].private)
        return true;
    if (w->pid == 0)
        begin(w, slot);
    return w->broken;
}

clv_status workshop_take(struct workshop *w, uint32_t type, struct clv_secret **ret_private,
                         uint8_t **ret_bits, size_t *ret_bits_len, struct clv_error *err)
{
    struct workshop_key key = {0};
    size_t slot = slot_of(type);
    clv_status status = CLV_OK;
    if (slot < WORKSHOP_SIZES && w->keys[slot].private) {
        key = w->keys[slot];
        w->keys[slot] = (struct workshop_key){0};
    } else {
        status = make(type, &key, err);
    }
    if (status != CLV_OK)
        return status;
    *ret_private = key.private;
    *ret_bits = key.bits;
    *ret_bits_len = key.bits_len;
    return CLV_OK;
}

int workshop_fd(const struct workshop *w)
{
    return w->pid == 0 ? -1 : w->fd;
}

static bool read_key(struct clv_view message, struct workshop_key *ret)
{
    struct clv_reader r;
    clv_reader_init(&r, message.data, message.len);
    struct clv_view private = clv_read_bytes(&r, clv_read_u32(&r, "length"), "private key");
    struct clv_view bits = clv_read_bytes(&r, clv_reader_left(&r), "public key");
    if (clv_reader_done(&r, NULL) != CLV_OK || private.len == 0 || bits.len == 0)
        return false;
    ret->bits = malloc(bits.len);
    if (!ret->bits || clv_secret_new(private.len, &ret->private, NULL) != CLV_OK)
        return false;
    memcpy(ret->bits, bits.data, bits.len);
    ret->bits_len = bits.len;
    memcpy(clv_secret_write(ret->private), private.data, private.len);
    clv_secret_close(ret->private);
    return true;
}

static bool receive_key(int fd, struct workshop_key *ret)
{
    struct clv_secret *message = NULL;
    if (clv_secret_new(MAX_MESSAGE, &message, NULL) != CLV_OK)
        return false;
    uint8_t *data = clv_secret_write(message);
    ssize_t len = 0;
    do
        len = read(fd, data, MAX_MESSAGE);
    while (len < 0 && errno == EINTR);
    bool good = len > 0 && read_key(clv_view_of(data, (size_t)len), ret);
    clv_secret_close(message);
    clv_secret_free(&message);
    if (!good)
        key_clear(ret);
    return good;
}

static void dismiss(struct workshop *w)
{
    close(w->fd);
    kill(w->pid, SIGKILL);
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    w->pid = 0;
}

void workshop_collect(struct workshop *w)
{
    if (w->pid == 0)
        return;
    w->broken = !receive_key(w->fd, &w->keys[w->slot]);
    dismiss(w);
}

void workshop_close(struct workshop *w)
{
    if (w->pid != 0)
        dismiss(w);
    for (size_t i = 0; i < WORKSHOP_SIZES; i++)
        key_clear(&w->keys[i]);
}
