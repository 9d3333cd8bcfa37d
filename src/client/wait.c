#include "client/wait.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/client.h"

static bool (*ends_wait)(void);

void gr_client_on_signal(bool (*asked)(void)) { ends_wait = asked; }

/* Shall a wait that ppoll(2) has ended with an error go on? */
static bool goes_on(void) {
    if (errno != EINTR) return false;
    if (!ends_wait || !ends_wait()) return true;
    errno = EINTR;
    return false;
}

int wait_for_any(struct pollfd *fds, nfds_t count, int64_t due) {
    for (;;) {
        int64_t left = due == NEVER ? 0 : due - clock_now();
        if (left < 0) left = 0;
        struct timespec length = {left / NS_PER_S, left % NS_PER_S};
        int ready = ppoll(fds, count, due == NEVER ? NULL : &length, NULL);
        if (ready > 0 || (ready < 0 && !goes_on())) return ready;
        if (ready == 0 && clock_now() >= due) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

int wait_for(int fd, short events, int64_t due) {
    struct pollfd entry = {fd, events, 0};
    return wait_for_any(&entry, 1, due) < 0 ? -1 : 0;
}

int waiter_open(struct waiter *waiter) {
    *waiter = (struct waiter){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return waiter->fd < 0 ? -1 : 0;
}

void waiter_close(struct waiter *waiter) { close(waiter->fd); }

int waiter_wait(struct waiter *waiter, int64_t due) { return wait_for(waiter->fd, POLLIN, due); }

void waiter_wake(struct waiter *waiter) {
    list_remove(&waiter->node);
    waiter->woken = true;
    eventfd_write(waiter->fd, 1);
}
