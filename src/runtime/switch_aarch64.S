/* Saved on the stack of a context, from its stack pointer upwards: x29, x30, x19 to x28, d8 to d15, FPCR
 * (176 bytes, 16-aligned). The signal mask is the scheduler's business. */
#include <sys/syscall.h>

    .macro SAVE
    sub sp, sp, #176
    .cfi_adjust_cfa_offset 176
    stp x29, x30, [sp]
    .cfi_rel_offset x29, 0
    .cfi_rel_offset x30, 8
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mrs x9, fpcr
    str x9, [sp, #160]
    mov x9, sp
    str x9, [x0]
    .endm

    .macro FUNCTION name
    .globl \name
    .hidden \name
    .type \name, %function
    .balign 16
\name:
    .cfi_startproc
    .endm

    .macro END name
    .cfi_endproc
    .size \name, . - \name
    .endm

    .text

/* void context_switch_tpidr(void **save, void *load, uintptr_t tp) */
FUNCTION context_switch_tpidr
    SAVE
    msr tpidr_el0, x2
    mov sp, x1
    ldr x9, [sp, #160]
    msr fpcr, x9
    ldp d14, d15, [sp, #144]
    ldp d12, d13, [sp, #128]
    ldp d10, d11, [sp, #112]
    ldp d8, d9, [sp, #96]
    ldp x27, x28, [sp, #80]
    ldp x25, x26, [sp, #64]
    ldp x23, x24, [sp, #48]
    ldp x21, x22, [sp, #32]
    ldp x19, x20, [sp, #16]
    ldp x29, x30, [sp]
    add sp, sp, #176
    .cfi_adjust_cfa_offset -176
    ret
END context_switch_tpidr

/* void context_leave_task(void **save) */
FUNCTION context_leave_task
    SAVE
    mov x0, #0
    mov x8, #SYS_exit
    svc #0
    brk #1
END context_leave_task

    .section .note.GNU-stack, "", %progbits
