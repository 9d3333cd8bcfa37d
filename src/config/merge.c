#include "config/merge.h"

#include <string.h>

static struct item *find_text(const struct value *value, const char *text) {
    struct item *item = value->first;
    while (item && strcmp(item->text, text) != 0) item = item->next;
    return item;
}

static struct item *find_key(const struct value *value, const char *key) {
    struct item *item = value->first;
    while (item && !(item->key && key && strcmp(item->key, key) == 0)) item = item->next;
    return item;
}

static int append_all(struct arena *arena, struct value *result, const struct value *value) {
    for (const struct item *item = value->first; item; item = item->next)
        if (value_append(arena, result, item) < 0) return -1;
    return 0;
}

/* Those of value that are not in known, which may grow meanwhile. */
static int append_new(struct arena *arena, struct value *result, const struct value *value,
                      const struct value *known) {
    for (const struct item *item = value->first; item; item = item->next)
        if (!find_text(known, item->text) && value_append(arena, result, item) < 0) return -1;
    return 0;
}

static int intersect(struct arena *arena, struct value *result, const struct value *earlier,
                     const struct value *later) {
    for (const struct item *item = earlier->first; item; item = item->next)
        if (find_text(later, item->text) && !find_text(result, item->text) &&
            value_append(arena, result, item) < 0)
            return -1;
    return 0;
}

static int merge_maps(struct arena *arena, enum strategy of_entries, struct value *result,
                      const struct value *earlier, const struct value *later) {
    if (append_all(arena, result, earlier) < 0) return -1;
    for (const struct item *item = later->first; item; item = item->next) {
        struct item *same = find_key(result, item->key);
        if (!same && value_append(arena, result, item) < 0) return -1;
        if (!same || of_entries == STRATEGY_KEEP) continue;
        same->text = item->text;
        same->origin = item->origin;
    }
    return 0;
}

int value_merge(struct arena *arena, enum strategy strategy, enum strategy of_entries,
                const struct value *earlier, const struct value *later, struct value *result) {
    struct value first = *earlier, second = *later; /* result may be either */
    *result = (struct value){.given = true, .origin = second.origin};
    switch (strategy) {
    case STRATEGY_KEEP:
        *result = first;
        return 0;
    case STRATEGY_MERGE:
        return merge_maps(arena, of_entries, result, &first, &second);
    case STRATEGY_APPEND:
        return append_all(arena, result, &first) | append_all(arena, result, &second);
    case STRATEGY_PREPEND:
        return append_all(arena, result, &second) | append_all(arena, result, &first);
    case STRATEGY_APPEND_UNIQUE:
        return append_all(arena, result, &first) | append_new(arena, result, &second, &first);
    case STRATEGY_UNION:
        return append_new(arena, result, &first, result) |
               append_new(arena, result, &second, result);
    case STRATEGY_INTERSECT:
        return intersect(arena, result, &first, &second);
    default:
        *result = second;
        return 0;
    }
}
