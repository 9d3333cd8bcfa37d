#include "server/server_timing.h"

#include "base/decimal.h"
#include "server/exchange.h"

bool server_timing_on;

struct field {
    char *text;
    size_t len;
};

/* A metric: all of it or nothing. Names are quoted as they are, see downstream.h. */
static void put(struct field *field, const char *before, const char *name, const char *description,
                int64_t ns) {
    char metric[DOWNSTREAM_NAME + 96], *at = stpcpy(stpcpy(metric, before), name);
    if (description) at = stpcpy(stpcpy(stpcpy(at, ";desc=\""), description), "\"");
    uint64_t us = ns > 0 ? (uint64_t)ns / NS_PER_US : 0;
    at = stpcpy(at, ";dur=");
    at += decimal_put(at, us / 1000);
    *at++ = '.';
    for (unsigned digit = 100; digit; digit /= 10) *at++ = (char)('0' + us / digit % 10);
    size_t len = (size_t)(at - metric);
    if (field->len + len > SERVER_TIMING_MAX - 2) return;
    memcpy(field->text + field->len, metric, len);
    field->len += len;
}

static void put_use(struct field *field, const struct tally_use *use) {
    const char *protocol = downstream_protocol(use->downstream);
    put(field, ", ", *protocol ? protocol : tally_names[TALLY_DOWNSTREAM],
        downstream_get(use->downstream)->name, use->waited);
}

static void put_all(struct field *field, const struct gr_request *request) {
    int64_t now = clock_now(), times[TALLY_TIMES];
    struct tally tally = tally_now(request->tally, request->green, now);
    tally_read(&tally, times);
    put(field, "Server-Timing: ", "total", NULL, now - tally.account.opened);
    for (int i = 0; i < TALLY_TIMES; i++)
        if (times[i] && i != TALLY_DOWNSTREAM) put(field, ", ", tally_names[i], NULL, times[i]);
    for (unsigned i = 0; i < tally.use_count; i++) put_use(field, &tally.uses[i]);
    if (tally.others.waited) put(field, ", ", "others", NULL, tally.others.waited);
}

size_t server_timing_field(const gr_request *request, char out[SERVER_TIMING_MAX]) {
    struct green *self = green_self();
    struct field field = {out, 0};
    if (self) sched_enter(self);
    put_all(&field, request);
    if (self) sched_leave(self);
    memcpy(out + field.len, "\r\n", 2);
    return field.len + 2;
}
