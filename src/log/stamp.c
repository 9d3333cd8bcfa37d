#include "log/stamp.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

enum { DAY = 86400, QUARTER = 900, OFFSET_BITS = 20, OFFSET_BIAS = 1 << (OFFSET_BITS - 1) };

static void put_two(char *out, unsigned number) {
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
}

static void put_three(char *out, unsigned number) {
    out[0] = (char)('0' + number / 100);
    put_two(out + 1, number % 100);
}

/* The civil date of a day since 1970, in the calendar's cycle of 400 years, whose years begin in
 * March: the leap day comes last. */
static void put_date(char *out, int64_t day) {
    unsigned since_0000 = (unsigned)(day + 719468), cycle = since_0000 / 146097;
    unsigned in_cycle = since_0000 % 146097;
    unsigned year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    unsigned in_year = in_cycle - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * in_year + 2) / 153; /* from March */
    year += cycle * 400 + (month > 9);
    put_two(out, year / 100);
    put_two(out + 2, year % 100);
    out[4] = out[7] = '-';
    put_two(out + 5, month > 9 ? month - 9 : month + 3);
    put_two(out + 8, in_year - (153 * month + 2) / 5 + 1);
}

static void put_time(char *out, unsigned in_day) {
    put_two(out, in_day / 3600);
    put_two(out + 3, in_day / 60 % 60);
    put_two(out + 6, in_day % 60);
    out[2] = out[5] = ':';
}

static void put_second(char *out, int64_t seconds, char between) {
    put_date(out, seconds / DAY);
    out[10] = between;
    put_time(out + 11, (unsigned)(seconds % DAY));
}

/* Seconds east of Greenwich. They change with a quarter of an hour at the earliest, so one word
 * remembers them: which quarter, and how many. */
static int64_t local_offset(int64_t seconds) {
    static _Atomic int64_t remembered = -1;
    int64_t quarter = seconds / QUARTER,
            word = atomic_load_explicit(&remembered, memory_order_relaxed);
    if (word >> OFFSET_BITS != quarter) {
        struct tm local;
        time_t at = (time_t)seconds;
        localtime_r(&at, &local);
        word = quarter << OFFSET_BITS | (local.tm_gmtoff + OFFSET_BIAS);
        atomic_store_explicit(&remembered, word, memory_order_relaxed);
    }
    return (word & ((1 << OFFSET_BITS) - 1)) - OFFSET_BIAS;
}

void log_stamp_local(char out[LOG_STAMP_LOCAL], int64_t time) {
    int64_t seconds = time / NS_PER_S;
    put_second(out, seconds + local_offset(seconds), ' ');
    out[19] = '.';
    put_three(out + 20, (unsigned)(time % NS_PER_S / NS_PER_MS));
}

void log_stamp_utc(char out[LOG_STAMP_UTC], int64_t time) {
    put_second(out, time / NS_PER_S, 'T');
    out[19] = '.';
    put_three(out + 20, (unsigned)(time % NS_PER_S / NS_PER_MS));
    put_three(out + 23, (unsigned)(time % NS_PER_MS / NS_PER_US));
    out[26] = 'Z';
}
