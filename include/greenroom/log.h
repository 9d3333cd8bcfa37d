/* The log: one stream of what server and application have to say, a line for each record, with
 * time, level, logger, worker and request id.
 *
 * A line is put into memory and written by the supervisor, so that nobody waits for where the log
 * goes. What finds no room there is dropped and counted; the log says how many. What is there comes
 * out, however the process ends. Nothing here parks; errno is kept. */
#ifndef GREENROOM_LOG_H
#define GREENROOM_LOG_H

#include <greenroom/base.h>

GR_BEGIN

typedef enum gr_log_level { GR_LOG_INFO, GR_LOG_WARNING, GR_LOG_ERROR } gr_log_level;

/* Adds a record of the logger "greenroom", printf(3) style. Control characters are escaped. Nothing
 * is formatted while the level is off. */
GR_API void gr_log(gr_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A record of another logger. Only logger is needed; texts may be empty and hold anything, as UTF-8
 * where they are to be read. Whether its level is on is the caller's to know. */
typedef struct gr_log_record {
    gr_slice logger;
    int level; /* as Python counts: 10 debug, 20 info, 30 warning, 40 error, 50 critical */
    gr_slice level_name; /* empty: the usual one */
    gr_slice message;
    gr_slice exception; /* with its traceback, on several lines */
    gr_slice members;   /* of the JSON object, such as "user":3,"shop":"x" */
    int64_t time;       /* ns of CLOCK_REALTIME at which it was made; 0: now */
} gr_log_record;

/* Adds a record, with the id of the request that the caller answers. Up to 48 KiB as a line; what
 * is beyond is cut. */
GR_API void gr_log_put(const gr_log_record *record);

/* Would a record of this level be dropped now? Then it is counted as dropped, and need not be made.
 */
GR_API bool gr_log_would_drop(int level);

/* Are lines JSON objects? */
GR_API bool gr_log_is_json(void);

/* From when on lines of the logger "greenroom" are added. Any thread. */
GR_API void gr_log_set_level(int level);

/* What `greenroom log-level` has said of any loggers since the server was started, as
 * "info,sqlalchemy=debug"; NULL when it has said nothing new since the last call. For hosts, on the
 * main thread, when gr_worker_serve has returned with EINTR. */
GR_API const char *gr_log_levels(void);

/* Why the application cannot be served, as one sentence or more: for whoever has typed the command,
 * as long as nothing has ever been served, and an error in the log after that. */
GR_API void gr_log_refusal(gr_slice text);

GR_END

#endif
