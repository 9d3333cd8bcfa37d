/* The life of a worker from its first connection to its last. */
#ifndef SERVER_SERVING_H
#define SERVER_SERVING_H

#include "greenroom/app.h"
#include "server/options.h"

/* Opens the listeners and tells the supervisor; then see gr_worker_serve. Caller is green thread 0.
 * A call after EINTR goes on where the last one stopped. */
int serving_run(const struct server_options *options, const struct gr_app *app);

/* See gr_worker_interrupt_fd. */
int serving_interrupt_fd(void);

/* Has serving_run return with EINTR: now, or when it is called next. Any thread. */
void serving_interrupt(void);

#endif
