#include "config/layer_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/suggest.h"
#include "config/yaml.h"

static const char merge_key[] = "merge";

struct reading {
    struct layer *layer;
    struct arena *arena;
    const char *path;
    char *error;
};

/* ---- what is wrong, and where ---- */

#define REFUSE(reading, line, ...) (sentence((reading)->error, __VA_ARGS__), blame(reading, line))

static int blame(const struct reading *reading, int line) {
    return origin_blame(&(struct origin){ORIGIN_FILE, reading->path, line}, reading->error);
}

static int no_memory(const struct reading *reading) {
    return REFUSE(reading, 0, "there is no memory");
}

static int refuse_unknown(const struct reading *reading, const struct node *node,
                          const char *section, const char *const *others) {
    const char *names[SETTINGS_MAX + SHAPES + 1] = {0};
    int count = 0;
    for (const struct setting *s = settings_table; s->name; s++) names[count++] = s->name;
    for (; *others; others++) names[count++] = *others;
    const char *nearest = suggest(node->key, names);
    return nearest ? REFUSE(reading, node->line, "unknown key %s%s; did you mean %s%s?", section,
                            node->key, section, nearest)
                   : REFUSE(reading, node->line, "unknown key %s%s; see greenroom serve --help",
                            section, node->key);
}

static int refuse_shape(const struct reading *reading, const struct node *node, const char *path,
                        const char *due) {
    static const char *const found[] = {
        [NODE_TEXT] = "one value", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};
    return REFUSE(reading, node->line, "%s must be %s, not %s", path, due,
                  node->is_null ? "nothing" : found[node->kind]);
}

/* ---- settings ---- */

static struct origin origin_of(const struct reading *reading, const struct node *node) {
    return (struct origin){ORIGIN_FILE, reading->path, node->line};
}

static bool is_text(const struct node *node) { return node->kind == NODE_TEXT && !node->is_null; }

static int text_take(const struct reading *reading, struct value *value,
                     const struct setting *setting, const struct node *node) {
    struct origin origin = origin_of(reading, node);
    return value_add(reading->arena, value, setting, node->text, &origin) < 0 ? no_memory(reading)
                                                                              : 0;
}

static int list_take(const struct reading *reading, struct value *value,
                     const struct setting *setting, const struct node *list) {
    char path[SENTENCE_SIZE];
    int index = 0;
    for (const struct node *node = list->first; node; node = node->next) {
        struct item item = {.text = node->text, .origin = origin_of(reading, node)};
        snprintf(path, sizeof path, "%s[%d]", setting->name, index++);
        if (!is_text(node)) return refuse_shape(reading, node, path, "one value");
        if (value_append(reading->arena, value, &item) < 0) return no_memory(reading);
    }
    return 0;
}

/* A map within a map, as it stands on the command line: "KEY=TEXT&KEY=TEXT". NULL: it was refused.
 */
static const char *entries_text(const struct reading *reading, const char *path,
                                const struct node *map) {
    const char *text = "";
    for (const struct node *node = map->first; node; node = node->next) {
        char inner[SENTENCE_SIZE];
        snprintf(inner, sizeof inner, "%.300s.%s", path, node->key);
        if (!is_text(node)) return refuse_shape(reading, node, inner, "one value"), NULL;
        if (strchr(node->key, '&') || strchr(node->text, '&'))
            return REFUSE(reading, node->line, "%s must not have a &", inner), NULL;
        size_t size = strlen(text) + strlen(node->key) + strlen(node->text) + 3;
        char *longer = arena_alloc(reading->arena, size);
        if (!longer) return no_memory(reading), NULL;
        snprintf(longer, size, "%s%s%s=%s", text, *text ? "&" : "", node->key, node->text);
        text = longer;
    }
    return text;
}

static int map_take(const struct reading *reading, struct value *value,
                    const struct setting *setting, const struct node *map) {
    char path[SENTENCE_SIZE];
    for (const struct node *node = map->first; node; node = node->next) {
        struct item item = {node->key, node->text, origin_of(reading, node), NULL};
        snprintf(path, sizeof path, "%s.%s", setting->name, node->key);
        if (node->kind == NODE_MAP && setting->kind == SETTING_DOWNSTREAM) {
            if (!(item.text = entries_text(reading, path, node))) return -1;
        } else if (!is_text(node)) {
            return refuse_shape(reading, node, path, "one value");
        }
        if (value_append(reading->arena, value, &item) < 0) return no_memory(reading);
    }
    return 0;
}

static int setting_take(const struct reading *reading, const struct setting *setting,
                        const struct node *node) {
    struct value *value = &reading->layer->values[setting - settings_table];
    enum setting_shape shape = setting_shape(setting);
    *value = (struct value){.given = true, .origin = origin_of(reading, node)};
    if (is_text(node) && shape != SHAPE_MAP) return text_take(reading, value, setting, node);
    if (node->kind == NODE_LIST && shape == SHAPE_LIST)
        return list_take(reading, value, setting, node);
    if (node->kind == NODE_MAP && shape == SHAPE_MAP)
        return map_take(reading, value, setting, node);
    static const char *const due[] = {
        [SHAPE_SCALAR] = "one value", [SHAPE_LIST] = "a list of values", [SHAPE_MAP] = "a map"};
    return refuse_shape(reading, node, setting->name, due[shape]);
}

/* ---- merge ---- */

/* Where the rule for a name is kept, and for which shape it is; NULL for an unknown name. */
static enum strategy *rule_place(struct merge_rules *rules, const char *name,
                                 enum setting_shape *shape) {
    for (*shape = 0; *shape < SHAPES; ++*shape)
        if (strcmp(shape_names[*shape], name) == 0) return &rules->types[*shape];
    const struct setting *setting = setting_find(name);
    if (!setting) return NULL;
    *shape = setting_shape(setting);
    return &rules->keys[setting - settings_table];
}

static int rule_take(const struct reading *reading, const struct node *node) {
    char why[SENTENCE_SIZE];
    enum setting_shape shape;
    enum strategy *place = rule_place(&reading->layer->rules, node->key, &shape);
    if (!place) return refuse_unknown(reading, node, "merge.", shape_names);
    if (!is_text(node))
        return REFUSE(reading, node->line, "merge.%s must name a strategy", node->key);
    *place = strategy_parse(node->text, shape, why);
    return *place ? 0 : REFUSE(reading, node->line, "merge.%s: %s", node->key, why);
}

static int rules_take(const struct reading *reading, const struct node *map) {
    if (map->kind != NODE_MAP) return refuse_shape(reading, map, merge_key, "a map");
    for (const struct node *node = map->first; node; node = node->next)
        if (rule_take(reading, node) < 0) return -1;
    return 0;
}

/* ---- the file ---- */

static int key_take(const struct reading *reading, const struct node *node) {
    static const char *const others[] = {merge_key, NULL};
    const struct setting *setting = setting_find(node->key);
    if (setting) return setting_take(reading, setting, node);
    if (strcmp(node->key, merge_key) == 0) return rules_take(reading, node);
    return refuse_unknown(reading, node, "", others);
}

int layer_read_text(struct layer *layer, struct arena *arena, const char *path, const char *data,
                    size_t len, char error[SENTENCE_SIZE]) {
    const struct reading reading = {layer, arena, path, error};
    int line;
    *layer = (struct layer){0};
    struct node *root = yaml_read(arena, data, len, &line, error);
    if (!root) return blame(&reading, line);
    for (const struct node *node = root->first; node; node = node->next)
        if (key_take(&reading, node) < 0) return -1;
    return 0;
}

/* One byte more than may be, for yaml_read to find it too large. Returns the length, or -1. */
static ssize_t read_all(int fd, char data[YAML_SIZE_MAX + 1]) {
    size_t len = 0;
    while (len <= YAML_SIZE_MAX) {
        ssize_t n = read(fd, data + len, YAML_SIZE_MAX + 1 - len);
        if (n == 0) break;
        if (n < 0 && errno != EINTR) return -1;
        if (n > 0) len += (size_t)n;
    }
    return (ssize_t)len;
}

int layer_read_file(struct layer *layer, struct arena *arena, const char *path,
                    char error[SENTENCE_SIZE]) {
    static char data[YAML_SIZE_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t len = fd < 0 ? -1 : read_all(fd, data);
    int why = errno;
    if (fd >= 0) close(fd);
    if (len < 0) return sentence(error, "cannot read %s: %s", path, strerror(why));
    return layer_read_text(layer, arena, path, data, (size_t)len, error);
}
