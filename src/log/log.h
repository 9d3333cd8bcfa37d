/* Whose lines these are, and where they go: into a ring (log/ring.h) once there is one; until then
 * to stderr, by whoever logs. */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "greenroom/log.h"
#include "log/line.h"
#include "log/ring.h"

/* As log/line.h numbers workers; until then it is the master that speaks. */
GR_API void log_identify(int worker);
int log_worker(void);

GR_API void log_set_style(struct log_style style);
GR_API const struct log_style *log_style(void);

/* Lines go there from now on. Before other threads log. */
GR_API void log_use(const struct log_pen *pen);

/* NULL: they go to stderr. */
GR_API const struct log_pen *log_pen(void);

/* The request that the caller answers, by its id and that of its trace; empty for none. */
struct log_request {
    gr_slice id, trace_id;
};

/* current tells it. Any thread, any stack. */
void log_ask_request(struct log_request (*current)(void));

/* In a child of fork. */
void log_forked(void);

/* Nanoseconds of CLOCK_REALTIME. */
GR_API int64_t log_time(void);

#endif
