#include "server/known_names.h"

static uint8_t mark_of(gr_slice name) {
    if (!name.len) return 0;
    return (uint8_t)(name.len * 7 + (uint8_t)name.data[name.len / 2] * 5 +
                     (uint8_t)name.data[name.len - 1]);
}

int known_names_find(struct known_names *names, gr_slice name, bool add) {
    if (name.len >= KNOWN_NAME_SIZE) name.len = KNOWN_NAME_SIZE - 1;
    const uint8_t mark = mark_of(name), *marks = names->marks, *end = marks + names->count;
    for (const uint8_t *at = marks; (at = memchr(at, mark, (size_t)(end - at))); at++)
        if (gr_slice_equal(name, known_names_get(names, (int)(at - marks))))
            return (int)(at - marks);
    if (!add || names->count == KNOWN_NAMES_MAX) return -1;
    memcpy(names->texts[names->count], name.data, name.len); /* a NUL stays behind it */
    names->lens[names->count] = (uint8_t)name.len;
    names->marks[names->count] = mark;
    return (int)names->count++;
}
