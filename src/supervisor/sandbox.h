/* --sandbox: what a worker gives up for good, with all that it starts (docs/confinement.md):
 *
 *     no_new_privs     set-user-ID programs and file capabilities give nothing any more
 *     capabilities     none are left, and none can be had again
 *     system calls     those that no application needs fail with EPERM, see sandbox_calls.h
 *
 * Once per child, which has one thread. */
#ifndef SUPERVISOR_SANDBOX_H
#define SUPERVISOR_SANDBOX_H

/* The bounding set goes first: that needs the privileges which a change of user takes away. Returns
 * 0, or -1 with errno. */
int sandbox_prepare(void);

/* The rest. Returns 0, or -1 with errno. */
int sandbox_enter(void);

#endif
