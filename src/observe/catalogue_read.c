/* What a process has written may be anything, and may change while it is read. */
#include <stdlib.h>

#include "observe/catalogue.h"
#include "observe/metric_name.h"

static void clean_name(char name[CATALOGUE_NAME_MAX]) {
    name[CATALOGUE_NAME_MAX - 1] = '\0';
    metric_text_clean(name, strlen(name));
}

static void clean_lines(char *text, size_t len) {
    for (char *end; len; text = end + 1) {
        end = memchr(text, '\n', len);
        metric_text_clean(text, end ? (size_t)(end - text) : len);
        if (!end) return;
        len -= (size_t)(end - text) + 1;
    }
}

static void clean(struct catalogue *catalogue) {
    struct catalogue_head *head = &catalogue->head;
    clean_name(head->app);
    clean_name(head->release);
    clean_name(head->mount);
    if (catalogue->len > CATALOGUE_TEXT_MAX) catalogue->len = CATALOGUE_TEXT_MAX;
    clean_lines(catalogue->text, catalogue->len);
}

struct catalogue *catalogue_read(struct metric_store *store) {
    uint32_t place = atomic_load_explicit(&store->catalogue, memory_order_acquire);
    bool inside = place >= sizeof *store && place <= METRIC_STORE_SIZE - sizeof(struct catalogue);
    if (!inside || place % 64) return NULL;
    struct catalogue *copy = malloc(sizeof *copy);
    if (!copy) return NULL;
    memcpy(copy, metric_store_at(store, place), sizeof *copy);
    clean(copy);
    return copy;
}

bool catalogue_next(gr_slice *text, gr_slice lines[CATALOGUE_LINES]) {
    for (int i = 0; i < CATALOGUE_LINES; i++) {
        const char *end = memchr(text->data, '\n', text->len);
        if (!end) return false;
        lines[i] = (gr_slice){text->data, (size_t)(end - text->data)};
        *text = (gr_slice){end + 1, text->len - lines[i].len - 1};
    }
    return true;
}
