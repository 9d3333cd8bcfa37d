/* The time as HTTP writes it. Own arithmetic, since libc's takes the lock of the time zone. */
#include "http/response_head.h"

enum { SECONDS_PER_DAY = 86400 };

/* Of the year 9999, the last that four digits can name. */
static const int64_t last_second = 253402300799;

struct date {
    int year, month, day; /* month and day from 0 */
};

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int year_length(int year) { return is_leap(year) ? 366 : 365; }

static int month_length(int month, int year) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month] + (month == 1 && is_leap(year));
}

static struct date date_of(int days) {
    struct date date = {.year = 1970};
    for (; days >= year_length(date.year); date.year++) days -= year_length(date.year);
    for (; days >= month_length(date.month, date.year); date.month++)
        days -= month_length(date.month, date.year);
    date.day = days;
    return date;
}

static char *put_name(char *out, const char *names, size_t index) {
    return mempcpy(out, names + 3 * index, 3);
}

static char *put_two(char *out, int value) {
    *out++ = (char)('0' + value / 10);
    *out++ = (char)('0' + value % 10);
    return out;
}

void http_date(char out[HTTP_DATE_LENGTH], int64_t seconds) {
    seconds = seconds < 0 ? 0 : seconds > last_second ? last_second : seconds;
    int days = (int)(seconds / SECONDS_PER_DAY), second = (int)(seconds % SECONDS_PER_DAY);
    struct date date = date_of(days);

    out = put_name(out, "ThuFriSatSunMonTueWed", (size_t)days % 7);
    out = mempcpy(out, ", ", 2);
    out = put_two(out, date.day + 1);
    *out++ = ' ';
    out = put_name(out, "JanFebMarAprMayJunJulAugSepOctNovDec", (size_t)date.month);
    *out++ = ' ';
    out = put_two(out, date.year / 100);
    out = put_two(out, date.year % 100);
    *out++ = ' ';
    out = put_two(out, second / 3600);
    *out++ = ':';
    out = put_two(out, second / 60 % 60);
    *out++ = ':';
    out = put_two(out, second % 60);
    mempcpy(out, " GMT", 4);
}
