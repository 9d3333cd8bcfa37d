/* Whose log lines these are, and the escaping that all logs share. */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include "greenroom/log.h"

/* What stands in front of each line of this process: "worker 3", "master". Up to 23 bytes; copied.
 */
GR_API void log_identify(const char *who);

/* Copies text to out for a line of a log: control characters, bytes over 0x7e, the double quote
 * and the backslash become \xHH. Stops where the next one would not fit into room; no terminator.
 * Returns the length. */
size_t log_escape(char *out, size_t room, gr_slice text);

#endif
