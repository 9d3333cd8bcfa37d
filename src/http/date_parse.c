/* The three forms of a date in HTTP (RFC 9110, 5.6.7):
 *
 *     Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate
 *     Sunday, 06-Nov-94 08:49:37 GMT   RFC 850
 *     Sun Nov  6 08:49:37 1994         asctime
 *
 * The name of the day is not compared with the date. */
#include "http/conditional.h"
#include "http/octets.h"

struct date {
    int year, month, day, hour, minute, second; /* month from 0, day from 1 */
};

/* Takes what stands at *at. All return false and leave *at anywhere when it is something else. */

static bool take_text(const char **at, const char *end, const char *text) {
    size_t len = strlen(text);
    if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0) return false;
    *at += len;
    return true;
}

static bool take_digits(const char **at, const char *end, int count, int *number) {
    *number = 0;
    for (; count > 0; count--, (*at)++) {
        if (*at == end || !octet_is(**at, OCTET_DIGIT)) return false;
        *number = *number * 10 + (**at - '0');
    }
    return true;
}

static bool take_month(const char **at, const char *end, int *month) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (*month = 0; *month < 12; (*month)++) {
        if (end - *at < 3 || memcmp(*at, names + 3 * (size_t)*month, 3) != 0) continue;
        *at += 3;
        return true;
    }
    return false;
}

static bool take_time(const char **at, const char *end, struct date *date) {
    return take_digits(at, end, 2, &date->hour) && take_text(at, end, ":") &&
           take_digits(at, end, 2, &date->minute) && take_text(at, end, ":") &&
           take_digits(at, end, 2, &date->second);
}

static bool take_fixdate(const char **at, const char *end, struct date *date) {
    return take_digits(at, end, 2, &date->day) && take_text(at, end, " ") &&
           take_month(at, end, &date->month) && take_text(at, end, " ") &&
           take_digits(at, end, 4, &date->year) && take_text(at, end, " ") &&
           take_time(at, end, date) && take_text(at, end, " GMT");
}

/* Its year is left as two digits. */
static bool take_rfc850(const char **at, const char *end, struct date *date) {
    return take_digits(at, end, 2, &date->day) && take_text(at, end, "-") &&
           take_month(at, end, &date->month) && take_text(at, end, "-") &&
           take_digits(at, end, 2, &date->year) && take_text(at, end, " ") &&
           take_time(at, end, date) && take_text(at, end, " GMT");
}

static bool take_asctime(const char **at, const char *end, struct date *date) {
    return take_month(at, end, &date->month) && take_text(at, end, " ") &&
           (take_text(at, end, " ") ? take_digits(at, end, 1, &date->day)
                                    : take_digits(at, end, 2, &date->day)) &&
           take_text(at, end, " ") && take_time(at, end, date) && take_text(at, end, " ") &&
           take_digits(at, end, 4, &date->year);
}

/* Of the proleptic Gregorian calendar, from 1970-01-01. Counts years from March, so that the day
 * that comes and goes is the last. */
static int64_t days_before(const struct date *date) {
    int64_t year = date->month < 2 ? date->year - 1 : date->year;
    int64_t month = (date->month + 10) % 12;
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    return year * 365 + leap_days + (month * 153 + 2) / 5 + date->day - 1 - 719468;
}

static bool is_possible(const struct date *date) {
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return date->day >= 1 && date->day <= lengths[date->month] && date->hour < 24 &&
           date->minute < 60 && date->second <= 60;
}

static int64_t seconds_of(const struct date *date) {
    return ((days_before(date) * 24 + date->hour) * 60 + date->minute) * 60 + date->second;
}

static int64_t seconds_of_two_digit_year(struct date *date, int64_t now) {
    static const int64_t fifty_years = INT64_C(18262) * 86400;
    date->year += 2000;
    int64_t seconds = seconds_of(date);
    if (seconds <= now + fifty_years) return seconds;
    date->year -= 100;
    return seconds_of(date);
}

bool http_date_parse(gr_slice text, int64_t now, int64_t *seconds) {
    const char *at = text.data, *end = at + text.len;
    const char *comma = text.len ? memchr(at, ',', text.len) : NULL;
    struct date date;
    bool short_year = comma && comma - at > 3;
    bool fits;
    if (comma) {
        at = comma + 1;
        fits = take_text(&at, end, " ") &&
               (short_year ? take_rfc850(&at, end, &date) : take_fixdate(&at, end, &date));
    } else {
        at += text.len < 4 ? text.len : 4;
        fits = take_asctime(&at, end, &date);
    }
    if (!fits || at != end || !is_possible(&date)) return false;
    *seconds = short_year ? seconds_of_two_digit_year(&date, now) : seconds_of(&date);
    return true;
}
