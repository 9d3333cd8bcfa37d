#include "config/words.h"

#include <stdbool.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

static const char unclosed[] = "has a quotation mark that is not closed";

/* out never overtakes in. */
struct cutting {
    const char *in;
    char *out;
};

/* What makes a shell a shell: * and ~ are not here, since a shell leaves them, too, where they
 * match nothing. */
static const char *take_plain(struct cutting *c, const char *special) {
    if (strchr(special, *c->in))
        return "has a character that only a shell could obey, which is not there: quote it, or run "
               "sh -c '...'";
    *c->out++ = *c->in++;
    return NULL;
}

static const char *take_escaped(struct cutting *c) {
    if (!*++c->in) return "ends in a backslash";
    *c->out++ = *c->in++;
    return NULL;
}

static const char *take_single(struct cutting *c) {
    size_t len = strcspn(++c->in, "'");
    if (!c->in[len]) return unclosed;
    memmove(c->out, c->in, len);
    c->out += len;
    c->in += len + 1;
    return NULL;
}

static const char *take_double(struct cutting *c) {
    const char *why = NULL;
    for (c->in++; !why && *c->in != '"';) {
        if (!*c->in) return unclosed;
        bool escapes = *c->in == '\\' && c->in[1] && strchr("\"\\$`", c->in[1]);
        why = escapes ? take_escaped(c) : take_plain(c, "$`");
    }
    c->in++;
    return why;
}

static const char *take_word(struct cutting *c) {
    const char *why = NULL;
    while (!why && *c->in && !strchr(blanks, *c->in)) {
        if (*c->in == '\'')
            why = take_single(c);
        else if (*c->in == '"')
            why = take_double(c);
        else if (*c->in == '\\')
            why = take_escaped(c);
        else
            why = take_plain(c, "$`|&;<>()");
    }
    return why;
}

const char *words_split(char *text, char **words) {
    struct cutting c = {text, text};
    c.in += strspn(c.in, blanks);
    if (!*c.in) return "has no word";
    while (*c.in) {
        *words++ = c.out;
        const char *why = take_word(&c);
        if (why) return why;
        c.in += strspn(c.in, blanks);
        *c.out++ = '\0';
    }
    *words = NULL;
    return NULL;
}
