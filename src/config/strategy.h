/* How a layer is laid over what stands beneath it: the strategies that deepmerge has, by type and
 * by key. */
#ifndef CONFIG_STRATEGY_H
#define CONFIG_STRATEGY_H

#include "config/sentence.h"
#include "config/settings.h"

enum strategy {
    STRATEGY_UNSAID,   /* no rule */
    STRATEGY_OVERRIDE, /* what comes later takes the place of the earlier; of any shape */
    STRATEGY_KEEP,     /* what came first stays; of any shape */
    STRATEGY_MERGE,    /* maps: entries of both; of entries with one key by the rule for scalars */
    STRATEGY_APPEND,   /* lists: what comes later stands behind */
    STRATEGY_PREPEND,  /* lists: it stands before */
    STRATEGY_APPEND_UNIQUE, /* lists: behind, but for what is there already */
    STRATEGY_UNION,         /* lists: the same, and nothing twice */
    STRATEGY_INTERSECT,     /* lists: what both have, nothing twice, in the earlier order */
};

/* Those of keys go before those of types. */
struct merge_rules {
    enum strategy types[SHAPES], keys[SETTINGS_MAX];
};

/* "scalar", "list", "map"; and NULL. */
extern const char *const shape_names[SHAPES + 1];

/* "override" and so on, as files write them. */
const char *strategy_name(enum strategy strategy);

/* Reads one that is for that shape. Returns it, or STRATEGY_UNSAID with a sentence. */
enum strategy strategy_parse(const char *text, enum setting_shape shape, char error[SENTENCE_SIZE]);

/* Lays later rules over rules: those that are said take the place of the earlier. */
void merge_rules_add(struct merge_rules *rules, const struct merge_rules *later);

/* For a setting, which is a row of settings_table: never UNSAID. Without a rule, maps are merged
 * and everything else is overridden. */
enum strategy merge_rules_find(const struct merge_rules *rules, const struct setting *setting);

#endif
