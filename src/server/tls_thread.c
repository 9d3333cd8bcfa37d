#include "server/tls_thread.h"

#include <errno.h>
#include <linux/futex.h>

#include "base/sys.h"
#include "runtime/carrier.h"
#include "runtime/park.h"
#include "server/tls_listener.h"

enum { STACK = 256 * 1024, WORK_PAUSE = 50 * NS_PER_US };

#define LOOK_EVERY ((int64_t)NS_PER_S)

struct job {
    struct job *next;
    void (*fn)(void *);
    void *arg;
    struct green *waiting;
    int done; /* from then on it is gone. Atomic */
};

static struct job *newest; /* of those not taken yet; linked to the one before. Atomic */
static int at_work;        /* lock: a job is run, or the process forks */
static int asleep;         /* futex: 1 while the thread sleeps, or is about to. Atomic */

static struct job *take_all(void) {
    struct job *job = __atomic_exchange_n(&newest, NULL, __ATOMIC_ACQUIRE), *oldest = NULL;
    while (job) {
        struct job *earlier = job->next;
        job->next = oldest;
        oldest = job;
        job = earlier;
    }
    return oldest;
}

/* So that a child that the application forks finds no lock of OpenSSL's held by a thread that it
 * does not have. */
static void begin_work(void) {
    while (__atomic_exchange_n(&at_work, 1, __ATOMIC_ACQUIRE)) sys_pause(WORK_PAUSE);
}

static void end_work(void) { __atomic_store_n(&at_work, 0, __ATOMIC_RELEASE); }

static void run_all(struct job *job) {
    while (job) {
        struct job *next = job->next;
        struct green *waiting = job->waiting;
        begin_work();
        job->fn(job->arg);
        end_work();
        __atomic_store_n(&job->done, 1, __ATOMIC_SEQ_CST);
        green_wake(waiting);
        job = next;
    }
}

/* Known to be asleep before it looks the last time; whoever brings a job looks after that. */
static void sleep_until(int64_t due) {
    int64_t left = due - clock_now();
    struct timespec limit = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
    __atomic_store_n(&asleep, 1, __ATOMIC_SEQ_CST);
    if (left > 0 && !__atomic_load_n(&newest, __ATOMIC_SEQ_CST))
        sys(SYS_futex, &asleep, FUTEX_WAIT_PRIVATE, 1, &limit);
    __atomic_store_n(&asleep, 0, __ATOMIC_SEQ_CST);
}

static void *thread_main(void *unused) {
    int64_t look_due = clock_after(LOOK_EVERY);
    for (;;) {
        run_all(take_all());
        if (clock_now() >= look_due) {
            begin_work();
            tls_listeners_look();
            end_work();
            look_due = clock_after(LOOK_EVERY);
        }
        sleep_until(look_due);
    }
    return NULL;
}

int tls_thread_start(void) {
    errno = pthread_atfork(begin_work, end_work, end_work);
    return errno ? -1 : os_thread_start(thread_main, NULL, STACK);
}

static void bring(struct job *job) {
    job->next = __atomic_load_n(&newest, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&newest, &job->next, job, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED)) {
    }
    if (__atomic_exchange_n(&asleep, 0, __ATOMIC_SEQ_CST))
        sys(SYS_futex, &asleep, FUTEX_WAKE_PRIVATE, 1);
}

void tls_thread_run(void (*fn)(void *arg), void *arg) {
    struct green *self = green_self();
    struct job job = {.fn = fn, .arg = arg, .waiting = self};
    sched_enter(self);
    bring(&job);
    while (!__atomic_load_n(&job.done, __ATOMIC_ACQUIRE)) green_park(NEVER);
    sched_leave(self);
}
