/* Raw system calls: what the runtime itself uses, since libc's names may be interposed by us.
 * Each returns what the kernel returns: a value, or a negated errno. errno is not touched. */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#if defined(__x86_64__)
static inline long sys6(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long r;
    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return r;
}
#elif defined(__aarch64__)
static inline long sys6(long n, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#error "Greenroom runs on x86-64 and aarch64"
#endif

#define SYS_PICK(call, n, a, b, c, d, e, f, ...) \
    call((long)(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* sys_plain(SYS_read, fd, buffer, len): missing arguments are 0. */
#define sys_plain(...) SYS_PICK(sys6, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* The same, for calls that we make for ourselves and whose result the application does not see as
 * it is: the place where faults are injected (base/fault.h). */
#ifdef GREENROOM_WITH_FAULTS
__attribute__((visibility("default"))) long fault_sys(long n, long a, long b, long c, long d,
                                                      long e, long f);
#define sys(...) SYS_PICK(fault_sys, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#else
#define sys(...) sys_plain(__VA_ARGS__)
#endif

/* Sleeps. */
static inline void sys_pause(int64_t ns) {
    struct timespec length = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    sys(SYS_nanosleep, &length, NULL);
}

/* A kernel signal set of all signals but 32 and 33, by which glibc cancels threads and sets ids: it
 * waits for every thread's answer. */
#define SIGNALS_ALL (~(UINT64_C(3) << 31))

#endif
