#include "server/downstream_metrics.h"

#include "observe/metric.h"

/* Of one downstream. The protocol is that by which they were found: it may be learnt later. */
struct known {
    gr_metric *waited, *round_trips, *connections, *sent, *received;
    uint8_t protocol;
};

static struct known all_known[DOWNSTREAMS_MAX + 1];

static gr_metric *find(gr_metric_kind kind, const char *name, const char *help, downstream_id id) {
    const char *protocol = downstream_protocol(id);
    const gr_label labels[] = {{"downstream", downstream_get(id)->name},
                               {"protocol", *protocol ? protocol : "unknown"}};
    return metric_of_server(kind, name, help, labels, sizeof labels / sizeof *labels);
}

static struct known *look_up(downstream_id id) {
    struct known *known = &all_known[id];
    uint8_t protocol = downstream_get(id)->protocol;
    if (known->waited && known->protocol == protocol) return known;
    *known = (struct known){
        .waited = find(GR_TIMER, "greenroom_downstream_seconds",
                       "Time that a request waited for a downstream", id),
        .round_trips = find(GR_COUNTER, "greenroom_downstream_round_trips",
                            "Times that sending to it began", id),
        .connections = find(GR_COUNTER, "greenroom_downstream_connections",
                            "Connections that were opened to it", id),
        .sent = find(GR_COUNTER, "greenroom_downstream_sent_bytes", "Bytes sent to it", id),
        .received =
            find(GR_COUNTER, "greenroom_downstream_received_bytes", "Bytes received from it", id),
        .protocol = protocol,
    };
    return known;
}

static void add(gr_metric *metric, uint64_t number) {
    if (number) gr_metric_add(metric, (double)number);
}

static void count(const struct tally_use *use) {
    struct known *known = look_up(use->downstream);
    gr_metric_record(known->waited, (double)use->waited / NS_PER_S);
    add(known->round_trips, use->round_trips);
    add(known->connections, use->connections);
    add(known->sent, use->sent);
    add(known->received, use->received);
}

void downstream_metrics_count(const struct tally *tally) {
    for (unsigned i = 0; i < tally->use_count; i++) count(&tally->uses[i]);
    if (tally_is_used(&tally->others)) count(&tally->others);
}
