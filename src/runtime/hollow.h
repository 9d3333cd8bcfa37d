/* The trick: a pthread whose kernel task has been taken away.
 *
 *   creator                     new kernel task
 *   pthread_create  ─────────▶  hollow_main: notes its thread pointer and its tid word; has the
 *   waits for the word            kernel clear a word of ours at exit; saves its registers;
 *                                 raw exit(2)  ── the kernel clears the word
 *   writes a made-up tid
 *
 * What remains is glibc's side of a thread: stack, TLS, struct pthread. Whoever loads its thread
 * pointer and stack pointer (context_switch) is that thread, as far as user code can tell. */
#ifndef RUNTIME_HOLLOW_H
#define RUNTIME_HOLLOW_H

#include "runtime/green.h"

/* pthread_create(3) of a thread that starts with all signals blocked. */
int pthread_create_blocked(pthread_t *thread, const pthread_attr_t *attributes,
                           void *(*start)(void *), void *arg);

/* Learns what is needed of this C library and kernel, with the calling thread, the process's main
 * one, for reference. Returns 0, or -1 with a sentence in *why. */
int hollow_init(const char **why);

/* Fills in the identity of green (tp, thread, sp, tid) with that of a new hollow pthread on the
 * stack, which calls entry(green) when it is first switched to; entry must not return. Returns
 * 0, or -1 with errno EAGAIN. */
int hollow_make(struct green *green, char *stack, size_t size, void (*entry)(struct green *));

/* Gives a green thread that has run before another made-up tid, as a new thread has. For the
 * scheduler's carrier. */
void hollow_renew_tid(struct green *green);

/* Tells the C library that the calling thread has no registered rseq area. */
void hollow_rseq_clear(void);

/* Takes the registration of the main thread's rseq area back, so that it may change its kernel
 * task. */
void hollow_rseq_unregister(void);

#endif
