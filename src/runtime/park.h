/* Parking and waking: by nothing, by time, by address, by descriptor.
 *
 * A park may end without reason (a spurious wake), so every caller looks again at what it waits
 * for. A wake is never lost: it either finds the green thread parked or makes its next park return
 * at once, as long as the waiter made itself known (address_wait_begin, or a flag of its own)
 * before it looked the last time. */
#ifndef RUNTIME_PARK_H
#define RUNTIME_PARK_H

#include <poll.h>

#include "runtime/green.h"

/* Parks the calling green thread until green_wake or the due time (NEVER for none). Returns true
 * when the time has come. errno is kept. Must not be pinned. */
RT_SHARED bool green_park(int64_t due);

/* Makes a green thread runnable. One that is queued already stays so; the next park of one that
 * runs returns at once. Any caller: green thread, OS thread, signal handler. errno is kept. */
RT_SHARED void green_wake(struct green *green);

/* The same, and it gets its turn before those that wait for theirs. */
RT_SHARED void green_wake_first(struct green *green);

/* Ends the wait of a green thread that is parked, as a signal handler has run that was meant for
 * it. For green threads: others cannot know whether it has. */
RT_SHARED void green_interrupt(struct green *green);

/* Did a signal handler run while the caller was parked? Clears it. A hook that got true reports
 * EINTR, after it has tried its operation once more. */
static inline bool green_take_interrupt(struct green *self) {
    bool interrupted = self->interrupted;
    self->interrupted = false;
    return interrupted;
}

/* ---- by address: green threads and OS threads alike, woken by whoever calls address_wake ----
 *
 *     struct address_wait wait;
 *     address_wait_begin(&wait, address);
 *     if (condition is already true) { address_wait_end(&wait); return; }
 *     address_wait_sleep(&wait, due);
 *     woken = address_wait_end(&wait);
 */
struct address_wait {
    struct address_wait *next, *prev;
    const void *address;
    struct green *green; /* NULL: an OS thread, which sleeps on woken as a futex */
    int woken;
    uint64_t turn; /* an interpreter's lock: whose turn comes first, see green.h; else 0 */
};

/* Queues the caller behind others that wait for the address. A full memory barrier. */
RT_SHARED void address_wait_begin(struct address_wait *wait, const void *address);

/* Sleeps until woken, the due time, a signal, or without reason. Parks (an OS thread or a pinned
 * green thread blocks). Returns true when the time has come. */
RT_SHARED bool address_wait_sleep(struct address_wait *wait, int64_t due);

/* Leaves the queue. Returns true if an address_wake had picked this waiter: a wake that is
 * consumed, to be passed on by a caller who does not use it. */
RT_SHARED bool address_wait_end(struct address_wait *wait);

RT_SHARED int address_wake_slow(const void *address, int count);

struct address_bucket {
    int lock;
    int waiters; /* read without the lock: the fast path of every unlock */
    struct address_wait *first, *last;
};
enum { ADDRESS_BUCKETS_LOG2 = 12 };
extern RT_SHARED struct address_bucket address_buckets[1 << ADDRESS_BUCKETS_LOG2];

static inline struct address_bucket *address_bucket(const void *address) {
    return &address_buckets[((uintptr_t)address >> 3) * 0x9E3779B97F4A7C15ull >>
                            (64 - ADDRESS_BUCKETS_LOG2)];
}

/* Wakes up to count waiters of the address, the longest waiting first. Returns how many. The caller
 * has changed what they wait for by an atomic read-modify-write or behind a full barrier. Any
 * caller, signal handlers included. errno is kept. */
static inline int address_wake(const void *address, int count) {
    if (__builtin_expect(__atomic_load_n(&address_bucket(address)->waiters, __ATOMIC_SEQ_CST) == 0,
                         1))
        return 0;
    return address_wake_slow(address, count);
}

/* ---- by descriptor ---- */
enum wait_result {
    WAIT_RETRY,       /* perhaps ready: try the operation again */
    WAIT_TIMED_OUT,   /* the due time has come */
    WAIT_EXPIRED,     /* past its deadline, or cancelled: fail with green_expiry_errno */
    WAIT_INTERRUPTED, /* a signal handler has run: fail with EINTR */
    WAIT_CLOSED,      /* the descriptor was closed meanwhile: fail with EBADF */
    WAIT_UNPOLLABLE,  /* a regular file, or no descriptor at all: do what libc does */
};

/* Waits until fd may be ready for events (POLLIN, POLLOUT, POLLPRI). Parks. The caller has tried
 * the operation and got EAGAIN since it last parked. errno is kept. */
RT_SHARED enum wait_result fd_wait(int fd, short events, int64_t due);

/* The same for several; revents is not written: poll them again. Entries with a negative fd are
 * skipped; those that cannot be polled are taken as never ready. due NEVER for none. */
RT_SHARED enum wait_result fd_wait_many(const struct pollfd *fds, nfds_t count, int64_t due);

/* Waits for a turn to use fd, whatever it is ready for: until green_wake, the due time, or the end
 * of the descriptor. Counts as waiting for fd. Parks. Never WAIT_UNPOLLABLE; fd is below the limit
 * of the table. errno is kept. */
RT_SHARED enum wait_result fd_wait_turn(int fd, int64_t due);

/* Waits until the due time. Parks. WAIT_TIMED_OUT, WAIT_EXPIRED or WAIT_INTERRUPTED; never
 * WAIT_RETRY. */
RT_SHARED enum wait_result time_wait(int64_t due);

/* fd was just made by a hooked call: what we remember of that number is of another life, and its
 * registration can be trusted until fd_closing; not so for one made on an OS thread or while
 * pinned. */
RT_SHARED void fd_born(int fd);

/* fd was just made by a call that tells us nothing (open): forget, and trust nothing. */
RT_SHARED void fd_unknown(int fd);

/* fd is about to be closed, or replaced by dup2: forgets it and wakes the green threads that wait
 * for it with WAIT_CLOSED. On an OS thread, and while pinned, it wakes nobody (as close(2) does not
 * end another thread's read) and only stops trusting what is remembered. Any caller but a vfork
 * child; signal handlers included. errno is kept. */
RT_SHARED void fd_closing(int fd);

/* A number that somebody has given to this life of a descriptor; 0: nobody has. Any caller, the
 * second between sched_enter and sched_leave. */
RT_SHARED uint16_t fd_label(int fd);
RT_SHARED void fd_label_set(int fd, uint16_t label);

/* The same, for one who is told when the life ends: fd_untied, by whoever ends it: any caller that
 * may close a descriptor, signal handlers and OS threads included. It must not park. fd_tie_set
 * returns false for a number that is outside the table. */
RT_SHARED uint32_t fd_tie(int fd);
RT_SHARED bool fd_tie_set(int fd, uint32_t tie);
extern RT_SHARED void (*fd_untied)(uint32_t tie);

/* Ends a tie as the end of the descriptor would. */
RT_SHARED void fd_untie(int fd);

/* A descriptor that has that tie; -1 for none. Looks at all there have been. */
RT_SHARED int fd_find_tied(uint32_t tie);

/* Is it one of the runtime's own descriptors, or one of the server's, which the application must
 * not close? */
RT_SHARED bool fd_is_ours(int fd);

#endif
