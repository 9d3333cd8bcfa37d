#include "observe/slow_requests.h"

#include <string.h>

#include "base/clock.h"

unsigned slow_requests_time = 1;

static const int64_t memory = SLOW_MINUTES * 60 * (int64_t)NS_PER_S;

/* Of no account any more: as fast as can be. So is what is still to come, since the clock has been
 * set back. */
static int64_t worth(const struct slow_request *request, int64_t wall) {
    bool counts = request->ended >= wall - memory && request->ended <= wall + memory;
    return counts ? request->took : 0;
}

/* The one that a request to that endpoint would take the place of. */
static struct slow_place *place_for(struct slow_requests *all, const char *endpoint, int64_t wall) {
    struct slow_place *least = all->places, *own = NULL;
    int own_count = 0;
    for (struct slow_place *p = all->places; p < all->places + SLOW_REQUESTS; p++) {
        if (worth(&p->request, wall) < worth(&least->request, wall)) least = p;
        if (!worth(&p->request, wall) || strcmp(p->request.endpoint, endpoint) != 0) continue;
        if (!own || p->request.took < own->request.took) own = p;
        own_count++;
    }
    return own_count >= SLOW_OF_ENDPOINT ? own : least;
}

static void put(struct slow_place *place, const struct slow_request *request) {
    unsigned seq = atomic_load_explicit(&place->seq, memory_order_relaxed) & ~1u;
    atomic_store_explicit(&place->seq, seq + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    place->request = *request;
    atomic_store_explicit(&place->seq, seq + 2, memory_order_release);
}

struct slow_threshold slow_requests_threshold(struct slow_requests *all, const char *endpoint,
                                              int64_t wall) {
    return (struct slow_threshold){worth(&place_for(all, endpoint, wall)->request, wall),
                                   slow_requests_time};
}

void slow_requests_put(struct slow_requests *all, const struct slow_request *request,
                       int64_t wall) {
    struct slow_place *place = place_for(all, request->endpoint, wall);
    if (request->took > worth(&place->request, wall)) put(place, request);
}

/* ---- reading ---- */

static void put_end(struct slow_request *request) {
    request->id[sizeof request->id - 1] = request->method[sizeof request->method - 1] = '\0';
    request->path[sizeof request->path - 1] = '\0';
    request->endpoint[sizeof request->endpoint - 1] = '\0';
    for (int i = 0; i < SLOW_USES; i++)
        request->uses[i].name[sizeof request->uses[i].name - 1] = '\0';
}

static bool is_possible(const struct slow_request *request, int64_t wall) {
    bool fine = request->took > 0;
    for (int i = 0; i < SLOW_TIMES; i++) fine &= request->times[i] >= 0;
    for (int i = 0; i < SLOW_USES; i++) fine &= request->uses[i].waited >= 0;
    return fine && worth(request, wall);
}

bool slow_requests_read(const struct slow_requests *all, unsigned number, int64_t wall,
                        struct slow_request *out) {
    const struct slow_place *place = &all->places[number];
    unsigned seq = atomic_load_explicit(&place->seq, memory_order_acquire);
    *out = place->request;
    atomic_thread_fence(memory_order_acquire);
    if (seq % 2 || seq != atomic_load_explicit(&place->seq, memory_order_relaxed)) return false;
    put_end(out);
    return is_possible(out, wall);
}
