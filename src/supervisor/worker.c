#include "supervisor/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "supervisor/exit_status.h"
#include "supervisor/metrics.h"
#include "supervisor/slot.h"

/* For a worker to notice that its own time is over, to have its requests clean up, and to end: it
 * is looked at twice, and then for as long as there are fewer of them each time, within the limit.
 */
static const int64_t margin = NS_PER_S;
static const int64_t limit = (SERVER_UNWIND_SECONDS + 1) * (int64_t)NS_PER_S;

static const struct worker nobody = {
    .state = WORKER_NONE, .ready = -1, .question = -1, .due = NEVER};

/* ---- the table ---- */

int workers_map(struct worker_table *table, int board_fd) {
    table->board_fd = board_fd;
    table->board =
        mmap(NULL, sizeof *table->board, PROT_READ | PROT_WRITE, MAP_SHARED, board_fd, 0);
    return table->board == MAP_FAILED ? -1 : 0;
}

/* Its size is sealed: no worker can take memory away from beneath the others and us. */
int workers_open(struct worker_table *table) {
    int fd = memfd_create("greenroom-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, sizeof *table->board) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -1;
    return workers_map(table, fd);
}

struct worker *workers_next(struct worker_table *table, struct worker *after) {
    struct worker *end = table->at + table->count;
    for (struct worker *w = after ? after + 1 : table->at; w < end; w++)
        if (w->state != WORKER_NONE) return w;
    return NULL;
}

struct worker *workers_find(struct worker_table *table, pid_t pid) {
    for (struct worker *w = NULL; (w = workers_next(table, w));)
        if (w->pid == pid) return w;
    return NULL;
}

int workers_leaving(struct worker_table *table, int slot) {
    int count = 0;
    for (struct worker *w = NULL; (w = workers_next(table, w));)
        count += w->state == WORKER_LEAVING && w->slot == slot;
    return count;
}

static void set_count(struct worker_table *table, int count) {
    table->count = count;
    atomic_store(&table->board->count, count);
}

static struct worker *find_free(struct worker_table *table) {
    struct worker *end = table->at + BOARD_PLACES_MAX;
    for (struct worker *w = table->at; w < end; w++)
        if (w->state == WORKER_NONE) return w;
    errno = EAGAIN;
    return NULL;
}

/* ---- one of them ---- */

static void become(struct worker *worker, enum worker_state state) {
    worker->state = state;
    worker->since = clock_now();
}

static void close_ready(struct worker *worker) {
    if (worker->ready >= 0) close(worker->ready);
    worker->ready = -1;
}

struct worker *worker_start(struct worker_table *table, const struct launch *launch, int slot) {
    struct worker *worker = find_free(table);
    if (!worker) return NULL;
    int number = (int)(worker - table->at), ready, question;
    pid_t pid = launch_worker(launch, slot, number, &ready, &question);
    if (pid < 0) return NULL;
    *worker = (struct worker){
        .pid = pid,
        .slot = slot,
        .ready = ready,
        .question = question,
        .patience = launch->options.graceful_timeout + margin,
        .due = NEVER,
        .started = clock_now(),
        .place = &table->board->places[number],
    };
    become(worker, WORKER_STARTING);
    atomic_store(&worker->place->pid, pid);
    if (number >= table->count) set_count(table, number + 1);
    return worker;
}

struct worker *worker_adopt(struct worker_table *table, int place, const struct worker *worker) {
    for (int i = table->count; i < place; i++) table->at[i] = nobody;
    table->at[place] = *worker;
    table->at[place].place = &table->board->places[place];
    if (place >= table->count) set_count(table, place + 1);
    return &table->at[place];
}

void worker_end_questions(struct worker *worker) {
    if (worker->question >= 0) close(worker->question);
    worker->question = -1;
}

void worker_hear(struct worker *worker) {
    char text[512];
    ssize_t got = read(worker->ready, text, sizeof text - 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close_ready(worker);
    if (got < 1) return;
    text[got] = '\0';
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ') *at = ' '; /* what is told of it is told in one line */
    if (text[0] == 'R') {
        become(worker, WORKER_SERVING);
        worker->serving_since = worker->since;
    } else {
        snprintf(worker->why, sizeof worker->why, "%.*s", WORKER_WHY_SIZE - 1, text + 1);
    }
}

void worker_call(struct worker *worker) {
    worker->called = true;
    become(worker, WORKER_SERVING);
    worker->serving_since = worker->since;
    if (send(worker->question, SERVER_MULE_GO, strlen(SERVER_MULE_GO), MSG_NOSIGNAL) < 0)
        worker_kill(worker);
}

void worker_leave(struct worker *worker, bool replaced) {
    close_ready(worker);
    atomic_store(&worker->place->replaced, replaced);
    if (worker->state != WORKER_LEAVING) {
        become(worker, WORKER_LEAVING);
        worker->due = worker->since + worker->patience;
    }
    kill(worker->pid, SIGTERM);
}

bool worker_may_go_on(struct worker *worker, int64_t now) {
    int before = worker->unfinished;
    worker->unfinished = atomic_load(&worker->place->in_flight);
    bool is_first = worker->due == worker->since + worker->patience;
    if (!is_first && worker->unfinished >= before) return false;
    if (now > worker->since + worker->patience + limit) return false;
    worker->due = now + margin;
    return true;
}

void worker_kill(struct worker *worker) {
    worker->due = NEVER;
    kill(worker->pid, SIGKILL);
}

/* By stores of its members: the other workers read them. */
static void clear_place(struct board_place *place) {
    atomic_store(&place->pid, 0);
    atomic_store(&place->replaced, 0);
    atomic_store(&place->connections, 0);
    atomic_store(&place->in_flight, 0);
    atomic_store(&place->accepting, 0);
    atomic_store(&place->overdue, 0);
    atomic_store(&place->beat, 0);
    atomic_store(&place->requests, 0);
    atomic_store(&place->dropped_fields, 0);
    for (int i = 0; i < BREACH_COUNT; i++) atomic_store(&place->breaches[i], 0);
}

void worker_bury(struct worker_table *table, struct worker *worker) {
    close_ready(worker);
    worker_end_questions(worker);
    clear_place(worker->place);
    metrics_take((int)(worker - table->at));
    *worker = nobody;
    int count = table->count;
    while (count > 0 && table->at[count - 1].state == WORKER_NONE) count--;
    set_count(table, count);
}

/* ---- deaths ---- */

const char *worker_epitaph(const struct worker *worker, int status, char text[EPITAPH_SIZE]) {
    char how[EXIT_STATUS_SIZE];
    snprintf(text, EPITAPH_SIZE, "%s (pid %d) %s%s%s", SLOT_NAME(worker->slot), worker->pid,
             exit_status_print(status, how), *worker->why ? ": " : "", worker->why);
    return text;
}
