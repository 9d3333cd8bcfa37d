#include "server/tally_line.h"

#include "base/clock.h"

#define PUT(line, text) log_line_put(line, text, sizeof(text) - 1)

static void put_name(struct log_line *line, const char *name) {
    log_line_put(line, name, strlen(name));
}

static void put_us(struct log_line *line, int64_t ns) {
    log_line_put_number(line, (uint64_t)ns / NS_PER_US);
}

static void put_text_use(struct log_line *line, const struct tally_use *use) {
    const char *protocol = downstream_protocol(use->downstream);
    if (use->waited < NS_PER_US) return;
    PUT(line, " ");
    put_name(line, protocol);
    if (*protocol) PUT(line, "@");
    put_name(line, downstream_get(use->downstream)->name);
    PUT(line, "=");
    put_us(line, use->waited);
}

void tally_line_put_text(struct log_line *line, const struct tally *tally) {
    int64_t times[TALLY_TIMES];
    tally_read(tally, times);
    for (int i = 0; i < TALLY_TIMES; i++) {
        if (times[i] < NS_PER_US) continue;
        PUT(line, " ");
        put_name(line, tally_names[i]);
        PUT(line, "=");
        put_us(line, times[i]);
    }
    for (unsigned i = 0; i < tally->use_count; i++) put_text_use(line, &tally->uses[i]);
    put_text_use(line, &tally->others);
}

static void put_member_number(struct log_line *line, const char *name, uint64_t number) {
    if (!number) return;
    put_name(line, name);
    log_line_put_number(line, number);
}

/* Names need no escapes, see downstream.h. */
static void put_use(struct log_line *line, const struct tally_use *use) {
    const char *protocol = downstream_protocol(use->downstream);
    PUT(line, "{\"name\":\"");
    put_name(line, downstream_get(use->downstream)->name);
    if (*protocol) PUT(line, "\",\"protocol\":\"");
    put_name(line, protocol);
    PUT(line, "\",\"waited_us\":");
    put_us(line, use->waited);
    put_member_number(line, ",\"round_trips\":", use->round_trips);
    put_member_number(line, ",\"connections\":", use->connections);
    put_member_number(line, ",\"sent\":", use->sent);
    put_member_number(line, ",\"received\":", use->received);
    PUT(line, "}");
}

static void put_uses(struct log_line *line, const struct tally *tally) {
    if (!tally->use_count) return;
    PUT(line, ",\"downstreams\":[");
    for (unsigned i = 0; i < tally->use_count; i++) {
        if (i) PUT(line, ",");
        put_use(line, &tally->uses[i]);
    }
    if (tally_is_used(&tally->others)) {
        PUT(line, ",");
        put_use(line, &tally->others);
    }
    PUT(line, "]");
}

void tally_line_put_members(struct log_line *line, const struct tally *tally) {
    int64_t times[TALLY_TIMES];
    const char *before = ",\"times_us\":{\"";
    tally_read(tally, times);
    for (int i = 0; i < TALLY_TIMES; i++) {
        if (times[i] < NS_PER_US && i != TALLY_RUNNING) continue;
        put_name(line, before);
        put_name(line, tally_names[i]);
        PUT(line, "\":");
        put_us(line, times[i]);
        before = ",\"";
    }
    PUT(line, "}");
    put_member_number(line, ",\"lookups\":", tally->lookups);
    put_uses(line, tally);
}
