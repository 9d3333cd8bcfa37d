#include "server/question_commands.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "guard/guard.h"
#include "runtime/green.h"
#include "server/in_flight.h"
#include "server/stacks.h"

enum { REQUESTS_MAX = 1000, STACKS_MAX = 200 };

static struct in_flight *note(const char *id, size_t most, size_t *count, size_t *all) {
    struct green *self = green_self();
    sched_enter(self);
    struct in_flight *notes = in_flight_note(id, most, count, all);
    sched_leave(self);
    return notes;
}

static const char no_memory[] = "the worker has no memory for it";

/* requests [MOST]: a line for each, its parts set apart by tabs: id, age in ms, method, target,
 * client, what it waits for, what most of its time went on. */
static const char *tell_requests(struct question *question, const char *words) {
    size_t count, all, most = *words ? strtoul(words, NULL, 10) : REQUESTS_MAX;
    if (most > REQUESTS_MAX) most = REQUESTS_MAX;
    struct in_flight *notes = note(NULL, most, &count, &all);
    if (!notes) return no_memory;
    for (const struct in_flight *one = notes; one < notes + count; one++)
        question_say(question, "%s\t%lld\t%s\t%s\t%s\t%s\t%s", one->id,
                     (long long)(one->age / NS_PER_MS), *one->method ? one->method : "-",
                     *one->target ? one->target : "-", *one->peer ? one->peer : "-", one->wait,
                     one->most);
    free(notes);
    return NULL;
}

/* downstreams: a line for each that a policy is about, its parts set apart by tabs: name, breaker,
 * connections, calls, how many wait for their turn, and since the worker started: connections that
 * were made, answers, failures, what was refused. */
static const char *tell_downstreams(struct question *question, const char *words) {
    for (const struct guard *guard = NULL; (guard = guard_next(guard));) {
        const uint64_t *counts = guard->counts;
        question_say(question, "%s\t%s\t%u\t%u\t%u\t%llu\t%llu\t%llu\t%llu", guard_name(guard),
                     breaker_state_names[guard->breaker.state], guard->connections.taken,
                     guard->calls.taken, guard->connections.queued + guard->calls.queued,
                     (unsigned long long)counts[GUARD_CONNECTED],
                     (unsigned long long)counts[GUARD_ANSWERED],
                     (unsigned long long)counts[GUARD_FAILED],
                     (unsigned long long)counts[GUARD_REFUSED] + counts[GUARD_OVERFLOW]);
    }
    return NULL;
}

/* ---- stacks ---- */

static void say_stack(struct question *question, const char *text) {
    while (text && *text) {
        const char *end = strchrnul(text, '\n');
        question_say(question, "    %.*s", (int)(end - text), text);
        text = end + (*end == '\n');
    }
}

static void say_one(struct question *question, const struct in_flight *one, const char *text) {
    question_say(question, "%s %s (%s%s%s), for %.1f s, %s:", one->method, one->target, one->id,
                 *one->peer ? ", from " : "", one->peer, (double)one->age / NS_PER_S, one->wait);
    say_stack(question, text);
}

/* stacks [ID]: of the request with that id, or of all. */
static const char *tell_stacks(struct question *question, const char *words) {
    struct stacks stacks = {.id = *words ? words : NULL, .most = STACKS_MAX};
    stacks_take(&stacks);
    if (!stacks.notes) return no_memory;
    for (size_t i = 0; i < stacks.count; i++) say_one(question, &stacks.notes[i], stacks.texts[i]);
    if (!stacks.id && stacks.all > stacks.count)
        question_say(question, "and %zu more", stacks.all - stacks.count);
    stacks_free(&stacks);
    return NULL;
}

static const struct {
    const char *name;
    question_answer *answer;
} commands[] = {
    {"downstreams", tell_downstreams},
    {"requests", tell_requests},
    {"stacks", tell_stacks},
};

question_answer *question_command(gr_slice name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (gr_slice_equal(name, gr_slice_of(commands[i].name))) return commands[i].answer;
    return NULL;
}
