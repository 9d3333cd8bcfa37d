#include "runtime/stall.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/sys.h"
#include "runtime/runtime.h"
#include "runtime/sched.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { PLACES_MAX = 64 };

unsigned long stall_count;

static struct stall_reporter reporter;
static volatile bool reporter_set;
static bool usable; /* the signal has its handler */

/* Between monitor and handler: armed, then taken by the handler or disarmed by the monitor. */
enum { DISARMED, ARMED, BEING_TAKEN, TAKEN };
static int state;
static struct green *watched;
static unsigned long progress;
static int64_t began, delayed; /* when the watch began, and the task's delay then */
static struct stall current;
static timer_t timer;
static int timer_task; /* the kernel task that timer signals; 0: none was made */

static uint64_t places[PLACES_MAX];
static unsigned place_count;

static int stall_signal(void) { return SIGRTMAX - 2; }

void stall_report_with(const struct stall_reporter *with) {
    reporter = *with;
    __atomic_store_n(&reporter_set, true, __ATOMIC_RELEASE);
}

/* For how long a kernel task could have run while others had the processors, in ns: schedstat of
 * proc(5), the second number. 0 where it cannot be read. Async-signal-safe. */
static int64_t delay_of(const char *schedstat) {
    char text[64] = "", *at = text;
    int fd = (int)sys(SYS_openat, AT_FDCWD, schedstat, O_RDONLY | O_CLOEXEC);
    int64_t delay = 0;
    if (fd < 0) return 0;
    if (sys(SYS_read, fd, text, sizeof text - 1) < 0) *text = '\0';
    sys(SYS_close, fd);
    while (*at && *at++ != ' ') continue;
    for (; *at >= '0' && *at <= '9'; at++) delay = delay * 10 + (*at - '0');
    return delay;
}

static void timer_set(int64_t ns) {
    struct itimerspec when = {.it_value = {ns / NS_PER_S, ns % NS_PER_S}};
    timer_settime(timer, 0, &when, NULL);
}

/* Looks again later where much of the time was spent on waiting for a processor. */
static bool is_early(void) {
    int64_t held = clock_now() - began - (delay_of("/proc/thread-self/schedstat") - delayed);
    if (held >= STALL_AFTER - STALL_AFTER / 10) return false;
    timer_set(STALL_AFTER - held);
    return true;
}

static void take(int signal, siginfo_t *info, void *context) {
    int armed = ARMED;
    if (green_self_tls != watched || sched.progress != progress || is_early() ||
        !__atomic_compare_exchange_n(&state, &armed, BEING_TAKEN, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return;
    current.frame_count = backtrace(current.frames, STALL_FRAMES);
    reporter.note(watched, current.work);
    __atomic_store_n(&state, TAKEN, __ATOMIC_RELEASE);
}

/* libc's own sigaction: the interposed one is for the application's signals. */
void stall_init(void) {
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    int (*libc_sigaction)(int, const struct sigaction *, struct sigaction *) =
        libc ? dlsym(libc, "sigaction") : NULL;
    struct sigaction action = {.sa_sigaction = take, .sa_flags = SA_SIGINFO | SA_RESTART};
    void *frame;
    backtrace(&frame, 1); /* loads the unwinder, which a handler must not */
    usable = libc_sigaction && libc_sigaction(stall_signal(), &action, NULL) == 0;
}

static bool timer_for(int task) {
    if (timer_task == task) return true;
    if (timer_task) timer_delete(timer);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = stall_signal()};
    event.sigev_notify_thread_id = task;
    timer_task = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 ? task : 0;
    return timer_task != 0;
}

void stall_watch(struct green *green) {
    char schedstat[48];
    began = clock_now();
    if (!usable || !__atomic_load_n(&reporter_set, __ATOMIC_ACQUIRE)) return;
    if (!timer_for(green_kernel_tid(green))) return;
    snprintf(schedstat, sizeof schedstat, "/proc/self/task/%d/schedstat", timer_task);
    delayed = delay_of(schedstat);
    watched = green;
    progress = sched.progress;
    current.frame_count = 0;
    current.work[0] = current.stack[0] = '\0';
    __atomic_store_n(&state, ARMED, __ATOMIC_RELEASE);
    timer_set(STALL_AFTER);
}

struct stall *stall_end(void) {
    int was = ARMED;
    if (__atomic_compare_exchange_n(&state, &was, DISARMED, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        timer_set(0);
        return NULL;
    }
    if (was == DISARMED) return NULL;
    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) != TAKEN) sys(SYS_sched_yield);
    state = DISARMED;
    current.length = clock_now() - began;
    stall_count++;
    return &current;
}

/* A hash of the line that the interpreter was at, or of the C code's place. */
static uint64_t place_of(const struct stall *stall) {
    const char *at = stall->stack;
    const char *caller = strstr(at, " < ");
    size_t len = caller ? (size_t)(caller - at) : strlen(at);
    if (!len) {
        at = (const char *)stall->frames;
        len = sizeof stall->frames[0] * (size_t)stall->frame_count;
    }
    return hash_more(HASH_START, at, len);
}

static bool is_new(uint64_t place) {
    for (unsigned i = 0; i < place_count; i++)
        if (places[i] == place) return false;
    if (place_count == PLACES_MAX) return false;
    places[place_count++] = place;
    return true;
}

void stall_report(struct stall *stall) {
    if (is_new(place_of(stall))) reporter.report(stall);
}
