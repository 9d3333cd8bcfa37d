#include "server/request_metrics.h"

#include <stdio.h>

#include "base/hash.h"
#include "observe/metric.h"
#include "server/client_metrics.h"
#include "server/downstream_metrics.h"
#include "server/endpoint_path.h"
#include "server/endpoint_waits.h"
#include "server/exchange.h"
#include "server/known_names.h"
#include "server/slow_request.h"
#include "server/wall_clock.h"
#include "server/worker_metrics.h"

/* ---- names ---- */

static const char *const methods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                      "PATCH", "DELETE", "OPTIONS", "other"};
enum { METHOD_OTHER = sizeof methods / sizeof *methods - 1 };

static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
enum { CLASSES = sizeof classes / sizeof *classes };

static unsigned method_of(const gr_request *request) {
    gr_slice name = gr_request_method(request);
    unsigned method = 0;
    while (method < METHOD_OTHER && !gr_slice_equal(name, gr_slice_of(methods[method]))) method++;
    return method;
}

static unsigned class_of(const gr_request *request) {
    int class = request->response.status / 100;
    return class > 0 && class < CLASSES ? (unsigned)class : 0;
}

/* ---- endpoints without a route ---- */

static struct known_names paths;

/* May it become known by that answer? What is answered well may; what leads elsewhere, or fails,
 * while there is room for others. */
static bool may_be_added(int class) {
    return class == 2 || (class != 4 && paths.count < KNOWN_NAMES_MAX / 2);
}

/* room is for what it may point to. */
static gr_slice endpoint_of(const gr_request *request, char room[KNOWN_NAME_SIZE]) {
    if (request->endpoint.len) return request->endpoint;
    gr_slice path = {room, endpoint_path(request->path, room, KNOWN_NAME_SIZE)};
    int class = request->response.status / 100;
    if (known_names_find(&paths, path, may_be_added(class)) >= 0) return path;
    return gr_slice_of(class == 4 ? ENDPOINT_UNMATCHED : ENDPOINT_OTHERS);
}

/* ---- the timers ---- */

/* The ones that were used last, each in the place that its hash gives it. */
enum { KNOWN = 256 };
static struct known {
    gr_metric *timer;
    struct slow_threshold slow;
    uint8_t method, class;
    uint8_t len;
    char endpoint[KNOWN_NAME_SIZE];
} known[KNOWN];

static const char *version; /* of the application; NULL: nobody says so */

void request_metrics_init(const char *release) { version = *release ? release : NULL; }

static gr_metric *find(const char *endpoint, unsigned method, unsigned class) {
    const gr_label labels[] = {{"endpoint", endpoint},
                               {"method", methods[method]},
                               {"status", classes[class]},
                               {"version", version}};
    return metric_of_server(GR_TIMER, "greenroom_request_seconds", "Time to answer a request",
                            labels, sizeof labels / sizeof *labels - !version);
}

static struct known *known_of(const gr_request *request) {
    char room[KNOWN_NAME_SIZE];
    unsigned method = method_of(request), class = class_of(request);
    gr_slice endpoint = endpoint_of(request, room);
    if (endpoint.len >= KNOWN_NAME_SIZE) endpoint.len = KNOWN_NAME_SIZE - 1;
    uint64_t hash = hash_more(HASH_START + method * CLASSES + class, endpoint.data, endpoint.len);
    struct known *place = &known[hash_fold(hash) % KNOWN];
    if (place->timer && place->method == method && place->class == class &&
        gr_slice_equal(endpoint, (gr_slice){place->endpoint, place->len}))
        return place;
    memcpy(place->endpoint, endpoint.data, endpoint.len);
    place->endpoint[endpoint.len] = '\0';
    place->len = (uint8_t)endpoint.len;
    place->method = (uint8_t)method;
    place->class = (uint8_t) class;
    place->slow = (struct slow_threshold){0};
    place->timer = find(place->endpoint, method, class);
    return place;
}

static void give_example(const gr_request *request, gr_metric *timer, double seconds, int64_t now) {
    int64_t wall = wall_clock_time(now);
    if (metric_wants_example(timer, seconds, wall))
        metric_set_example(timer, seconds, gr_request_id(request), wall);
}

/* ---- what the time went on ---- */

static gr_metric *spent[TALLY_TIMES], *queued;

static void find_spent(void) {
    queued = metric_of_server(GR_TIMER, "greenroom_queued_seconds",
                              "Time that a request could have gone on, but others ran", NULL, 0);
    for (int i = 0; i < TALLY_TIMES; i++) {
        const gr_label on = {"on", tally_names[i]};
        spent[i] = metric_of_server(GR_COUNTER, "greenroom_spent_seconds",
                                    "What the time of requests went on", &on, 1);
    }
}

static void count_spent(const gr_request *request) {
    int64_t times[TALLY_TIMES];
    if (!queued) find_spent();
    tally_read(request->tally, times);
    for (int i = 0; i < TALLY_TIMES; i++)
        if (times[i] > 0) gr_metric_add(spent[i], (double)times[i] / NS_PER_S);
    gr_metric_record(queued, times[TALLY_QUEUED] > 0 ? (double)times[TALLY_QUEUED] / NS_PER_S : 0);
}

void request_metrics_count(gr_request *request, int64_t now) {
    double seconds = (double)(now - request->started) / NS_PER_S;
    struct known *place = known_of(request);
    gr_metric_record(place->timer, seconds);
    give_example(request, place->timer, seconds, now);
    client_metrics_count(request, place->endpoint);
    worker_metrics_request(seconds);
    count_spent(request);
    downstream_metrics_count(request->tally);
    endpoint_waits_count(place->endpoint, request->tally);
    if (slow_requests_want(&place->slow, now - request->started))
        slow_request_note(request, place->endpoint, &place->slow, now);
}

/* ---- include/greenroom/request.h ---- */

bool gr_request_wants_endpoint(const gr_request *request) {
    return metrics_on && !request->endpoint.len;
}

void gr_request_set_endpoint(gr_request *request, gr_slice endpoint) {
    if (!metrics_on || !endpoint.len) return;
    const char *copy = arena_copy(&request->arena, endpoint.data, endpoint.len);
    if (copy) request->endpoint = (gr_slice){copy, endpoint.len};
}
