/* Numbers as a user writes them, and back. */
#ifndef CONFIG_QUANTITY_H
#define CONFIG_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unit {
    UNIT_ONE,          /* "8": a count */
    UNIT_BYTES,        /* "4096", "256K", "1M", "1G": powers of 1024 */
    UNIT_SECONDS,      /* "30", "0.5": kept in nanoseconds */
    UNIT_MILLISECONDS, /* "10", "2.5": kept in nanoseconds */
};

/* Room for the longest text of quantity_print. */
enum { QUANTITY_SIZE = 40 };

/* Returns false when text is no such quantity or does not fit; *value is then undefined. */
bool quantity_parse(const char *text, enum unit unit, int64_t *value);

/* The shortest text that quantity_parse reads as value. Returns text. */
char *quantity_print(char text[QUANTITY_SIZE], enum unit unit, int64_t value);

/* " seconds", with the blank before it; "" for a mere count. */
const char *unit_name(enum unit unit);

#endif
