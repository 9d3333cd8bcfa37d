/* The client itself: its settings, its beginning and its end. */
#include "client/client.h"

#include <stdlib.h>

#include "base/clock.h"
#include "http/response_head.h"

enum {
    CONNECTIONS = 1000,
    CONNECTIONS_PER_ORIGIN = 100,
    REDIRECTS = 10,
    HEAD_MAX = 64 * 1024,
    HEAD_MAX_MAX = 1024 * 1024,
};

static void set_time(int64_t *time, int64_t usual) {
    if (*time == 0) *time = usual;
    if (*time < 0) *time = NEVER;
}

static void set_count(size_t *count, size_t usual) {
    if (*count == 0) *count = usual;
}

/* Returns 0, or -1 with the failure told. */
static int complete(gr_client_options *options, gr_failure *failure) {
    const int64_t second = NS_PER_S;
    set_count(&options->connections, CONNECTIONS);
    set_count(&options->connections_per_origin, CONNECTIONS_PER_ORIGIN);
    set_count(&options->head_max, HEAD_MAX);
    if (options->redirects == 0) options->redirects = REDIRECTS;
    set_time(&options->idle_timeout, 30 * second);
    set_time(&options->place_timeout, 30 * second);
    set_time(&options->connect_timeout, 10 * second);
    set_time(&options->read_timeout, 60 * second);
    set_time(&options->timeout, NEVER);
    set_time(&options->name_lifetime, 5 * second);
    if (!options->user_agent) options->user_agent = "greenroom";
    if (options->head_max > HEAD_MAX_MAX)
        return failure_tell(failure, GR_FAILURE_CALL, EINVAL, "head_max is more than 1 MiB");
    if (!http_is_field_value(gr_slice_of(options->user_agent)))
        return failure_tell(failure, GR_FAILURE_CALL, EINVAL,
                            "user_agent holds a control character");
    return 0;
}

gr_client *gr_client_open(const gr_client_options *options, gr_failure *failure) {
    gr_client_options completed = options ? *options : (gr_client_options){0};
    if (complete(&completed, failure) < 0) return NULL;
    struct proxies proxies;
    const char *proxy = completed.unix_path ? "" : completed.proxy;
    if (proxies_open(&proxies, proxy, failure) < 0) return NULL;
    gr_client *client = calloc(1, sizeof *client);
    char *agent = strdup(completed.user_agent);
    char *path = completed.unix_path ? strdup(completed.unix_path) : NULL;
    if (client) client->names = names_open(completed.name_lifetime);
    if (!client || !agent || !client->names || !path != !completed.unix_path) {
        if (client && client->names) names_close(client->names);
        proxies_close(&proxies);
        free(client);
        free(agent);
        free(path);
        failure_write(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for a client");
        return NULL;
    }
    client->options = completed;
    client->options.user_agent = agent;
    client->options.unix_path = path;
    client->proxies = proxies;
    client->tls = completed.tls;
    pthread_mutex_init(&client->tls_lock, NULL);
    origins_init(&client->origins);
    client->origins.open_max = completed.connections;
    client->origins.open_max_of_origin = completed.connections_per_origin;
    client->origins.idle_timeout = completed.idle_timeout;
    return client;
}

void gr_client_close(gr_client *client) {
    if (!client) return;
    origins_fini(&client->origins);
    names_close(client->names);
    if (!client->options.tls) gr_tls_close(client->tls);
    pthread_mutex_destroy(&client->tls_lock);
    proxies_close(&client->proxies);
    free((char *)client->options.user_agent);
    free((char *)client->options.unix_path);
    free(client);
}

size_t gr_client_connections(gr_client *client, size_t *idle) {
    pthread_mutex_lock(&client->origins.lock);
    size_t open = client->origins.open;
    *idle = client->origins.idle_count;
    pthread_mutex_unlock(&client->origins.lock);
    return open;
}

int64_t timing_due(const struct timing *timing, int64_t length) {
    int64_t due = length == NEVER ? NEVER : clock_after(length);
    return due < timing->due ? due : timing->due;
}
