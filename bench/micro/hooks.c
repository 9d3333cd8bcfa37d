/* What an interposed call costs over libc's own, in nanoseconds, best of several runs; and a
 * switch. A line for each pair of calls: its name, hooked, libc's, between tabs; and one for the
 * switch. */
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "greenroom/green.h"
#include "runtime/runtime.h"

enum { CALLS = 200000, RUNS = 9 };

static ssize_t (*libc_send)(int, const void *, size_t, int);
static ssize_t (*libc_recv)(int, void *, size_t, int);
static ssize_t (*libc_write)(int, const void *, size_t);
static ssize_t (*libc_read)(int, void *, size_t);
static int (*libc_mutex_lock)(pthread_mutex_t *);
static int (*libc_mutex_unlock)(pthread_mutex_t *);
static int (*libc_sem_wait)(sem_t *);
static int (*libc_sem_post)(sem_t *);

static int pair[2];
static char byte;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t sem;

static double measure(void (*work)(void)) {
    int64_t best = NEVER;
    for (int run = 0; run < RUNS; run++) {
        int64_t begin = clock_now();
        work();
        int64_t took = clock_now() - begin;
        if (took < best) best = took;
    }
    return (double)best / CALLS;
}

#define REPEATED(name, ...)               \
    static void name(void) {              \
        for (int i = 0; i < CALLS; i++) { \
            __VA_ARGS__;                  \
        }                                 \
    }

REPEATED(send_recv_hooked, send(pair[0], &byte, 1, 0); recv(pair[1], &byte, 1, 0))
REPEATED(send_recv_libc, libc_send(pair[0], &byte, 1, 0); libc_recv(pair[1], &byte, 1, 0))
REPEATED(write_read_hooked, (void)!write(pair[0], &byte, 1); (void)!read(pair[1], &byte, 1))
REPEATED(write_read_libc, libc_write(pair[0], &byte, 1); libc_read(pair[1], &byte, 1))
REPEATED(mutex_hooked, pthread_mutex_lock(&mutex); pthread_mutex_unlock(&mutex))
REPEATED(mutex_libc, libc_mutex_lock(&mutex); libc_mutex_unlock(&mutex))
REPEATED(sem_hooked, sem_post(&sem); sem_wait(&sem))
REPEATED(sem_libc, libc_sem_post(&sem); libc_sem_wait(&sem))

/* Behind the interposition in symbol order comes libgreenroom, which has none of these, then libc.
 */
static void find_libc(void) {
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    libc_send = dlsym(libc, "send");
    libc_recv = dlsym(libc, "recv");
    libc_write = dlsym(libc, "write");
    libc_read = dlsym(libc, "read");
    libc_mutex_lock = dlsym(libc, "pthread_mutex_lock");
    libc_mutex_unlock = dlsym(libc, "pthread_mutex_unlock");
    libc_sem_wait = dlsym(libc, "sem_wait");
    libc_sem_post = dlsym(libc, "sem_post");
}

static void compare(const char *what, void (*hooked)(void), void (*libc)(void)) {
    double with = measure(hooked), without = measure(libc);
    printf("%s\t%.1f\t%.1f\n", what, with, without);
}

static void *yield_many(void *unused) {
    for (int i = 0; i < CALLS; i++) gr_yield();
    return NULL;
}

/* Two that yield to each other: each yield is one switch. */
static double measure_switch(void) {
    int64_t best = NEVER;
    for (int run = 0; run < RUNS; run++) {
        gr_green *a = gr_spawn(yield_many, NULL), *b = gr_spawn(yield_many, NULL);
        int64_t begin = clock_now();
        gr_join(a, NULL);
        gr_join(b, NULL);
        int64_t took = clock_now() - begin;
        if (took < best) best = took;
    }
    return (double)best / (2.0 * CALLS);
}

int main(void) {
    struct runtime_options options = {.stack_size = 256 * 1024, .slice = 10 * NS_PER_MS};
    const char *why = NULL;
    if (runtime_start(&options, &why) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) {
        fprintf(stderr, "hooks: %s\n", why ? why : "no socket pair");
        return 1;
    }
    sem_init(&sem, 0, 0);
    find_libc();
    gr_join(gr_spawn(yield_many, NULL), NULL);
    compare("send and recv", send_recv_hooked, send_recv_libc);
    compare("write and read", write_read_hooked, write_read_libc);
    compare("mutex lock and unlock", mutex_hooked, mutex_libc);
    compare("semaphore post and wait", sem_hooked, sem_libc);
    printf("switch\t%.1f\n", measure_switch());
    return 0;
}
