#include "observe/slow_format.h"

#include <string.h>

#include "base/clock.h"
#include "observe/metric_format.h"
#include "observe/tally.h"

_Static_assert((int)SLOW_TIMES == (int)TALLY_TIMES, "each time has its place");

static bool has_enough_of(const struct slow_list *list, const struct slow_request *request) {
    int count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->at[i].took >= request->took &&
                 strcmp(list->at[i].endpoint, request->endpoint) == 0;
    return count >= SLOW_OF_ENDPOINT;
}

/* The first of an endpoint that there are too many of is the fastest of them. */
static void remove_surplus(struct slow_list *list, const char *endpoint) {
    int count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].endpoint, endpoint) != 0 || ++count <= SLOW_OF_ENDPOINT) continue;
        list->count--;
        memmove(&list->at[i], &list->at[i + 1], (list->count - i) * sizeof *list->at);
        return;
    }
}

static void insert(struct slow_list *list, const struct slow_request *request) {
    size_t at = list->count < SLOW_SHOWN ? list->count++ : SLOW_SHOWN;
    for (; at && list->at[at - 1].took < request->took; at--)
        if (at < SLOW_SHOWN) list->at[at] = list->at[at - 1];
    if (at < SLOW_SHOWN) list->at[at] = *request;
    remove_surplus(list, request->endpoint);
}

void slow_list_add(struct slow_list *list, const struct slow_requests *requests, int64_t wall) {
    struct slow_request request;
    for (unsigned i = 0; i < SLOW_REQUESTS; i++)
        if (slow_requests_read(requests, i, wall, &request) && !has_enough_of(list, &request))
            insert(list, &request);
}

/* ---- writing ---- */

static void put_text(FILE *out, const char *name, const char *text) {
    fprintf(out, ",\"%s\":", name);
    metric_put_json_text(out, gr_slice_of(text));
}

static void put_seconds(FILE *out, const char *name, int64_t ns) {
    fprintf(out, "\"%s\":", name);
    metric_put_number(out, (double)ns / NS_PER_S);
}

static void put_spent(FILE *out, const struct slow_request *request) {
    const char *comma = "";
    fputs(",\"spent\":{", out);
    for (int i = 0; i < SLOW_TIMES; i++) {
        if (!request->times[i]) continue;
        fputs(comma, out);
        put_seconds(out, tally_names[i], request->times[i]);
        comma = ",";
    }
    fputs("}", out);
}

static void put_uses(FILE *out, const struct slow_request *request) {
    fputs(",\"downstreams\":[", out);
    for (int i = 0; i < SLOW_USES && *request->uses[i].name; i++) {
        fputs(i ? ",{\"name\":" : "{\"name\":", out);
        metric_put_json_text(out, gr_slice_of(request->uses[i].name));
        fputs(",", out);
        put_seconds(out, "waited", request->uses[i].waited);
        fputs("}", out);
    }
    fputs("]", out);
}

static void put_one(FILE *out, const struct slow_request *request) {
    fprintf(out, "{\"worker\":\"%d\",\"status\":%d,", request->worker, request->status);
    put_seconds(out, "ended", request->ended);
    fputs(",", out);
    put_seconds(out, "took", request->took);
    put_text(out, "id", request->id);
    put_text(out, "method", request->method);
    put_text(out, "path", request->path);
    put_text(out, "endpoint", request->endpoint);
    put_spent(out, request);
    put_uses(out, request);
    fputs("}", out);
}

void slow_list_write(const struct slow_list *list, FILE *out) {
    fputs("{\"requests\":[", out);
    for (size_t i = 0; i < list->count; i++) {
        if (i) fputs(",\n", out);
        put_one(out, &list->at[i]);
    }
    fputs("]}\n", out);
}
