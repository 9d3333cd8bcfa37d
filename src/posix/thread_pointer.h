/* The register that holds the thread pointer. */
#ifndef POSIX_THREAD_POINTER_H
#define POSIX_THREAD_POINTER_H

#include <stdint.h>

#if defined(__x86_64__)
#include <asm/prctl.h>

#include "base/sys.h"
#endif

static inline uintptr_t thread_pointer(void) { return (uintptr_t)__builtin_thread_pointer(); }

/* From here on thread-local variables, errno among them, are another thread's. */
static inline void thread_pointer_set(uintptr_t tp) {
#if defined(__x86_64__)
    sys(SYS_arch_prctl, ARCH_SET_FS, tp);
#else
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(tp) : "memory");
#endif
}

#endif
