#include "config/layer.h"

#include <stdio.h>
#include <string.h>

const char *origin_print(const struct origin *origin, char text[ORIGIN_SIZE]) {
    switch (origin->kind) {
    case ORIGIN_FILE:
        if (origin->line)
            snprintf(text, ORIGIN_SIZE, "%.300s:%d", origin->name, origin->line);
        else
            snprintf(text, ORIGIN_SIZE, "%.300s", origin->name);
        break;
    case ORIGIN_OPTION:
        snprintf(text, ORIGIN_SIZE, "--%s", origin->name);
        break;
    default:
        snprintf(text, ORIGIN_SIZE, "%s", origin->name);
    }
    return text;
}

int origin_blame(const struct origin *origin, char error[SENTENCE_SIZE]) {
    char where[ORIGIN_SIZE], bare[SENTENCE_SIZE];
    if (origin->kind == ORIGIN_OPERAND) return -1;
    memcpy(bare, error, sizeof bare);
    if (origin->kind == ORIGIN_OPTION) return sentence(error, "--%s", bare);
    return sentence(error, "%s: %s", origin_print(origin, where), bare);
}

int value_append(struct arena *arena, struct value *value, const struct item *item) {
    struct item *copy = arena_alloc(arena, sizeof *copy);
    if (!copy) return -1;
    *copy = *item;
    copy->next = NULL;
    *(value->last ? &value->last->next : &value->first) = copy;
    value->last = copy;
    return 0;
}

static int pieces_add(struct arena *arena, struct value *value, struct item *item) {
    const char *at = item->text;
    for (;;) {
        size_t len = strcspn(at, ",");
        if (!(item->text = arena_copy(arena, at, len)) || value_append(arena, value, item) < 0)
            return -1;
        if (!at[len]) return 0;
        at += len + 1;
    }
}

/* What is not KEY=TEXT stays whole, for setting_set to refuse. */
static int entry_add(struct arena *arena, struct value *value, struct item *item, char separator) {
    const char *end = strchr(item->text, separator);
    if (end) {
        item->key = arena_copy(arena, item->text, (size_t)(end - item->text));
        item->text = end + 1;
        if (!item->key) return -1;
    }
    return value_append(arena, value, item);
}

int value_add(struct arena *arena, struct value *value, const struct setting *setting,
              const char *text, const struct origin *origin) {
    struct item item = {.text = text, .origin = *origin};
    if (!value->given || !setting_repeats(setting))
        *value = (struct value){.given = true, .origin = *origin};
    switch (setting->kind) {
    case SETTING_NETWORKS:
    case SETTING_LEVELS:
        return pieces_add(arena, value, &item);
    case SETTING_DOWNSTREAM:
    case SETTING_STATIC:
        return entry_add(arena, value, &item, setting_separator(setting));
    default:
        return value_append(arena, value, &item);
    }
}

const char *item_text(struct arena *arena, const struct setting *setting, const struct item *item) {
    if (!item->key) return item->text;
    size_t size = strlen(item->key) + strlen(item->text) + 2;
    char *text = arena_alloc(arena, size);
    if (text) snprintf(text, size, "%s%c%s", item->key, setting_separator(setting), item->text);
    return text;
}
