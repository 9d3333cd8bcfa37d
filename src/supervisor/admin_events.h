/* Those who follow the metrics (/events): each is told a snapshot once a second, as server-sent
 * events (HTML, "Server-sent events"), all of them the same.
 *
 *     event: snapshot
 *     data: {"at":...}          observe/metric_snapshot.h
 *
 * Who has not taken the last one yet misses the next, and is then told all anew; so nobody is
 * waited for, and nothing piles up. Nothing is done while nobody follows. For the thread of admin.
 */
#ifndef SUPERVISOR_ADMIN_EVENTS_H
#define SUPERVISOR_ADMIN_EVENTS_H

#include "observe/metric_table.h"
#include "supervisor/admin_request.h"

enum { ADMIN_FOLLOWERS = 8 };

/* Makes one of the requests follow, or refuses it. */
void admin_events_follow(struct admin_request *request,
                         const struct admin_request all[ADMIN_REQUESTS]);

/* When there is something to be told, and tells what is due. */
int64_t admin_events_due(const struct admin_request all[ADMIN_REQUESTS]);
void admin_events_tell(struct admin_request all[ADMIN_REQUESTS], struct metric_table *table,
                       int64_t now);

#endif
