#include "server/line_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "greenroom/log.h"

enum {
    SIZE = 512 * 1024, /* a power of 2 */
    HALF_FULL = SIZE / 2,
    GATHER_TIME = 50 * NS_PER_MS,
    CLOSE_TIME = 1000 * NS_PER_MS,
};

static char ring[SIZE];
static atomic_size_t filled, emptied; /* bytes ever; the difference is what is in the ring */
static atomic_ulong dropped;
static int fd = -1;

/* The number of bytes at which the thread, asleep on it, wants to be woken; 0 when it is awake. */
static atomic_uint wanted;
static atomic_uint closing, closed;

static void futex_wait(atomic_uint *word, unsigned value, int64_t ns) {
    struct timespec limit = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    sys(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns < 0 ? NULL : &limit);
}

static void futex_wake(atomic_uint *word) { sys(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1); }

/* ---- the worker's side ---- */

static void copy_in(size_t at, const char *data, size_t len) {
    size_t place = at & (SIZE - 1), first = SIZE - place < len ? SIZE - place : len;
    memcpy(ring + place, data, first);
    memcpy(ring, data + first, len - first);
}

/* Either the thread sees the line before it sleeps, or we see that it wants to be woken: both sides
 * have a full barrier between their store and their load. */
static void wake_if(size_t bytes) {
    unsigned limit = atomic_load(&wanted);
    if (limit && bytes >= limit) {
        atomic_store(&wanted, 0);
        futex_wake(&wanted);
    }
}

void line_ring_put(const char *line, size_t len) {
    size_t at = atomic_load_explicit(&filled, memory_order_relaxed);
    size_t in_ring = at - atomic_load_explicit(&emptied, memory_order_acquire);
    if (len > SIZE - in_ring) {
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
        return;
    }
    copy_in(at, line, len);
    atomic_store(&filled, at + len);
    wake_if(in_ring + len);
}

/* ---- the thread's side ---- */

static size_t in_ring(void) { return atomic_load(&filled) - atomic_load(&emptied); }

/* Sleeps until there are that many bytes, the worker closes, or the time is over. */
static void wait_for(unsigned bytes, int64_t ns) {
    atomic_store(&wanted, bytes);
    if (in_ring() < bytes && !atomic_load(&closing)) futex_wait(&wanted, bytes, ns);
    atomic_store(&wanted, 0);
}

/* Complaints about a log must not fill another one. */
static bool may_complain(void) {
    static int64_t last;
    int64_t now = clock_now();
    if (last && now - last < NS_PER_S) return false;
    last = now;
    return true;
}

/* Returns how many bytes are done with: written, or hopeless. */
static size_t write_some(const char *data, size_t len) {
    long n = sys(SYS_write, fd, data, len);
    if (n >= 0) return (size_t)n;
    if (n == -EINTR) return 0;
    if (n == -EAGAIN) {
        struct pollfd pollable = {.fd = fd, .events = POLLOUT};
        sys(SYS_ppoll, &pollable, 1, NULL, NULL, 0);
        return 0;
    }
    if (may_complain())
        gr_log(GR_LOG_WARNING, "the access log cannot be written: %s", strerror((int)-n));
    return len;
}

static void write_all(void) {
    size_t end = atomic_load(&filled), at = atomic_load(&emptied);
    while (at != end) {
        size_t place = at & (SIZE - 1), len = end - at;
        at += write_some(ring + place, SIZE - place < len ? SIZE - place : len);
        atomic_store_explicit(&emptied, at, memory_order_release);
    }
}

static void report_dropped(void) {
    static unsigned long reported;
    unsigned long all = atomic_load(&dropped);
    if (all == reported || !may_complain()) return;
    reported = all;
    gr_log(GR_LOG_WARNING, "the access log is too slow: %lu lines dropped so far", all);
}

static void *write_out(void *unused) {
    while (!atomic_load(&closing) || in_ring() > 0) {
        wait_for(1, -1);
        wait_for(HALF_FULL, GATHER_TIME);
        write_all();
        report_dropped();
    }
    atomic_store(&closed, 1);
    futex_wake(&closed);
    return NULL;
}

/* ---- both ---- */

static int start_thread(void) {
    pthread_attr_t attributes;
    sigset_t all;
    pthread_t thread;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setsigmask_np(&attributes, &all);
    int error = pthread_create(&thread, &attributes, write_out, NULL);
    pthread_attr_destroy(&attributes);
    if (error) errno = error;
    return error ? -1 : 0;
}

int line_ring_open(const char *path) {
    fd = STDOUT_FILENO;
    if (strcmp(path, "-") != 0) {
        int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
        long opened = sys(SYS_openat, AT_FDCWD, path, flags, 0644);
        if (opened < 0) {
            errno = (int)-opened;
            return -1;
        }
        fd = (int)opened;
    }
    atomic_store(&closing, 0);
    atomic_store(&closed, 0);
    return start_thread() < 0 ? -1 : fd;
}

static void wait_until_closed(void) {
    int64_t due = clock_after(CLOSE_TIME), left;
    while (!atomic_load(&closed) && (left = due - clock_now()) > 0) futex_wait(&closed, 0, left);
}

void line_ring_close(void) {
    atomic_store(&closing, 1);
    atomic_store(&wanted, 0);
    futex_wake(&wanted);
    wait_until_closed();
    if (atomic_load(&closed) && fd != STDOUT_FILENO) sys(SYS_close, fd);
}
