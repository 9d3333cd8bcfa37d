#include "greenroom/request.h"

#include "base/sys.h"
#include "greenroom/log.h"
#include "server/exchange.h"
#include "server/listener.h"
#include "server/load.h"
#include "server/mount.h"
#include "tls/engine.h"

static gr_slice text_of(const gr_request *request, struct http_span span) {
    return (gr_slice){request->buffer + span.at, span.len};
}

gr_slice gr_request_method(const gr_request *request) {
    return text_of(request, request->head.method);
}

gr_slice gr_request_target(const gr_request *request) {
    return text_of(request, request->head.target);
}

gr_slice gr_request_path(const gr_request *request) { return request->path; }

gr_slice gr_request_query(const gr_request *request) {
    return text_of(request, request->head.query);
}

int gr_request_version_minor(const gr_request *request) { return request->head.minor; }

gr_slice gr_request_param(const gr_request *request, const char *name) {
    const struct route_match *match = &request->match;
    for (unsigned i = 0; i < match->param_count; i++)
        if (strcmp(match->params[i].name, name) == 0) return match->params[i].value;
    return (gr_slice){"", 0};
}

bool gr_request_header_at(const gr_request *request, size_t index, gr_slice *name,
                          gr_slice *value) {
    if (index >= request->head.field_count) return false;
    *name = text_of(request, request->fields[index].name);
    *value = text_of(request, request->fields[index].value);
    return true;
}

bool gr_request_header(const gr_request *request, const char *name, gr_slice *value) {
    gr_slice wanted = gr_slice_of(name), found;
    for (size_t i = 0; gr_request_header_at(request, i, &found, value); i++)
        if (gr_slice_equal_nocase(found, wanted)) return true;
    *value = (gr_slice){"", 0};
    return false;
}

int64_t gr_request_content_length(const gr_request *request) {
    return request->head.chunked ? -1 : request->head.content_length;
}

void gr_request_field_dropped(const gr_request *request, gr_slice name) {
    enum { SHOWN_MAX = 100 };
    if (load_add_dropped_field() > 1) return;
    gr_slice peer = gr_request_peer(request);
    gr_log(GR_LOG_WARNING,
           "the field %.*s from %.*s would pass for another: dropped; further ones are counted",
           (int)(name.len < SHOWN_MAX ? name.len : SHOWN_MAX), name.data, (int)peer.len, peer.data);
}

void *gr_request_alloc(gr_request *request, size_t size) {
    return arena_alloc(&request->arena, size);
}

/* Addresses are made into text when somebody asks, in the arena. */
static gr_slice address_text(const gr_request *request, const union peer *address) {
    char text[PEER_TEXT_MAX];
    size_t len = peer_text(address, text);
    const char *copy = arena_copy(&request->connection->exchange->arena, text, len);
    return copy ? (gr_slice){copy, len} : (gr_slice){"", 0};
}

gr_slice gr_request_peer(const gr_request *request) {
    return address_text(request, exchange_peer(request));
}

int gr_request_peer_port(const gr_request *request) { return peer_port(exchange_peer(request)); }

gr_slice gr_request_host(const gr_request *request) {
    const struct forwarding *said = request->forwarding;
    return said && said->host.data ? said->host : text_of(request, request->head.host);
}

gr_slice gr_request_prefix(const gr_request *request) {
    gr_slice outer = request->forwarding ? request->forwarding->prefix : (gr_slice){"", 0};
    if (!outer.len || !mount.len) return outer.len ? outer : mount;
    char *both = arena_alloc(&request->connection->exchange->arena, outer.len + mount.len);
    if (!both) return (gr_slice){"", 0};
    memcpy(both, outer.data, outer.len);
    memcpy(both + outer.len, mount.data, mount.len);
    return (gr_slice){both, outer.len + mount.len};
}

gr_slice gr_request_server(const gr_request *request) {
    const struct connection *connection = request->connection;
    if (request->forwarding && request->forwarding->name.len) return request->forwarding->name;
    if (connection->destination) return address_text(request, connection->destination);
    if (!peer_is_any(&connection->listener->address))
        return gr_slice_of(connection->listener->text);
    union peer address = {.family = AF_UNSPEC};
    socklen_t len = sizeof address;
    sys(SYS_getsockname, connection->watch.fd, &address, &len);
    return address_text(request, &address);
}

gr_slice gr_request_scheme(const gr_request *request) {
    const struct forwarding *said = request->forwarding;
    if (said && said->scheme.data) return said->scheme;
    return gr_slice_of(request->connection->tls ? "https" : "http");
}

gr_slice gr_request_client_subject(const gr_request *request) {
    const struct tls_stream *stream = request->connection->tls;
    return gr_slice_of(stream ? stream->subject : NULL);
}

int gr_request_server_port(const gr_request *request) {
    if (request->forwarding && request->forwarding->port) return request->forwarding->port;
    const struct connection *connection = request->connection;
    return peer_port(connection->destination ? connection->destination
                                             : &connection->listener->address);
}
