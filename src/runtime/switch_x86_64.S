/* Saved on the stack of a context, from its stack pointer upwards: MXCSR and x87 control word (8 bytes),
 * r15, r14, r13, r12, rbx, rbp, return address. The signal mask is the scheduler's business. */
#include <sys/syscall.h>

    .macro SAVE
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    push %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbx, 0
    push %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r12, 0
    push %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r13, 0
    push %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r14, 0
    push %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r15, 0
    sub $8, %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    mov %rsp, (%rdi)
    .endm

    .macro RESTORE
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    add $8, %rsp
    .cfi_adjust_cfa_offset -8
    pop %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore r15
    pop %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore r14
    pop %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore r13
    pop %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore r12
    pop %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbx
    pop %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore rbp
    ret
    .endm

    .macro FUNCTION name
    .globl \name
    .hidden \name
    .type \name, @function
    .balign 16
\name:
    .cfi_startproc
    .endm

    .macro END name
    .cfi_endproc
    .size \name, . - \name
    .endm

    .text

/* void context_switch_fsgsbase(void **save, void *load, uintptr_t tp) */
FUNCTION context_switch_fsgsbase
    SAVE
    wrfsbase %rdx
    mov %rsi, %rsp
    RESTORE
END context_switch_fsgsbase

/* The same where user code may not write the FS base: arch_prctl(ARCH_SET_FS, tp). */
FUNCTION context_switch_prctl
    SAVE
    mov %rsi, %rsp
    mov %rdx, %rsi
    mov $0x1002, %edi
    mov $SYS_arch_prctl, %eax
    syscall
    RESTORE
END context_switch_prctl

/* void context_leave_task(void **save) */
FUNCTION context_leave_task
    SAVE
    xor %edi, %edi
    mov $SYS_exit, %eax
    syscall
    ud2
END context_leave_task

    .section .note.GNU-stack, "", @progbits
