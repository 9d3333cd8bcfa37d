#include "supervisor/listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "supervisor/passed.h"

enum { BACKLOG = 4096 };

static int socket_make(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int option_set(int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value);
}

static bool adopt_passed(struct listener *listener, const struct sockaddr *at, socklen_t len) {
    int fd = passed_find(at, len);
    if (fd < 0) return false;
    listener->fd = fd;
    listener->passed = true;
    return true;
}

/* --- TCP --- */

/* The first IPv4 address of a name, or if it has none its first IPv6 address. */
static struct addrinfo *look_up(const struct address *address, const char **why) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_family = address->ipv6 ? AF_INET6 : AF_INET,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char port[8];
    if (address->ipv6) hints.ai_flags |= AI_NUMERICHOST;
    snprintf(port, sizeof port, "%d", address->port);
    const char *host = *address->place ? address->place : NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed && !address->ipv6) {
        hints.ai_family = AF_INET6;
        failed = getaddrinfo(host, port, &hints, &found);
    }
    *why = failed ? gai_strerror(failed) : NULL;
    return failed ? NULL : found;
}

/* Learns the port that the kernel chose. */
static void name_tcp(struct listener *listener) {
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof at;
    char host[NI_MAXHOST] = "", port[NI_MAXSERV] = "";
    getsockname(listener->fd, (struct sockaddr *)&at, &len);
    getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    const char *format = at.ss_family == AF_INET6 ? "%s://[%.250s]:%s" : "%s://%.250s:%s";
    snprintf(listener->name, sizeof listener->name, format,
             listener->address.tls ? "https" : "http", host, port);
}

static int open_tcp(struct listener *listener, const struct address *address, const char **why) {
    struct addrinfo *found = look_up(address, why);
    if (!found) return -1;
    if (adopt_passed(listener, found->ai_addr, found->ai_addrlen)) {
        freeaddrinfo(found);
        option_set(listener->fd, IPPROTO_TCP, TCP_NODELAY, 1);
        name_tcp(listener);
        return 0;
    }
    int fd = listener->fd = socket_make(found->ai_family);
    if (fd < 0 || option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
        option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0)
        goto fail;
    /* So that [::]:80 and :80 go together. */
    if (found->ai_family == AF_INET6 && option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) goto fail;
    if (bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) goto fail;
    freeaddrinfo(found);
    name_tcp(listener);
    return 0;
fail:
    *why = strerror(errno);
    freeaddrinfo(found);
    return -1;
}

/* Drops what comes for the listening socket with SYN but not ACK set (RFC 9293, 3.1: the flags are
 * byte 13 of the header). The last step of a handshake under way still passes. */
static void refuse_syn(int fd) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),          BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

/* --- Unix sockets --- */

/* Does the path hold a socket whose server is gone? Otherwise errno says why it is in the way. */
static bool is_stale(const struct sockaddr_un *at) {
    struct stat file;
    if (lstat(at->sun_path, &file) < 0) return errno == ENOENT;
    if (!S_ISSOCK(file.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int probe = socket_make(AF_UNIX);
    if (probe < 0) return false;
    bool refused = connect(probe, (const struct sockaddr *)at, sizeof *at) < 0 &&
                   (errno == ECONNREFUSED || errno == ENOENT);
    close(probe);
    if (!refused) errno = EADDRINUSE;
    return refused;
}

static int bind_local(int fd, const struct sockaddr_un *at) {
    if (bind(fd, (const struct sockaddr *)at, sizeof *at) == 0) return 0;
    if (errno != EADDRINUSE || !is_stale(at)) return -1;
    if (unlink(at->sun_path) < 0 && errno != ENOENT) return -1;
    return bind(fd, (const struct sockaddr *)at, sizeof *at);
}

/* Nobody can connect before listen(2), so nobody slips in. */
static int permit(const struct address *address) {
    bool is_given = address->owner != (uid_t)-1 || address->group != (gid_t)-1;
    if (is_given && lchown(address->place, address->owner, address->group) < 0) return -1;
    return address->mode < 0 ? 0 : chmod(address->place, (mode_t)address->mode);
}

static bool has_its_path(const struct listener *listener) {
    struct stat now;
    return lstat(listener->address.place, &now) == 0 && now.st_ino == listener->file.st_ino &&
           now.st_dev == listener->file.st_dev;
}

static int open_local(struct listener *listener, const struct address *address, const char **why) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%.107s", address->place);
    snprintf(listener->name, sizeof listener->name, "unix:%s", address->place);
    if (adopt_passed(listener, (const struct sockaddr *)&at, sizeof at)) return 0;
    listener->fd = socket_make(AF_UNIX);
    if (listener->fd < 0 || bind_local(listener->fd, &at) < 0) goto fail;
    if (lstat(at.sun_path, &listener->file) < 0) goto fail;
    if (permit(address) < 0 || listen(listener->fd, BACKLOG) < 0) goto fail_bound;
    return 0;
fail_bound:
    *why = strerror(errno);
    if (has_its_path(listener)) unlink(at.sun_path);
    return -1;
fail:
    *why = strerror(errno);
    return -1;
}

/* --- Both --- */

static int refuse(struct listener *listener, const struct address *address, const char *why,
                  char *error) {
    listener_close(listener);
    if (address->local) return sentence(error, "cannot listen on unix:%s: %s", address->place, why);
    return sentence(error,
                    address->ipv6 ? "cannot listen on [%s]:%d: %s" : "cannot listen on %s:%d: %s",
                    address->place, address->port, why);
}

int listener_open(struct listener *listener, const struct address *address,
                  char error[SENTENCE_SIZE]) {
    const char *why;
    *listener = (struct listener){.fd = -1, .address = *address};
    if ((address->local ? open_local : open_tcp)(listener, address, &why) == 0) return 0;
    return refuse(listener, address, why, error);
}

int listener_try(struct listener *listener, const struct address *address,
                 char error[SENTENCE_SIZE]) {
    const char *why;
    int family = AF_UNIX;
    *listener = (struct listener){.fd = -1, .address = *address};
    if (!address->local) {
        struct addrinfo *found = look_up(address, &why);
        if (!found) return refuse(listener, address, why, error);
        family = found->ai_family;
        freeaddrinfo(found);
    }
    listener->fd = socket_make(family);
    return listener->fd < 0 ? refuse(listener, address, strerror(errno), error) : 0;
}

bool listener_is_at(const struct listener *listener, const struct address *address) {
    const struct address *own = &listener->address;
    if (own->local != address->local || own->ipv6 != address->ipv6 || own->port != address->port ||
        strcmp(own->place, address->place) != 0)
        return false;
    return !own->local || listener->passed || has_its_path(listener);
}

int listener_rename(struct listener *listener, const struct address *address,
                    char error[SENTENCE_SIZE]) {
    listener->address = *address;
    if (!address->local) {
        name_tcp(listener);
        return 0;
    }
    snprintf(listener->name, sizeof listener->name, "unix:%s", address->place);
    if (listener->passed || permit(address) == 0) return 0;
    return sentence(error, "cannot change whose unix:%s is: %s", address->place, strerror(errno));
}

void listener_quiesce(struct listener *listener) {
    if (listener->passed) return;
    if (!listener->address.local)
        refuse_syn(listener->fd);
    else if (has_its_path(listener))
        unlink(listener->address.place);
}

void listener_close(struct listener *listener) {
    if (listener->fd >= 0) close(listener->fd);
    listener->fd = -1;
}
