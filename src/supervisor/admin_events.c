#include "supervisor/admin_events.h"

#include <stdlib.h>

#include "base/clock.h"
#include "observe/metric_snapshot.h"
#include "supervisor/metrics.h"

static const int64_t period = NS_PER_S;

/* Who is new is told soon, which all can be made to share that often. */
static const int64_t haste = 250 * (int64_t)NS_PER_MS;

static int64_t told;        /* when the last snapshot was */
static uint64_t number = 1; /* of it */

void admin_events_follow(struct admin_request *request,
                         const struct admin_request all[ADMIN_REQUESTS]) {
    int count = 0;
    for (int i = 0; i < ADMIN_REQUESTS; i++) count += all[i].state == ADMIN_FOLLOWING;
    if (count < ADMIN_FOLLOWERS) return admin_request_follow(request, "text/event-stream");
    admin_request_refuse(request, 503, "Retry-After: 5\r\n", "as many as can be follow already");
}

int64_t admin_events_due(const struct admin_request all[ADMIN_REQUESTS]) {
    int64_t due = NEVER;
    for (int i = 0; i < ADMIN_REQUESTS; i++) {
        if (!admin_request_is_idle(&all[i])) continue;
        int64_t own = told + (all[i].snapshot ? period : haste);
        if (own < due) due = own;
    }
    return due;
}

/* malloc'ed; NULL: no memory. */
static char *write_event(struct metric_table *table, bool whole, size_t *len) {
    char *text = NULL;
    FILE *out = open_memstream(&text, len);
    if (!out) return NULL;
    fputs("event: snapshot\ndata: ", out);
    metric_snapshot_write(table, whole, out);
    fputs("\n\n", out);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

/* A text is written when the first needs it. Returns false where there is no memory. */
static bool tell_all(struct admin_request all[ADMIN_REQUESTS], struct metric_table *table,
                     char *texts[2]) {
    size_t len[2];
    for (int i = 0; i < ADMIN_REQUESTS; i++) {
        if (!admin_request_is_idle(&all[i])) continue;
        bool whole = all[i].snapshot != number;
        if (!texts[whole] && !(texts[whole] = write_event(table, whole, &len[whole]))) return false;
        all[i].snapshot = number + 1;
        admin_request_tell(&all[i], texts[whole], len[whole]);
    }
    return true;
}

void admin_events_tell(struct admin_request all[ADMIN_REQUESTS], struct metric_table *table,
                       int64_t now) {
    char *texts[2] = {NULL, NULL};
    if (admin_events_due(all) > now) return;
    told = now;
    metrics_fill(table);
    if (!table->incomplete && tell_all(all, table, texts)) {
        metric_snapshot_told(table);
        number++;
    }
    free(texts[0]);
    free(texts[1]);
}
