#include "server/lifeline.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/sys.h"
#include "runtime/carrier.h"
#include "runtime/runtime.h"

static int fd;
static int64_t patience; /* atomic */

static void *wait_for_the_end(void *unused) {
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (sys(SYS_ppoll, &end, 1, NULL, NULL, 0) <= 0) {
    }
    int64_t longest = __atomic_load_n(&patience, __ATOMIC_RELAXED);
    if (longest) sys(SYS_kill, runtime_pid, SIGTERM);
    struct timespec left = {.tv_sec = longest / NS_PER_S, .tv_nsec = longest % NS_PER_S};
    while (sys(SYS_nanosleep, &left, &left) != 0) {
    }
    sys(SYS_exit_group, 1);
    return NULL;
}

int lifeline_hold(int master_fd) {
    fd = master_fd;
    if (os_thread_start(wait_for_the_end, NULL, OS_THREAD_STACK) < 0) return -1;
    prctl(PR_SET_PDEATHSIG, 0);
    return 0;
}

void lifeline_loosen(int64_t longest) { __atomic_store_n(&patience, longest, __ATOMIC_RELAXED); }
