/* The head of a request as text (RFC 9112, sections 3 and 5). */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "client/client.h"

struct request {
    char *text; /* the head, with its empty line */
    size_t len, room;
    bool overflowed; /* there was no memory */
    char first[2048];
};

/* Returns 0, or -1 with the failure told. To be freed in both cases. Does not move: text may be
 * first. */
/* What is composed is for the proxy, if there is one (NULL: none): then the target is the whole URL
 * (RFC 9112, 3.2.2), unless it is asked for through a tunnel. */
int request_compose(struct request *request, const gr_client *client, const struct origin *origin,
                    const struct http_url *url, const struct proxy *proxy, const gr_call *call,
                    gr_failure *failure);

/* What asks the proxy for a tunnel to the origin (RFC 9110, 9.3.6). Otherwise the same. */
int request_compose_connect(struct request *request, const gr_client *client,
                            const struct origin *origin, const struct proxy *proxy,
                            gr_failure *failure);
void request_free(struct request *request);

#endif
