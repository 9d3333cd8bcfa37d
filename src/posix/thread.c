/* Threads: which of them become green, and what a pthread_t that is green takes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posix/due.h"
#include "posix/moved.h"
#include "posix/signal.h"

/* The green thread behind a pthread_t, but for the main thread. */
static struct green *hollow_of(pthread_t thread) { return runtime_on ? green_of(thread) : NULL; }

/* ---- creation ---- */

static size_t default_stack_size(void) {
    pthread_attr_t attributes;
    size_t size = 0;
    if (pthread_attr_init(&attributes)) return 0;
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    return size;
}

/* One that brings its own stack, or asks for a larger one than ours are, becomes an OS thread.
 * libc's default is not asked for; it is what stands there when nobody asks. */
static bool stack_suits(const pthread_attr_t *attributes) {
    void *stack;
    size_t size;
    if (pthread_attr_getstack(attributes, &stack, &size)) return false;
    if ((uintptr_t)stack + size != 0) return false;
    return size <= green_app_pool.stack_size || size == default_stack_size();
}

/* The runtime makes its own threads through here, in places where it cannot give way: depth is not
 * 0 then. */
static bool becomes_green(void *(*start)(void *), void *arg, const pthread_attr_t *attributes) {
    struct green *self = green_self();
    if (!self || self->pinned || self->depth) return false;
    return thread_is_adopted(start, arg) && (!attributes || stack_suits(attributes));
}

HOOK int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                        void *arg) {
    if (!becomes_green(start, arg, attributes))
        return REAL(pthread_create)(thread, attributes, start, arg);
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attributes) pthread_attr_getdetachstate(attributes, &detached);
    struct green *green =
        green_start(&green_app_pool, start, arg, detached == PTHREAD_CREATE_JOINABLE);
    if (!green) return EAGAIN;
    *thread = green->thread;
    return 0;
}

/* ---- the end ---- */

/* One that was detached, or is being joined already, cannot be. */
static int join_green(struct green *green, void **result, int64_t due) {
    if (!green->joinable) return EINVAL;
    if (green == green_self()) return EDEADLK;
    if (__atomic_exchange_n(&green->joining, 1, __ATOMIC_ACQ_REL)) return EINVAL;
    int error = green_join(green, due, false);
    if (error) {
        __atomic_store_n(&green->joining, 0, __ATOMIC_RELEASE);
        return error;
    }
    if (result) *result = green->result;
    green_release(green);
    return 0;
}

HOOK int pthread_join(pthread_t thread, void **result) {
    struct green *green = hollow_of(thread);
    if (green) return join_green(green, result, NEVER);
    if (!green_may_park()) return REAL(pthread_join)(thread, result);
    int error = REAL(pthread_tryjoin_np)(thread, result);
    if (error != EBUSY) return error;
    return MOVED_OR_TRIED(REAL(pthread_join)(thread, result),
                          REAL(pthread_tryjoin_np)(thread, result), result_ != EBUSY);
}

HOOK int pthread_tryjoin_np(pthread_t thread, void **result) {
    struct green *green = hollow_of(thread);
    if (!green) return REAL(pthread_tryjoin_np)(thread, result);
    return green->done ? join_green(green, result, NEVER) : EBUSY;
}

HOOK int pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                              const struct timespec *at) {
    if (at && !due_has_valid_ns(at)) return EINVAL;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return EINVAL;
    struct green *green = hollow_of(thread);
    if (green) return join_green(green, result, due_at(clock, at));
    if (!green_may_park()) return REAL(pthread_clockjoin_np)(thread, result, clock, at);
    int64_t due = due_at(clock, at);
    int error = MOVED_OR_TRIED(REAL(pthread_clockjoin_np)(thread, result, clock, at),
                               REAL(pthread_tryjoin_np)(thread, result),
                               result_ != EBUSY || clock_now() >= due);
    return error == EBUSY ? ETIMEDOUT : error;
}

HOOK int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *at) {
    return pthread_clockjoin_np(thread, result, CLOCK_REALTIME, at);
}

HOOK int pthread_detach(pthread_t thread) {
    struct green *green = hollow_of(thread);
    if (!green) return REAL(pthread_detach)(thread);
    if (!green->joinable) return EINVAL;
    if (!__atomic_load_n(&green->joining, __ATOMIC_ACQUIRE)) green_release(green);
    return 0;
}

/* A signal handler may interrupt the scheduler, on the stack of one that waits. That one cannot be
 * unwound: the scheduler goes on there, and knows of what lies on it. */
static void refuse_exit_in_scheduler(void) {
    static const char sentence[] =
        "greenroom: pthread_exit in a signal handler, while the thread that it ran on waited\n";
    sys(SYS_write, STDERR_FILENO, sentence, sizeof sentence - 1);
    abort();
}

/* The main thread is green 0, on whose kernel task the others run: it waits until the process ends.
 */
HOOK void pthread_exit(void *result) {
    struct green *self = green_self();
    if (is_hollow(self)) {
        if (self->depth) refuse_exit_in_scheduler();
        self->result = result;
    }
    if (self && !is_hollow(self)) {
        signal_handlers_abandoned();
        for (;;) green_park(NEVER);
    }
    REAL(pthread_exit)(result);
    __builtin_unreachable();
}

/* libc's would send the kernel a tid that it does not know. As cancellation is never pending,
 * pthread_testcancel and the cancellation points stay quiet. */
HOOK int pthread_cancel(pthread_t thread) {
    return hollow_of(thread) ? ENOTSUP : REAL(pthread_cancel)(thread);
}

/* A signal for a green thread goes to the kernel task it runs on, where the handler may find
 * another one. */
static int send_to_task(const struct green *green, int signal, siginfo_t *info) {
    int task = green_signal_tid(green);
    if (info) return (int)-sys(SYS_rt_tgsigqueueinfo, runtime_pid, task, signal, info);
    return (int)-sys(SYS_tgkill, runtime_pid, task, signal);
}

/* If a handler has run by then, a wait that it was meant for is to end. */
static int signal_task(struct green *green, int signal, siginfo_t *info) {
    if (green->done) return ESRCH;
    unsigned handled = signal_handled();
    int error = send_to_task(green, signal, info);
    if (signal_handled() != handled) green_interrupt(green);
    return error;
}

/* The main thread's own kernel task may be a spare, while another runs it. */
static struct green *signalled(pthread_t thread) {
    return runtime_on ? green_or_main_of(thread) : NULL;
}

HOOK int pthread_kill(pthread_t thread, int signal) {
    struct green *green = signalled(thread);
    return green ? signal_task(green, signal, NULL) : REAL(pthread_kill)(thread, signal);
}

HOOK int pthread_sigqueue(pthread_t thread, int signal, const union sigval value) {
    struct green *green = signalled(thread);
    if (!green) return REAL(pthread_sigqueue)(thread, signal, value);
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = signal;
    info.si_code = SI_QUEUE;
    info.si_pid = runtime_pid;
    info.si_uid = (uid_t)sys(SYS_getuid);
    info.si_value = value;
    return signal_task(green, signal, &info);
}

/* ---- what is done at the end of a thread ---- */

HOOK int pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    int error = REAL(pthread_key_create)(key, destructor);
    if (!error) green_key_created(*key, destructor);
    return error;
}

HOOK int pthread_key_delete(pthread_key_t key) {
    green_key_deleted(key);
    return REAL(pthread_key_delete)(key);
}

HOOK int __cxa_thread_atexit_impl(void (*fn)(void *), void *object, void *dso) {
    if (is_hollow(green_self())) return green_at_exit(fn, object);
    return REAL(__cxa_thread_atexit_impl)(fn, object, dso);
}
