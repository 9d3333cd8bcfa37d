/* What is wrong, in one sentence that a user can act on: no capital, no full stop, since it is
 * shown behind "greenroom: ". */
#ifndef CONFIG_SENTENCE_H
#define CONFIG_SENTENCE_H

enum { SENTENCE_SIZE = 512 };

/* Writes it, printf(3) style, cut off where it does not fit. Returns -1, for the caller to return.
 */
int sentence(char error[SENTENCE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
