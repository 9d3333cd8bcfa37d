#include "server/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/interpreter.h"
#include "runtime/park.h"
#include "runtime/sched.h"

/* For another question to be answered that is before ours. */
static const int64_t patience = NS_PER_S, look_every = 10 * (int64_t)NS_PER_MS;

static struct in_flight *note(const struct stacks *stacks, size_t *count, size_t *all) {
    struct green *self = green_self();
    sched_enter(self);
    struct in_flight *notes = in_flight_note(stacks->id, stacks->most, count, all);
    sched_leave(self);
    return notes;
}

/* ---- on the OS thread that has the interpreter's lock ---- */

struct asked {
    struct stacks *stacks;
    uintptr_t *threads;
    struct green *waiting;
    int done;
};

static void tell(void *to, size_t which, const char *text) {
    struct stacks *stacks = to;
    stacks->texts[which] = strdup(text);
}

static void describe(void *data) {
    struct asked *asked = data;
    struct green *waiting = asked->waiting;
    interpreter_describe_all(asked->threads, asked->stacks->count, tell, asked->stacks);
    __atomic_store_n(&asked->done, 1, __ATOMIC_RELEASE);
    green_wake(waiting);
}

/* ---- on ours ---- */

static void ask(struct stacks *stacks, uintptr_t *threads) {
    struct asked asked = {.stacks = stacks, .threads = threads, .waiting = green_self()};
    int64_t due = clock_after(patience);
    while (!interpreter_ask(describe, &asked)) {
        if (clock_now() >= due) return;
        time_wait(clock_after(look_every));
    }
    while (!__atomic_load_n(&asked.done, __ATOMIC_ACQUIRE)) green_park(NEVER);
}

static bool is_among(const struct in_flight *one, const struct in_flight *notes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (notes[i].thread == one->thread && strcmp(notes[i].id, one->id) == 0) return true;
    return false;
}

/* Who has ended meanwhile may have left its thread, and the stack that was found on it, to another.
 */
static void forget_ended(struct stacks *stacks) {
    size_t count, all;
    struct in_flight *later = note(stacks, &count, &all);
    for (size_t i = 0; i < stacks->count; i++) {
        if (later && is_among(&stacks->notes[i], later, count)) continue;
        free(stacks->texts[i]);
        stacks->texts[i] = NULL;
    }
    free(later);
}

void stacks_take(struct stacks *stacks) {
    stacks->notes = note(stacks, &stacks->count, &stacks->all);
    stacks->texts = calloc(stacks->count + 1, sizeof *stacks->texts);
    uintptr_t *threads = calloc(stacks->count + 1, sizeof *threads);
    if (!stacks->notes || !stacks->texts || !threads) {
        stacks_free(stacks);
    } else if (interpreter_is_there() && stacks->count) {
        for (size_t i = 0; i < stacks->count; i++) threads[i] = stacks->notes[i].thread;
        ask(stacks, threads);
        forget_ended(stacks);
    }
    free(threads);
}

void stacks_free(struct stacks *stacks) {
    for (size_t i = 0; stacks->texts && i < stacks->count; i++) free(stacks->texts[i]);
    free(stacks->texts);
    free(stacks->notes);
    stacks->texts = NULL;
    stacks->notes = NULL;
    stacks->count = 0;
}
