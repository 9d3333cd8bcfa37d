/* The machine's part of a green thread: registers, stack and thread pointer. Implemented in
 * switch_<processor>.S. A saved context is its stack pointer; what it points at, only the assembly
 * knows. */
#ifndef RUNTIME_CONTEXT_H
#define RUNTIME_CONTEXT_H

#include <stdint.h>

/* Saves the callee-saved registers, floating-point control included, on the stack and the stack
 * pointer in *save; goes on in the context whose stack pointer is load, with thread pointer tp.
 * Returns when somebody switches back. */
extern void (*context_switch)(void **save, void *load, uintptr_t tp);

/* Saves like context_switch and ends the kernel task with a raw exit(2). Returns when some other
 * task switches to the saved context. */
void context_leave_task(void **save);

/* Picks the fastest context_switch this processor and kernel allow. */
void context_init(void);

/* The thread pointer: of the caller; and setting it (for glibc's setxid). */
uintptr_t context_tp(void);
void context_tp_set(uintptr_t tp);

#endif
