/* A command in one text, cut into words as a shell cuts it, without a shell. */
#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H

#include <stddef.h>

/* Places for the words of so long a text, and NULL. */
static inline size_t words_room(size_t len) { return len / 2 + 2; }

/* Cuts up text in place. Blanks separate words; '...', "..." and a backslash keep what they keep in
 * sh(1). Nothing is expanded, and what would have a shell do something else, such as an unquoted $
 * or >, is refused. words gets the words, one at least, and NULL. Returns NULL, or why not, which
 * goes on from the text: "ends in a backslash". */
const char *words_split(char *text, char **words);

#endif
