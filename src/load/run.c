#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "greenroom/green.h"
#include "load/load.h"

static const int64_t tick = 50 * NS_PER_MS;  /* how often is looked what is going on */
static const int64_t rest = 100 * NS_PER_MS; /* of a client that could not connect */
static const int64_t slice_least = NS_PER_S;

/* Of one run. Its green threads share an OS thread. */
struct run {
    const struct load_plan *plan;
    struct load_result *result;
    gr_client *client;
    int64_t begin, end;
    uint64_t next;    /* number of the request that is due next */
    unsigned clients; /* that have not ended */
    bool stopped;
    char *why;           /* the sentence, when it cannot be asked for at all; empty until then */
    struct spread slice; /* latencies of the slice that runs */
    uint64_t answered, failed; /* when it began */
};

static char waste[64 * 1024]; /* bodies are read into it, all of them */

static double seconds(int64_t ns) { return (double)ns / NS_PER_S; }

static void sleep_until(int64_t at) {
    struct timespec until = {at / NS_PER_S, at % NS_PER_S};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/* ---- one request ---- */

static void note_failure(struct run *run, const char *why) {
    struct load_result *result = run->result;
    int i = 0;
    if (run->stopped) return;
    result->failed++;
    while (i < result->reason_count && strcmp(result->reasons[i].why, why) != 0) i++;
    if (i == result->reason_count) {
        if (i == LOAD_REASONS - 1) why = "other reasons";
        i = i < LOAD_REASONS - 1 ? result->reason_count++ : LOAD_REASONS - 1;
        snprintf(result->reasons[i].why, sizeof result->reasons[i].why, "%s", why);
        if (i == LOAD_REASONS - 1) result->reason_count = LOAD_REASONS;
    }
    result->reasons[i].count++;
}

static void note_answer(struct run *run, int status, int64_t due, int64_t sent) {
    struct load_result *result = run->result;
    int64_t now = clock_now();
    result->answered++;
    result->statuses[status / 100]++;
    spread_add(&result->latency, seconds(now - due));
    spread_add(&result->service, seconds(now - sent));
    spread_add(&run->slice, seconds(now - due));
    result->elapsed = now - run->begin;
}

static bool refuse(struct run *run, const char *why) {
    snprintf(run->why, GR_FAILURE_WHY_SIZE, "%s", why);
    run->stopped = true;
    return true;
}

/* Returns false when there was no connection to be had. */
static bool ask(struct run *run, int64_t due) {
    gr_failure failure;
    int64_t sent = clock_now();
    gr_answer *answer = gr_client_call(run->client, &run->plan->call, &failure);
    if (!answer) {
        if (failure.kind == GR_FAILURE_CALL) return refuse(run, failure.why);
        note_failure(run, failure.why);
        return failure.kind != GR_FAILURE_CONNECT && failure.kind != GR_FAILURE_NAME;
    }
    ssize_t n;
    while ((n = gr_answer_read(answer, waste, sizeof waste)) > 0) run->result->bytes += (size_t)n;
    if (n < 0)
        note_failure(run,
                     errno == ENODATA ? "the body of an answer ends too early" : strerror(errno));
    else
        note_answer(run, gr_answer_status(answer), due, sent);
    gr_answer_close(answer);
    return true;
}

/* ---- clients ---- */

/* When the next request is due that nobody has taken; takes it if that is before the end. */
static int64_t take_next(struct run *run) {
    double rate = run->plan->rate;
    if (!rate) return clock_now();
    double offset = (double)run->next / rate * NS_PER_S;
    if (offset >= (double)run->plan->duration) return NEVER;
    run->next++;
    return run->begin + (int64_t)offset;
}

static void *be_client(void *arg) {
    struct run *run = arg;
    while (!run->stopped && clock_now() < run->end) {
        int64_t due = take_next(run);
        if (due == NEVER) break;
        if (run->plan->rate) sleep_until(due);
        if (!run->stopped && !ask(run, due)) sleep_until(clock_after(rest));
    }
    run->clients--;
    return NULL;
}

/* ---- watching ---- */

static void end_slice(struct run *run) {
    struct load_result *result = run->result;
    if (result->slice_count == LOAD_SLICES) return;
    result->slices[result->slice_count++] = (struct load_slice){
        .answered = result->answered - run->answered,
        .failed = result->failed - run->failed,
        .p50 = spread_quantile(&run->slice, 0.5),
        .p99 = spread_quantile(&run->slice, 0.99),
    };
    run->answered = result->answered;
    run->failed = result->failed;
    memset(&run->slice, 0, sizeof run->slice);
}

static void watch(struct run *run, const volatile int *stop,
                  void (*tell)(const struct load_result *sofar)) {
    int64_t told = run->begin, sliced = run->begin;
    while (run->clients && !*stop) {
        sleep_until(clock_after(tick));
        int64_t now = clock_now();
        if (now - sliced >= run->result->slice_length) {
            sliced += run->result->slice_length;
            end_slice(run);
        }
        if (now - told < NS_PER_S) continue;
        told += NS_PER_S;
        if (tell) tell(run->result);
    }
    if (run->result->answered + run->result->failed > run->answered + run->failed) end_slice(run);
}

/* ---- the run ---- */

static gr_client *open_client(const struct load_plan *plan, char *why) {
    gr_failure failure;
    const gr_client_options options = {
        .connections = plan->connections,
        .connections_per_origin = plan->connections,
        .idle_timeout = NEVER,
        .place_timeout = -1,
        .read_timeout = plan->call.timeout,
        .timeout = plan->call.timeout,
    };
    gr_client *client = gr_client_open(&options, &failure);
    if (!client) snprintf(why, GR_FAILURE_WHY_SIZE, "%s", failure.why);
    return client;
}

static void count_unsent(const struct run *run) {
    double until = run->stopped ? seconds(clock_now() - run->begin) : seconds(run->plan->duration);
    double due = ceil(run->plan->rate * until);
    if (due > (double)run->next) run->result->unsent = (uint64_t)due - run->next;
}

static int start(struct run *run, gr_green **greens, char *why) {
    for (unsigned i = 0; i < run->plan->connections; i++) {
        if ((greens[i] = gr_spawn(be_client, run))) {
            run->clients++;
            continue;
        }
        snprintf(why, GR_FAILURE_WHY_SIZE, "no memory for %u connections", run->plan->connections);
        return -1;
    }
    return 0;
}

int load_run(const struct load_plan *plan, const volatile int *stop,
             void (*tell)(const struct load_result *sofar), struct load_result *result,
             char why[GR_FAILURE_WHY_SIZE]) {
    struct run run = {.plan = plan, .result = result, .why = why};
    gr_green **greens = calloc(plan->connections, sizeof *greens);
    run.client = open_client(plan, why);
    if (!greens || !run.client) {
        free(greens);
        return -1;
    }
    *why = '\0';
    memset(result, 0, sizeof *result);
    result->slice_length = plan->duration / LOAD_SLICES;
    if (result->slice_length < slice_least) result->slice_length = slice_least;
    run.begin = clock_now();
    run.end = plan->duration > NEVER - run.begin ? NEVER : run.begin + plan->duration;
    if (start(&run, greens, why) == 0) watch(&run, stop, tell);
    run.stopped |= run.clients > 0;
    for (unsigned i = 0; i < plan->connections && greens[i]; i++) {
        if (run.stopped) gr_cancel(greens[i]);
        gr_join(greens[i], NULL);
    }
    if (plan->rate) count_unsent(&run);
    gr_client_close(run.client);
    free(greens);
    return *why ? -1 : 0;
}
