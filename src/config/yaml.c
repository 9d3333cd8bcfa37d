#include "config/yaml.h"

#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one to be judged; none while type is YAML_NO_EVENT */
    struct arena *arena;
    const char *data;
    size_t len;
    int nodes, depth;
    int line; /* of what is refused */
    char *error;
};

static int event_line(const yaml_event_t *event) { return (int)event->start_mark.line + 1; }

#define REFUSE_AT(reader, where, ...) \
    ((reader)->line = (where), sentence((reader)->error, __VA_ARGS__))
#define REFUSE(reader, ...) REFUSE_AT(reader, event_line(&(reader)->event), __VA_ARGS__)

/* ---- what libyaml refuses ---- */

static const char *line_at(const struct reader *reader, int line) {
    const char *at = reader->data, *end = at + reader->len;
    while (at && --line > 0) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at) at++;
    }
    return at ? at : end;
}

static bool tab_indents(const struct reader *reader, int line) {
    const char *at = line_at(reader, line), *end = reader->data + reader->len;
    while (at < end && *at == ' ') at++;
    return at < end && *at == '\t';
}

static int line_of_offset(const struct reader *reader, size_t offset) {
    int line = 1;
    for (size_t i = 0; i < offset && i < reader->len; i++) line += reader->data[i] == '\n';
    return line;
}

static int refuse_syntax(struct reader *reader) {
    const yaml_parser_t *parser = &reader->parser;
    int line = (int)parser->problem_mark.line + 1;
    if (parser->error == YAML_MEMORY_ERROR) return REFUSE_AT(reader, 0, "there is no memory");
    if (parser->error == YAML_READER_ERROR)
        return REFUSE_AT(reader, line_of_offset(reader, parser->problem_offset), "%s",
                         parser->problem);
    if (tab_indents(reader, line))
        return REFUSE_AT(reader, line, "a tab indents this line; YAML wants blanks");
    return REFUSE_AT(reader, line, "%s%s%s", parser->context ? parser->context : "",
                     parser->context ? ", " : "", parser->problem);
}

/* ---- events ---- */

static int next_event(struct reader *reader) {
    yaml_event_delete(&reader->event);
    return yaml_parser_parse(&reader->parser, &reader->event) ? 0 : refuse_syntax(reader);
}

static int check_properties(struct reader *reader, const yaml_char_t *anchor,
                            const yaml_char_t *tag) {
    if (anchor) return REFUSE(reader, "anchors are not understood here: &%s", anchor);
    return tag ? REFUSE(reader, "tags, such as !name, are not understood here") : 0;
}

static struct node *node_new(struct reader *reader, enum node_kind kind) {
    struct node *node = NULL;
    if (reader->nodes++ == YAML_NODES_MAX)
        REFUSE(reader, "there are more than %d values", YAML_NODES_MAX);
    else if (!(node = arena_alloc(reader->arena, sizeof *node)))
        REFUSE_AT(reader, 0, "there is no memory");
    else
        *node = (struct node){.kind = kind, .line = event_line(&reader->event)};
    return node;
}

/* ---- nodes: each is called at its first event and leaves its last ---- */

static struct node *node_read(struct reader *reader);

/* The control characters of ASCII, and the C1 ones as UTF-8 has them. */
static bool has_control(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned char next = i + 1 < len ? (unsigned char)text[i + 1] : 0;
        if (byte < ' ' || byte == 0x7f || (byte == 0xc2 && next < 0xa0)) return true;
    }
    return false;
}

/* The text of a scalar, or NULL. */
static const char *text_read(struct reader *reader) {
    const yaml_event_t *event = &reader->event;
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (check_properties(reader, event->data.scalar.anchor, event->data.scalar.tag) < 0)
        return NULL;
    if (has_control(text, len)) {
        REFUSE(reader, "text must not have a line break or another control character");
        return NULL;
    }
    const char *copy = arena_copy(reader->arena, text, len);
    if (!copy) REFUSE_AT(reader, 0, "there is no memory");
    return copy;
}

static bool is_null(const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0);
}

static struct node *scalar_read(struct reader *reader) {
    struct node *node = node_new(reader, NODE_TEXT);
    if (!node || !(node->text = text_read(reader))) return NULL;
    node->is_null = is_null(&reader->event);
    return node;
}

/* Returns 1, or 0 at the end of the list or map, or -1. */
static int next_child(struct reader *reader, yaml_event_type_t end) {
    if (next_event(reader) < 0) return -1;
    return reader->event.type != end;
}

static struct node *list_read(struct reader *reader) {
    struct node *list = node_new(reader, NODE_LIST), **last = list ? &list->first : NULL;
    const yaml_event_t *event = &reader->event;
    if (!list || check_properties(reader, event->data.sequence_start.anchor,
                                  event->data.sequence_start.tag) < 0)
        return NULL;
    int more;
    while ((more = next_child(reader, YAML_SEQUENCE_END_EVENT)) == 1) {
        if (!(*last = node_read(reader))) return NULL;
        last = &(*last)->next;
    }
    return more < 0 ? NULL : list;
}

/* A key that is new to the map, or NULL. */
static const char *key_read(struct reader *reader, const struct node *map) {
    const char *key = NULL;
    if (reader->event.type == YAML_SCALAR_EVENT)
        key = text_read(reader);
    else
        REFUSE(reader, "a key must be text");
    for (const struct node *other = map->first; key && other; other = other->next)
        if (strcmp(other->key, key) == 0) {
            REFUSE(reader, "%s is said twice, first in line %d", key, other->line);
            return NULL;
        }
    return key;
}

static struct node *map_read(struct reader *reader) {
    struct node *map = node_new(reader, NODE_MAP), **last = map ? &map->first : NULL;
    const yaml_event_t *event = &reader->event;
    if (!map || check_properties(reader, event->data.mapping_start.anchor,
                                 event->data.mapping_start.tag) < 0)
        return NULL;
    int more;
    while ((more = next_child(reader, YAML_MAPPING_END_EVENT)) == 1) {
        int line = event_line(event);
        const char *key = key_read(reader, map);
        struct node *value = key && next_event(reader) == 0 ? node_read(reader) : NULL;
        if (!value) return NULL;
        value->key = key;
        value->line = line;
        *last = value;
        last = &value->next;
    }
    return more < 0 ? NULL : map;
}

static struct node *collection_read(struct reader *reader) {
    if (reader->depth == YAML_DEPTH_MAX) {
        REFUSE(reader, "lists and maps are in each other more than %d deep", YAML_DEPTH_MAX);
        return NULL;
    }
    reader->depth++;
    struct node *node =
        reader->event.type == YAML_SEQUENCE_START_EVENT ? list_read(reader) : map_read(reader);
    reader->depth--;
    return node;
}

static struct node *node_read(struct reader *reader) {
    if (reader->event.type == YAML_SCALAR_EVENT) return scalar_read(reader);
    if (reader->event.type != YAML_ALIAS_EVENT) return collection_read(reader);
    REFUSE(reader, "aliases are not understood here: *%s", reader->event.data.alias.anchor);
    return NULL;
}

/* ---- the document ---- */

static struct node *root_read(struct reader *reader) {
    if (next_event(reader) < 0) return NULL;
    if (reader->event.type == YAML_STREAM_END_EVENT) return node_new(reader, NODE_MAP);
    if (next_event(reader) < 0) return NULL;
    struct node *root = node_read(reader);
    if (root && root->is_null) return node_new(reader, NODE_MAP);
    if (!root || root->kind == NODE_MAP) return root;
    REFUSE_AT(reader, root->line, "a file of settings has lines such as KEY: VALUE");
    return NULL;
}

static struct node *stream_read(struct reader *reader) {
    if (next_event(reader) < 0) return NULL;
    struct node *root = root_read(reader);
    if (!root || reader->event.type == YAML_STREAM_END_EVENT) return root;
    if (next_event(reader) < 0) return NULL; /* the end of the document */
    if (next_event(reader) < 0) return NULL;
    if (reader->event.type == YAML_STREAM_END_EVENT) return root;
    REFUSE(reader, "a second document begins; a file of settings has one");
    return NULL;
}

struct node *yaml_read(struct arena *arena, const char *data, size_t len, int *line,
                       char error[SENTENCE_SIZE]) {
    struct reader reader = {.arena = arena, .data = data, .len = len, .error = error};
    struct node *root = NULL;
    if (len > YAML_SIZE_MAX) {
        REFUSE_AT(&reader, 0, "the file is larger than %d KiB", YAML_SIZE_MAX / 1024);
    } else if (!yaml_parser_initialize(&reader.parser)) {
        REFUSE_AT(&reader, 0, "there is no memory");
    } else {
        yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&reader.parser, (const unsigned char *)data, len);
        root = stream_read(&reader);
        yaml_event_delete(&reader.event);
        yaml_parser_delete(&reader.parser);
    }
    *line = reader.line;
    return root;
}
