#include "supervisor/routes_page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "observe/endpoint_numbers.h"
#include "observe/metric_format.h"
#include "observe/metric_name.h"
#include "supervisor/curl_line.h"
#include "supervisor/metrics.h"

struct page {
    FILE *out;
    const struct metric_entry **metrics;
    size_t metric_count;
    const struct catalogue *catalogue;
    struct listener listener;
    bool has_listener;
};

/* ---- JSON ---- */

/* Of printable UTF-8. */
static void put_string(FILE *out, gr_slice text) {
    fputc('"', out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\') fputc('\\', out);
        fputc(text.data[i], out);
    }
    fputc('"', out);
}

/* null stands for what is not known. */
static void put_member(FILE *out, const char *name, gr_slice text) {
    fprintf(out, ",\"%s\":", name);
    if (text.len)
        put_string(out, text);
    else
        fputs("null", out);
}

/* Takes the next word from the front of a line. */
static bool next_word(gr_slice *line, gr_slice *word) {
    if (!line->len) return false;
    const char *blank = memchr(line->data, ' ', line->len);
    size_t len = blank ? (size_t)(blank - line->data) : line->len, taken = len + (blank != NULL);
    *word = (gr_slice){line->data, len};
    *line = (gr_slice){line->data + taken, line->len - taken};
    return true;
}

/* ---- one route ---- */

static void put_methods(FILE *out, gr_slice methods) {
    gr_slice method;
    fputs(",\"methods\":[", out);
    for (const char *comma = ""; next_word(&methods, &method); comma = ",") {
        fputs(comma, out);
        put_string(out, method);
    }
    fputs("]", out);
}

static void put_parameters(FILE *out, gr_slice parameters) {
    gr_slice one;
    fputs(",\"parameters\":[", out);
    for (const char *comma = ""; next_word(&parameters, &one); comma = ",") {
        const char *colon = memchr(one.data, ':', one.len);
        size_t len = colon ? (size_t)(colon - one.data) : one.len;
        fprintf(out, "%s{\"name\":", comma);
        put_string(out, (gr_slice){one.data, len});
        put_member(out, "type", (gr_slice){one.data + len + !!colon, one.len - len - !!colon});
        fputs("}", out);
    }
    fputs("]", out);
}

static void put_seconds(FILE *out, const char *name, bool known, double seconds) {
    fprintf(out, ",\"%s\":", name);
    if (known && isfinite(seconds))
        metric_put_number(out, seconds);
    else
        fputs("null", out);
}

static void put_numbers(const struct page *page, gr_slice route) {
    struct endpoint_numbers numbers =
        endpoint_numbers_find(page->metrics, page->metric_count, route);
    fprintf(page->out, ",\"requests\":%" PRIu64 ",\"rate\":", numbers.requests);
    metric_put_number(page->out, numbers.rate);
    put_seconds(page->out, "p50", numbers.requests, numbers.p50);
    put_seconds(page->out, "p99", numbers.requests, numbers.p99);
}

static void put_curl(const struct page *page, gr_slice method, const gr_slice *lines) {
    char *line = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&line, &len);
    if (out)
        curl_line_write(out, &page->listener, &page->catalogue->head, method, lines[CATALOGUE_HOST],
                        lines[CATALOGUE_EXAMPLE]);
    if (out && fclose(out) == 0) metric_text_clean(line, len);
    put_string(page->out, (gr_slice){line, line ? len : 0});
    free(line);
}

/* One for each method. */
static void put_calls(const struct page *page, const gr_slice lines[CATALOGUE_LINES]) {
    gr_slice methods = lines[CATALOGUE_METHODS], method = {0};
    const char *comma = "";
    fputs(",\"curl\":[", page->out);
    next_word(&methods, &method);
    if (page->has_listener && lines[CATALOGUE_EXAMPLE].len) do {
            fputs(comma, page->out);
            put_curl(page, method, lines);
            comma = ",";
        } while (next_word(&methods, &method));
    fputs("]", page->out);
}

static void put_route(const struct page *page, const gr_slice lines[CATALOGUE_LINES]) {
    fputs("{\"route\":", page->out);
    put_string(page->out, lines[CATALOGUE_ROUTE]);
    put_methods(page->out, lines[CATALOGUE_METHODS]);
    put_parameters(page->out, lines[CATALOGUE_PARAMETERS]);
    put_member(page->out, "defined", lines[CATALOGUE_DEFINED]);
    put_member(page->out, "doc", lines[CATALOGUE_DOC]);
    put_numbers(page, lines[CATALOGUE_ROUTE]);
    put_calls(page, lines);
    fputs("}", page->out);
}

/* ---- all of them ---- */

static void put_all(struct page *page) {
    const struct catalogue *catalogue = page->catalogue;
    gr_slice text = {catalogue->text, catalogue->len}, lines[CATALOGUE_LINES];
    fputs("{\"app\":", page->out);
    put_string(page->out, gr_slice_of(catalogue->head.app));
    put_member(page->out, "release", gr_slice_of(catalogue->head.release));
    fprintf(page->out, ",\"known\":%s,\"left_out\":%" PRIu32 ",\"routes\":[",
            catalogue->len ? "true" : "false", catalogue->left_out);
    for (const char *comma = "\n"; catalogue_next(&text, lines); comma = ",\n") {
        fputs(comma, page->out);
        put_route(page, lines);
    }
    fputs("]}\n", page->out);
}

int routes_page_write(const struct metric_table *table, FILE *out) {
    struct catalogue *catalogue = metrics_catalogue();
    if (!catalogue) {
        fputs("{\"app\":null,\"release\":null,\"known\":false,\"left_out\":0,\"routes\":[]}\n",
              out);
        return 0;
    }
    struct page page = {.out = out, .metrics = metric_table_sorted(table), .catalogue = catalogue};
    page.has_listener = metrics_listener(&page.listener);
    while (page.metrics && page.metrics[page.metric_count]) page.metric_count++;
    if (page.metrics) put_all(&page);
    free(page.metrics);
    free(catalogue);
    return page.metrics ? 0 : -1;
}
