/* The body of a request: read when the handler asks, and not before. */
#ifndef SERVER_BODY_H
#define SERVER_BODY_H

#include "greenroom/request.h"
#include "http/chunked.h"
#include "server/options.h"

struct body {
    const char *unread,
        *unread_end; /* received, not yet used: of the body, then pipelined requests */
    char *framing;   /* where the framing of a chunked body is received */
    size_t framing_room;
    int64_t left;     /* bytes still to be read; of a chunked body, those that may be */
    int64_t patience; /* ns that reads may still wait: waiting takes from it, bytes add to it */
    struct chunked_decoder decoder;
    int error; /* errno of the read that failed */
    bool chunked;
    bool ended;        /* all of it has been read: what is unread belongs to the next request */
    bool continue_due; /* the client waits for "100 Continue" */
};

/* Once per process. */
void bodies_init(const struct server_options *options);

/* The head is complete; what was received behind it is in its buffer. */
void body_begin(gr_request *request);

/* The head of the answer is about to be sent: will the end of the body never be found? A client
 * that waits for "100 Continue" may or may not send it after that. */
bool body_is_doomed(const gr_request *request);

/* The answer is complete, or about to be: could body_finish make the connection ready for the next
 * request, as far as one can tell? */
bool body_may_finish(const gr_request *request);

/* Reads and drops what the handler left. Returns false if that is too much, or takes the client too
 * long: then the connection cannot go on. Parks. */
bool body_finish(gr_request *request);

#endif
