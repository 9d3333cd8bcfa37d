#include "runtime/backtrace.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>

#include "base/clock.h"
#include "base/sys.h"
#include "runtime/runtime.h"

enum { PATIENCE = 100 * NS_PER_MS, LOOK_EVERY = NS_PER_MS };

/* Between those who ask and the handler: claimed by one who asks, asked for, then taken by the
 * handler or given up. */
enum { IDLE, CLAIMED, ASKED, BEING_TAKEN, TAKEN };
static int state;
static const struct green *wanted;
static void **place;
static int room, count;

static int signal_number(void) { return SIGRTMAX - 4; }

static void take(int signal) {
    int asked = ASKED;
    if (green_self_tls != wanted ||
        !__atomic_compare_exchange_n(&state, &asked, BEING_TAKEN, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return;
    count = backtrace(place, room);
    __atomic_store_n(&state, TAKEN, __ATOMIC_RELEASE);
}

/* libc's own sigaction: the interposed one is for the application's signals. */
void backtrace_init(void) {
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), *frame;
    int (*libc_sigaction)(int, const struct sigaction *, struct sigaction *) =
        libc ? dlsym(libc, "sigaction") : NULL;
    struct sigaction action = {.sa_handler = take, .sa_flags = SA_RESTART};
    backtrace(&frame, 1); /* loads the unwinder, which a handler must not */
    if (libc_sigaction) libc_sigaction(signal_number(), &action, NULL);
}

/* No lock: one who asks in vain, since the handler is stuck, must not hold up the others for good.
 */
static bool claim(void) {
    int64_t due = clock_after(PATIENCE);
    for (int idle = IDLE; !__atomic_compare_exchange_n(&state, &idle, CLAIMED, false,
                                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
         idle = IDLE) {
        if (clock_now() >= due) return false;
        sys_pause(LOOK_EVERY);
    }
    return true;
}

/* Not when the handler has begun. */
static bool give_up(void) {
    int asked = ASKED;
    return __atomic_compare_exchange_n(&state, &asked, IDLE, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

int backtrace_of(const struct green *green, void **frames, int most) {
    if (!claim()) return 0;
    int64_t due = clock_after(PATIENCE);
    wanted = green;
    place = frames;
    room = most;
    __atomic_store_n(&state, ASKED, __ATOMIC_RELEASE);
    sys(SYS_tgkill, runtime_pid, green_kernel_tid(green), signal_number());
    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != TAKEN) {
        if (clock_now() >= due && give_up()) return 0;
        sys_pause(LOOK_EVERY);
    }
    int taken = count;
    __atomic_store_n(&state, IDLE, __ATOMIC_RELEASE);
    return taken;
}
