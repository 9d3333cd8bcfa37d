#include "client/origins.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "client/wait.h"

/* Who waits, and what was handed over. */
struct candidate {
    struct waiter waiter;
    uint64_t ticket;
    struct connection *connection; /* NULL: a place */
};

static struct candidate *first_of(const struct origin *origin) {
    return (struct candidate *)LIST_ENTRY(origin->waiters.next, struct waiter, node);
}

void origins_init(struct origins *all) {
    pthread_mutex_init(&all->lock, NULL);
    list_init(&all->idle);
    list_init(&all->waiting);
}

/* ---- connections ---- */

/* Nothing here parks: an aborted writer and an excused reader have nothing to say. */
static void close_connection(struct connection *connection) {
    gr_writer_abort(connection->writer, ECANCELED);
    reader_close(connection->reader, true);
    free(connection);
}

static void take_from_idle(struct origins *all, struct connection *connection) {
    assert(connection->idle.prev && connection->idle_of_origin.prev);
    list_remove(&connection->idle);
    list_remove(&connection->idle_of_origin);
    all->idle_count--;
}

static void vacate(struct origins *all, struct origin *origin) {
    origin->open--;
    all->open--;
}

/* Moves an idle connection to those that are to be closed without the lock. */
static void discard(struct origins *all, struct connection *connection, struct list *closing) {
    take_from_idle(all, connection);
    vacate(all, connection->origin);
    list_append(closing, &connection->idle);
}

static void close_all(struct list *closing) {
    for (struct list *at = closing->next, *next; at != closing; at = next) {
        next = at->next;
        close_connection(LIST_ENTRY(at, struct connection, idle));
    }
}

static struct connection *oldest(const struct list *idle) {
    return LIST_ENTRY(idle->next, struct connection, idle);
}

/* ---- origins ---- */

struct origin *origins_find(struct origins *all, const struct http_url *url) {
    pthread_mutex_lock(&all->lock);
    struct origin *origin = origin_table_find(&all->table, url);
    if (origin) origin->users++;
    pthread_mutex_unlock(&all->lock);
    return origin;
}

/* Under the lock. */
static void forget_if_unused(struct origins *all, struct origin *origin) {
    if (!origin->users && !origin->open) origin_table_remove(&all->table, origin);
}

void origins_leave(struct origins *all, struct origin *origin) {
    pthread_mutex_lock(&all->lock);
    origin->users--;
    forget_if_unused(all, origin);
    pthread_mutex_unlock(&all->lock);
}

/* Closes what has been idle for too long. */
static void sweep(struct origins *all, int64_t now, struct list *closing) {
    for (struct list *at = all->idle.next, *next; at != &all->idle; at = next) {
        struct connection *connection = LIST_ENTRY(at, struct connection, idle);
        struct origin *origin = connection->origin;
        next = at->next;
        if (now - connection->idle_since < all->idle_timeout) return;
        discard(all, connection, closing);
        forget_if_unused(all, origin);
    }
}

void origins_fini(struct origins *all) {
    struct list closing;
    list_init(&closing);
    all->idle_timeout = 0;
    sweep(all, NEVER, &closing);
    close_all(&closing);
    origin_table_fini(&all->table);
    pthread_mutex_destroy(&all->lock);
}

/* ---- places ---- */

/* Makes a place for the origin if it may have one. The place of another's idle connection will
 * do. */
static bool occupy(struct origins *all, struct origin *origin, struct list *closing) {
    if (origin->open >= all->open_max_of_origin) return false;
    if (all->open >= all->open_max) {
        if (list_empty(&all->idle)) return false;
        struct origin *other = oldest(&all->idle)->origin;
        discard(all, oldest(&all->idle), closing);
        if (other != origin) forget_if_unused(all, other);
    }
    origin->open++;
    all->open++;
    return true;
}

static void line_up(struct origins *all, struct origin *origin, struct candidate *candidate) {
    candidate->ticket = all->tickets++;
    if (list_empty(&origin->waiters)) list_append(&all->waiting, &origin->waiting);
    list_append(&origin->waiters, &candidate->waiter.node);
}

static void after_leaving_line(struct origin *origin) {
    if (list_empty(&origin->waiters)) list_remove(&origin->waiting);
}

static void hand_over(struct origin *origin, struct connection *connection) {
    struct candidate *candidate = first_of(origin);
    candidate->connection = connection;
    waiter_wake(&candidate->waiter);
    after_leaving_line(origin);
}

/* The origin whose first waiter has waited longest of those that may have one more. */
static struct origin *next_in_line(const struct origins *all) {
    struct origin *next = NULL;
    for (struct list *at = all->waiting.next; at != &all->waiting; at = at->next) {
        struct origin *origin = LIST_ENTRY(at, struct origin, waiting);
        if (origin->open >= all->open_max_of_origin) continue;
        if (!next || first_of(origin)->ticket < first_of(next)->ticket) next = origin;
    }
    return next;
}

/* A place has become free. */
static void serve_next(struct origins *all, struct list *closing) {
    struct origin *origin = next_in_line(all);
    if (origin && occupy(all, origin, closing)) hand_over(origin, NULL);
}

/* ---- taking and giving ---- */

/* Is it good for another request? Not so when the other side has ended it, or has said anything
 * that nobody asked for. */
static bool is_quiet(struct connection *connection) {
    char byte;
    return gr_reader_try_read(connection->reader, &byte, 1) < 0 && errno == EAGAIN;
}

/* Idle ones that have turned out to be dead give up their places. */
static struct connection *take_idle(struct origins *all, struct origin *origin,
                                    struct list *closing) {
    for (struct list *at = origin->idle.prev, *next; at != &origin->idle; at = next) {
        struct connection *connection = LIST_ENTRY(at, struct connection, idle_of_origin);
        next = at->prev;
        if (is_quiet(connection)) {
            take_from_idle(all, connection);
            return connection;
        }
        discard(all, connection, closing);
    }
    return NULL;
}

/* Leaves the lock for a while. Returns as origins_take. */
static int wait_in_line(struct origins *all, struct origin *origin, int64_t due,
                        struct connection **found) {
    struct candidate candidate = {.connection = NULL};
    if (waiter_open(&candidate.waiter) < 0) return -1;
    line_up(all, origin, &candidate);
    pthread_mutex_unlock(&all->lock);
    int result = waiter_wait(&candidate.waiter, due), error = errno;
    pthread_mutex_lock(&all->lock);
    if (candidate.waiter.woken) {
        result = 0;
        *found = candidate.connection;
    } else {
        list_remove(&candidate.waiter.node);
        after_leaving_line(origin);
    }
    waiter_close(&candidate.waiter);
    errno = error;
    return result;
}

int origins_take(struct origins *all, struct origin *origin, int64_t due,
                 struct connection **found) {
    struct list closing;
    int result = 0;
    list_init(&closing);
    pthread_mutex_lock(&all->lock);
    sweep(all, clock_now(), &closing);
    *found = take_idle(all, origin, &closing);
    if (!*found && !occupy(all, origin, &closing)) result = wait_in_line(all, origin, due, found);
    int error = errno;
    pthread_mutex_unlock(&all->lock);
    close_all(&closing);
    errno = error;
    return result;
}

/* Has somebody waited for a place for longer than those of this origin? */
static bool is_owed(const struct origins *all, const struct origin *origin) {
    const struct origin *next = next_in_line(all);
    if (!next || next == origin) return false;
    return list_empty(&origin->waiters) || first_of(next)->ticket < first_of(origin)->ticket;
}

void origins_give_back(struct origins *all, struct connection *connection) {
    struct origin *origin = connection->origin;
    struct list closing;
    list_init(&closing);
    pthread_mutex_lock(&all->lock);
    connection->reused = true;
    connection->idle_since = clock_now();
    if (!list_empty(&origin->waiters) && !is_owed(all, origin)) {
        hand_over(origin, connection);
    } else {
        list_append(&all->idle, &connection->idle);
        list_append(&origin->idle, &connection->idle_of_origin);
        all->idle_count++;
        serve_next(all, &closing);
    }
    pthread_mutex_unlock(&all->lock);
    close_all(&closing);
}

void origins_drop(struct origins *all, struct origin *origin, struct connection *connection) {
    struct list closing;
    list_init(&closing);
    pthread_mutex_lock(&all->lock);
    vacate(all, origin);
    serve_next(all, &closing);
    forget_if_unused(all, origin);
    pthread_mutex_unlock(&all->lock);
    close_all(&closing);
    if (connection) close_connection(connection);
}
