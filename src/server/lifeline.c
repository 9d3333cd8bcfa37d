#include "server/lifeline.h"

#include <poll.h>

#include "base/clock.h"
#include "base/sys.h"
#include "runtime/carrier.h"

static int fd;
static int64_t patience;

static void *wait_for_the_end(void *unused) {
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (sys(SYS_ppoll, &end, 1, NULL, NULL, 0) <= 0) {
    }
    struct timespec left = {.tv_sec = patience / NS_PER_S, .tv_nsec = patience % NS_PER_S};
    while (sys(SYS_nanosleep, &left, &left) != 0) {
    }
    sys(SYS_exit_group, 1);
    return NULL;
}

int lifeline_watch(int master_fd, int64_t longest) {
    fd = master_fd;
    patience = longest;
    return os_thread_start(wait_for_the_end, NULL, OS_THREAD_STACK);
}
