#include "server/client_metrics.h"

#include "observe/metric.h"
#include "server/exchange.h"
#include "server/known_names.h"

static const char *header;
static struct known_names clients;

void client_metrics_init(const char *name) { header = *name ? name : NULL; }

/* As with paths: what is refused makes no name. */
static const char *name_of(const gr_request *request) {
    gr_slice value;
    if (!gr_request_header(request, header, &value) || !value.len) return "(none)";
    int number = known_names_find(&clients, value, request->response.status / 100 != 4);
    return number < 0 ? "(others)" : clients.at[number].text;
}

void client_metrics_count(const gr_request *request, const char *endpoint) {
    if (!header) return;
    const gr_label labels[] = {{"client", name_of(request)}, {"endpoint", endpoint}};
    gr_metric_add(metric_of_server(GR_METER, "greenroom_client_requests",
                                   "Requests by client and endpoint", labels, 2),
                  1);
}
