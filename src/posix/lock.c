/* Mutexes, reader-writer locks and spin locks. The lock itself stays libc's, for its kinds, its
 * owner and OS threads to be as they were; only the waiting is ours. An unlock wakes both sorts of
 * waiters.
 *
 * What the fields of glibc's structures mean is taken from their initialisers in
 * <bits/struct_mutex.h> and <bits/struct_rwlock.h>, which are part of its ABI. */
#include "posix/due.h"
#include "posix/moved.h"
#include "posix/wake.h"
#include "runtime/site.h"

enum { KIND_MASK = 3, KIND_INHERITS = 32, KIND_SHARED = 128 };

typedef int lock_try(void *lock);

/* Waits until try says something else than EBUSY. due concerns the lock alone: a deadline would
 * make callers fail that never look. */
static int lock_wait(lock_try *try, void *lock, int64_t due) {
    for (;;) {
        struct address_wait wait;
        address_wait_begin(&wait, lock);
        int error = try(lock);
        bool late = error == EBUSY && address_wait_sleep(&wait, due);
        bool picked = address_wait_end(&wait);
        if (late) error = try(lock);
        if (picked && error && error != EBUSY) address_wake(lock, 1);
        if (error != EBUSY) return error;
        if (late) return ETIMEDOUT;
    }
}

/* ---- mutexes ---- */

static int mutex_try(void *mutex) { return REAL(pthread_mutex_trylock)(mutex); }

static int tid_of(const struct green *self) { return is_hollow(self) ? *self->tid : runtime_pid; }

/* Priority inheritance needs the kernel to know the owner. Within this process nobody asks the
 * kernel then: OS threads wait by address too, and priorities are not inherited. */
static bool is_inheriting(const pthread_mutex_t *mutex) {
    return runtime_on && mutex->__data.__kind & KIND_INHERITS;
}

static bool is_shared(const pthread_mutex_t *mutex) { return mutex->__data.__kind & KIND_SHARED; }

/* Those who wait for a shared mutex may live in another process, where nobody wakes addresses of
 * ours. The owner is kept by the tid in the thread's TLS, so a task lent for the waiting is as
 * good. */
static int mutex_lock_slowly(struct green *self, pthread_mutex_t *mutex, int64_t due,
                             const struct timespec *at) {
    int kind = mutex->__data.__kind;
    if (self && (kind & KIND_MASK) == PTHREAD_MUTEX_ERRORCHECK &&
        mutex->__data.__owner == tid_of(self))
        return EDEADLK;
    if (at && !due_has_valid_ns(at)) return EINVAL;
    if (!is_shared(mutex)) return lock_wait(mutex_try, mutex, due);
    if (kind & KIND_INHERITS) return ENOTSUP;
    struct timespec until = {due / NS_PER_S, due % NS_PER_S};
    int error = MOVED_OR_TRIED(at ? REAL(pthread_mutex_clocklock)(mutex, CLOCK_MONOTONIC, &until)
                                  : REAL(pthread_mutex_lock)(mutex),
                               mutex_try(mutex), result_ != EBUSY || clock_now() >= due);
    return error == EBUSY ? ETIMEDOUT : error;
}

HOOK int pthread_mutex_lock(pthread_mutex_t *mutex) {
    struct green *self = green_may_park();
    if (!self && !is_inheriting(mutex)) return REAL(pthread_mutex_lock)(mutex);
    if (self) site_taking(self, mutex);
    int error = REAL(pthread_mutex_trylock)(mutex);
    if (__builtin_expect(error != EBUSY, 1)) return error;
    return mutex_lock_slowly(self, mutex, NEVER, NULL);
}

HOOK int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                                 const struct timespec *at) {
    struct green *self = green_may_park();
    if (!self && !is_inheriting(mutex)) return REAL(pthread_mutex_clocklock)(mutex, clock, at);
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return EINVAL;
    int error = REAL(pthread_mutex_trylock)(mutex);
    return error != EBUSY ? error : mutex_lock_slowly(self, mutex, due_at(clock, at), at);
}

HOOK int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *at) {
    return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, at);
}

HOOK int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    int error = REAL(pthread_mutex_unlock)(mutex);
    wake_after_libc(mutex, 1);
    site_left(mutex);
    return error;
}

/* ---- reader-writer locks ---- */

static int rwlock_try_read(void *lock) { return REAL(pthread_rwlock_tryrdlock)(lock); }
static int rwlock_try_write(void *lock) { return REAL(pthread_rwlock_trywrlock)(lock); }

/* Looked at before the lock is, as in glibc. */
static bool is_valid_limit(clockid_t clock, const struct timespec *at) {
    return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && due_has_valid_ns(at);
}

static int rwlock_block(lock_try *try, pthread_rwlock_t *lock, clockid_t clock,
                        const struct timespec *at) {
    if (try == rwlock_try_read)
        return at ? REAL(pthread_rwlock_clockrdlock)(lock, clock, at)
                  : REAL(pthread_rwlock_rdlock)(lock);
    return at ? REAL(pthread_rwlock_clockwrlock)(lock, clock, at)
              : REAL(pthread_rwlock_wrlock)(lock);
}

/* The caller has got EBUSY. at NULL: no limit. */
static int rwlock_wait(struct green *self, lock_try *try, pthread_rwlock_t *lock, clockid_t clock,
                       const struct timespec *at) {
    if (lock->__data.__cur_writer == tid_of(self)) return EDEADLK;
    int64_t due = due_at(clock, at);
    if (!lock->__data.__shared) return lock_wait(try, lock, due);
    int error = MOVED_OR_TRIED(rwlock_block(try, lock, clock, at), try(lock),
                               result_ != EBUSY || clock_now() >= due);
    return error == EBUSY ? ETIMEDOUT : error;
}

HOOK int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    struct green *self = green_may_park();
    if (!self) return REAL(pthread_rwlock_rdlock)(lock);
    int error = REAL(pthread_rwlock_tryrdlock)(lock);
    return error != EBUSY ? error : rwlock_wait(self, rwlock_try_read, lock, CLOCK_MONOTONIC, NULL);
}

HOOK int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    struct green *self = green_may_park();
    if (!self) return REAL(pthread_rwlock_wrlock)(lock);
    int error = REAL(pthread_rwlock_trywrlock)(lock);
    return error != EBUSY ? error
                          : rwlock_wait(self, rwlock_try_write, lock, CLOCK_MONOTONIC, NULL);
}

HOOK int pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                    const struct timespec *at) {
    struct green *self = green_may_park();
    if (!self || !is_valid_limit(clock, at))
        return REAL(pthread_rwlock_clockrdlock)(lock, clock, at);
    int error = REAL(pthread_rwlock_tryrdlock)(lock);
    return error != EBUSY ? error : rwlock_wait(self, rwlock_try_read, lock, clock, at);
}

HOOK int pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                    const struct timespec *at) {
    struct green *self = green_may_park();
    if (!self || !is_valid_limit(clock, at))
        return REAL(pthread_rwlock_clockwrlock)(lock, clock, at);
    int error = REAL(pthread_rwlock_trywrlock)(lock);
    return error != EBUSY ? error : rwlock_wait(self, rwlock_try_write, lock, clock, at);
}

HOOK int pthread_rwlock_timedrdlock(pthread_rwlock_t *lock, const struct timespec *at) {
    return pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, at);
}

HOOK int pthread_rwlock_timedwrlock(pthread_rwlock_t *lock, const struct timespec *at) {
    return pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, at);
}

/* All readers may go on at once, and which waiters are readers is not known here. */
HOOK int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    int error = REAL(pthread_rwlock_unlock)(lock);
    wake_after_libc(lock, EVERYBODY);
    return error;
}

/* ---- spinning: the holder may be parked, and cannot run while another green thread spins ---- */

HOOK int pthread_spin_lock(pthread_spinlock_t *lock) {
    if (!green_may_park()) return REAL(pthread_spin_lock)(lock);
    int error;
    while ((error = REAL(pthread_spin_trylock)(lock)) == EBUSY) green_yield_now();
    return error;
}

HOOK int sched_yield(void) {
    if (!green_may_park()) return REAL(sched_yield)();
    green_yield_now();
    return 0;
}
