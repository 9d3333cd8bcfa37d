/* How this worker is, in the metrics: its requests, its event loop, what kept it. */
#ifndef SERVER_WORKER_METRICS_H
#define SERVER_WORKER_METRICS_H

/* From now on, a timer of the loop's looks once a second, if anybody wants to know. slot is the
 * worker's. For the scheduler's carrier; has a timer reserved. */
void worker_metrics_start(int slot);

/* It has answered a request, in so many seconds. */
void worker_metrics_request(double seconds);

#endif
