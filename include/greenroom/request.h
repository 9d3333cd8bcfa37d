/* The request being answered. All functions are for the green thread that runs its handler.
 * Slices live as long as the handler runs. */
#ifndef GREENROOM_REQUEST_H
#define GREENROOM_REQUEST_H

#include <greenroom/app.h>
#include <greenroom/stream.h>

GR_BEGIN

/* The method as sent, case kept (RFC 9110, 9.1). */
GR_API gr_slice gr_request_method(const gr_request *request);

/* The request target as sent: "/a%20b?x=1". */
GR_API gr_slice gr_request_target(const gr_request *request);

/* The path, percent-decoded once: "/a b". May hold any byte but NUL. What --mount says stands
 * before it and is left out; of a request for nothing else it is empty. */
GR_API gr_slice gr_request_path(const gr_request *request);

/* What stands before gr_request_path, decoded, in the URL that the client knows: what a trusted
 * proxy says to have taken off (X-Forwarded-Prefix), and --mount. "/shop", or empty. */
GR_API gr_slice gr_request_prefix(const gr_request *request);

/* What follows the first "?", not decoded; empty when there is none. */
GR_API gr_slice gr_request_query(const gr_request *request);

/* Minor version of HTTP/1: 0 or 1. */
GR_API int gr_request_version_minor(const gr_request *request);

/* The value of a "{name}" segment of the route, percent-decoded; empty when there is none. A NUL
 * stands behind it. */
GR_API gr_slice gr_request_param(const gr_request *request, const char *name);

/* The value of the first field of that name (any case), without surrounding blanks. Returns false
 * when there is none. */
GR_API bool gr_request_header(const gr_request *request, const char *name, gr_slice *value);

/* Field number index in the order received. Returns false past the last. */
GR_API bool gr_request_header_at(const gr_request *request, size_t index, gr_slice *name,
                                 gr_slice *value);

/* Declared length of the body in bytes; 0 when there is none; -1 when it is chunked. */
GR_API int64_t gr_request_content_length(const gr_request *request);

/* Reads up to len bytes of the body. Parks until there is data, the end (returns 0) or an error:
 * -1 with errno ETIMEDOUT (--body-timeout, --min-body-rate, or the deadline of the green thread),
 * ECONNRESET (the client left before the end), EPROTO (malformed chunk) or EFBIG (a chunked body
 * that is larger than --max-body-size). After an error every further call
 * fails the same way. Sends "100 Continue" first where the client waits for it. The body is never
 * read ahead of this call. Other green threads may call it too, one at a time, while the handler
 * runs. */
GR_API ssize_t gr_request_read(gr_request *request, void *buffer, size_t len);

/* The body as a stream, to be filtered and copied: reads as gr_request_read. To be closed before
 * the handler returns; at most one at a time. NULL with errno ENOMEM. */
GR_API gr_reader *gr_request_reader(gr_request *request);

/* Numeric address of the client, and its port: of the peer, or of whom a trusted proxy names
 * (docs/proxies.md). "" and 0 for a unix socket, and where the proxy does not know. */
GR_API gr_slice gr_request_peer(const gr_request *request);
GR_API int gr_request_peer_port(const gr_request *request);

/* By which name the request is found in logs: X-Request-ID, if a trusted proxy has sent a
 * well-formed one (up to 128 visible ASCII characters without quotation marks and backslashes),
 * else one that no other request of any worker has. Not a secret: others can be guessed from it.
 * Never parks. */
GR_API gr_slice gr_request_id(const gr_request *request);

/* The trace that the client says the request belongs to, 32 hexadecimal digits, by the field
 * traceparent of W3C Trace Context; and that field's value, to be passed on. Empty where it was not
 * sent, or is malformed. They last as long as the request. Never park. */
GR_API gr_slice gr_request_trace_id(const gr_request *request);
GR_API gr_slice gr_request_traceparent(const gr_request *request);

/* Host and port by which the client asked, as Host has them: "example.org:8080"; what a trusted
 * proxy names, else the authority of the target or Host. May be empty. */
GR_API gr_slice gr_request_host(const gr_request *request);

/* Address the client connected to (the path of a unix socket), and its port; or name and port of
 * the host, where a trusted proxy has said something about it. */
GR_API gr_slice gr_request_server(const gr_request *request);
GR_API int gr_request_server_port(const gr_request *request);

/* "https" when the connection is TLS, else "http"; or the scheme that a trusted proxy names. */
GR_API gr_slice gr_request_scheme(const gr_request *request);

/* The subject of the client's certificate, as RFC 4514 writes names: "CN=Ann,O=Example". It has
 * been verified. data is NULL when the client has shown none. */
GR_API gr_slice gr_request_client_subject(const gr_request *request);

/* The request that the calling thread answers; NULL on others. Never parks. */
GR_API gr_request *gr_request_current(void);

/* The request for which the calling thread works: the one that it answers, or for a child of a
 * scope (greenroom/scope.h) the one for which that was started; NULL on others. A child may read
 * what came as the head: method, target, path, query, fields, trace. Never parks. */
GR_API const gr_request *gr_request_behind(void);

/* Has the time of --request-timeout passed since the head of the request was complete? The deadline
 * of its green thread (gr_deadline) starts as that time. A handler that returns without an answer
 * then, is answered for with 504; one that runs on an OS thread, at that time already. Never parks.
 */
GR_API bool gr_request_expired(const gr_request *request);

/* Whether the green thread of the handler is cancelled (gr_cancel) when the client hangs up, or has
 * already; a client that ends its side of the connection early counts as one. The default is
 * --cancel-on-disconnect. For the handler. Returns 0, or -1 with errno EPERM elsewhere, ENOTSUP
 * where OS threads run the handlers. Never parks. */
GR_API int gr_request_cancel_on_disconnect(gr_request *request, bool on);

/* For hosts that give fields other names: tells the server that the application is not shown a
 * field of that name since it would pass for another one. They are counted; a worker logs the
 * first, and at its end their number. Never parks. */
GR_API void gr_request_field_dropped(const gr_request *request, gr_slice name);

/* Memory that is freed when the handler has returned, aligned for any type. NULL with errno
 * ENOMEM. */
GR_API void *gr_request_alloc(gr_request *request, size_t size);

/* What the request is counted as in the metrics: the pattern of the route that it took. A route of
 * gr_app_route says so by itself; this is for who finds out by other means, and for a host. Text is
 * copied. For the thread that runs its handler. */
GR_API void gr_request_set_endpoint(gr_request *request, gr_slice endpoint);

/* Does anybody want to know that, and not know it yet? */
GR_API bool gr_request_wants_endpoint(const gr_request *request);

GR_END

#endif
