#include "server/breach.h"

#include <stdio.h>

#include "greenroom/log.h"
#include "observe/metric.h"
#include "server/load.h"

/* By their options, which is what the reader of the log can change. */
static const char *const names[BREACH_COUNT] = {
    [BREACH_REQUEST_LINE] = "max-request-line",
    [BREACH_HEAD_SIZE] = "max-head-size or max-headers",
    [BREACH_HEAD_TIME] = "head-timeout",
    [BREACH_BODY_SIZE] = "max-body-size",
    [BREACH_BODY_TIME] = "body-timeout or min-body-rate",
    [BREACH_WRITE_TIME] = "write-timeout",
    [BREACH_REQUEST_TIME] = "request-timeout",
    [BREACH_QUEUE_TIME] = "queue-timeout",
    [BREACH_CONNECTIONS] = "max-connections",
    [BREACH_CONNECTIONS_PER_ADDRESS] = "max-per-address",
};

enum breach breach_of_status(int status) {
    switch (status) {
    case 408:
        return BREACH_HEAD_TIME;
    case 413:
        return BREACH_BODY_SIZE;
    case 414:
        return BREACH_REQUEST_LINE;
    case 431:
        return BREACH_HEAD_SIZE;
    default:
        return BREACH_COUNT;
    }
}

void breach_count(enum breach breach) {
    const gr_label limit = {"limit", names[breach]};
    load_add_breach(breach);
    if (metrics_on)
        gr_metric_add(metric_of_server(GR_COUNTER, "greenroom_limits_met",
                                       "Times that a client met a limit", &limit, 1),
                      1);
}

void breaches_report(void) {
    char line[BREACH_COUNT * 52];
    size_t len = 0;
    for (enum breach b = 0; b < BREACH_COUNT; b++) {
        unsigned long count = load_breaches(b);
        if (!count) continue;
        int n =
            snprintf(line + len, sizeof line - len, "%s%s %lu", len ? ", " : "", names[b], count);
        len += (size_t)n;
    }
    if (len) gr_log(GR_LOG_WARNING, "limits met: %s", line);
}
