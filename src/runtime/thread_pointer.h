/* The register that holds the thread pointer, read and set where it may change behind the
 * compiler's back: __builtin_thread_pointer is taken for a constant of the function it stands in.
 */
#ifndef RUNTIME_THREAD_POINTER_H
#define RUNTIME_THREAD_POINTER_H

#include <stdint.h>

#if defined(__x86_64__)

#include <asm/prctl.h>

#include "base/sys.h"

/* The word it points at holds its own address. */
static inline uintptr_t thread_pointer(void) {
    uintptr_t tp;
    __asm__ volatile("mov %%fs:0, %0" : "=r"(tp) : : "memory");
    return tp;
}

/* From here on thread-local variables, errno among them, are another thread's. */
static inline void thread_pointer_set(uintptr_t tp) { sys(SYS_arch_prctl, ARCH_SET_FS, tp); }

#else

static inline uintptr_t thread_pointer(void) {
    uintptr_t tp;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp) : : "memory");
    return tp;
}

static inline void thread_pointer_set(uintptr_t tp) {
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(tp) : "memory");
}

#endif

/* For functions that set it: compiled so that nothing that was derived from it is kept. */
#define TP_OPAQUE __attribute__((noipa, optimize("no-stack-protector")))

#endif
