/* Software units for one rehearsal: a daemon of our own that ends when we do. */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "claviger/script.h"
#include "internal.h"

#define START_TIMEOUT_MS 20000
#define SOCKET_MAX 108 /* sockaddr_un */
#define END_TIMEOUT_MS 20000
#define MAX_FAULTS 8

static const char instance_file[] = "instance.id"; /* the daemon makes it, before it is ready */

struct rehearsal_units {
    pid_t pid;
    int alive_fd;        /* its other end is the daemon's --parent-fd */
    char socket_dir[64]; /* of our own, when the state folder's name is too long; else "" */
    char socket[SOCKET_MAX];
    char *state_dir;
};

static void exec_daemon(const char *program, const struct rehearsal_units *u, unsigned num_units,
                        const char *const *faults, int ready_fd, int parent_fd)
{
    char units[16], ready[16], parent[16];
    const char *argv[20 + 2 * MAX_FAULTS];
    size_t n = 0;
    snprintf(units, sizeof(units), "%u", num_units);
    snprintf(ready, sizeof(ready), "%d", ready_fd);
    snprintf(parent, sizeof(parent), "%d", parent_fd);
    const char *fixed[] = {"claviger-unitd", "--state", u->state_dir,  "--socket", u->socket,
                           "--ready-fd",     ready,     "--parent-fd", parent};
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        argv[n++] = fixed[i];
    if (num_units > 0) {
        argv[n++] = "--units";
        argv[n++] = units;
    }
    for (size_t i = 0; faults && faults[i] && i < MAX_FAULTS; i++) {
        argv[n++] = "--fault";
        argv[n++] = faults[i];
    }
    argv[n] = NULL;
    /* ^C in the terminal is for the ceremony: the units end when it has ended. */
    setsid();
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    execv(program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static clv_status wait_ready(int ready_fd, struct clv_error *err)
{
    char buf[16];
    struct pollfd p = {.fd = ready_fd, .events = POLLIN};
    if (poll(&p, 1, START_TIMEOUT_MS) > 0 && read(ready_fd, buf, sizeof(buf)) > 0)
        return CLV_OK;
    return clv_fail(err, CLV_E_IO,
                    "the software crypto units did not start: their own message stands above");
}

static clv_status start_daemon(struct rehearsal_units *u, unsigned num_units,
                               const char *const *faults, struct clv_error *err)
{
    int ready[2] = {-1, -1}, alive[2] = {-1, -1};
    char *program = NULL;
    clv_status st = find_program("claviger-unitd", &program, err);
    if (st == CLV_OK && (pipe(ready) != 0 || pipe(alive) != 0))
        st = clv_fail(err, CLV_E_IO, "no pipe to the software crypto units");
    if (st == CLV_OK) {
        fcntl(ready[0], F_SETFD, FD_CLOEXEC);
        fcntl(alive[1], F_SETFD, FD_CLOEXEC);
        u->pid = fork();
        if (u->pid == 0)
            exec_daemon(program, u, num_units, faults, ready[1], alive[0]);
        if (u->pid < 0)
            st = clv_fail(err, CLV_E_MEMORY, "the software crypto units could not be started");
    }
    for (int i = 0; i < 2; i++)
        if (i == 0 ? alive[0] >= 0 : ready[1] >= 0)
            close(i == 0 ? alive[0] : ready[1]);
    u->alive_fd = alive[1];
    if (st == CLV_OK)
        st = wait_ready(ready[0], err);
    if (ready[0] >= 0)
        close(ready[0]);
    free(program);
    return st;
}

/* Beside the state, where a crash leaves nothing that is not in the folder already; for a folder
 * whose name is too long for a socket, or odd in a site file, in one of our own. */
static clv_status name_socket(struct rehearsal_units *u, const char *dir, struct clv_error *err)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
    char folder[PATH_MAX];
    if (realpath(dir, folder) && folder[strspn(folder, plain)] == '\0') {
        int len = snprintf(u->socket, sizeof(u->socket), "%s/units/units.sock", folder);
        if (len > 0 && (size_t)len < sizeof(u->socket))
            return CLV_OK;
    }
    snprintf(u->socket_dir, sizeof(u->socket_dir), "/tmp/claviger-XXXXXX");
    if (mkdtemp(u->socket_dir) == NULL) {
        u->socket_dir[0] = '\0';
        return clv_fail(err, CLV_E_IO, "no folder for the socket of the software crypto units");
    }
    snprintf(u->socket, sizeof(u->socket), "%s/units.sock", u->socket_dir);
    return CLV_OK;
}

clv_status rehearsal_units_start(const char *dir, unsigned num_units, const char *const *faults,
                                 struct rehearsal_units **ret, struct clv_error *err)
{
    struct rehearsal_units *u = calloc(1, sizeof(*u));
    if (u == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the software crypto units");
    u->alive_fd = -1;
    u->state_dir = clv_path_join(dir, "units");
    clv_status st = u->state_dir ? name_socket(u, dir, err)
                                 : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = start_daemon(u, num_units, faults, err);
    if (st != CLV_OK) {
        rehearsal_units_stop(&u);
        return st;
    }
    *ret = u;
    return CLV_OK;
}

void rehearsal_units_stop(struct rehearsal_units **units)
{
    struct rehearsal_units *u = *units;
    if (u == NULL)
        return;
    if (u->alive_fd >= 0)
        close(u->alive_fd);
    if (u->pid > 0) {
        kill(u->pid, SIGTERM);
        waitpid(u->pid, NULL, 0);
    }
    if (u->socket_dir[0]) {
        unlink(u->socket);
        rmdir(u->socket_dir);
    }
    free(u->state_dir);
    free(u);
    *units = NULL;
}

bool rehearsal_units_are_in(const char *dir)
{
    char *units = clv_path_join(dir, "units");
    char *instance = units ? clv_path_join(units, instance_file) : NULL;
    bool there = instance && access(instance, F_OK) == 0;
    free(instance);
    free(units);
    return there;
}

/* The units of a killed rehearsal end on their own, a moment after it. */
clv_status rehearsal_units_wait(const char *dir, struct clv_error *err)
{
    char *units = clv_path_join(dir, "units");
    char *path = units ? clv_path_join(units, "lock") : NULL;
    int fd = path ? open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
    bool free_now = fd < 0;
    for (int waited = 0; !free_now && waited < END_TIMEOUT_MS; waited += 20) {
        free_now = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (!free_now)
            nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000L}, NULL);
    }
    if (fd >= 0)
        close(fd);
    free(path);
    free(units);
    if (free_now)
        return CLV_OK;
    clv_status st =
        clv_fail(err, CLV_E_RULE, "the software crypto units of %s are still running", dir);
    clv_hint(err, "Their own process did not end with the rehearsal: end it, then try again.");
    return st;
}

/* Beside what makes the rest of the site: a resumed rehearsal has to find the same one. */
static const char witness_file[] = "witness.key";

static clv_status read_line(const struct rehearsal_units *u, const char *name, char *ret,
                            size_t cap, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    char *path = clv_path_join(u->state_dir, name);
    clv_status st = path ? clv_file_read(path, cap - 1, &data, &len, err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        snprintf(ret, cap, "%.*s", (int)strcspn((char *)data, "\n"), (char *)data);
    free(data);
    free(path);
    return st;
}

/* The numbers that the follow-up of the rehearsal in dir names; the rest of its site file is of the
 * day before. */
static clv_status take_selection(const char *dir, struct clv_site *site, struct clv_error *err)
{
    struct clv_site *written = NULL;
    char *path = clv_path_join(dir, "follow-up-site.yaml");
    clv_status st = path ? clv_site_read(path, &written, err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK) {
        site->instances[0].units = written->instances[0].units;
        site->instances[0].num_units = written->instances[0].num_units;
        written->instances[0].units = NULL;
    }
    clv_site_free(&written);
    free(path);
    return st;
}

clv_status rehearsal_units_witness(const struct rehearsal_units *units, const char *vkey,
                                   struct clv_error *err)
{
    struct clv_vkey key;
    char line[CLV_VKEY_TEXT + 1], *path = clv_path_join(units->state_dir, witness_file);
    clv_status st = clv_cosigner_parse(clv_view_of(vkey, strlen(vkey)), &key, err);
    if (st == CLV_OK && path == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    snprintf(line, sizeof(line), "%s\n", vkey);
    if (st == CLV_OK)
        st = clv_file_replace(path, line, strlen(line), err);
    free(path);
    return st;
}

/* Its path: the file is looked at when the site is made. */
static const char signing_file[] = "signing-service";
#define SIGNING_MAX 16384

clv_status rehearsal_units_signing(const struct rehearsal_units *units, const char *file,
                                   struct clv_error *err)
{
    char line[PATH_MAX + 1], *path = clv_path_join(units->state_dir, signing_file);
    char *whole = realpath(file, NULL);
    clv_status st = path ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK && whole == NULL)
        st = clv_fail(err, CLV_E_MISSING, "%s is not there", file);
    snprintf(line, sizeof(line), "%s\n", whole ? whole : "");
    if (st == CLV_OK)
        st = clv_file_replace(path, line, strlen(line), err);
    free(whole);
    free(path);
    return st;
}

static clv_status append_file(struct clv_writer *w, const char *path, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read(path, SIGNING_MAX, &data, &len, err);
    if (st == CLV_OK)
        clv_write_bytes(w, data, len);
    free(data);
    return st == CLV_OK ? clv_writer_done(w, err) : st;
}

/* Relative names start where the file about the service is. */
static clv_status resolve_from(struct clv_site *site, const char *file, struct clv_error *err)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%.*s", (int)(clv_path_name(file) - file), file);
    return clv_site_resolve(site, folder, err);
}

clv_status rehearsal_units_site(const struct rehearsal_units *units, const char *follow_up,
                                struct clv_site **ret, struct clv_error *err)
{
    char root[2 * CLV_P521_POINT_LEN + 2], instance[64], witness[CLV_VKEY_TEXT + 2] = "";
    char signing[PATH_MAX] = "";
    struct clv_site *site = NULL;
    struct clv_writer w = {0};
    clv_status st = read_line(units, "root.hex", root, sizeof(root), err);
    if (st == CLV_OK)
        st = read_line(units, instance_file, instance, sizeof(instance), err);
    if (st == CLV_OK && read_line(units, witness_file, witness, sizeof(witness), NULL) != CLV_OK)
        witness[0] = '\0';
    if (st == CLV_OK && read_line(units, signing_file, signing, sizeof(signing), NULL) != CLV_OK)
        signing[0] = '\0';
    if (st == CLV_OK) {
        clv_write_format(&w,
                         "claviger-site: 1\nservice-instances:\n  - name: rehearsal\n"
                         "    id: %s\n    endpoint: unix:%s\n    trusted-roots: [\"%s\"]\n"
                         "    units: all\ndeadlines:\n  query-seconds: 5\n  command-seconds: 8\n",
                         instance, units->socket, root);
        if (witness[0])
            clv_write_format(&w, "witness-keys: [\"%s\"]\n", witness);
        st = clv_writer_done(&w, err);
    }
    if (st == CLV_OK && signing[0])
        st = append_file(&w, signing, err);
    if (st == CLV_OK)
        st = clv_site_parse("rehearsal site", w.data, w.len, &site, err);
    clv_writer_clear(&w);
    if (st == CLV_OK && signing[0])
        st = resolve_from(site, signing, err);
    if (st == CLV_OK && follow_up)
        st = take_selection(follow_up, site, err);
    if (st == CLV_OK)
        *ret = site;
    else
        clv_site_free(&site);
    return st;
}
