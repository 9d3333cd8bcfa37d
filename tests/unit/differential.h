/* Runs a scenario twice, on an OS thread, where the hooks are libc's own functions, and on a green
 * thread, and compares what every call returned, its errno, and what else the scenario noted. A
 * scenario that does not end is ended by SIGALRM's default action. */
#ifndef DIFFERENTIAL_H
#define DIFFERENTIAL_H

#include "runtime_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum { CALLS_MAX = 100, PATIENCE_S = 20, SOON_US = 3000 };

struct call {
    int line;
    const char *text;
    long result;
    int error; /* 0 unless result is -1 */
};

struct record {
    struct call calls[CALLS_MAX];
    int count;
};

typedef void scenario(struct record *record);

static inline void record_call(struct record *record, int line, const char *text, long result) {
    int error = result == -1 ? errno : 0;
    if (record->count < CALLS_MAX)
        record->calls[record->count++] = (struct call){line, text, result, error};
}

/* Of a call whose result and errno are to be the same on both sorts of threads. */
#define SAME(call) record_call(record, __LINE__, #call, (errno = 0, (long)(call)))

static struct record record_of_os, record_of_green;
static scenario *scenario_run;

static inline void *run_on_os_thread(void *unused) {
    scenario_run(&record_of_os);
    return NULL;
}

static inline void *run_on_green_thread(void *unused) {
    scenario_run(&record_of_green);
    return NULL;
}

static inline void assert_same_on_both(scenario *run) {
    pthread_t thread;
    alarm(PATIENCE_S);
    scenario_run = run;
    record_of_os.count = record_of_green.count = 0;
    assert_int_equal(pthread_create(&thread, NULL, run_on_os_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(gr_join(gr_spawn(run_on_green_thread, NULL), NULL), 0);
    alarm(0);
    assert_int_equal(record_of_os.count, record_of_green.count);
    assert_in_range(record_of_os.count, 1, CALLS_MAX - 1);
    bool differs = false;
    for (int i = 0; i < record_of_os.count; i++) {
        const struct call *os = &record_of_os.calls[i], *green = &record_of_green.calls[i];
        if (os->result == green->result && os->error == green->error) continue;
        print_error("line %d: %s: libc %ld, errno %d; green thread %ld, errno %d\n", os->line,
                    os->text, os->result, os->error, green->result, green->error);
        differs = true;
    }
    assert_false(differs);
}

/* ---- somebody else, who does something a little later ---- */

struct later {
    pthread_t thread;
    void (*act)(int);
    int argument;
};

static inline void *act_later(void *later) {
    usleep(SOON_US);
    ((struct later *)later)->act(((struct later *)later)->argument);
    return NULL;
}

/* On an OS thread, since green ones take turns with the caller only if it gives them one. */
static inline void later_start(struct later *later, void (*act)(int), int argument) {
    later->act = act;
    later->argument = argument;
    assert_int_equal(pthread_create(&later->thread, NULL, act_later, later), 0);
}

static inline void later_end(struct later *later) { pthread_join(later->thread, NULL); }

#endif
