#include "config/layer_environment.h"

#include <ctype.h>
#include <string.h>

#include "config/suggest.h"

static const char prefix[] = "GREENROOM_";

enum { NAME_SIZE = 64 };

/* "GREENROOM_HEAD_TIMEOUT" */
static void variable_name(const struct setting *setting, char name[NAME_SIZE]) {
    char *at = name + strlen(strcpy(name, prefix));
    for (const char *from = setting->name; *from && at < name + NAME_SIZE - 1; from++)
        *at++ = *from == '-' ? '_' : (char)toupper((unsigned char)*from);
    *at = '\0';
}

/* Is it one letter away from a setting? Compared without the prefix, since suggest.h knows short
 * words only. */
static int check_unknown(const char *name, char *error) {
    char known[NAME_SIZE];
    for (const struct setting *s = settings_table; s->name; s++) {
        variable_name(s, known);
        if (edit_distance(name + sizeof prefix - 1, known + sizeof prefix - 1) == 1)
            return sentence(error, "unknown variable %s; did you mean %s?", name, known);
    }
    return 0;
}

static const struct setting *find(const char *name) {
    char known[NAME_SIZE];
    for (const struct setting *s = settings_table; s->name; s++) {
        variable_name(s, known);
        if (strcmp(name, known) == 0) return s;
    }
    return NULL;
}

/* Commands have blanks of their own: they stand on a line each. */
static int pieces_take(struct arena *arena, struct value *value, const struct setting *setting,
                       const char *text, const struct origin *origin) {
    static const char blanks[] = " \t\r\n";
    const char *end = setting->kind == SETTING_COMMAND ? "\r\n" : blanks;
    for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
        size_t len = strcspn(text, end);
        const char *word = arena_copy(arena, text, len);
        if (!word || value_add(arena, value, setting, word, origin) < 0) return -1;
        text += len;
    }
    return 0;
}

static int variable_take(struct layer *layer, struct arena *arena, const char *name,
                         const char *text, char *error) {
    const struct setting *setting = find(name);
    if (!setting) return check_unknown(name, error);
    struct value *value = &layer->values[setting - settings_table];
    const struct origin origin = {ORIGIN_VARIABLE, name, 0};
    if (!*text) return 0;
    int result =
        (setting_repeats(setting) ? pieces_take : value_add)(arena, value, setting, text, &origin);
    return result < 0 ? sentence(error, "there is no memory") : 0;
}

int layer_read_environment(struct layer *layer, struct arena *arena, char *const *environment,
                           char error[SENTENCE_SIZE]) {
    *layer = (struct layer){0};
    for (; *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        if (!equals || strncmp(*environment, prefix, sizeof prefix - 1) != 0) continue;
        const char *name = arena_copy(arena, *environment, (size_t)(equals - *environment));
        if (!name) return sentence(error, "there is no memory");
        if (variable_take(layer, arena, name, equals + 1, error) < 0) return -1;
    }
    return 0;
}
