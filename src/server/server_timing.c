#include "server/server_timing.h"

#include <stdarg.h>
#include <stdio.h>

#include "server/exchange.h"

bool server_timing_on;

struct field {
    char *text;
    size_t len;
};

/* All of it or nothing; the line break has room behind. */
__attribute__((format(printf, 2, 3))) static void put(struct field *field, const char *format,
                                                      ...) {
    size_t room = SERVER_TIMING_MAX - 2 - field->len;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(field->text + field->len, room, format, arguments);
    va_end(arguments);
    if (len > 0 && (size_t)len < room) field->len += (size_t)len;
}

static double ms(int64_t ns) { return (double)ns / NS_PER_MS; }

/* Names are quoted as they are, see downstream.h. */
static void put_use(struct field *field, const struct tally_use *use) {
    const struct downstream *downstream = downstream_get(use->downstream);
    const char *protocol = protocol_names[downstream->protocol];
    put(field, ", %s;desc=\"%s\";dur=%.3f", *protocol ? protocol : tally_names[TALLY_DOWNSTREAM],
        downstream->name, ms(use->waited));
}

static void put_all(struct field *field, const struct gr_request *request) {
    int64_t now = clock_now(), times[TALLY_TIMES];
    struct tally tally = tally_now(request->tally, request->green, now);
    tally_read(&tally, times);
    put(field, "Server-Timing: total;dur=%.3f", ms(now - tally.account.opened));
    for (int i = 0; i < TALLY_TIMES; i++)
        if (times[i] && i != TALLY_DOWNSTREAM)
            put(field, ", %s;dur=%.3f", tally_names[i], ms(times[i]));
    for (unsigned i = 0; i < tally.use_count; i++) put_use(field, &tally.uses[i]);
    if (tally.others.waited) put(field, ", others;dur=%.3f", ms(tally.others.waited));
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
