#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG SOMAXCONN /* a client that cannot wait is refused when it is full */

/* ---- Unix sockets ---- */

static clv_status unix_address(const char *path, struct sockaddr_un *ret, struct clv_error *err)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(ret->sun_path))
        return clv_fail(err, CLV_E_USAGE, "the socket's path is longer than %zu bytes",
                        sizeof(ret->sun_path) - 1);
    memcpy(ret->sun_path, path, strlen(path));
    return CLV_OK;
}

static clv_status private_folder_of(const char *path, struct clv_error *err)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    const char *slash = strrchr(path, '/');
    if (!slash)
        return clv_dir_private(".", err);
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, path, len);
    folder[len] = 0;
    return clv_dir_private(folder, err);
}

/* Whether somebody accepts connections there; only a refused one proves that nobody does. */
static bool is_abandoned(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    bool abandoned = rc != 0 && errno == ECONNREFUSED;
    close(fd);
    return abandoned;
}

static clv_status make_room(const struct sockaddr_un *address, struct clv_error *err)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0)
        return errno == ENOENT ? CLV_OK : clv_fail_errno(err, errno, "cannot look at the socket");
    if (!S_ISSOCK(st.st_mode))
        return clv_fail(err, CLV_E_EXISTS, "%s is there and is not a socket", address->sun_path);
    if (!is_abandoned(address)) {
        (void)clv_fail(err, CLV_E_EXISTS, "another program listens on %s", address->sun_path);
        clv_hint(err, "Stop that program, or choose another socket.");
        return CLV_E_EXISTS;
    }
    if (unlink(address->sun_path) != 0)
        return clv_fail_errno(err, errno, "cannot remove the old socket");
    return CLV_OK;
}

clv_status endpoint_unix(const char *path, int *ret_fd, struct clv_error *err)
{
    struct sockaddr_un address;
    clv_status status = unix_address(path, &address, err);
    if (status == CLV_OK)
        status = private_folder_of(path, err);
    if (status == CLV_OK)
        status = make_room(&address, err);
    if (status != CLV_OK)
        return status;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot make a socket");
    mode_t old = umask(0177);
    int rc = bind(fd, (const struct sockaddr *)&address, sizeof(address));
    int bind_errno = errno;
    umask(old);
    if (rc != 0 || listen(fd, BACKLOG) != 0) {
        int errnum = rc != 0 ? bind_errno : errno;
        close(fd);
        return clv_fail_errno(err, errnum, "cannot listen on %s", path);
    }
    *ret_fd = fd;
    return CLV_OK;
}

/* ---- loopback TCP ---- */

static clv_status tcp_address(const char *text, struct sockaddr_in *ret, struct clv_error *err)
{
    char host[INET_ADDRSTRLEN], *end = NULL;
    const char *colon = strrchr(text, ':');
    *ret = (struct sockaddr_in){.sin_family = AF_INET};
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host) || !colon[1])
        return clv_fail(err, CLV_E_USAGE, "want an address like 127.0.0.1:8080");
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (*end || port > 65535 || inet_pton(AF_INET, host, &ret->sin_addr) != 1)
        return clv_fail(err, CLV_E_USAGE, "want an address like 127.0.0.1:8080");
    if (ntohl(ret->sin_addr.s_addr) >> 24 != 127)
        return clv_fail(err, CLV_E_USAGE, "software units listen on the loopback interface only");
    ret->sin_port = htons((uint16_t)port);
    return CLV_OK;
}

clv_status endpoint_tcp(const char *text, int *ret_fd, char *ret_where, size_t cap,
                        struct clv_error *err)
{
    struct sockaddr_in address;
    char host[INET_ADDRSTRLEN];
    socklen_t len = sizeof(address);
    int on = 1;
    clv_status status = tcp_address(text, &address, err);
    if (status != CLV_OK)
        return status;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot make a socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        int errnum = errno;
        close(fd);
        return clv_fail_errno(err, errnum, "cannot listen on %s", text);
    }
    inet_ntop(AF_INET, &address.sin_addr, host, sizeof(host));
    snprintf(ret_where, cap, "%s:%u", host, ntohs(address.sin_port));
    *ret_fd = fd;
    return CLV_OK;
}
