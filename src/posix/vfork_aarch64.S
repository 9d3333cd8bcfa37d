/* pid_t vfork(void). The child returns from here on the parent's stack and writes over what is on
 * it, so the parent keeps its return address in a register, which a system call leaves alone. */
        .text
        .globl  vfork
        .type   vfork, %function
vfork:
        .cfi_startproc
        stp     x29, x30, [sp, -16]!
        .cfi_def_cfa_offset 16
        .cfi_offset 29, -16
        .cfi_offset 30, -8
        bl      vfork_begin
        ldp     x29, x30, [sp], 16
        .cfi_def_cfa_offset 0
        .cfi_restore 29
        .cfi_restore 30
        mov     x0, #0x4111             /* CLONE_VM | CLONE_VFORK | SIGCHLD */
        mov     x1, xzr                 /* on the same stack */
        mov     x8, #220                /* SYS_clone */
        svc     #0
        cbz     x0, 1f
        stp     x29, x30, [sp, -16]!
        .cfi_def_cfa_offset 16
        .cfi_offset 29, -16
        .cfi_offset 30, -8
        bl      vfork_end
        ldp     x29, x30, [sp], 16
        .cfi_def_cfa_offset 0
        .cfi_restore 29
        .cfi_restore 30
1:      ret
        .cfi_endproc
        .size   vfork, .-vfork
        .section .note.GNU-stack, "", %progbits
