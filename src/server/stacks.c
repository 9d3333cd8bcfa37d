#include "server/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/carrier.h"
#include "runtime/park.h"
#include "runtime/sched.h"

enum { STACK = 1 << 20 }; /* bytes, of an OS thread that runs code of the language */

static void (*describe)(gr_stacks *stacks, void *data);
static void *describe_data;

void gr_worker_stacks_with(void (*with)(gr_stacks *stacks, void *data), void *data) {
    describe = with;
    describe_data = data;
}

size_t gr_stacks_take(gr_stacks *stacks) {
    struct green *self = green_self();
    if (!self) return stacks->count;
    sched_enter(self);
    stacks->notes = in_flight_note(stacks->id, stacks->most, &stacks->count, &stacks->all);
    sched_leave(self);
    stacks->texts = calloc(stacks->count + 1, sizeof *stacks->texts);
    if (!stacks->texts) stacks_free(stacks);
    return stacks->count;
}

pthread_t gr_stacks_thread(const gr_stacks *stacks, size_t which) {
    return stacks->notes[which].thread;
}

void gr_stacks_tell(gr_stacks *stacks, size_t which, const char *text) {
    free(stacks->texts[which]);
    stacks->texts[which] = strdup(text);
}

void stacks_free(struct gr_stacks *stacks) {
    for (size_t i = 0; stacks->texts && i < stacks->count; i++) free(stacks->texts[i]);
    free(stacks->texts);
    free(stacks->notes);
    stacks->texts = NULL;
    stacks->notes = NULL;
    stacks->count = 0;
}

/* ---- where handlers run on OS threads, and nobody but those may wait for the interpreter ---- */

struct apart {
    struct gr_stacks *stacks;
    struct green *waiting;
    int done;
};

static void *describe_apart(void *arg) {
    struct apart *apart = arg;
    struct green *waiting = apart->waiting;
    describe(apart->stacks, describe_data);
    __atomic_store_n(&apart->done, 1, __ATOMIC_RELEASE);
    green_wake(waiting);
    return NULL;
}

static void run_apart(struct gr_stacks *stacks) {
    struct apart apart = {.stacks = stacks, .waiting = green_self()};
    if (os_thread_start(describe_apart, &apart, STACK) < 0) return;
    while (!__atomic_load_n(&apart.done, __ATOMIC_ACQUIRE)) green_park(NEVER);
}

void stacks_describe(struct gr_stacks *stacks) {
    bool apart = gr_worker_threads() > 0;
    if (apart || !describe) gr_stacks_take(stacks);
    if (!describe || (apart && !stacks->notes)) return;
    if (apart)
        run_apart(stacks);
    else
        describe(stacks, describe_data);
}
