#include "observe/catalogue.h"

#include "observe/metric.h"

static struct catalogue *own; /* NULL: nothing has been added */
static uint32_t place;

static struct catalogue *begin(void) {
    struct metric_store *store = metrics_on ? metric_store_own() : NULL;
    if (!own && store && (place = metric_store_allocate(store, sizeof *own)))
        own = metric_store_at(store, place);
    return own;
}

/* ---- text ---- */

/* So much of it as is kept: no sequence of UTF-8 is cut. */
static size_t kept(const char *text, size_t most) {
    size_t len = strnlen(text, most + 1);
    if (len <= most) return len;
    for (len = most; len && ((unsigned char)text[len] & 0xc0) == 0x80;) len--;
    return len;
}

/* A part of a path leads nowhere. */
static size_t kept_line(enum catalogue_line line, const char *text) {
    size_t len = text ? kept(text, CATALOGUE_LINE_MAX) : 0;
    return line == CATALOGUE_EXAMPLE && len && text[len] ? 0 : len;
}

static void copy(char *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool odd = (unsigned char)text[i] < ' ' || text[i] == 0x7f;
        out[i] = odd ? ' ' : text[i];
    }
}

static void copy_name(char out[CATALOGUE_NAME_MAX], const char *text) {
    size_t len = kept(text, CATALOGUE_NAME_MAX - 1);
    copy(out, text, len);
    out[len] = '\0';
}

/* ---- */

void catalogue_add(const gr_route_notes *notes) {
    const char *lines[CATALOGUE_LINES] = {
        [CATALOGUE_ROUTE] = notes->route,
        [CATALOGUE_METHODS] = notes->methods,
        [CATALOGUE_PARAMETERS] = notes->parameters,
        [CATALOGUE_EXAMPLE] = notes->example,
        [CATALOGUE_DEFINED] = notes->defined,
        [CATALOGUE_DOC] = notes->doc,
        [CATALOGUE_HOST] = notes->host,
    };
    size_t lens[CATALOGUE_LINES], all = CATALOGUE_LINES;
    struct catalogue *catalogue = begin();
    if (!catalogue) return;
    for (int i = 0; i < CATALOGUE_LINES; i++) all += lens[i] = kept_line(i, lines[i]);
    if (catalogue->count == CATALOGUE_ROUTES_MAX || all > CATALOGUE_TEXT_MAX - catalogue->len) {
        catalogue->left_out++;
        return;
    }
    for (int i = 0; i < CATALOGUE_LINES; i++) {
        if (lens[i]) copy(catalogue->text + catalogue->len, lines[i], lens[i]);
        catalogue->len += (uint32_t)lens[i];
        catalogue->text[catalogue->len++] = '\n';
    }
    catalogue->count++;
}

void catalogue_publish(const char *app, const char *release, const char *mount, bool proxied,
                       bool self_made) {
    struct catalogue *catalogue = begin();
    if (!catalogue) return;
    copy_name(catalogue->head.app, app);
    copy_name(catalogue->head.release, release);
    copy_name(catalogue->head.mount, mount);
    catalogue->head.proxied = proxied;
    catalogue->head.self_made = self_made;
    atomic_store_explicit(&metric_store_own()->catalogue, place, memory_order_release);
}
