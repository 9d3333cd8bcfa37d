#include "server/known_names.h"

int known_names_find(struct known_names *names, gr_slice name, bool add) {
    if (name.len >= KNOWN_NAME_SIZE) name.len = KNOWN_NAME_SIZE - 1;
    for (size_t i = 0; i < names->count; i++)
        if (gr_slice_equal(name, known_names_get(names, (int)i))) return (int)i;
    if (!add || names->count == KNOWN_NAMES_MAX) return -1;
    memcpy(names->at[names->count].text, name.data, name.len); /* a NUL stays behind it */
    names->at[names->count].len = (uint8_t)name.len;
    return (int)names->count++;
}
