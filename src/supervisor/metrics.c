#include "supervisor/metrics.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "greenroom/log.h"
#include "observe/metric_fold.h"
#include "observe/metric_name.h"
#include "observe/metric_read.h"
#include "supervisor/slot.h"
#include "supervisor/worker_gauges.h"

/* One more than what a descriptor is, so that all zero is none. */
struct owned {
    struct metric_store *store;
    int fd_and_one;
    int slot;
    unsigned long number; /* they are counted as they are given; 0: another master has given it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct owned past, present[BOARD_PLACES_MAX];
static const struct board *board;
static const struct listener *shown;
static int shown_count;
static unsigned long given;

static int make(struct owned *owned) {
    int fd;
    if (!(owned->store = metric_store_make(&fd))) return -1;
    owned->fd_and_one = fd + 1;
    return 0;
}

static int adopt(struct owned *owned, int fd) {
    if (!(owned->store = metric_store_map(fd))) return -1;
    owned->fd_and_one = fd + 1;
    return 0;
}

static void drop(struct owned *owned) {
    metric_store_unmap(owned->store);
    close(owned->fd_and_one - 1);
    *owned = (struct owned){0};
}

static int64_t wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

/* A time that lasts for as long as the past does: the first alone. */
static void note_time(const char *name, const char *help, gr_slice labels, gr_slice others) {
    gr_metric *family =
        metric_store_family(past.store, GR_GAUGE, gr_slice_of(name), gr_slice_of(help));
    gr_metric *time = family && family->kind == GR_GAUGE
                          ? metric_store_series(past.store, family, labels, others)
                          : NULL;
    if (time && atomic_load(&time->value) == 0)
        metric_add(&time->value, (double)wall_now() / NS_PER_S);
}

static void note_start(void) {
    note_time("greenroom_start_time_seconds", "When the server was started, since 1970",
              (gr_slice){"", 0}, (gr_slice){"", 0});
}

int metrics_keep(const struct board *the_board) {
    board = the_board;
    if (past.store) return 0;
    if (make(&past) < 0) return -1;
    note_start();
    return 0;
}

/* Counts it among those that are over, so that it lasts. */
static void count_start(int slot) {
    char labels[64];
    const char *label = SLOT_LABEL(slot);
    int len = snprintf(labels, sizeof labels, "worker=\"%s\"", label);
    gr_metric *family =
        metric_store_family(past.store, GR_COUNTER, gr_slice_of("greenroom_worker_starts"),
                            gr_slice_of("Times that its process was started"));
    gr_metric *starts =
        family ? metric_store_series(past.store, family, (gr_slice){labels, (size_t)len},
                                     gr_slice_of("worker=\"(others)\""))
               : NULL;
    if (starts) metric_add(&starts->value, 1);
}

/* ---- versions of the application ---- */

/* What has been counted of earlier ones would leave no room for what is to come. */
enum { RELEASES_KEPT = 5 };

static const char release_time[] = "greenroom_release_start_time_seconds";

struct releases {
    gr_slice latest; /* labels, as those below */
    int count;
    double earliest; /* when the first of the others was started */
    char labels[METRIC_LABELS_MAX];
    size_t len;
};

static void look_at_release(void *data, struct metric_store *store,
                            const struct metric_sample *sample) {
    struct releases *releases = data;
    if (sample->family || !gr_slice_equal(sample->name, gr_slice_of(release_time))) return;
    releases->count++;
    if (gr_slice_equal(sample->labels, releases->latest)) return;
    if (releases->len && sample->value >= releases->earliest) return;
    releases->earliest = sample->value;
    releases->len = sample->labels.len;
    memcpy(releases->labels, sample->labels.data, sample->labels.len);
}

static void forget_release(gr_slice latest) {
    struct releases releases = {.latest = latest};
    struct owned fresh = {0};
    metric_read(past.store, look_at_release, &releases);
    if (releases.count <= RELEASES_KEPT || make(&fresh) < 0) return;
    metric_store_copy(fresh.store, past.store, (gr_slice){releases.labels, releases.len});
    fresh.store->slow = past.store->slow;
    drop(&past);
    past = fresh;
}

static void note_release(const char *release) {
    const gr_label version = {"version", release};
    char labels[METRIC_LABELS_MAX];
    gr_slice own = {labels, metric_labels_put(labels, &version, 1, NULL)};
    note_time(release_time, "When a process of that version was started first, since 1970", own,
              gr_slice_of("version=\"(others)\""));
    forget_release(own);
}

/* ---- */

int metrics_give(int place, int slot, const char *release) {
    if (!past.store) return -1;
    pthread_mutex_lock(&lock);
    int made = make(&present[place]), fd = present[place].fd_and_one - 1;
    present[place].slot = slot;
    present[place].number = ++given;
    count_start(slot);
    if (*release) note_release(release);
    pthread_mutex_unlock(&lock);
    if (made == 0) return fd;
    gr_log(GR_LOG_WARNING, "no metrics are kept of one process: %m");
    return -1;
}

static void keep_slow(const struct metric_store *store) {
    struct slow_request request;
    int64_t wall = wall_now();
    for (unsigned i = 0; i < SLOW_REQUESTS; i++)
        if (slow_requests_read(&store->slow, i, wall, &request))
            slow_requests_put(&past.store->slow, &request, wall);
}

void metrics_take(int place) {
    struct owned *owned = &present[place];
    if (!owned->store) return;
    pthread_mutex_lock(&lock);
    metric_store_fold(past.store, owned->store);
    keep_slow(owned->store);
    drop(owned);
    pthread_mutex_unlock(&lock);
}

static void add(struct metric_table *table, int place) {
    metric_table_add(table, present[place].store);
    worker_gauges_put(table, &board->places[place], present[place].slot);
}

void metrics_show(const struct listener *listeners, int count) {
    pthread_mutex_lock(&lock);
    shown = listeners;
    shown_count = count;
    pthread_mutex_unlock(&lock);
}

/* tcp(7): of a socket that listens, how many connections nobody has accepted yet. */
static void add_backlog(struct metric_table *table, const struct listener *listener) {
    char labels[sizeof listener->name + 16];
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(listener->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return;
    int len = snprintf(labels, sizeof labels, "address=\"%s\"", listener->name);
    metric_table_put(table, GR_GAUGE, gr_slice_of("greenroom_backlog"),
                     gr_slice_of("Connections that no worker has accepted yet"),
                     (gr_slice){labels, (size_t)len}, info.tcpi_unacked);
}

void metrics_fill(struct metric_table *table) {
    pthread_mutex_lock(&lock);
    metric_table_begin(table);
    for (int i = 0; i < BOARD_PLACES_MAX; i++)
        if (present[i].store) add(table, i);
    if (past.store) metric_table_add(table, past.store);
    for (int i = 0; i < shown_count; i++) add_backlog(table, &shown[i]);
    metric_table_put(table, GR_COUNTER, gr_slice_of("greenroom_metrics_dropped"),
                     gr_slice_of("Values that found no room"), (gr_slice){"", 0},
                     (double)table->dropped);
    metric_table_end(table);
    pthread_mutex_unlock(&lock);
}

/* ---- what is not counted ---- */

static bool has_told(const struct owned *owned) {
    return owned->store && atomic_load_explicit(&owned->store->catalogue, memory_order_relaxed);
}

struct catalogue *metrics_catalogue(void) {
    const struct owned *latest = NULL;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < BOARD_PLACES_MAX; i++)
        if (has_told(&present[i]) && (!latest || present[i].number > latest->number))
            latest = &present[i];
    struct catalogue *catalogue = latest ? catalogue_read(latest->store) : NULL;
    pthread_mutex_unlock(&lock);
    return catalogue;
}

bool metrics_listener(struct listener *listener) {
    pthread_mutex_lock(&lock);
    bool there = shown_count > 0;
    if (there) *listener = shown[0];
    pthread_mutex_unlock(&lock);
    return there;
}

/* ---- */

void metrics_list_slow(struct slow_list *list) {
    int64_t wall = wall_now();
    *list = (struct slow_list){0};
    pthread_mutex_lock(&lock);
    for (int i = 0; i < BOARD_PLACES_MAX; i++)
        if (present[i].store) slow_list_add(list, &present[i].store->slow, wall);
    if (past.store) slow_list_add(list, &past.store->slow, wall);
    pthread_mutex_unlock(&lock);
}

int metrics_past_fd(void) { return past.fd_and_one - 1; }

int metrics_fd(int place) { return present[place].fd_and_one - 1; }

int metrics_adopt_past(int fd) { return adopt(&past, fd); }

int metrics_adopt(int place, int slot, int fd) {
    present[place].slot = slot;
    return adopt(&present[place], fd);
}
