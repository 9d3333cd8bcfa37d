/* The runtime as a whole. */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include "runtime/green.h"

enum poller_kind { POLLER_EPOLL, POLLER_POLL };

struct runtime_options {
    enum poller_kind poller;
    size_t stack_size; /* of green threads, bytes */
    int64_t slice; /* ns a green thread may compute before it is asked to give way; 0: for ever */
    bool apart;    /* no code of the application runs on green threads, nor can it make any */
};

/* Makes the calling thread, the process's main one, green thread 0. Once per process. Returns 0, or
 * -1 with errno and a sentence in *why. */
RT_SHARED int runtime_start(const struct runtime_options *options, const char **why);

/* Is the runtime on in this process? False again in a child of fork. */
RT_SHARED extern bool runtime_on;

/* As runtime_options say. */
extern bool runtime_apart;

/* A child that was forked is an ordinary process: no green threads but the one that forked, which
 * is now its main thread; hooks are libc's own. A handler of pthread_atfork calls this. Whoever
 * forks without such handlers calls it in the child. Async-signal-safe. */
RT_SHARED void runtime_abandon(void);

/* Has the scheduler given anybody a turn since *seen, or is it waiting for something to do? Any
 * thread may call it. */
bool runtime_turns(unsigned long *seen);

/* The process id at runtime_start. */
RT_SHARED extern int runtime_pid;

/* Goes on on another kernel task (a spare carrier), where a call that blocks holds up nobody:
 * between begin and end the green thread is pinned and hooks are libc's own. Waits for a carrier
 * when 1,023 are taken. Parks. Returns true if it moved (then end it), false if it stays (may not
 * park here, no task to be had; go on all the same). errno is kept by both. */
RT_SHARED bool carrier_offload_begin(void);
RT_SHARED void carrier_offload_end(void);

/* Which pthread_create makes a green thread: see gr_threads_like. */
RT_SHARED bool thread_is_adopted(void *(*start)(void *), void *arg);

/* The kernel task id that a green thread runs on; for calls that hand pd->tid to the kernel. */
RT_SHARED int green_kernel_tid(const struct green *green);

/* The kernel task that a signal for a green thread is to be sent to: the one it runs on, unless it
 * makes a slow call there, under which all signals are blocked. */
RT_SHARED int green_signal_tid(const struct green *green);

/* Like green_of, but finds green 0 as well. */
RT_SHARED struct green *green_or_main_of(pthread_t thread);

/* The thread pointer that the current kernel task was born with. glibc's setxid needs it. */
RT_SHARED uintptr_t carrier_birth_tp(void);

/* Says that a signal handler of the application begins or ends on this kernel task. Between them
 * hooks are libc's own. Async-signal-safe. */
RT_SHARED void signal_handler_begin(void);
RT_SHARED void signal_handler_end(void);

/* pthread_exit has left the signal handlers that the calling green thread was in, and the streams
 * that it had locked: hooks are ours again, and what the handlers blocked is not any more. */
RT_SHARED void signal_handlers_abandoned(void);

/* The calling thread has changed its signal mask. */
RT_SHARED void signal_mask_changed(void);

struct runtime_stats {
    unsigned long switches;   /* from one green thread to another */
    unsigned long polls;      /* passes through the poller */
    unsigned long forced;     /* times the monitor asked one to give way */
    unsigned long handoffs;   /* times it moved the scheduler away from one instead */
    unsigned long site_moves; /* times one was detached where it was known to stall, see site.h */
    unsigned long
        stalls;      /* times C code under an interpreter's lock kept the worker, see stall.h */
    unsigned greens; /* made so far */
};
RT_SHARED struct runtime_stats runtime_stats(void);

#endif
