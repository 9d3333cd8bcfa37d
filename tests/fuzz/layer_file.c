/* Whatever a file holds, it is taken or refused with one sentence that begins with its name; and
 * what is printed of what was taken is taken again, and says the same. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/explain.h"
#include "config/layer_file.h"

static struct configuration first, second;

/* On a copy of exactly that size, so that reading beyond it is found. */
static bool take(struct configuration *c, const char *data, size_t len, char *error) {
    char *copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    *c = (struct configuration){.layer_count = 1};
    bool taken = layer_read_text(&c->layers[0], &c->arena, "a", copy, len, error) == 0;
    free(copy);
    memcpy(c->values, c->layers[0].values, sizeof c->values);
    return taken;
}

static void check_sentence(const char *error) {
    assert(strncmp(error, "a:", 2) == 0);
    for (const char *at = error; *at; at++) assert(!iscntrl((unsigned char)*at));
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void check_same(const struct value *a, const struct value *b) {
    const struct item *i = a->first, *j = b->first;
    assert(a->given == b->given);
    for (; i && j; i = i->next, j = j->next)
        assert(same_text(i->key, j->key) && same_text(i->text, j->text));
    assert(!i && !j);
}

static void explain_all(void) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (const struct setting *s = settings_table; s->name; s++)
        configuration_explain(&first, s, out);
    fclose(out);
    free(text);
}

static void check_printed(void) {
    char *text = NULL, error[SENTENCE_SIZE];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    configuration_print(&first, out);
    fclose(out);
    bool taken = take(&second, text, size, error);
    assert(taken);
    for (int i = 0; i < SETTINGS_MAX; i++) check_same(&first.values[i], &second.values[i]);
    configuration_free(&second);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char error[SENTENCE_SIZE];
    if (take(&first, (const char *)bytes, size, error)) {
        check_printed();
        explain_all();
    } else {
        check_sentence(error);
    }
    configuration_free(&first);
    return 0;
}
