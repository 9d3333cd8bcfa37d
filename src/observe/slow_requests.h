/* The slowest requests of the last minutes, and what their time went on: a few for each process, in
 * its store (observe/metric_store.h), where one takes the place of the fastest of them; of an
 * endpoint that is always slow, only some. A request that is not among them costs a comparison with
 * what is known of its endpoint.
 *
 * One thread writes. Who reads trusts nothing: slow_requests_read. */
#ifndef OBSERVE_SLOW_REQUESTS_H
#define OBSERVE_SLOW_REQUESTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    SLOW_REQUESTS = 16,
    SLOW_OF_ENDPOINT = 4, /* of them, at most */
    SLOW_TIMES = 10,      /* enum tally_time of observe/tally.h */
    SLOW_USES = 4,        /* the downstreams that it waited for longest */
    SLOW_MINUTES = 5
};

struct slow_use {
    char name[128]; /* "postgres@db.example:5432" */
    int64_t waited;
};

/* Texts end with a null byte, and are cut off if they have to be. Times are in ns. */
struct slow_request {
    int64_t ended; /* since 1970 */
    int64_t took;
    int64_t times[SLOW_TIMES];
    struct slow_use uses[SLOW_USES]; /* the first without a name ends them */
    int32_t status, worker;
    char id[132], method[16], path[160], endpoint[100];
};

/* seq is odd while it is written. */
struct slow_place {
    atomic_uint seq;
    struct slow_request request;
};

struct slow_requests {
    struct slow_place places[SLOW_REQUESTS];
};

/* --- For the process whose they are --- */

/* What requests to an endpoint have to take longer than, in ns, as was found out in that time. All
 * zero is not known yet. */
struct slow_threshold {
    int64_t least;
    unsigned time;
};

/* From 1 on: changes when some may have become too old. */
extern unsigned slow_requests_time;

static inline bool slow_requests_want(const struct slow_threshold *threshold, int64_t took) {
    return took > threshold->least || threshold->time != slow_requests_time;
}

/* What they have to take longer than now; wall is in ns since 1970. */
struct slow_threshold slow_requests_threshold(struct slow_requests *all, const char *endpoint,
                                              int64_t wall);

/* Puts one in the place of the fastest, or of one that is too old, if it is slower than that. */
void slow_requests_put(struct slow_requests *all, const struct slow_request *request, int64_t wall);

/* --- For others --- */

/* Copies the one at a place; false for none, one that is over too long, or that is being written.
 * Its texts have an end, and its times are not negative. */
bool slow_requests_read(const struct slow_requests *all, unsigned place, int64_t wall,
                        struct slow_request *out);

#endif
