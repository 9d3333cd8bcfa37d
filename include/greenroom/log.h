/* The server's own log on stderr: one line, with time, level and worker. */
#ifndef GREENROOM_LOG_H
#define GREENROOM_LOG_H

#include <greenroom/base.h>

GR_BEGIN

typedef enum gr_log_level { GR_LOG_INFO, GR_LOG_WARNING, GR_LOG_ERROR } gr_log_level;

/* Writes one line, printf(3) style; control characters are escaped. Does not park. errno is kept.
 */
GR_API void gr_log(gr_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

GR_END

#endif
