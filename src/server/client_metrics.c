#include "server/client_metrics.h"

#include "observe/metric.h"
#include "server/endpoint_pairs.h"
#include "server/exchange.h"

/* Behind the numbers of those that are known. */
enum { CLIENT_NONE = KNOWN_NAMES_MAX, CLIENT_OTHERS };

static const char *header;
static struct known_names clients;

void client_metrics_init(const char *name) { header = *name ? name : NULL; }

/* As with paths: what is refused makes no name. */
static unsigned number_of(const gr_request *request) {
    gr_slice value;
    if (!gr_request_header(request, header, &value) || !value.len) return CLIENT_NONE;
    int number = known_names_find(&clients, value, request->response.status / 100 != 4);
    return number < 0 ? CLIENT_OTHERS : (unsigned)number;
}

static const char *name_of(unsigned number) {
    if (number < KNOWN_NAMES_MAX) return clients.texts[number];
    return number == CLIENT_NONE ? "(none)" : "(others)";
}

static gr_metric *find(const char *endpoint, unsigned number) {
    const gr_label labels[] = {{"client", name_of(number)}, {"endpoint", endpoint}};
    return metric_of_server(GR_METER, "greenroom_client_requests",
                            "Requests by client and endpoint", labels,
                            sizeof labels / sizeof *labels);
}

static struct endpoint_pairs pairs = {.find = find};

void client_metrics_count(const gr_request *request, const char *endpoint) {
    if (!header) return;
    uint32_t hash = endpoint_pairs_hash(endpoint);
    gr_metric_add(endpoint_pairs_get(&pairs, endpoint, hash, number_of(request)), 1);
}
