/* Calls that hand a thread's tid to the kernel, which has never heard of a green thread's. For the
 * time of the call it is lent that of the kernel task it runs on: what is asked or set is the
 * worker's affinity, priority and clock, shared by all its green threads. */
#include <string.h>

#include "posix/hook.h"

struct loan {
    struct green *green; /* NULL: none was needed */
    int own;
};

static struct loan tid_lend(pthread_t thread) {
    struct green *green = runtime_on ? green_of(thread) : NULL;
    if (!green || green->done) return (struct loan){NULL, 0};
    struct loan loan = {green, *green->tid};
    *green->tid = green_kernel_tid(green);
    return loan;
}

static int tid_return(struct loan loan, int result) {
    if (loan.green) *loan.green->tid = loan.own;
    return result;
}

#define LENDING(call)                         \
    ({                                        \
        struct loan loan_ = tid_lend(thread); \
        tid_return(loan_, call);              \
    })

HOOK int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
    return LENDING(REAL(pthread_getattr_np)(thread, attributes));
}

HOOK int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *set) {
    return LENDING(REAL(pthread_getaffinity_np)(thread, size, set));
}

HOOK int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set) {
    return LENDING(REAL(pthread_setaffinity_np)(thread, size, set));
}

HOOK int pthread_getcpuclockid(pthread_t thread, clockid_t *clock) {
    return LENDING(REAL(pthread_getcpuclockid)(thread, clock));
}

HOOK int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *parameters) {
    return LENDING(REAL(pthread_getschedparam)(thread, policy, parameters));
}

HOOK int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameters) {
    return LENDING(REAL(pthread_setschedparam)(thread, policy, parameters));
}

HOOK int pthread_setschedprio(pthread_t thread, int priority) {
    return LENDING(REAL(pthread_setschedprio)(thread, priority));
}

/* A name is the kernel task's in libc, and the worker's is not a green thread's to change: so a
 * green thread has its own here, which its hooks alone know. */
HOOK int pthread_getname_np(pthread_t thread, char *name, size_t size) {
    struct green *green = runtime_on ? green_of(thread) : NULL;
    if (!green || !*green->name) return LENDING(REAL(pthread_getname_np)(thread, name, size));
    if (size < THREAD_NAME_SIZE) return ERANGE;
    strcpy(name, green->name);
    return 0;
}

HOOK int pthread_setname_np(pthread_t thread, const char *name) {
    struct green *green = runtime_on ? green_of(thread) : NULL;
    if (!green) return REAL(pthread_setname_np)(thread, name);
    if (strnlen(name, THREAD_NAME_SIZE) == THREAD_NAME_SIZE) return ERANGE;
    strcpy(green->name, name);
    return 0;
}
