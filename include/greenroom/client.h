/* An HTTP/1.1 client of blocking calls (RFC 9110, RFC 9112).
 *
 *     gr_failure failure;
 *     gr_client *client = gr_client_open(NULL, &failure);
 *     gr_answer *answer = gr_client_get(client, "http://example.org/", &failure);
 *     if (!answer) return complain(failure.why);
 *     gr_copy(gr_answer_reader(answer), gr_file_writer(fd));
 *     gr_answer_close(answer);
 *
 * On a green thread a call parks it; on an OS thread, and in a process without a server, it blocks
 * that thread. One client serves any number of threads of either kind at a time. It keeps
 * connections open and uses them again, for each origin (scheme, host and port) those to it.
 *
 * Every wait ends at the times that the caller has set, at the deadline of the calling green thread
 * (gr_deadline), and when that is cancelled. Times are in nanoseconds.
 *
 * A request is sent a second time in one case alone: the connection had been used before, it broke
 * before a byte of an answer had come, the method is idempotent (RFC 9110, 9.2.2) and the body is
 * no stream. */
#ifndef GREENROOM_CLIENT_H
#define GREENROOM_CLIENT_H

#include <greenroom/tls.h>

GR_BEGIN

typedef struct gr_client gr_client;
typedef struct gr_answer gr_answer;

/* --- What goes wrong --- */

typedef enum gr_failure_kind {
    GR_FAILURE_NONE,
    GR_FAILURE_CALL,     /* what is asked for cannot be asked: URL, method, field, option */
    GR_FAILURE_PLACE,    /* no connection has become free */
    GR_FAILURE_NAME,     /* the host has no address */
    GR_FAILURE_CONNECT,  /* none of its addresses can be connected to */
    GR_FAILURE_TLS,      /* there is no agreement, or the other side is not whom it should be */
    GR_FAILURE_SEND,     /* the request has not been sent, or its body cannot be read */
    GR_FAILURE_RECEIVE,  /* the answer has not come, or not all of it */
    GR_FAILURE_PROTOCOL, /* what has come is not an answer of HTTP/1.1, or its head is too large */
    GR_FAILURE_REDIRECT, /* there are too many, or one that cannot be followed */
    GR_FAILURE_MEMORY,
    GR_FAILURE_PROXY, /* the proxy does not lead there */
} gr_failure_kind;

enum { GR_FAILURE_WHY_SIZE = 512 };

/* error is an errno value: ETIMEDOUT when time has run out, the caller's deadline included,
 * ECANCELED when the green thread has been cancelled, ECONNREFUSED and so on. why is a sentence
 * without its final stop, for people. */
typedef struct gr_failure {
    gr_failure_kind kind;
    int error;
    char why[GR_FAILURE_WHY_SIZE];
} gr_failure;

/* --- The client --- */

/* What is 0 or NULL is as it stands behind the field; a time below 0 is none. */
typedef struct gr_client_options {
    size_t connections;            /* in all: 1000 */
    size_t connections_per_origin; /* 100 */
    int64_t idle_timeout;          /* for which an unused connection is kept: 30 s */
    int64_t place_timeout;         /* to wait for one of those connections: 30 s */
    int64_t connect_timeout;       /* to look a name up, to connect and to shake hands (TLS):
                                    * 10 s */
    int64_t read_timeout;          /* from one byte of the answer, or of its absence, to the next:
                                    * 60 s. The same for each piece of a request that is sent */
    int64_t timeout;               /* for all of a call, to the end of its body: none */
    int64_t name_lifetime;         /* for which addresses of a name are believed: 5 s, since
                                    * getaddrinfo(3) does not say how long they are good for */
    int redirects;                 /* that are followed: 10. Below 0: none, they are answers */
    bool raw_bodies;               /* ask for no compression, and leave bodies as they come: no */
    const char *user_agent;        /* "greenroom" */
    gr_tls *tls;                   /* for https: own authorities, a certificate (gr_tls_client with
                                    * the protocol "http/1.1"). Stays the caller's, open as long as
                                    * the client. The authorities that the system trusts */
    const char *proxy;             /* for all calls: "http://user:password@host:port", or
                                    * https; "" for none. As http_proxy, https_proxy, all_proxy and
                                    * no_proxy say when the client is opened */
    const char *unix_path;         /* of a socket that is connected to, whatever the URL: none */
    size_t head_max;               /* bytes of the head of an answer: 64 KiB; at most 1 MiB */
} gr_client_options;

/* NULL options for all as they are. Copied. Does not park. NULL with the failure told. */
GR_API gr_client *gr_client_open(const gr_client_options *options, gr_failure *failure);

/* Closes what is idle. No call may be in progress, and no answer open. NULL is allowed. */
GR_API void gr_client_close(gr_client *client);

/* How many connections it has, and how many of them are idle. Those that nobody uses are looked at
 * when others are: a client that rests keeps what it has. Never parks. */
GR_API size_t gr_client_connections(gr_client *client, size_t *idle);

/* For hosts of another language: asked when a signal handler has run while a client waits, whether
 * the wait is to end. Then the call fails with EINTR. Without it waits go on. Once per process,
 * before the first call. */
GR_API void gr_client_on_signal(bool (*ends_wait)(void));

/* --- A call --- */

typedef struct gr_client_field {
    gr_slice name, value;
} gr_client_field;

/* What is 0 or NULL is as it stands behind the field. */
typedef struct gr_call {
    const char *method; /* GET */
    const char *url;    /* absolute, http or https */
    /* Besides Host, User-Agent, Accept, Accept-Encoding and Authorization, which are added when
     * they are not among them. Content-Length, Transfer-Encoding, Connection and what else concerns
     * the connection is ours. */
    const gr_client_field *fields;
    size_t field_count;
    bool fields_complete;        /* they are the whole head, those of the connection and the body
                                  * among them: none is added but Host, if it is not there, a
                                  * traceparent, and what is for the proxy; and the body is sent as
                                  * it is. For programs that have composed a request themselves */
    gr_slice body;               /* none */
    gr_reader *stream;           /* a body that is read while it is sent. Stays the caller's, who
                                  * closes it after the call */
    int64_t stream_length;       /* of the stream; -1: not known, so it is sent in chunks */
    const char *user, *password; /* basic authentication (RFC 7617): those of the URL */
    const char *bearer;          /* a token (RFC 6750): none */
    int64_t connect_timeout;     /* the client's. Below 0: none */
    int64_t read_timeout;        /* the client's */
    int64_t timeout;             /* the client's */
} gr_call;

/* Sends the request and receives the head of the answer, whatever its status. Answers that are
 * interim (1xx) are passed over. Redirects (RFC 9110, 15.4) are followed, without credentials and
 * cookies where they lead to another origin; but not by a stream that would have to be sent again:
 * then the redirect is the answer. Parks. NULL with the failure told. The strings and slices of the
 * call are not needed afterwards. */
GR_API gr_answer *gr_client_call(gr_client *client, const gr_call *call, gr_failure *failure);

/* The same for GET. */
GR_API gr_answer *gr_client_get(gr_client *client, const char *url, gr_failure *failure);

/* --- The answer --- */

/* 200 to 599. Nothing here parks but what says so. Slices live until the answer is closed. */
GR_API int gr_answer_status(const gr_answer *answer);
/* 10 or 11: HTTP/1.0 or 1.1. */
GR_API int gr_answer_version(const gr_answer *answer);
GR_API gr_slice gr_answer_reason(const gr_answer *answer);

/* The value of the first field of that name (any case), without surrounding blanks. Returns false
 * when there is none. */
GR_API bool gr_answer_header(const gr_answer *answer, const char *name, gr_slice *value);

/* Field number index in the order received. Returns false past the last. */
GR_API bool gr_answer_header_at(const gr_answer *answer, size_t index, gr_slice *name,
                                gr_slice *value);

/* What Content-Length says; -1 where it says nothing. */
GR_API int64_t gr_answer_content_length(const gr_answer *answer);

/* Where the last redirect led; NULL where none was followed. */
GR_API const char *gr_answer_url(const gr_answer *answer);

/* Reads the body as gr_reader_read does, decoded if it is in gzip, deflate, br or zstd; fields stay
 * as they came. Parks. -1 with errno ETIMEDOUT, ECANCELED, ENODATA (it ends too early), EPROTO
 * (malformed chunk or coding), or what the connection says. At the end of the body the connection
 * goes back to the client's idle ones. */
GR_API ssize_t gr_answer_read(gr_answer *answer, void *buffer, size_t len);

/* Has gr_answer_read stopped within a chunk (RFC 9112, 7.1), of which the rest is still to come?
 * For those who make something of chunks, which is not what HTTP has them for. */
GR_API bool gr_answer_in_chunk(const gr_answer *answer);

/* The body as a stream, to be filtered and copied. Taken at most once, and then closed by the
 * caller, before the answer is. Never parks. */
GR_API gr_reader *gr_answer_reader(gr_answer *answer);

/* Reads the rest of the body, max bytes at most, into memory that lives until the answer is closed.
 * Parks. Returns 0, or -1 with errno as gr_answer_read, EFBIG or ENOMEM. Once. */
GR_API int gr_answer_collect(gr_answer *answer, size_t max, gr_slice *body);

/* A body that has not been read to its end costs the connection. NULL is allowed. Never parks. */
GR_API void gr_answer_close(gr_answer *answer);

GR_END

#endif
