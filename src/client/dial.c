#include "client/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/wait.h"

#define ATTEMPT_DELAY ((int64_t)250 * NS_PER_MS)

/* Attempts that have been made and are not decided. */
struct race {
    struct pollfd runners[ADDRESSES_MAX];
    nfds_t count;
    int error; /* of the first that failed */
};

static void note(struct race *race, int error) {
    if (!race->error) race->error = error;
}

/* Returns a descriptor that is connected, or -1. */
static int start(struct race *race, union address address, uint16_t port) {
    int family = address.any.sa_family, on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        note(race, errno);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (family == AF_INET)
        address.ipv4.sin_port = htons(port);
    else
        address.ipv6.sin6_port = htons(port);
    socklen_t len = family == AF_INET ? sizeof address.ipv4 : sizeof address.ipv6;
    if (connect(fd, &address.any, len) == 0) return fd;
    if (errno == EINPROGRESS) {
        race->runners[race->count++] = (struct pollfd){fd, POLLOUT, 0};
        return -1;
    }
    note(race, errno);
    close(fd);
    return -1;
}

/* Takes those out that are decided. Returns one that is connected, or -1. */
static int finish(struct race *race) {
    for (nfds_t i = race->count; i-- > 0;) {
        struct pollfd runner = race->runners[i];
        int error = 0;
        socklen_t len = sizeof error;
        if (!runner.revents) continue;
        race->runners[i] = race->runners[--race->count];
        if (getsockopt(runner.fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error)
            return runner.fd;
        note(race, error ? error : errno);
        close(runner.fd);
    }
    return -1;
}

static void give_up(struct race *race) {
    while (race->count) close(race->runners[--race->count].fd);
}

/* The number of the address to be tried at that turn: each family in its own order, in turn, the
 * first address first. -1 when all have been. */
static int at_turn(const struct addresses *addresses, int turn) {
    int first = addresses->all[0].any.sa_family, counts[2] = {0, 0};
    for (int i = 0; i < addresses->count; i++) counts[addresses->all[i].any.sa_family != first]++;
    int pairs = counts[0] < counts[1] ? counts[0] : counts[1], other, place;
    if (turn < 2 * pairs) {
        other = turn % 2;
        place = turn / 2;
    } else {
        other = counts[1] > counts[0];
        place = turn - pairs;
    }
    for (int i = 0; i < addresses->count; i++)
        if ((addresses->all[i].any.sa_family != first) == other && place-- == 0) return i;
    return -1;
}

/* Until one is decided, or it is time for the next, or all is over. Returns 0, or -1 with errno. */
static int look(struct race *race, int64_t next, int64_t due) {
    if (wait_for_any(race->runners, race->count, next < due ? next : due) >= 0) return 0;
    return errno == ETIMEDOUT && clock_now() < due ? 0 : -1;
}

int dial(const struct addresses *addresses, uint16_t port, int64_t due) {
    struct race race = {.count = 0};
    int fd = -1, turn = 0;
    int64_t next = 0; /* when it is the next one's turn */
    while (fd < 0 && (race.count || turn < addresses->count)) {
        nfds_t before = race.count;
        if (turn < addresses->count && (!race.count || clock_now() >= next)) {
            fd = start(&race, addresses->all[at_turn(addresses, turn++)], port);
            next = race.count > before ? clock_after(ATTEMPT_DELAY) : 0;
            continue;
        }
        if (look(&race, turn < addresses->count ? next : NEVER, due) < 0) {
            race.error = errno;
            break;
        }
        fd = finish(&race);
        if (race.count < before) next = 0; /* one has failed */
    }
    give_up(&race);
    if (fd < 0) errno = race.error;
    return fd;
}

/* connect(2) waits while the backlog is full, and there is no event for that: it has a time of its
 * own. */
int dial_unix(const char *path, int64_t due) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int64_t left = due == NEVER ? 0 : due - clock_now();
    if (due != NEVER && left < NS_PER_US) left = NS_PER_US; /* 0 would be none */
    struct timeval length = {left / NS_PER_S, left % NS_PER_S / NS_PER_US};
    if (len >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &length, sizeof length);
    int result = connect(fd, (struct sockaddr *)&address, sizeof address);
    if (result == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0) return fd;
    int error = errno == EAGAIN ? ETIMEDOUT : errno;
    close(fd);
    errno = error;
    return -1;
}
