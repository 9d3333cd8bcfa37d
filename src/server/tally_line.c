#include "server/tally_line.h"

#include "base/clock.h"

#define PUT(line, text) log_line_put(line, text, sizeof(text) - 1)

static void put_name(struct log_line *line, const char *name) {
    log_line_put(line, name, strlen(name));
}

void tally_line_put_text(struct log_line *line, const struct tally *tally, int64_t now) {
    int64_t times[TALLY_TIMES];
    tally_read(tally, NULL, now, times);
    for (int i = 0; i < TALLY_TIMES; i++) {
        if (times[i] < NS_PER_US) continue;
        PUT(line, " ");
        put_name(line, tally_names[i]);
        PUT(line, "=");
        log_line_put_number(line, (uint64_t)times[i] / NS_PER_US);
    }
}

void tally_line_put_members(struct log_line *line, const struct tally *tally, int64_t now) {
    int64_t times[TALLY_TIMES];
    const char *before = ",\"times_us\":{\"";
    tally_read(tally, NULL, now, times);
    for (int i = 0; i < TALLY_TIMES; i++) {
        if (times[i] < NS_PER_US && i != TALLY_RUNNING) continue;
        put_name(line, before);
        put_name(line, tally_names[i]);
        PUT(line, "\":");
        log_line_put_number(line, (uint64_t)times[i] / NS_PER_US);
        before = ",\"";
    }
    PUT(line, "}");
}
