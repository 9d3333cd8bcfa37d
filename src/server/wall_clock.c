#include "server/wall_clock.h"

#include <time.h>

#include "base/clock.h"
#include "runtime/watch.h"

static struct wall_clock texts;
static int64_t valid_until; /* on the clock of loop_now */

static void make_date_field(char field[WALL_CLOCK_DATE_FIELD], int64_t seconds) {
    memcpy(field, "Date: ", 6);
    http_date(field + 6, seconds);
    memcpy(field + 6 + HTTP_DATE_LENGTH, "\r\n", 2);
}

static void make_texts(int64_t seconds) {
    make_date_field(texts.date_field, seconds);
    struct tm local;
    localtime_r(&(time_t){seconds}, &local);
    strftime(texts.log_stamp, sizeof texts.log_stamp, "%d/%b/%Y:%H:%M:%S %z", &local);
}

const struct wall_clock *wall_clock_now(void) {
    int64_t now = loop_now();
    if (__builtin_expect(now < valid_until, 1)) return &texts;
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    make_texts(wall.tv_sec);
    texts.ahead = wall.tv_sec * (int64_t)NS_PER_S + wall.tv_nsec - clock_now();
    valid_until = now + NS_PER_S - wall.tv_nsec;
    return &texts;
}

int64_t wall_clock_time(int64_t now) { return now + wall_clock_now()->ahead; }

void wall_clock_date_field(char field[WALL_CLOCK_DATE_FIELD]) {
    make_date_field(field, time(NULL));
}
