/* What the files of the client share: its settings, and a call on its way. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/failure.h"
#include "client/names.h"
#include "client/origins.h"
#include "client/proxies.h"
#include "greenroom/tls.h"

struct gr_client {
    gr_client_options options; /* all of them set; no time is NEVER */
    struct names *names;
    struct origins origins;
    struct proxies proxies;
    pthread_mutex_t tls_lock; /* of the following */
    gr_tls *tls;              /* options.tls, or its own, which is made when it is needed */
};

/* When the waits of one call end. */
struct timing {
    int64_t connect, read; /* lengths */
    int64_t due;           /* of the whole */
};

/* The earlier of now + length and the end of the whole. */
int64_t timing_due(const struct timing *timing, int64_t length);

/* A connection to the origin, through the proxy if there is one (NULL: none), for which the caller
 * has a place. Parks. NULL with the failure told. */
struct connection *origin_connect(gr_client *client, struct origin *origin,
                                  const struct proxy *proxy, const struct timing *timing,
                                  gr_failure *failure);

/* What is known of an answer before it comes. */
struct expectation {
    bool head_only; /* no body follows */
    bool last;      /* the connection will not do for another */
};

/* Receives the head of the answer to a request that has been sent. It takes over the connection and
 * the caller's use of its origin, unless it fails: NULL with the failure told, ECONNRESET where
 * nothing at all had come. Parks. */
gr_answer *answer_receive(gr_client *client, struct connection *connection,
                          const struct expectation *expectation, const struct timing *timing,
                          gr_failure *failure);

/* The answer takes over the URL, which is freed with it. */
void answer_set_url(gr_answer *answer, char *url);

#endif
