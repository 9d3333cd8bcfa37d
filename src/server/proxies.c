#include "server/proxies.h"

#include <stdio.h>

#include "base/network.h"
#include "http/forwarded.h"
#include "server/exchange.h"

/* So many proxies one behind the other are more than there are. */
enum { CHAIN_MAX = 64 };

static struct network trusted[SERVER_NETWORKS_MAX];
static int trusted_count;
static enum server_proxy_headers headers;
bool proxies_on;

/* What reading returns: NULL, what is malformed, or this. */
static const char no_memory[] = "no memory for what a proxy says";

void proxies_init(const struct server_options *options) {
    const char *list = *options->trusted_proxies ? options->trusted_proxies : NULL;
    while (list && trusted_count < SERVER_NETWORKS_MAX)
        network_next(&list, &trusted[trusted_count++]);
    headers = (enum server_proxy_headers)options->proxy_headers;
    proxies_on = trusted_count > 0;
}

bool proxies_trust(const union peer *peer) {
    for (int i = 0; i < trusted_count; i++)
        if (network_holds(&trusted[i], peer->family, peer_address(peer))) return true;
    return false;
}

/* ---- the chain of proxies ---- */

/* A proxy that we trust says that its peer is node. Returns false when that is malformed; *more
 * whether it is another proxy, which may say more. */
static bool follow(struct forwarding *said, gr_slice node, bool *more) {
    if (!peer_parse(node, &said->peer)) return false;
    *more = proxies_trust(&said->peer);
    return true;
}

/* The fields of that name, last one first: index is that of the field before, or the number of
 * fields to begin with. Returns false when there is none left. */
static bool field_before(const gr_request *request, size_t *index, const char *wanted,
                         gr_slice *value) {
    gr_slice name, found;
    while (*index > 0) {
        gr_request_header_at(request, --*index, &name, &found);
        if (!gr_slice_equal_nocase(name, gr_slice_of(wanted))) continue;
        *value = found;
        return true;
    }
    return false;
}

static const char *read_for(const gr_request *request, struct forwarding *said) {
    size_t index = request->head.field_count;
    gr_slice list, node;
    bool more = true;
    int count = 0;
    while (more && field_before(request, &index, "X-Forwarded-For", &list))
        while (more && forwarded_last(&list, &node))
            if (count++ == CHAIN_MAX || !follow(said, node, &more))
                return "X-Forwarded-For is malformed";
    return NULL;
}

/* ---- X-Forwarded-* ---- */

/* The one value of a field, data NULL if it is not there. In a list, or in several fields, nobody
 * can tell which one is whose: false. */
static bool only_value(const gr_request *request, const char *name, gr_slice *value) {
    size_t index = request->head.field_count;
    gr_slice other;
    *value = (gr_slice){NULL, 0};
    if (!field_before(request, &index, name, value)) return true;
    return !memchr(value->data, ',', value->len) && !field_before(request, &index, name, &other);
}

static const char *read_scheme(const gr_request *request, struct forwarding *said) {
    gr_slice value;
    bool single = only_value(request, "X-Forwarded-Proto", &value);
    if (single && !value.data) return NULL;
    if (single) said->scheme = forwarded_scheme(value);
    return said->scheme.data ? NULL : "X-Forwarded-Proto is neither http nor https";
}

static const char *read_host(const gr_request *request, struct forwarding *said) {
    int port;
    if (only_value(request, "X-Forwarded-Host", &said->host) &&
        (!said->host.data || forwarded_authority(said->host, &said->name, &port)))
        return NULL;
    return "X-Forwarded-Host is malformed";
}

static const char *read_port(const gr_request *request, struct forwarding *said) {
    gr_slice value;
    bool single = only_value(request, "X-Forwarded-Port", &value);
    if (single && !value.data) return NULL;
    said->port = single ? forwarded_port(value) : -1;
    return said->port > 0 ? NULL : "X-Forwarded-Port is not a port";
}

static const char *read_prefix(gr_request *request, struct forwarding *said) {
    static const char malformed[] = "X-Forwarded-Prefix is malformed";
    gr_slice value;
    if (!only_value(request, "X-Forwarded-Prefix", &value)) return malformed;
    if (!value.data) return NULL;
    char *decoded = gr_request_alloc(request, value.len + 1);
    if (!decoded) return no_memory;
    ssize_t len = forwarded_prefix(value, decoded);
    said->prefix = (gr_slice){decoded, (size_t)len};
    return len < 0 ? malformed : NULL;
}

static const char *read_x_forwarded(gr_request *request, struct forwarding *said) {
    const char *wrong = read_for(request, said);
    if (!wrong) wrong = read_scheme(request, said);
    if (!wrong) wrong = read_host(request, said);
    if (!wrong) wrong = read_port(request, said);
    if (!wrong) wrong = read_prefix(request, said);
    return wrong;
}

/* ---- Forwarded ---- */

/* The elements of all fields, in order. Returns how many there are, or -1 when one is malformed or
 * there are too many. */
static int list_elements(const gr_request *request, struct forwarded_element *elements) {
    gr_slice name, list;
    int count = 0, result = 0;
    for (size_t i = 0; gr_request_header_at(request, i, &name, &list); i++) {
        if (!gr_slice_equal_nocase(name, gr_slice_of("Forwarded"))) continue;
        while (count < CHAIN_MAX && (result = forwarded_next(&list, &elements[count])) > 0) count++;
        if (result != 0) return -1;
    }
    return count;
}

/* Scheme and host are those of the element at which the chain ends: its proxy is the one that the
 * client has talked to. */
static const char *read_forwarded(const gr_request *request, struct forwarding *said) {
    static const char malformed[] = "Forwarded is malformed";
    struct forwarded_element elements[CHAIN_MAX], *last = NULL;
    int count = list_elements(request, elements), port;
    if (count < 0) return malformed;
    for (bool more = true; more && count > 0;) {
        last = &elements[--count];
        more = false;
        said->peer = (union peer){.v6 = {.sin6_family = AF_UNSPEC}};
        if (last->node.data && !follow(said, last->node, &more)) return malformed;
    }
    if (!last) return NULL;
    said->host = last->host;
    if (last->host.data && !forwarded_authority(last->host, &said->name, &port)) return malformed;
    if (last->scheme.data) said->scheme = forwarded_scheme(last->scheme);
    return last->scheme.data && !said->scheme.data ? malformed : NULL;
}

/* ---- what follows from it ---- */

static int default_port(gr_slice scheme) {
    return gr_slice_equal(scheme, gr_slice_of("https")) ? 443 : 80;
}

/* A host that is not said is that of the request. Its own port is the one that the client used;
 * else the one that is said, which is then put behind it, or that of the scheme. */
static const char *conclude_host(gr_request *request, struct forwarding *said) {
    int port;
    if (!said->scheme.data && !said->host.data && !said->port) return NULL;
    if (!said->scheme.data) said->scheme = gr_request_scheme(request);
    if (!said->host.data)
        said->host = (gr_slice){request->buffer + request->head.host.at, request->head.host.len};
    if (!forwarded_authority(said->host, &said->name, &port)) {
        said->host = said->name = (gr_slice){NULL, 0};
        said->port = 0; /* name and port go together */
        return NULL;
    }
    if (port > 0 || !said->port || said->port == default_port(said->scheme)) {
        said->port = port > 0 ? port : default_port(said->scheme);
        return NULL;
    }
    const char *end = said->host.data + said->host.len;
    size_t name_len = said->host.len - (end[-1] == ':'); /* the port may be empty */
    size_t room = name_len + sizeof ":65535";
    char *text = gr_request_alloc(request, room);
    if (!text) return no_memory;
    int len = snprintf(text, room, "%.*s:%d", (int)name_len, said->host.data, said->port);
    said->host = (gr_slice){text, (size_t)len};
    return NULL;
}

static const char *read_fields(gr_request *request, struct forwarding *said) {
    const char *wrong = headers == SERVER_PROXY_HEADERS_FORWARDED ? read_forwarded(request, said)
                                                                  : read_x_forwarded(request, said);
    return wrong ? wrong : conclude_host(request, said);
}

int proxies_believe(gr_request *request, const char **why) {
    const union peer *peer = &request->connection->peer;
    if (headers == SERVER_PROXY_HEADERS_OFF || !proxies_trust(peer)) return 0;
    struct forwarding *said = gr_request_alloc(request, sizeof *said);
    if (said) *said = (struct forwarding){.peer = *peer};
    *why = said ? read_fields(request, said) : no_memory;
    if (!*why) request->forwarding = said;
    return !*why ? 0 : *why == no_memory ? 503 : 400;
}
