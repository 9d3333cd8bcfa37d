#include "server/endpoint_waits.h"

#include "base/clock.h"
#include "observe/metric.h"
#include "server/endpoint_pairs.h"

static gr_metric *find(const char *endpoint, unsigned number) {
    bool is_rest = number == ENDPOINT_PAIR_REST;
    const char *downstream = is_rest ? "(others)" : downstream_get((downstream_id)number)->name;
    const gr_label labels[] = {{"downstream", downstream}, {"endpoint", endpoint}};
    return metric_of_server(GR_COUNTER, "greenroom_endpoint_downstream_seconds",
                            "Time that requests to an endpoint waited for a downstream", labels,
                            sizeof labels / sizeof *labels);
}

static struct endpoint_pairs pairs = {.find = find};

static void count(const char *endpoint, const struct tally_use *use, uint32_t hash) {
    if (use->waited > 0)
        gr_metric_add(endpoint_pairs_get(&pairs, endpoint, hash, use->downstream),
                      (double)use->waited / NS_PER_S);
}

void endpoint_waits_count(const char *endpoint, const struct tally *tally) {
    if (!tally->use_count) return;
    uint32_t hash = endpoint_pairs_hash(endpoint);
    for (unsigned i = 0; i < tally->use_count; i++) count(endpoint, &tally->uses[i], hash);
    count(endpoint, &tally->others, hash);
}
