#include "config/suggest.h"

#include <string.h>

enum { WORD_MAX = 32 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t edit_distance(const char *a, const char *b) {
    size_t rows = strlen(a), columns = strlen(b);
    size_t table[WORD_MAX]
                [WORD_MAX]; /* [i][j]: from the first i letters of a to the first j of b */
    if (rows >= WORD_MAX || columns >= WORD_MAX) return WORD_MAX;
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            if (!i || !j) {
                table[i][j] = i + j;
                continue;
            }
            size_t best = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = least(best, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, table[i - 2][j - 2] + 1);
            table[i][j] = best;
        }
    }
    return table[rows][columns];
}

const char *suggest(const char *word, const char *const *known) {
    const char *nearest = NULL;
    size_t shortest = WORD_MAX;
    for (; *known; known++) {
        size_t distance = edit_distance(word, *known);
        if (distance >= shortest || distance > least(3, strlen(*known) / 2)) continue;
        nearest = *known;
        shortest = distance;
    }
    return nearest;
}
