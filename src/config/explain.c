#include "config/explain.h"

#include <ctype.h>
#include <string.h>

/* ---- text as YAML ---- */

/* Is it itself without quotation marks? */
static bool is_plain(const char *text) {
    static const char inside[] = "_./+-=@%:";
    if (!isalnum((unsigned char)*text) && *text != '/' && *text != '.') return false;
    if (strcasecmp(text, "null") == 0) return false;
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr(inside, *at)) return false;
    return text[strlen(text) - 1] != ':';
}

/* Returns how many characters it takes. */
static int text_print(FILE *out, const char *text) {
    if (is_plain(text)) return fprintf(out, "%s", text);
    int len = fprintf(out, "\"");
    for (; *text; text++) {
        if (iscntrl((unsigned char)*text))
            len += fprintf(out, "\\x%02X", (unsigned char)*text);
        else
            len += fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    return len + fprintf(out, "\"");
}

static int item_print(FILE *out, const struct item *item) {
    int len = 0;
    if (item->key) len = text_print(out, item->key) + fprintf(out, ": ");
    return len + text_print(out, item->text);
}

/* ---- the whole ---- */

enum { ORIGIN_COLUMN = 40 };

static void origin_append(FILE *out, int column, const struct origin *origin) {
    char where[ORIGIN_SIZE];
    int blanks = column < ORIGIN_COLUMN - 1 ? ORIGIN_COLUMN - column : 2;
    fprintf(out, "%*s# %s\n", blanks, "", origin_print(origin, where));
}

static void value_print(FILE *out, const struct setting *setting, const struct value *value) {
    enum setting_shape shape = setting_shape(setting);
    if (shape == SHAPE_SCALAR) {
        int column = fprintf(out, "%s: ", setting->name) + item_print(out, value->first);
        origin_append(out, column, &value->first->origin);
        return;
    }
    int column = fprintf(out, "%s:", setting->name);
    if (!value->first) {
        column += fprintf(out, shape == SHAPE_LIST ? " []" : " {}");
        origin_append(out, column, &value->origin);
        return;
    }
    fputc('\n', out);
    for (const struct item *item = value->first; item; item = item->next) {
        column = fprintf(out, shape == SHAPE_LIST ? "  - " : "  ");
        origin_append(out, column + item_print(out, item), &item->origin);
    }
}

void configuration_print(const struct configuration *configuration, FILE *out) {
    for (const struct setting *s = settings_table; s->name; s++) {
        const struct value *value = &configuration->values[s - settings_table];
        char number[QUANTITY_SIZE];
        if (value->given)
            value_print(out, s, value);
        else
            fprintf(out, "# %s: %s\n", s->name, setting_default(s, number));
    }
}

/* ---- one setting ---- */

static void items_print(FILE *out, const struct value *value) {
    if (!value->first) fputs("nothing", out);
    for (const struct item *item = value->first; item; item = item->next) {
        if (item != value->first) fputs(", ", out);
        item_print(out, item);
    }
    fputc('\n', out);
}

static int origin_width(const struct configuration *configuration, size_t row) {
    char where[ORIGIN_SIZE];
    int widest = (int)strlen("default");
    for (int i = 0; i < configuration->layer_count; i++) {
        const struct value *value = &configuration->layers[i].values[row];
        int width = value->given ? (int)strlen(origin_print(&value->origin, where)) : 0;
        if (width > widest) widest = width;
    }
    return widest;
}

/* Is there a layer beneath that says something? A default is nothing to be merged with. */
static bool lies_on_another(const struct configuration *configuration, int layer, size_t row) {
    while (layer-- > 0)
        if (configuration->layers[layer].values[row].given) return true;
    return false;
}

void configuration_explain(const struct configuration *configuration, const struct setting *setting,
                           FILE *out) {
    enum { STRATEGY_WIDTH = sizeof "append_unique" - 1 };
    size_t row = (size_t)(setting - settings_table);
    const struct value *holds = &configuration->values[row];
    int width = origin_width(configuration, row);
    char where[ORIGIN_SIZE], number[QUANTITY_SIZE];
    fprintf(out, "%s: ", setting->name);
    if (holds->given)
        items_print(out, holds);
    else
        fprintf(out, "%s\n", setting_default(setting, number));
    for (int i = configuration->layer_count - 1; i >= 0; i--) {
        const struct value *value = &configuration->layers[i].values[row];
        if (!value->given) continue;
        fprintf(out, "  %-*s  %-*s  ", width, origin_print(&value->origin, where), STRATEGY_WIDTH,
                lies_on_another(configuration, i, row)
                    ? strategy_name(merge_rules_find(&configuration->rules[i], setting))
                    : "");
        items_print(out, value);
    }
    fprintf(out, "  %-*s  %-*s  %s\n", width, "default", STRATEGY_WIDTH, "",
            setting_default(setting, number));
}
