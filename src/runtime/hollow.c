#include "runtime/hollow.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <unistd.h>

#include "base/sys.h"
#include "runtime/context.h"

#if defined(__x86_64__)
enum { RSEQ_SIGNATURE = 0x53053053 };
#elif defined(__aarch64__)
enum { RSEQ_SIGNATURE = (int)0xd428bc00 };
#endif

enum {
    PTHREAD_WORDS = 576,   /* where pd->tid is looked for: the size of struct pthread in ints */
    TID_BASE = 0x20000000, /* above any pid the kernel gives (2^22), up to FUTEX_TID_MASK */
    TIDS_EACH = 1 << 17,  /* for a process: those whose pids differ modulo 2^12 share none, since */
    TID_RANGES = 1 << 12, /* a mutex that they share is known to be owned by this number */
    RSEQ_CPU_ID_OFFSET = 4,
    RSEQ_UNREGISTER = 1,
};

/* Of the thread being made; there is one at a time. */
static struct birth {
    struct green *green;
    void (*entry)(struct green *);
    int *tid; /* pd->tid; NULL: not found */
    int task; /* the kernel clears it when the task is gone, and with it all use of the stack */
} birth;

static ptrdiff_t tid_offset = -1; /* of pd->tid from pthread_self(), in ints */
static ptrdiff_t rseq_offset;     /* from the thread pointer; 0: the C library has no rseq */
static unsigned made;
static uint64_t tids_taken[TIDS_EACH / 64]; /* bits */

/* The words of the main thread that hold its tid, to be intersected with those of a second thread:
 * by value in one thread alone, a tid can equal half of a pointer. */
static int main_tid;
static const int *main_words;

static int find_tid_word(const int *words, int tid) {
    for (ptrdiff_t i = 0; i < PTHREAD_WORDS; i++)
        if (words[i] == tid && main_words[i] == main_tid) {
            tid_offset = i;
            return 0;
        }
    return -1;
}

void hollow_rseq_clear(void) {
    if (rseq_offset) *(volatile int *)(context_tp() + rseq_offset + RSEQ_CPU_ID_OFFSET) = -2;
}

void hollow_rseq_unregister(void) {
    if (!rseq_offset) return;
    /* The kernel wants the length that was registered: 32 before glibc 2.40, the rounded size
     * after. */
    static const unsigned lengths[] = {32, 20, 24, 28, 40, 48, 64};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        if (sys(SYS_rseq, context_tp() + rseq_offset, lengths[i], RSEQ_UNREGISTER,
                RSEQ_SIGNATURE) == 0)
            break;
    hollow_rseq_clear();
}

/* The kernel is given a word of ours to clear at exit: which of glibc's own it clears differs
 * between versions (pd->tid on 2.41, not on 2.43). No libc call is made: this thread must not leave
 * a lock or a cache behind. */
static void *hollow_main(void *unused) {
    struct green *green = birth.green;
    void (*entry)(struct green *) = birth.entry;
    green_self_tls = green;
    green->tp = context_tp();
    green->thread = pthread_self();
    size_t robust_len;
    if (sys(SYS_get_robust_list, 0, &green->robust, &robust_len) < 0) green->robust = NULL;
    int *words = (int *)green->thread;
    int tid = (int)sys(SYS_gettid);
    if (tid_offset < 0) find_tid_word(words, tid);
    birth.tid = tid_offset < 0 ? NULL : &words[tid_offset];
    sys(SYS_set_tid_address, &birth.task);
    hollow_rseq_clear();
    context_leave_task(&green->sp);
    hollow_rseq_clear(); /* the kernel wrote to it once more on the way out */
    entry(green);
    __builtin_unreachable();
}

static void wait_for_exit(int *word) {
    int value;
    while ((value = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != 0)
        sys(SYS_futex, word, FUTEX_WAIT, value, NULL);
}

int pthread_create_blocked(pthread_t *thread, const pthread_attr_t *attributes,
                           void *(*start)(void *), void *arg) {
    uint64_t all = SIGNALS_ALL, mask;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof mask);
    int error = pthread_create(thread, attributes, start, arg);
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
    return error;
}

/* One that nobody has, and nobody has had for long. */
static int tid_take(void) {
    unsigned n = made++ % TIDS_EACH;
    for (unsigned i = 1; i < TIDS_EACH && tids_taken[n / 64] >> n % 64 & 1; i++)
        n = made++ % TIDS_EACH;
    tids_taken[n / 64] |= UINT64_C(1) << n % 64;
    return TID_BASE + main_tid % TID_RANGES * TIDS_EACH + (int)n;
}

void hollow_renew_tid(struct green *green) {
    unsigned n = (unsigned)(*green->tid - TID_BASE) % TIDS_EACH;
    tids_taken[n / 64] &= ~(UINT64_C(1) << n % 64);
    *green->tid = tid_take();
}

int hollow_make(struct green *green, char *stack, size_t size, void (*entry)(struct green *)) {
    birth = (struct birth){.green = green, .entry = entry, .task = 1};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, size);
    pthread_t thread;
    int error = pthread_create_blocked(&thread, &attributes, hollow_main, NULL);
    pthread_attr_destroy(&attributes);
    if (error) {
        errno = EAGAIN;
        return -1;
    }
    wait_for_exit(&birth.task);
    if (!birth.tid) { /* the runtime does not start then; the thread is lost, its stack with it */
        errno = ENOTSUP;
        return -1;
    }
    *birth.tid = tid_take();
    green->tid = birth.tid;
    return 0;
}

/* Others have no such string, even where they have glibc's functions (musl with gcompat). */
static bool is_glibc(void) { return confstr(_CS_GNU_LIBC_VERSION, NULL, 0) > 0; }

int hollow_init(const char **why) {
    if (!is_glibc()) {
        *why = "the C library is not glibc";
        errno = ENOTSUP;
        return -1;
    }
    context_init();
    main_tid = getpid();
    if (sys(SYS_gettid) != main_tid) {
        *why = "the runtime must be started on the main thread";
        errno = EINVAL;
        return -1;
    }
    main_words = (const int *)pthread_self();
    const ptrdiff_t *offset = dlsym(RTLD_DEFAULT, "__rseq_offset");
    const unsigned *size = dlsym(RTLD_DEFAULT, "__rseq_size");
    if (offset && size && *size) rseq_offset = *offset;
    return 0;
}
