/* The limits that clients met: counted on the board and in the metrics, named for the log, and
 * found from what is answered. */
#ifndef SERVER_BREACH_H
#define SERVER_BREACH_H

#include "server/board.h"

/* The one that a refused head is answered with that status for; BREACH_COUNT if it is none. */
enum breach breach_of_status(int status);

/* One more. Any thread may call it. */
void breach_count(enum breach breach);

/* A line in the log that names each limit that was met, and how often; none if there is none. */
void breaches_report(void);

#endif
