/* A file of settings, as a tree of which each node knows its line. Of YAML there is what settings
 * need: maps, lists and text. All text is text: "on", "010" and "1:30" are what they look like, and
 * a setting judges its own. What makes two readers of YAML disagree is refused: a key said twice,
 * anchors and aliases, tags, a second document, tabs before the first word of a line, control
 * characters; and so is what is larger or deeper than settings can be. */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/sentence.h"

enum {
    YAML_SIZE_MAX = 256 * 1024, /* bytes */
    YAML_NODES_MAX = 4096,
    YAML_DEPTH_MAX = 8, /* lists and maps in each other */
};

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    int line;                  /* from 1 */
    bool is_null;              /* nothing, "~" or "null", without quotation marks; a TEXT */
    const char *key;           /* of what is in a map */
    const char *text;          /* of a TEXT */
    struct node *first, *next; /* of a LIST or MAP what is in it, in the order of the file */
};

/* Returns the root, a MAP, which is empty if there is nothing in data; or NULL with a sentence, and
 * in *line where, or 0. The tree is the arena's, and keeps nothing of data. */
struct node *yaml_read(struct arena *arena, const char *data, size_t len, int *line,
                       char error[SENTENCE_SIZE]);

#endif
