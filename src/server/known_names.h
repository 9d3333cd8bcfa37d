/* Names that clients can make up, and of which there are to be few: the first of them are known,
 * and the rest are one. All zero is empty. */
#ifndef SERVER_KNOWN_NAMES_H
#define SERVER_KNOWN_NAMES_H

#include "greenroom/base.h"

enum { KNOWN_NAMES_MAX = 100, KNOWN_NAME_SIZE = 100 };

struct known_names {
    size_t count;
    uint8_t marks[KNOWN_NAMES_MAX]; /* made of a name, and looked through first */
    uint8_t lens[KNOWN_NAMES_MAX];
    char texts[KNOWN_NAMES_MAX][KNOWN_NAME_SIZE];
};

/* The number of a name, from 0 to count; -1 for one that is not known: it is added if add says so,
 * and there is room. Bytes beyond KNOWN_NAME_SIZE - 1 are not looked at. */
int known_names_find(struct known_names *names, gr_slice name, bool add);

static inline gr_slice known_names_get(const struct known_names *names, int number) {
    return (gr_slice){names->texts[number], names->lens[number]};
}

#endif
