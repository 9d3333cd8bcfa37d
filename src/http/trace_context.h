/* By which trace a request belongs to others: the field traceparent of W3C Trace Context
 * (https://www.w3.org/TR/trace-context/). No I/O, no allocation. */
#ifndef HTTP_TRACE_CONTEXT_H
#define HTTP_TRACE_CONTEXT_H

#include "greenroom/base.h"

/* Finds the trace id, 32 hexadecimal digits, in the value of the field. False for a value that is
 * not well-formed. */
bool http_traceparent_read(gr_slice value, gr_slice *trace_id);

#endif
