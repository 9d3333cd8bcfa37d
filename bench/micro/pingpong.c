/* A green thread and an OS thread hand a turn back and forth, through each of the ways that
 * Python's threading is made of: a semaphore (Lock), a mutex with a condition variable (Condition),
 * a bounded queue of a mutex and two condition variables (Queue), and a pair of pipes. A lost
 * wake-up stops them: after 5 s without progress the program says who waits where and exits with 1.
 *
 *   pingpong [ROUNDS [SECONDS]]      10 million rounds of each way, but no longer than SECONDS
 *
 * A line for each way: its name, rounds, seconds, and the longest round in ms, between tabs. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sys.h"
#include "greenroom/green.h"
#include "runtime/runtime.h"

enum side { GREEN, OUTSIDE };

struct way {
    const char *name;
    void (*hand_to)(enum side side);
    void (*wait)(enum side side); /* until the turn was handed to that side */
};

/* ---- the ways ---- */

static sem_t sems[2];

static void semaphore_hand_to(enum side side) { sem_post(&sems[side]); }
static void semaphore_wait(enum side side) { sem_wait(&sems[side]); }

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static enum side turn = GREEN;

static void condition_hand_to(enum side side) {
    pthread_mutex_lock(&mutex);
    turn = side;
    pthread_cond_signal(&turned);
    pthread_mutex_unlock(&mutex);
}

static void condition_wait(enum side side) {
    pthread_mutex_lock(&mutex);
    while (turn != side) pthread_cond_wait(&turned, &mutex);
    pthread_mutex_unlock(&mutex);
}

static struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    int count;
} queues[2] = {
    {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0},
    {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0},
};

static void queue_hand_to(enum side side) {
    struct queue *queue = &queues[side];
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 1) pthread_cond_wait(&queue->not_full, &queue->mutex);
    queue->count++;
    pthread_cond_signal(&queue->not_empty);
    pthread_mutex_unlock(&queue->mutex);
}

static void queue_wait(enum side side) {
    struct queue *queue = &queues[side];
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0) pthread_cond_wait(&queue->not_empty, &queue->mutex);
    queue->count--;
    pthread_cond_signal(&queue->not_full);
    pthread_mutex_unlock(&queue->mutex);
}

static int pipes[2][2];

static void pipe_hand_to(enum side side) {
    if (write(pipes[side][1], "x", 1) != 1) abort();
}

static void pipe_wait(enum side side) {
    char byte;
    if (read(pipes[side][0], &byte, 1) != 1) abort();
}

static const struct way ways[] = {{"semaphore", semaphore_hand_to, semaphore_wait},
                                  {"condition variable", condition_hand_to, condition_wait},
                                  {"queue", queue_hand_to, queue_wait},
                                  {"pipe", pipe_hand_to, pipe_wait}};

/* ---- the game ---- */

enum place { DONE, HANDING, WAITING };
static const char *const place_names[] = {"is done", "hands the turn over", "waits for its turn"};

static struct game {
    const struct way *way;
    long most;                 /* rounds */
    int64_t until;             /* no round begins after it */
    volatile long played;      /* rounds, by the green thread */
    volatile bool over;        /* written by the green thread before it hands its last turn over */
    volatile enum place at[2]; /* for the watch */
    int64_t longest;           /* round, ns */
} game;

static void hand_over(enum side from) {
    game.at[from] = HANDING;
    game.way->hand_to(!from);
}

static void wait_turn(enum side side) {
    game.at[side] = WAITING;
    game.way->wait(side);
}

static void *play_outside(void *unused) {
    for (wait_turn(OUTSIDE); !game.over; wait_turn(OUTSIDE)) hand_over(OUTSIDE);
    game.at[OUTSIDE] = DONE;
    return NULL;
}

static void *play_green(void *unused) {
    pthread_t outside;
    pthread_create(&outside, NULL, play_outside, NULL);
    for (int64_t began = clock_now(); game.played < game.most && began < game.until;) {
        hand_over(GREEN);
        wait_turn(GREEN);
        int64_t now = clock_now();
        if (now - began > game.longest) game.longest = now - began;
        began = now;
        game.played++;
    }
    game.over = true;
    hand_over(GREEN);
    game.at[GREEN] = DONE;
    pthread_join(outside, NULL);
    return NULL;
}

static void *watch(void *unused) {
    for (long seen = -1;; seen = game.played) {
        sleep(5);
        if (game.played != seen) continue;
        fprintf(stderr, "%s: no progress after %ld rounds: the green thread %s, the OS thread %s\n",
                game.way->name, seen, place_names[game.at[GREEN]], place_names[game.at[OUTSIDE]]);
        exit(1);
    }
    return NULL;
}

static void play(const struct way *way, long rounds, double seconds) {
    int64_t began = clock_now();
    game = (struct game){.way = way,
                         .most = rounds,
                         .until = seconds > 0 ? began + (int64_t)(seconds * NS_PER_S) : NEVER};
    gr_join(gr_spawn(play_green, NULL), NULL);
    printf("%s\t%ld\t%.3f\t%.3f\n", way->name, game.played,
           (double)(clock_now() - began) / NS_PER_S, (double)game.longest / NS_PER_MS);
    fflush(stdout);
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 10000000;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 0;
    struct runtime_options options = {
        .stack_size = 256 * 1024, .slice = 10 * NS_PER_MS, .poller = POLLER_EPOLL};
    const char *why = "";
    if (rounds <= 0 || seconds < 0 || runtime_start(&options, &why) < 0) {
        fprintf(stderr, "pingpong: %s\n", *why ? why : "usage: pingpong [ROUNDS [SECONDS]]");
        return 2;
    }
    sem_init(&sems[GREEN], 0, 0);
    sem_init(&sems[OUTSIDE], 0, 0);
    if (pipe(pipes[GREEN]) < 0 || pipe(pipes[OUTSIDE]) < 0) return 2;
    game.way = &ways[0];
    pthread_t watcher;
    pthread_create(&watcher, NULL, watch, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) play(&ways[i], rounds, seconds);
    return 0;
}
