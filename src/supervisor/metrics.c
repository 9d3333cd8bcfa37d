#include "supervisor/metrics.h"

#include <pthread.h>
#include <unistd.h>

#include "greenroom/log.h"
#include "observe/metric_fold.h"
#include "server/board.h"

/* One more than what a descriptor is, so that all zero is none. */
struct owned {
    struct metric_store *store;
    int fd_and_one;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct owned past, present[BOARD_PLACES_MAX];

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

int metrics_keep(void) { return past.store ? 0 : make(&past); }

int metrics_give(int place) {
    if (!past.store) return -1;
    pthread_mutex_lock(&lock);
    int made = make(&present[place]), fd = present[place].fd_and_one - 1;
    pthread_mutex_unlock(&lock);
    if (made == 0) return fd;
    gr_log(GR_LOG_WARNING, "no metrics are kept of one process: %m");
    return -1;
}

void metrics_take(int place) {
    struct owned *owned = &present[place];
    if (!owned->store) return;
    pthread_mutex_lock(&lock);
    metric_store_fold(past.store, owned->store);
    drop(owned);
    pthread_mutex_unlock(&lock);
}

void metrics_fill(struct metric_table *table) {
    pthread_mutex_lock(&lock);
    metric_table_begin(table);
    for (int i = 0; i < BOARD_PLACES_MAX; i++)
        if (present[i].store) metric_table_add(table, present[i].store, true);
    if (past.store) metric_table_add(table, past.store, false);
    metric_table_end(table);
    pthread_mutex_unlock(&lock);
}

int metrics_past_fd(void) { return past.fd_and_one - 1; }

int metrics_fd(int place) { return present[place].fd_and_one - 1; }

int metrics_adopt_past(int fd) { return adopt(&past, fd); }

int metrics_adopt(int place, int fd) { return adopt(&present[place], fd); }
