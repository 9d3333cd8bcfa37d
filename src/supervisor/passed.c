#include "supervisor/passed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/options.h"

enum { FIRST = 3 };

static int fds[SERVER_LISTENERS_MAX]; /* -1: given away */
static int count;

static bool is_listening(int fd) {
    int on = 0;
    socklen_t len = sizeof on;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

void passed_take(void) {
    const char *number = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    int most = number && pid && atoi(pid) == getpid() ? atoi(number) : 0;
    for (int fd = FIRST; fd < FIRST + most && count < SERVER_LISTENERS_MAX; fd++) {
        if (!is_listening(fd)) continue;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fds[count++] = fd;
    }
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
}

union name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static void name_of(int fd, union name *name) {
    socklen_t len = sizeof *name;
    memset(name, 0, sizeof *name);
    getsockname(fd, &name->any, &len);
}

static bool is_same(const union name *a, const union name *b) {
    if (a->any.sa_family != b->any.sa_family) return false;
    switch (a->any.sa_family) {
    case AF_INET:
        return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    case AF_INET6:
        return a->v6.sin6_port == b->v6.sin6_port &&
               memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
    case AF_UNIX:
        return strcmp(a->local.sun_path, b->local.sun_path) == 0;
    default:
        return false;
    }
}

int passed_find(const struct sockaddr *at, socklen_t len) {
    union name wanted = {0}, own;
    memcpy(&wanted, at, len < sizeof wanted ? len : sizeof wanted);
    for (int i = 0; i < count; i++) {
        if (fds[i] < 0) continue;
        name_of(fds[i], &own);
        if (!is_same(&wanted, &own)) continue;
        int fd = fds[i];
        fds[i] = -1;
        return fd;
    }
    return -1;
}

static void print(const union name *name, char text[160]) {
    char host[INET6_ADDRSTRLEN] = "";
    if (name->any.sa_family == AF_UNIX) {
        snprintf(text, 160, "unix:%s", name->local.sun_path);
    } else if (name->any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &name->v6.sin6_addr, host, sizeof host);
        snprintf(text, 160, "[%s]:%d", host, ntohs(name->v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &name->v4.sin_addr, host, sizeof host);
        snprintf(text, 160, "%s:%d", host, ntohs(name->v4.sin_port));
    }
}

int passed_check(char error[SENTENCE_SIZE]) {
    union name name;
    char text[160];
    for (int i = 0; i < count; i++) {
        if (fds[i] < 0) continue;
        name_of(fds[i], &name);
        print(&name, text);
        return sentence(error, "the service manager has opened %s, which no bind names", text);
    }
    return 0;
}
