#include "server/slow_request.h"

#include <stdio.h>
#include <string.h>

#include "observe/metric.h"
#include "server/exchange.h"
#include "server/wall_clock.h"

static int own_slot;

void slow_request_start(int slot) { own_slot = slot; }

static void copy(char *out, size_t room, gr_slice text) {
    size_t len = text.len < room ? text.len : room - 1;
    memcpy(out, text.data, len);
    out[len] = '\0';
}

/* The longest ones first. */
static void add_use(struct slow_request *slow, const struct tally_use *use) {
    int at = SLOW_USES;
    while (at && slow->uses[at - 1].waited < use->waited) at--;
    if (at == SLOW_USES) return;
    memmove(&slow->uses[at + 1], &slow->uses[at],
            (size_t)(SLOW_USES - 1 - at) * sizeof *slow->uses);
    const char *protocol = downstream_protocol(use->downstream);
    slow->uses[at].waited = use->waited;
    snprintf(slow->uses[at].name, sizeof slow->uses[at].name, "%s%s%s", protocol,
             *protocol ? "@" : "", downstream_get(use->downstream)->name);
}

static void fill(struct slow_request *slow, gr_request *request, const char *endpoint,
                 int64_t now) {
    const struct tally *tally = request->tally;
    *slow = (struct slow_request){
        .ended = wall_clock_time(now),
        .took = now - request->started,
        .status = request->response.status,
        .worker = own_slot,
    };
    tally_read(tally, slow->times);
    for (unsigned i = 0; i < tally->use_count; i++) add_use(slow, &tally->uses[i]);
    add_use(slow, &tally->others);
    copy(slow->id, sizeof slow->id, gr_request_id(request));
    copy(slow->method, sizeof slow->method, gr_request_method(request));
    copy(slow->path, sizeof slow->path, gr_request_path(request));
    copy(slow->endpoint, sizeof slow->endpoint, gr_slice_of(endpoint));
}

void slow_request_note(gr_request *request, const char *endpoint, struct slow_threshold *threshold,
                       int64_t now) {
    struct slow_requests *all = &metric_store_own()->slow;
    struct slow_request slow;
    int64_t wall = wall_clock_time(now);
    *threshold = slow_requests_threshold(all, endpoint, wall);
    if (now - request->started <= threshold->least) return;
    fill(&slow, request, endpoint, now);
    slow_requests_put(all, &slow, wall);
    *threshold = slow_requests_threshold(all, endpoint, wall);
}
