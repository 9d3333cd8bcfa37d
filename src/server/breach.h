/* The limits that clients met: named for the log, and found from what is answered. They are counted
 * on the board, see load_add_breach. */
#ifndef SERVER_BREACH_H
#define SERVER_BREACH_H

#include "server/board.h"

/* The one that a refused head is answered with that status for; BREACH_COUNT if it is none. */
enum breach breach_of_status(int status);

/* A line in the log that names each limit that was met, and how often; none if there is none. */
void breaches_report(void);

#endif
