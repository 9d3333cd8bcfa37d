#include "supervisor/admin_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/metric_format.h"
#include "supervisor/metrics.h"

/* One that can be made without memory has been made. */
typedef int page_writer(const struct metric_table *table, FILE *out);

static void answer_with(struct admin_request *request, struct metric_table *table,
                        page_writer *write, const char *type) {
    char *body = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&body, &len);
    metrics_fill(table);
    bool fine = out && !table->incomplete && write(table, out) == 0;
    fine = out && fclose(out) == 0 && fine;
    if (fine) return admin_request_answer(request, 200, type, "Vary: Accept\r\n", body, len);
    free(body);
    admin_request_refuse(request, 503, "", "there is no memory");
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
        answer_with(request, table, write_openmetrics,
                    "application/openmetrics-text; version=1.0.0; charset=utf-8");
    else
        answer_with(request, table, write_prometheus, "text/plain; version=0.0.4; charset=utf-8");
}

static void answer_json(struct admin_request *request, struct metric_table *table) {
    answer_with(request, table, metric_format_json, "application/json");
}

static const struct {
    const char *path;
    void (*answer)(struct admin_request *request, struct metric_table *table);
} pages[] = {
    {"/metrics", answer_metrics},
    {"/metrics.json", answer_json},
};

void admin_page_answer(struct admin_request *request, struct metric_table *table) {
    gr_slice path = admin_request_path(request);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (gr_slice_equal(path, gr_slice_of(pages[i].path)))
            return pages[i].answer(request, table);
    admin_request_refuse(request, 404, "", "there are /metrics and /metrics.json");
}
