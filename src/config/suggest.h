/* What a user may have meant by a word nobody knows. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/* Number of letters to insert, delete, replace, or swap with their neighbour to turn a into b.
 * Words of 32 letters and more count as wholly different. */
size_t edit_distance(const char *a, const char *b);

/* The known word nearest to the one given, NULL when none is near enough to be worth naming. known
 * ends with NULL. */
const char *suggest(const char *word, const char *const *known);

#endif
