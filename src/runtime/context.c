#include "runtime/context.h"

#include "base/sys.h"

#if defined(__x86_64__)

#include <asm/prctl.h>
#include <sys/auxv.h>

enum { HWCAP2_FSGSBASE = 1 << 1 };

void context_switch_fsgsbase(void **save, void *load, uintptr_t tp);
void context_switch_prctl(void **save, void *load, uintptr_t tp);

void (*context_switch)(void **, void *, uintptr_t) = context_switch_prctl;

void context_init(void) {
    if (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) context_switch = context_switch_fsgsbase;
}

uintptr_t context_tp(void) {
    uintptr_t tp;
    __asm__ volatile("mov %%fs:0, %0"
                     : "=r"(tp)); /* the TCB starts with its own address (x86-64 psABI) */
    return tp;
}

void context_tp_set(uintptr_t tp) { sys(SYS_arch_prctl, ARCH_SET_FS, tp); }

#elif defined(__aarch64__)

void context_switch_tpidr(void **save, void *load, uintptr_t tp);

void (*context_switch)(void **, void *, uintptr_t) = context_switch_tpidr;

void context_init(void) {}

uintptr_t context_tp(void) {
    uintptr_t tp;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
    return tp;
}

void context_tp_set(uintptr_t tp) { __asm__ volatile("msr tpidr_el0, %0" ::"r"(tp) : "memory"); }

#endif
