#include "config/strategy.h"

#include <stdbool.h>
#include <string.h>

#include "config/suggest.h"

const char *const shape_names[SHAPES + 1] = {
    [SHAPE_SCALAR] = "scalar", [SHAPE_LIST] = "list", [SHAPE_MAP] = "map"};

static const char *const names[] = {
    [STRATEGY_OVERRIDE] = "override", [STRATEGY_KEEP] = "keep",
    [STRATEGY_MERGE] = "merge",       [STRATEGY_APPEND] = "append",
    [STRATEGY_PREPEND] = "prepend",   [STRATEGY_APPEND_UNIQUE] = "append_unique",
    [STRATEGY_UNION] = "union",       [STRATEGY_INTERSECT] = "intersect",
    [STRATEGY_INTERSECT + 1] = NULL,
};

static const char *const choices[SHAPES] = {
    [SHAPE_SCALAR] = "a scalar can be override or keep",
    [SHAPE_LIST] =
        "a list can be override, keep, append, prepend, append_unique, union or intersect",
    [SHAPE_MAP] = "a map can be override, keep or merge",
};

static bool is_for(enum strategy strategy, enum setting_shape shape) {
    if (strategy <= STRATEGY_KEEP) return true;
    return shape == (strategy == STRATEGY_MERGE ? SHAPE_MAP : SHAPE_LIST);
}

const char *strategy_name(enum strategy strategy) { return names[strategy]; }

enum strategy strategy_parse(const char *text, enum setting_shape shape,
                             char error[SENTENCE_SIZE]) {
    enum strategy found = STRATEGY_OVERRIDE;
    while (names[found] && strcmp(names[found], text) != 0) found++;
    if (names[found] && is_for(found, shape)) return found;
    const char *nearest = names[found] ? NULL : suggest(text, names + STRATEGY_OVERRIDE);
    if (nearest)
        sentence(error, "there is no strategy %s; did you mean %s?", text, nearest);
    else
        sentence(error, "%s, not %s", choices[shape], text);
    return STRATEGY_UNSAID;
}

void merge_rules_add(struct merge_rules *rules, const struct merge_rules *later) {
    for (int i = 0; i < SHAPES; i++)
        if (later->types[i]) rules->types[i] = later->types[i];
    for (int i = 0; i < SETTINGS_MAX; i++)
        if (later->keys[i]) rules->keys[i] = later->keys[i];
}

enum strategy merge_rules_find(const struct merge_rules *rules, const struct setting *setting) {
    enum setting_shape shape = setting_shape(setting);
    enum strategy strategy = rules->keys[setting - settings_table];
    if (!strategy) strategy = rules->types[shape];
    return strategy ? strategy : shape == SHAPE_MAP ? STRATEGY_MERGE : STRATEGY_OVERRIDE;
}
