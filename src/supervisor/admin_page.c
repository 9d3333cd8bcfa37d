#include "supervisor/admin_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard/dashboard.h"
#include "observe/metric_format.h"
#include "supervisor/admin_access.h"
#include "supervisor/admin_inquiry.h"
#include "supervisor/metrics.h"
#include "supervisor/routes_page.h"

/* ---- metrics ---- */

/* One that can be made without memory has been made. */
typedef int page_writer(const struct metric_table *table, FILE *out);

static const char no_memory[] = "there is no memory";

static void answer_with(struct admin_request *request, const struct metric_table *table,
                        page_writer *write, const char *type) {
    char *body = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&body, &len);
    bool fine = out && write(table, out) == 0;
    fine = out && fclose(out) == 0 && fine;
    if (fine)
        return admin_request_answer(request, 200, type, ADMIN_NOT_STORED "Vary: Accept\r\n", body,
                                    len);
    free(body);
    admin_request_refuse(request, 503, "", no_memory);
}

static void answer_table(struct admin_request *request, struct metric_table *table,
                         page_writer *write, const char *type) {
    metrics_fill(table);
    if (table->incomplete) return admin_request_refuse(request, 503, "", no_memory);
    answer_with(request, table, write, type);
}

static int write_prometheus(const struct metric_table *table, FILE *out) {
    return metric_format_text(table, METRIC_PROMETHEUS, out);
}

static int write_openmetrics(const struct metric_table *table, FILE *out) {
    return metric_format_text(table, METRIC_OPENMETRICS, out);
}

/* Who accepts the newer format at all is one who knows what to do with it. */
static bool accepts_openmetrics(const struct admin_request *request) {
    static const char type[] = "application/openmetrics-text";
    gr_slice accept = admin_request_field(request, "Accept");
    return accept.data && memmem(accept.data, accept.len, type, sizeof type - 1);
}

static void answer_metrics(struct admin_request *request, struct metric_table *table) {
    if (accepts_openmetrics(request))
        answer_table(request, table, write_openmetrics,
                     "application/openmetrics-text; version=1.0.0; charset=utf-8");
    else
        answer_table(request, table, write_prometheus, "text/plain; version=0.0.4; charset=utf-8");
}

static void answer_json(struct admin_request *request, struct metric_table *table) {
    answer_table(request, table, metric_format_json, "application/json");
}

static int write_slow(const struct metric_table *table, FILE *out) {
    struct slow_list list;
    metrics_list_slow(&list);
    slow_list_write(&list, out);
    return 0;
}

static void answer_slow(struct admin_request *request, struct metric_table *table) {
    answer_with(request, table, write_slow, "application/json");
}

static void answer_routes(struct admin_request *request, struct metric_table *table) {
    answer_table(request, table, routes_page_write, "application/json");
}

static const struct {
    const char *path;
    void (*answer)(struct admin_request *request, struct metric_table *table);
} pages[] = {
    {"/metrics", answer_metrics},
    {"/metrics.json", answer_json},
    {"/routes.json", answer_routes},
    {"/slow.json", answer_slow},
};

/* ---- the dashboard ---- */

/* It is the same everywhere, and says nothing of the server. Nothing in it comes from elsewhere, or
 * goes there. */
static void answer_file(struct admin_request *request, const struct dashboard_file *file) {
    static const char format[] =
        "Cache-Control: no-cache\r\nETag: %s\r\nReferrer-Policy: no-referrer\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\nContent-Security-Policy: default-src 'none'; "
        "script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'\r\n";
    char fields[sizeof format + 32], *body = NULL;
    gr_slice known = admin_request_field(request, "If-None-Match");
    bool is_known = known.data && memmem(known.data, known.len, file->etag, strlen(file->etag));
    snprintf(fields, sizeof fields, format, file->etag);
    if (!is_known && !(body = malloc(file->size)))
        return admin_request_refuse(request, 503, "", no_memory);
    if (body) memcpy(body, file->data, file->size);
    admin_request_answer(request, is_known ? 304 : 200, file->type, fields, body, file->size);
}

/* ---- all of them ---- */

static bool begins_with(gr_slice text, gr_slice start) {
    return text.len >= start.len && memcmp(text.data, start.data, start.len) == 0;
}

void admin_page_answer(struct admin_request *request,
                       const struct admin_request all[ADMIN_REQUESTS], struct metric_table *table) {
    gr_slice path = admin_request_path(request), stacks = gr_slice_of("/stacks/");
    if (admin_access_misnamed(request)) return;
    const struct dashboard_file *file = dashboard_find(path);
    if (file) return answer_file(request, file);
    if (admin_access_denied(request)) return;
    if (gr_slice_equal(path, gr_slice_of("/events"))) return admin_events_follow(request, all);
    if (gr_slice_equal(path, gr_slice_of("/requests.json")))
        return admin_inquiry_requests(request, all);
    if (begins_with(path, stacks))
        return admin_inquiry_stack(request, all,
                                   (gr_slice){path.data + stacks.len, path.len - stacks.len});
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (gr_slice_equal(path, gr_slice_of(pages[i].path)))
            return pages[i].answer(request, table);
    admin_request_refuse(request, 404, "",
                         "there are /, /events, /metrics, /metrics.json and /routes.json");
}
