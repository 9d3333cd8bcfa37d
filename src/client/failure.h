/* The first thing that goes wrong with a call, told once. */
#ifndef CLIENT_FAILURE_H
#define CLIENT_FAILURE_H

#include "greenroom/client.h"

/* failure_tell(failure, kind, error, format, ...) fills in a failure, and is -1 with errno = error.
 */
#define failure_tell(...) (failure_write(__VA_ARGS__), -1)

void failure_write(gr_failure *failure, gr_failure_kind kind, int error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What an error means where time, not the other side, is the usual reason. */
const char *failure_reason(int error);

#endif
