/* Numbers as text, where snprintf would cost more than all the rest. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DECIMAL_MAX = 20 };

/* Writes up to DECIMAL_MAX digits, no terminator. Returns how many. */
static inline size_t decimal_put(char *out, uint64_t number) {
    char digits[DECIMAL_MAX], *end = digits + DECIMAL_MAX, *at = end;
    do *--at = (char)('0' + number % 10);
    while (number /= 10);
    memcpy(out, at, (size_t)(end - at));
    return (size_t)(end - at);
}

#endif
