/* The answer. In order: gr_response_begin, gr_response_header any number of times, then either
 * gr_response_send, gr_response_send_file or gr_response_write any number of times.
 *
 * Framing is the server's: Content-Length where the length is known, chunked for HTTP/1.1,
 * otherwise the connection is closed at the end. Date is added. HEAD, 204 and 304 send no body,
 * whatever is written.
 *
 * Every write goes to the socket at once and parks while the client's window is full: that is the
 * whole of backpressure, no byte is queued in user memory. */
#ifndef GREENROOM_RESPONSE_H
#define GREENROOM_RESPONSE_H

#include <greenroom/request.h>

GR_BEGIN

/* Sets the status, 200 to 599, and the reason phrase (NULL: the standard one), and forgets headers
 * set so far. Does not park, sends nothing. Returns 0, or -1 with errno EALREADY (the head has been
 * sent) or EINVAL (status out of range, control character in the reason). */
GR_API int gr_response_begin(gr_request *request, int status, const char *reason);

/* Adds a field. Returns 0, or -1 with errno EINVAL (not a token, CR, LF or NUL in the value, a
 * Content-Length that is no number or differs from one given before), EPERM (Connection,
 * Keep-Alive, Transfer-Encoding, Trailer, Upgrade: hop-by-hop fields are the server's), EALREADY or
 * ENOMEM. */
GR_API int gr_response_header(gr_request *request, const char *name, const char *value);
GR_API int gr_response_header_slice(gr_request *request, gr_slice name, gr_slice value);

/* Sends head and body, and ends the answer. Adds Content-Length. Parks. Returns 0, or -1 with errno
 * EPIPE or ECONNRESET (the client left), ETIMEDOUT (write timeout or deadline), EALREADY, or
 * EMSGSIZE when a Content-Length was set that is not len (nothing is sent then). */
GR_API int gr_response_send(gr_request *request, const void *body, size_t len);

/* Sends a piece of the body, the head first if it is not out yet; len 0 sends just the head.
 * Parks. Errors as gr_response_send; EMSGSIZE when more is written than Content-Length allows
 * (the excess is not sent). */
GR_API int gr_response_write(gr_request *request, const void *piece, size_t len);

/* Sends len bytes of a file from offset as (the rest of) the body with sendfile(2). Parks. fd stays
 * the caller's. Errors as gr_response_write, or those of sendfile. */
GR_API int gr_response_send_file(gr_request *request, int fd, off_t offset, size_t len);

/* The answer is over: writes the last chunk. Called for the handler when it returns; a body shorter
 * than its Content-Length closes the connection. Returns as gr_response_write. */
GR_API int gr_response_end(gr_request *request);

/* The body of the answer as a stream, after gr_response_begin and the fields: it writes as
 * gr_response_write, and files as gr_response_send_file. Closing it ends the answer. Aborting it,
 * or a failed copy into it, is gr_response_abort once something has been sent; before that the
 * answer is as if it had not been begun, and another can be. To be closed before the handler
 * returns; at most one. NULL with errno ENOMEM. */
GR_API gr_writer *gr_response_writer(gr_request *request);

/* The promised answer cannot be completed: closes the connection without ending the body, so that
 * the client can tell. Does not park. */
GR_API void gr_response_abort(gr_request *request);

/* Has the head been handed to the kernel? */
GR_API bool gr_response_started(const gr_request *request);

/* begin, one Content-Type header, send: for short answers. */
GR_API int gr_respond(gr_request *request, int status, const char *content_type, const void *body,
                      size_t len);

GR_END

#endif
