/* The Server-Timing field (https://www.w3.org/TR/server-timing/): where the time of a request went
 * until the head of its answer goes out, in milliseconds.
 *
 *     Server-Timing: total;dur=51.2, sleep;dur=20.1, postgres;desc="db:5432";dur=30.7
 *
 * It shows the client what is behind the server, so it is opt-in. */
#ifndef SERVER_SERVER_TIMING_H
#define SERVER_SERVER_TIMING_H

#include "greenroom/request.h"

/* Room for all of the field. */
enum { SERVER_TIMING_MAX = 768 };

extern bool server_timing_on;

/* Writes the field, with its line break, of a request that is being answered. What does not fit is
 * left out. Returns the length. Never parks. */
size_t server_timing_field(const gr_request *request, char out[SERVER_TIMING_MAX]);

#endif
