#include "config/configuration.h"

#include <string.h>
#include <unistd.h>

#include "config/layer_environment.h"
#include "config/layer_file.h"
#include "config/merge.h"
#include "config/setting_value.h"

static const char usual_file[] = "greenroom.yaml";

/* ---- judging ---- */

/* Sets all items of a value. Returns 0, or -1 with a sentence that says where the bad one stands.
 */
static int items_set(struct configuration *c, const struct setting *setting,
                     const struct value *value, struct settings *settings, char *error) {
    for (const struct item *item = value->first; item; item = item->next) {
        const char *text = item_text(&c->arena, setting, item);
        if (!text) return sentence(error, "there is no memory");
        if (setting_set(settings, setting, text, error) < 0)
            return origin_blame(&item->origin, error);
    }
    return 0;
}

/* A wrong number is wrong even where another layer overrides it. A directory that is not there is
 * not, as it may be there where the layer is in force. */
static int layer_judge(struct configuration *c, const struct layer *layer, char *error) {
    struct settings scratch;
    settings_init(&scratch);
    for (const struct setting *s = settings_table; s->name; s++)
        if ((!setting_repeats(s) || s->kind == SETTING_DOWNSTREAM) &&
            items_set(c, s, &layer->values[s - settings_table], &scratch, error) < 0)
            return -1;
    return 0;
}

/* ---- layers ---- */

static int file_read(struct configuration *c, const char *path, char *error) {
    return layer_read_file(&c->layers[c->layer_count++], &c->arena, path, error);
}

static int files_read(struct configuration *c, char *error) {
    const struct command_arguments *arguments = &c->arguments;
    for (int i = 0; i < arguments->config_count; i++)
        if (file_read(c, arguments->configs[i], error) < 0) return -1;
    bool usual = arguments->config_count == 0 && access(usual_file, F_OK) == 0;
    return usual ? file_read(c, usual_file, error) : 0;
}

static int layers_read(struct configuration *c, char *const *environment, char *error) {
    if (files_read(c, error) < 0) return -1;
    if (layer_read_environment(&c->layers[c->layer_count++], &c->arena, environment, error) < 0)
        return -1;
    c->layers[c->layer_count++] = c->arguments.layer;
    return 0;
}

/* ---- merging ---- */

static enum strategy rule_of_entries(const struct merge_rules *rules) {
    enum strategy strategy = rules->types[SHAPE_SCALAR];
    return strategy ? strategy : STRATEGY_OVERRIDE;
}

static int layer_add(struct configuration *c, const struct layer *layer,
                     const struct merge_rules *rules) {
    for (const struct setting *s = settings_table; s->name; s++) {
        const struct value *later = &layer->values[s - settings_table];
        struct value *value = &c->values[s - settings_table];
        if (!later->given) continue;
        if (!value->given)
            *value = *later;
        else if (value_merge(&c->arena, merge_rules_find(rules, s), rule_of_entries(rules), value,
                             later, value) < 0)
            return -1;
    }
    return 0;
}

static int layers_merge(struct configuration *c, char *error) {
    struct merge_rules rules = {0};
    for (int i = 0; i < c->layer_count; i++) {
        merge_rules_add(&rules, &c->layers[i].rules);
        c->rules[i] = rules;
        if (layer_judge(c, &c->layers[i], error) < 0) return -1;
        if (layer_add(c, &c->layers[i], &rules) < 0) return sentence(error, "there is no memory");
    }
    return 0;
}

enum command_line configuration_read(struct configuration *configuration, int argc, char **argv,
                                     char *const *environment, char error[SENTENCE_SIZE]) {
    struct configuration *c = configuration;
    *c = (struct configuration){.command = argv[0]};
    enum command_line asked = command_line_parse(argc, argv, &c->arguments, &c->arena, error);
    if (asked != COMMAND_LINE_GO) return asked;
    if (layers_read(c, environment, error) < 0 || layers_merge(c, error) < 0)
        return COMMAND_LINE_WRONG;
    return COMMAND_LINE_GO;
}

void configuration_free(struct configuration *configuration) { arena_fini(&configuration->arena); }

/* ---- settings ---- */

/* A list in one text, as setting_set wants it. */
static int joined_set(struct configuration *c, const struct setting *setting,
                      const struct value *value, struct settings *settings, char *error) {
    size_t size = 1;
    for (const struct item *item = value->first; item; item = item->next)
        size += strlen(item->text) + 1;
    char *text = arena_alloc(&c->arena, size), *at = text;
    if (!text) return sentence(error, "there is no memory");
    for (const struct item *item = value->first; item; item = item->next)
        at += sprintf(at, "%s%s", item == value->first ? "" : ",", item->text);
    if (at == text) return 0;
    return setting_set(settings, setting, text, error) < 0 ? origin_blame(&value->origin, error)
                                                           : 0;
}

static int value_set(struct configuration *c, const struct setting *setting,
                     struct settings *settings, char *error) {
    const struct value *value = &c->values[setting - settings_table];
    bool joined = setting_shape(setting) == SHAPE_LIST && !setting_repeats(setting);
    return (joined ? joined_set : items_set)(c, setting, value, settings, error);
}

int configuration_settings(struct configuration *configuration, struct settings *settings,
                           char error[SENTENCE_SIZE]) {
    struct configuration *c = configuration;
    const struct setting *about;
    settings_init(settings);
    for (const struct setting *s = settings_table; s->name; s++)
        if (value_set(c, s, settings, error) < 0) return -1;
    if (!*settings->worker.app)
        return sentence(error, "%s what? Name an APP, such as module:app or ./app.so", c->command);
    if (settings_complete(settings, &about, error) == 0) return 0;
    return origin_blame(&c->values[about - settings_table].origin, error);
}
