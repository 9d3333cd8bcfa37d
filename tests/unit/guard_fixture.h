/* Downstreams that policies are about, to be connected to through the interposed libc: each is a
 * listening socket of this process, with a policy of its own. */
#ifndef GUARD_FIXTURE_H
#define GUARD_FIXTURE_H

#include "runtime_fixture.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard/guard.h"

#define MS(count) ((count) * (int64_t)NS_PER_MS)

enum {
    ONE,
    NO_QUEUE,
    IN_TIME,
    SLOW_ACCEPT,
    SLOW_ANSWER,
    IDLE,
    FRAGILE,
    CROWDED,
    ONE_CALL,
    MIXED,
    COUNT
};

static struct policy policies[COUNT] = {
    [ONE] = {.max_connections = 1, .max_queued = -1},
    [NO_QUEUE] = {.max_connections = 1},
    [IN_TIME] = {.max_connections = 1, .max_queued = -1, .connect_timeout = MS(20)},
    [SLOW_ACCEPT] = {.max_queued = -1, .connect_timeout = MS(20)},
    [SLOW_ANSWER] = {.max_queued = -1, .read_timeout = MS(20)},
    [IDLE] = {.max_queued = -1, .read_timeout = MS(100)},
    [FRAGILE] = {.max_queued = -1, .breaker = {50, 2, 10 * (int64_t)NS_PER_S, MS(20)}},
    [CROWDED] = {.max_connections = 1,
                 .max_queued = -1,
                 .breaker = {50, 1, 10 * (int64_t)NS_PER_S, 10 * (int64_t)NS_PER_S}},
    [ONE_CALL] = {.max_calls = 1, .max_queued = -1},
    [MIXED] = {.max_connections = 3,
               .max_calls = 2,
               .max_queued = 6,
               .connect_timeout = MS(5),
               .read_timeout = MS(2),
               .breaker = {90, 20, MS(20), MS(1)}},
};

static struct place {
    struct sockaddr_in address;
    int listener;
} places[COUNT];

static inline int begin(void **state) {
    if (start_runtime(state) < 0) return -1;
    for (int i = 0; i < COUNT; i++) {
        struct place *place = &places[i];
        socklen_t len = sizeof place->address;
        place->address =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        place->listener = socket(AF_INET, SOCK_STREAM, 0);
        bind(place->listener, (struct sockaddr *)&place->address, len);
        getsockname(place->listener, (struct sockaddr *)&place->address, &len);
        if (i != FRAGILE) listen(place->listener, i == SLOW_ACCEPT ? 0 : 64);
        snprintf(policies[i].subject, sizeof policies[i].subject, "127.0.0.1:%d",
                 ntohs(place->address.sin_port));
    }
    return guards_init(policies, COUNT);
}

static inline const struct guard *guard_of(int which) {
    for (const struct guard *guard = NULL; (guard = guard_next(guard));)
        if (guard->policy == &policies[which]) return guard;
    fail();
    return NULL;
}

static inline unsigned queued(int which) { return guard_of(which)->connections.queued; }

static inline void await(int which, unsigned count) {
    for (int64_t end = gr_now() + 10 * (int64_t)NS_PER_S; queued(which) != count; usleep(500))
        assert_true(gr_now() < end);
}

static inline int join_up(int fd, int which) {
    const struct place *place = &places[which];
    return connect(fd, (const struct sockaddr *)&place->address, sizeof place->address);
}

/* A connection, or -1 with errno. */
static inline int open_to(int which, int type) {
    int fd = socket(AF_INET, SOCK_STREAM | type, 0);
    if (join_up(fd, which) == 0 || errno == EINPROGRESS) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static inline int open_blocking(int which) {
    int fd = open_to(which, 0);
    assert_true(fd >= 0);
    return fd;
}

static inline int take(int which) {
    int fd = accept(places[which].listener, NULL, NULL);
    assert_true(fd >= 0);
    return fd;
}

/* Somebody who connects, on a green thread. */
struct visitor {
    int which, type, number;
    int64_t deadline; /* from now, 0: none */
    int fd, error, arrived;
};

static int arrivals;

static inline void *visit(void *data) {
    struct visitor *visitor = data;
    if (visitor->deadline) gr_deadline_set(gr_now() + visitor->deadline);
    visitor->fd = open_to(visitor->which, visitor->type);
    visitor->error = visitor->fd < 0 ? errno : 0;
    visitor->arrived = ++arrivals;
    return NULL;
}

#endif
