/* Thousands of green threads that wait at the same time: what each costs, and whether all wake.
 *
 *   parked WAY [THREADS]      lock, descriptor or time; 20,000 threads
 *
 * Prints how many woke, KiB of memory each, and the seconds it took to start them, and to join them
 * once they were woken. One way each time, so that all of them are made, none taken from the pool.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/green.h"
#include "runtime/runtime.h"

enum { EVENTS = 500, ALARM = 20 }; /* descriptors that several threads wait for each; seconds */

static int threads = 20000;
static int waiting, woken;

/* ---- the ways to wait ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open_for_all;

static void wait_for_condition(void) {
    pthread_mutex_lock(&mutex);
    while (!open_for_all) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void wake_condition(void) {
    pthread_mutex_lock(&mutex);
    open_for_all = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static int events[EVENTS];

static void wait_for_event(void) {
    uint64_t one;
    if (read(events[waiting % EVENTS], &one, sizeof one) != sizeof one) abort();
}

static void wake_events(void) {
    uint64_t each = (uint64_t)(threads + EVENTS - 1) / EVENTS;
    for (int i = 0; i < EVENTS; i++)
        if (write(events[i], &each, sizeof each) != sizeof each) abort();
}

static int64_t alarm_at;

static void wait_for_time(void) {
    struct timespec at = {alarm_at / NS_PER_S, alarm_at % NS_PER_S};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static const struct way {
    const char *name;
    void (*wait)(void);
    void (*wake)(void);
} ways[] = {{"lock", wait_for_condition, wake_condition},
            {"descriptor", wait_for_event, wake_events},
            {"time", wait_for_time, wait_for_time}};

/* ---- */

static long memory_kib(void) {
    char line[128];
    long kib = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %ld", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

static void *park(void *arg) {
    const struct way *way = arg;
    waiting++;
    way->wait();
    woken++;
    return NULL;
}

static int try_out(const struct way *way, gr_green **greens) {
    int64_t began = clock_now();
    long before = memory_kib();
    alarm_at = began + (int64_t)ALARM * NS_PER_S;
    for (int i = 0; i < threads; i++)
        if (!(greens[i] = gr_spawn(park, (void *)way))) return -1;
    while (waiting < threads) gr_yield();
    int64_t started = clock_now();
    long grown = memory_kib() - before;
    if (woken) {
        fprintf(stderr, "parked: the first woke before the last was started\n");
        exit(1);
    }
    way->wake();
    int64_t called = clock_now();
    for (int i = 0; i < threads; i++) gr_join(greens[i], NULL);
    printf("%d\t%.2f\t%.3f\t%.3f\n", woken, (double)grown / threads,
           (double)(started - began) / NS_PER_S, (double)(clock_now() - called) / NS_PER_S);
    return 0;
}

static const struct way *way_named(const char *name) {
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, name) == 0) return &ways[i];
    return NULL;
}

int main(int argc, char **argv) {
    const struct way *way = argc > 1 ? way_named(argv[1]) : NULL;
    if (argc > 2) threads = atoi(argv[2]);
    if (!way || threads <= 0) {
        fprintf(stderr, "usage: parked lock|descriptor|time [THREADS]\n");
        return 2;
    }
    struct runtime_options options = {
        .stack_size = 256 * 1024, .slice = 10 * NS_PER_MS, .poller = POLLER_EPOLL};
    const char *why = "";
    if (runtime_start(&options, &why) < 0) {
        fprintf(stderr, "parked: %s\n", why);
        return 1;
    }
    for (int i = 0; i < EVENTS; i++) events[i] = eventfd(0, EFD_SEMAPHORE);
    gr_green **greens = calloc((size_t)threads, sizeof *greens);
    if (!greens || events[EVENTS - 1] < 0 || try_out(way, greens) < 0) {
        perror("parked");
        return 1;
    }
    free(greens);
    return 0;
}
