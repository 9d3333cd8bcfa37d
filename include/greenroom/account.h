/* Where the time of a request went so far: what access log and Server-Timing say of it, see
 * docs/accounting.md. All times are in nanoseconds. */
#ifndef GREENROOM_ACCOUNT_H
#define GREENROOM_ACCOUNT_H

#include <greenroom/request.h>

GR_BEGIN

enum { GR_ACCOUNT_DOWNSTREAMS = 9, GR_ACCOUNT_NAME = 96 };

/* One that was waited for, or talked to. */
typedef struct gr_account_downstream {
    char name[GR_ACCOUNT_NAME]; /* "db.example:5432"; "others": all that came after eight */
    const char *protocol;       /* "postgres"; "" when it is not known. Static */
    int64_t waited;
    uint64_t round_trips, connections, sent, received;
} gr_account_downstream;

/* total is the sum of the times that follow it. */
typedef struct gr_account {
    int64_t total;
    int64_t running, queued, interpreter, lock, sleep, downstream, client, lookup, os_thread, other;
    uint64_t lookups;
    size_t downstream_count;
    gr_account_downstream downstreams[GR_ACCOUNT_DOWNSTREAMS];
} gr_account;

/* Writes what is known of the request now. For the thread that runs its handler, and those that it
 * waits for. Never parks. */
GR_API void gr_request_account(const gr_request *request, gr_account *account);

GR_END

#endif
