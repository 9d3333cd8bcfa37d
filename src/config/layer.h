/* One place that settings come from: a file, the environment, or the command line. What a layer
 * says is text, and each text knows where it stands. */
#ifndef CONFIG_LAYER_H
#define CONFIG_LAYER_H

#include "base/arena.h"
#include "config/settings.h"
#include "config/strategy.h"

enum origin_kind { ORIGIN_FILE, ORIGIN_VARIABLE, ORIGIN_OPTION, ORIGIN_OPERAND };

struct origin {
    enum origin_kind kind;
    const char *name; /* the path, or the name of the variable; of an option without "--" */
    int line;         /* of a FILE, from 1; 0: the file as such */
};

/* Part of a value: the whole of a scalar, or what a list or a map has one after the other. */
struct item {
    const char *key; /* in a map */
    const char *text;
    struct origin origin;
    struct item *next;
};

/* Of one setting. */
struct value {
    bool given; /* a list that is given may be empty */
    struct origin origin;
    struct item *first, *last;
};

struct layer {
    struct value values[SETTINGS_MAX]; /* in the order of settings_table */
    struct merge_rules rules;          /* what its "merge" section says */
};

enum { ORIGIN_SIZE = 320 };

/* "greenroom.yaml:3", "GREENROOM_WORKERS", "--workers" or "APP". Returns text. */
const char *origin_print(const struct origin *origin, char text[ORIGIN_SIZE]);

/* Puts the origin before a sentence that begins with the name of a setting. Returns -1. */
int origin_blame(const struct origin *origin, char error[SENTENCE_SIZE]);

/* Appends a copy. Returns 0, or -1 with errno ENOMEM. */
int value_append(struct arena *arena, struct value *value, const struct item *item);

/* Adds what an option or a variable says: one more address, directory or command; of anything else
 * it takes the place of what the value had. The text is kept, or cut up in the arena. Returns 0, or
 * -1 with errno ENOMEM. */
int value_add(struct arena *arena, struct value *value, const struct setting *setting,
              const char *text, const struct origin *origin);

/* The text as setting_set wants it: of a map, key and text as one, in the arena. NULL with errno
 * ENOMEM. */
const char *item_text(struct arena *arena, const struct setting *setting, const struct item *item);

#endif
