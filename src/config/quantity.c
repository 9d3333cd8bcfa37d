#include "config/quantity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const char suffixes[] = "KMG";

/* How much one of the unit is worth in the value kept. */
static int64_t unit_worth(enum unit unit) {
    return unit == UNIT_SECONDS ? NS_PER_S : unit == UNIT_MILLISECONDS ? NS_PER_MS : 1;
}

static bool digits_parse(const char **text, int64_t *value) {
    const char *at = *text;
    *value = 0;
    for (; isdigit((unsigned char)*at); at++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, *at - '0', value))
            return false;
    bool any = at > *text;
    *text = at;
    return any;
}

/* Reads ".5" as half of worth. What is finer than the value kept is cut off. */
static int64_t fraction_parse(const char **text, int64_t worth) {
    int64_t value = 0;
    for (; isdigit((unsigned char)**text); (*text)++) value += (**text - '0') * (worth /= 10);
    return value;
}

bool quantity_parse(const char *text, enum unit unit, int64_t *value) {
    int64_t worth = unit_worth(unit), fraction = 0;
    if (!digits_parse(&text, value)) return false;
    if (worth > 1 && *text == '.') {
        if (!isdigit((unsigned char)*++text)) return false;
        fraction = fraction_parse(&text, worth);
    }
    const char *suffix = *text ? strchr(suffixes, toupper((unsigned char)*text)) : NULL;
    if (unit == UNIT_BYTES && suffix) {
        worth = INT64_C(1) << (10 * (suffix - suffixes + 1));
        text++;
    }
    return *text == '\0' && !__builtin_mul_overflow(*value, worth, value) &&
           !__builtin_add_overflow(*value, fraction, value);
}

static char *bytes_print(char *text, int64_t value) {
    int power = 0;
    while (power < 3 && value && value % 1024 == 0) {
        value /= 1024;
        power++;
    }
    snprintf(text, QUANTITY_SIZE, "%" PRId64 "%.1s", value, power ? suffixes + power - 1 : "");
    return text;
}

char *quantity_print(char text[QUANTITY_SIZE], enum unit unit, int64_t value) {
    if (unit == UNIT_BYTES) return bytes_print(text, value);
    int64_t worth = unit_worth(unit), rest = value % worth;
    int len = snprintf(text, QUANTITY_SIZE, "%" PRId64, value / worth);
    if (!rest) return text;
    text[len++] = '.';
    while (rest) {
        worth /= 10;
        text[len++] = (char)('0' + rest / worth);
        rest %= worth;
    }
    text[len] = '\0';
    return text;
}

const char *unit_name(enum unit unit) {
    static const char *const names[] = {
        [UNIT_ONE] = "",
        [UNIT_BYTES] = " bytes",
        [UNIT_SECONDS] = " seconds",
        [UNIT_MILLISECONDS] = " milliseconds",
    };
    return names[unit];
}
