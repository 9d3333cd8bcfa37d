/* Green threads: hollow pthreads and their pools. hollow.h says how one is made, sched.h how they
 * take turns.
 *
 * Owned by the scheduler's carrier: run queue, timer heap, pool, descriptor table, poller. Only a
 * green thread that is attached to that carrier touches them, between sched_enter and sched_leave,
 * and never from a signal handler. From anywhere else there is green_wake and address_wake. */
#ifndef RUNTIME_GREEN_H
#define RUNTIME_GREEN_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "runtime/timer.h"

struct robust_list_head;
struct green_exit; /* an entry of __cxa_thread_atexit_impl */
struct carrier;
struct account;

/* A pool holds green threads of one kind. */
struct green_pool {
    struct green *free;   /* most recently used first */
    size_t stack_size;    /* bytes, guard page included */
    bool fresh_each_time; /* run key destructors and restore TLS images between two uses */
    unsigned idle;        /* length of free */
};

/* Which kernel task a green thread runs on. Attached: the scheduler's carrier, in its turn.
 * Detached: a carrier of its own, in parallel with the others; it may compute, make system calls,
 * take locks and wake others, and attaches again before it parks or touches what the scheduler
 * owns. Claimed: the monitor is about to detach it, or to think better of it. */
enum green_state { GREEN_ATTACHED, GREEN_CLAIMED, GREEN_DETACHED };

/* What the park of a green thread is for, see activity.h. */
enum green_wait {
    GREEN_WAIT_OTHER,
    GREEN_WAIT_DESCRIPTOR,  /* wait_for is its number */
    GREEN_WAIT_DESCRIPTORS, /* the first of them */
    GREEN_WAIT_TIME,        /* when */
    GREEN_WAIT_ADDRESS,     /* the address */
    GREEN_WAIT_OS_THREAD,   /* that does its work */
};

enum { THREAD_NAME_SIZE = 16 }; /* with the 0: the kernel's TASK_COMM_LEN */

struct green {
    void *sp;                   /* saved stack pointer, while not running */
    uintptr_t tp;               /* thread pointer */
    pthread_t thread;           /* what pthread_self() says on it */
    struct green *next;         /* on the run queue; the other lists have links of their own, */
    struct green *pool_next;    /* since a stale wake may come while it is on one of them */
    struct green *carrier_next; /* waiting for a carrier */
    struct green *remote_next;  /* on the stack of remote wakes */
    bool queued;                /* on the run queue */
    bool parked;                /* in green_park */
    bool timed_out;             /* the last park ended by its timer */
    bool interrupted;           /* a signal handler ran while parked, for it: hooks report EINTR */
    bool joinable;              /* somebody owes a join */
    bool done;                  /* its function has returned; address joiners wait on */
    bool pooled;                /* on its pool's free list */
    bool fresh;                 /* has not run a task yet */
    bool dirty;                 /* ran a task since its stack was last trimmed */
    bool moved;                 /* detached at its own wish, by carrier_offload_begin */
    uint8_t wait;               /* enum green_wait: of the park that it is in, or about to be in */
    int64_t wait_for;
    struct account *account; /* of its time; NULL: nobody counts it */
    int64_t ready_at;        /* if it has one: since when it could go on, see sched.h */
    int64_t waited;          /* for how long its last park has waited; 0 without an account */
    int state;               /* enum green_state. Atomic */
    int pinned;  /* > 0: hooks behave as libc's. Signal handler, offloaded, stdio lock held */
    int depth;   /* > 0: inside code that touches scheduler-owned data */
    int remote;  /* on the stack of remote wakes. Atomic */
    int hurried; /* its remote wake is to put it first. Atomic */
    struct timer timer;      /* due time of the park */
    int64_t deadline;        /* of its current task, see gr_deadline; NEVER for none */
    int cancelled;           /* its current task is. Atomic */
    int joining;             /* a pthread_join of it has begun. Atomic */
    int shields;             /* > 0: which is of no effect now */
    uint64_t signal_mask;    /* kernel sigset of this thread */
    struct carrier *carrier; /* where it runs while detached */
    int handed_off;          /* how often, since it last waited for a descriptor or for time */
    int own_waits;           /* for locks on its own kernel task, see address_wait_begin */
    const void *site;        /* outside an interpreter's lock: where it left it, see site.h */
    unsigned spell;          /* how often it has left it */
    uint64_t turn;           /* its place among those who want it back; 0: it has not waited yet */
    int64_t site_detached;   /* when it was detached for that; 0: it was not */
    void *(*fn)(void *);
    void *arg;
    void *result;
    struct green_exit *exits;
    struct robust_list_head *robust; /* the robust mutexes it holds: glibc's list, see tls.h */
    struct green_pool *pool;
    const void *work;            /* the server's: the request for which it works; NULL for none */
    char *stack;                 /* lowest address, the guard page */
    int *tid;                    /* pd->tid, holding our fake tid */
    char name[THREAD_NAME_SIZE]; /* given by pthread_setname_np, or inherited; "": the worker's */
};

/* What the next park is for. */
static inline void green_waits(struct green *self, enum green_wait wait, int64_t wait_for) {
    self->wait = wait;
    self->wait_for = wait_for;
}

/* The green thread whose TLS this is; NULL on OS threads and in a forked child. */
extern RT_SHARED __thread struct green *green_self_tls __attribute__((tls_model("initial-exec")));

static inline struct green *green_self(void) { return green_self_tls; }

/* Set by the monitor: the running green thread should give way at its next hook. */
extern RT_SHARED volatile int green_must_yield;
RT_SHARED void green_yield_now(void);

/* The calling green thread if it may park here, else NULL: then do what libc does. Not inside the
 * scheduler, where it might be called by an allocator with hooked locks. Gives way first if asked
 * to, so whatever is looked at before may have changed after. Parks. errno is kept. */
static inline struct green *green_may_park(void) {
    struct green *self = green_self_tls;
    if (__builtin_expect(self != NULL, 1) &&
        __builtin_expect((self->pinned | self->depth) == 0, 1)) {
        if (__builtin_expect(green_must_yield || fault(FAULT_YIELD), 0)) green_yield_now();
        return self;
    }
    return NULL;
}

/* Of sched_enter, for one that is not attached. Parks. */
RT_SHARED bool carrier_attach(struct green *self);

/* Between these two the caller is attached and touches scheduler-owned data. Nests. Returns true if
 * the caller had been detached: others have run meanwhile, so that what it looked at before may no
 * longer hold. The monitor does not claim whoever is inside: it writes the state, has all tasks
 * pass a memory barrier, and then reads depth; here depth is written before the state is read. */
static inline bool sched_enter(struct green *self) {
    self->depth++;
    __asm__ volatile("" ::: "memory");
    return __builtin_expect(__atomic_load_n(&self->state, __ATOMIC_RELAXED) != GREEN_ATTACHED, 0) &&
           carrier_attach(self);
}

/* The same, but leaves a detached caller detached and returns false; then nothing has been entered.
 * For those who hold a lock that the scheduler takes, over which there must be no switch. */
static inline bool sched_try_enter(struct green *self) {
    self->depth++;
    __asm__ volatile("" ::: "memory");
    if (__builtin_expect(__atomic_load_n(&self->state, __ATOMIC_RELAXED) == GREEN_ATTACHED, 1))
        return true;
    self->depth--;
    return false;
}

static inline void sched_leave(struct green *self) {
    __asm__ volatile("" ::: "memory");
    self->depth--;
}

/* Has the waiting calls of a green thread fail with ECANCELED from now on, until its task ends. Any
 * caller; the green thread must not have ended. */
RT_SHARED void green_cancel(struct green *green);

static inline bool green_is_cancelled(const struct green *self) {
    return __builtin_expect(__atomic_load_n(&self->cancelled, __ATOMIC_RELAXED) != 0, 0) &&
           self->shields == 0;
}

/* The time at which the waiting calls of the caller expire; long past when it is cancelled. To be
 * read anew after each park, since green_cancel ends the park and not the wait. */
static inline int64_t green_expires(const struct green *self) {
    return green_is_cancelled(self) ? 0 : self->deadline;
}

/* With what errno a wait that has expired fails. */
static inline int green_expiry_errno(const struct green *self) {
    return green_is_cancelled(self) ? ECANCELED : ETIMEDOUT;
}

/* Puts fn(arg) on a green thread of the pool and on the run queue. Caller is a green thread.
 * joinable: it goes back to the pool by green_release after done is set, else by itself. NULL with
 * errno EAGAIN. */
RT_SHARED struct green *green_start(struct green_pool *pool, void *(*fn)(void *), void *arg,
                                    bool joinable);

/* Gives a joinable green thread back to its pool, now or when it is done. Any caller. */
RT_SHARED void green_release(struct green *green);

/* Waits for done. Parks (OS threads block). Returns 0, EDEADLK, or ETIMEDOUT when the time has come
 * or, if may_expire, the caller's waits expire. Does not release it. */
RT_SHARED int green_join(struct green *green, int64_t due, bool may_expire);

/* Ends the process, as at the end of main, when it is a child that the calling green thread has
 * forked: for code of ours that the application comes back to, where such a child has no business.
 */
RT_SHARED void green_end_if_forked(void);

/* The green thread behind a pthread_t, or NULL when it is an OS thread. Any caller. */
RT_SHARED struct green *green_of(pthread_t thread);

/* Records a destructor to run when the task of the calling green thread ends. */
RT_SHARED int green_at_exit(void (*fn)(void *), void *object);

/* Pthread keys that the application made, so that their destructors can be run on reuse. */
RT_SHARED void green_key_created(pthread_key_t key, void (*destructor)(void *));
RT_SHARED void green_key_deleted(pthread_key_t key);

/* Threads started by the application (pthread_create, gr_spawn). */
extern RT_SHARED struct green_pool green_app_pool;

/* Threads that answer requests: like those of a thread pool, they keep their TLS between tasks. */
extern RT_SHARED struct green_pool green_request_pool;

/* Sets the stack size of both pools, in bytes. A while after green threads have gone idle, the
 * stack pages that all but the hottest of them hold above a small mark are given back. Returns 0,
 * or -1 with errno ENOMEM. */
int green_pools_init(size_t stack_size);

/* How many green threads have been made. */
unsigned green_made(void);

#endif
