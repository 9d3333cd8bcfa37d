#include "client/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void failure_write(gr_failure *failure, gr_failure_kind kind, int error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    failure->kind = kind;
    failure->error = error;
    vsnprintf(failure->why, sizeof failure->why, format, arguments);
    va_end(arguments);
    errno = error;
}

const char *failure_reason(int error) {
    switch (error) {
    case ETIMEDOUT:
        return "time has run out";
    case ECANCELED:
        return "it was cancelled";
    case ENODATA:
        return "the connection has ended";
    default:
        return strerror(error);
    }
}
