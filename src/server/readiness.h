/* --readiness-path: whether new requests should come here, for whoever spreads them. 200 "ready",
 * or 503 "draining" from the moment that the server has been told to stop. The server's own answer:
 * it needs no turn (server/gate.h), no OS thread and nothing of the application. */
#ifndef SERVER_READINESS_H
#define SERVER_READINESS_H

#include "server/exchange.h"

/* Empty without --readiness-path. */
extern gr_slice readiness_path;

/* Once per process; path stays the caller's. */
void readiness_init(const char *path);

/* Is that what a request, whose head is whole, asks for? */
static inline bool readiness_is_asked(const struct gr_request *request) {
    gr_slice path = {request->buffer + request->head.path.at, request->head.path.len};
    return __builtin_expect(readiness_path.len && gr_slice_equal(path, readiness_path), 0);
}

/* Parks. */
void readiness_answer(struct gr_request *request);

#endif
