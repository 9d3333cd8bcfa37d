/* A green thread and an OS thread hand a turn back and forth, through each of the ways that
 * Python's threading is made of: a semaphore (Lock), a mutex with a condition variable (Condition),
 * a bounded queue of a mutex and two condition variables (Queue), and a pair of pipes. A lost
 * wake-up stops them: after 5 s without progress the program says so and exits with 1.
 *
 *   cc -O2 -D_GNU_SOURCE -Iinclude -Isrc -o pingpong bench/micro/pingpong.c -Wl,--no-as-needed \
 *      -Lbuild -lgreenroom-posix -lgreenroom -Wl,-rpath,$PWD/build -pthread
 *   ./pingpong [ROUNDS]      10 million by default */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/green.h"
#include "runtime/runtime.h"

static long rounds = 10000000;
static volatile long progress;
static const char *volatile way;

/* ---- the ways: side 0 is the green thread's ---- */

static sem_t sems[2];

static void by_semaphore(int side) {
    for (long i = 0; i < rounds; i++) {
        if (side == 0) sem_post(&sems[1]);
        sem_wait(&sems[side]);
        if (side == 1) sem_post(&sems[0]);
        if (side == 0) progress++;
    }
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static int turn;

static void by_condition(int side) {
    for (long i = 0; i < rounds; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != side) pthread_cond_wait(&turned, &mutex);
        turn = !side;
        pthread_cond_signal(&turned);
        pthread_mutex_unlock(&mutex);
        if (side == 0) progress++;
    }
}

static struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    int count;
} queues[2] = {
    {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0},
    {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0},
};

static void queue_put(struct queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 1) pthread_cond_wait(&queue->not_full, &queue->mutex);
    queue->count++;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->mutex);
}

static void queue_get(struct queue *queue) {
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0) pthread_cond_wait(&queue->not_empty, &queue->mutex);
    queue->count--;
    pthread_cond_signal(&queue->not_full);
    pthread_mutex_unlock(&queue->mutex);
}

static void by_queue(int side) {
    for (long i = 0; i < rounds; i++) {
        if (side == 0) queue_put(&queues[1]);
        queue_get(&queues[side]);
        if (side == 1) queue_put(&queues[0]);
        if (side == 0) progress++;
    }
}

static int pipes[2][2];

static void by_pipe(int side) {
    char byte = 'x';
    for (long i = 0; i < rounds; i++) {
        if (side == 0 && write(pipes[1][1], &byte, 1) != 1) abort();
        if (read(pipes[side][0], &byte, 1) != 1) abort();
        if (side == 1 && write(pipes[0][1], &byte, 1) != 1) abort();
        if (side == 0) progress++;
    }
}

static const struct {
    const char *name;
    void (*play)(int side);
} ways[] = {{"semaphore", by_semaphore},
            {"condition variable", by_condition},
            {"queue", by_queue},
            {"pipe", by_pipe}};

/* ---- the game ---- */

static void *watch(void *unused) {
    for (long seen = -1;;) {
        sleep(5);
        if (way && progress == seen) {
            printf("%s: no progress after %ld rounds\n", way, seen);
            exit(1);
        }
        seen = progress;
    }
    return NULL;
}

static void *be_outside(void *arg) {
    void (*play)(int) = *(void (**)(int))arg;
    play(1);
    return NULL;
}

static void *be_green(void *arg) {
    void (*play)(int) = *(void (**)(int))arg;
    pthread_t outside;
    pthread_create(&outside, NULL, be_outside, arg);
    play(0);
    pthread_join(outside, NULL);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 1) rounds = strtol(argv[1], NULL, 10);
    struct runtime_options options = {
        .stack_size = 256 * 1024, .slice = 10 * NS_PER_MS, .poller = POLLER_EPOLL};
    const char *why = "";
    if (rounds <= 0 || runtime_start(&options, &why) < 0) {
        fprintf(stderr, "pingpong: %s\n", *why ? why : "usage: pingpong [ROUNDS]");
        return 2;
    }
    sem_init(&sems[0], 0, 0);
    sem_init(&sems[1], 0, 0);
    if (pipe(pipes[0]) < 0 || pipe(pipes[1]) < 0) return 2;
    pthread_t watcher;
    pthread_create(&watcher, NULL, watch, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        progress = 0;
        way = ways[i].name;
        int64_t began = clock_now();
        gr_join(gr_spawn(be_green, (void *)&ways[i].play), NULL);
        double seconds = (double)(clock_now() - began) / NS_PER_S;
        printf("%-20s %ld ping-pongs in %.1f s, %.2f us each\n", ways[i].name, rounds, seconds,
               seconds * 1e6 / (double)rounds);
        fflush(stdout);
    }
    return 0;
}
