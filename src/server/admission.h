/* Which new connections are let in: not more than so many, in all and of one client address, where
 * an IPv6 address counts by its /64, which is what one client has. Clients on a unix socket have no
 * address to be counted by.
 *
 * Owned by the scheduler's carrier. */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "server/peer.h"

/* Both for this worker; 0: any number. */
void admission_init(uint32_t connections, uint32_t per_address);

/* Has memory for another address: admission_enter_address needs it. Returns 0, or -1 with errno
 * ENOMEM. */
int admission_reserve(void);

/* Counts a new connection, unless it is one too many. That is put on the board, and in the log at
 * most once a second. Returns 0, or 503. */
int admission_enter(const union peer *peer);

/* The same for the address of one that was let in, once it is known. Returns 0, or 429. */
int admission_enter_address(const union peer *peer);

/* One that was let in has been closed; peer is NULL when its address has not been counted. */
void admission_leave(const union peer *peer);

#endif
