#include "server/threads.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>

#include "base/sys.h"
#include "runtime/bottom.h"
#include "runtime/park.h"
#include "runtime/runtime.h"
#include "runtime/setxid.h"

struct thread {
    struct thread *next_free;
    void (*fn)(void *);
    void *arg;
    struct green *waiting; /* for fn to have returned */
    int given;             /* futex: 1 when fn is to be run */
    int done;              /* fn has returned. Atomic */
};

static struct thread *first_free; /* the one that was busy last */

static void wait_for_work(struct thread *thread) {
    while (!__atomic_exchange_n(&thread->given, 0, __ATOMIC_ACQUIRE))
        sys(SYS_futex, &thread->given, FUTEX_WAIT_PRIVATE, 0, NULL);
}

/* From done on the thread may be given the next work, so who waits is read before. A child that the
 * application forked ends here: the connection is its parent's. */
static void *thread_main(void *arg) {
    struct thread *thread = arg;
    for (;;) {
        wait_for_work(thread);
        struct green *waiting = thread->waiting;
        bottom_call(thread->fn, thread->arg);
        if (!runtime_on) exit(EXIT_SUCCESS);
        __atomic_store_n(&thread->done, 1, __ATOMIC_SEQ_CST);
        green_wake(waiting);
    }
    return NULL;
}

static int start_one(const pthread_attr_t *attributes) {
    struct thread *thread = calloc(1, sizeof *thread);
    pthread_t id;
    if (!thread) return EAGAIN;
    int error = pthread_create(&id, attributes, thread_main, thread);
    if (error) {
        free(thread);
        return error;
    }
    thread->next_free = first_free;
    first_free = thread;
    return 0;
}

int threads_start(uint32_t count, size_t stack_size) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack_size) pthread_attr_setstacksize(&attributes, stack_size);
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++) error = start_one(&attributes);
    pthread_attr_destroy(&attributes);
    setxid_wrap_handler(); /* none of them is hooked to see to it when it changes ids */
    if (!error) return 0;
    errno = error;
    return -1;
}

static bool is_done(const struct thread *thread) {
    return __atomic_load_n(&thread->done, __ATOMIC_ACQUIRE);
}

static bool wait_for(struct green *self, int64_t due) {
    green_waits(self, GREEN_WAIT_OS_THREAD, 0);
    return green_park(due);
}

void threads_run(void (*fn)(void *arg), void *arg, int64_t due, void (*overdue)(void *arg)) {
    struct green *self = green_self();
    sched_enter(self);
    struct thread *thread = first_free;
    first_free = thread->next_free;
    thread->fn = fn;
    thread->arg = arg;
    thread->waiting = self;
    thread->done = 0;
    __atomic_store_n(&thread->given, 1, __ATOMIC_RELEASE);
    sys(SYS_futex, &thread->given, FUTEX_WAKE_PRIVATE, 1);
    bool late = false;
    while (!is_done(thread) && !late) late = wait_for(self, due);
    if (late && !is_done(thread)) overdue(arg);
    while (!is_done(thread)) wait_for(self, NEVER);
    thread->next_free = first_free;
    first_free = thread;
    sched_leave(self);
}
