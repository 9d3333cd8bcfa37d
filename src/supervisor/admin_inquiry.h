/* What is known to the workers alone: requests in flight, and their stacks. The master's loop asks
 * them, as for a peer of the control socket (supervisor/control_command.h); meanwhile whoever wants
 * to know is WAITING, and nothing else is held up. So many can at a time that the control socket
 * has places left for its owner. For the thread of admin. */
#ifndef SUPERVISOR_ADMIN_INQUIRY_H
#define SUPERVISOR_ADMIN_INQUIRY_H

#include "supervisor/admin_request.h"

enum { ADMIN_INQUIRERS = 4 };

/* Has the request wait for the requests in flight, as JSON:
 *
 *   {"requests":[{"worker":"0","pid":17,"id":"6c99-1","age":0.31,"method":"GET","target":"/report",
 *    "client":"10.0.3.7","doing":"waits for a lock","most":"lock 0.3 s"},...],
 *    "silent":["worker 1 (pid 18) does not answer"]} */
void admin_inquiry_requests(struct admin_request *request,
                            const struct admin_request all[ADMIN_REQUESTS]);

/* Has it wait for the stack of the request with that id, as text, percent-encoded in a path. */
void admin_inquiry_stack(struct admin_request *request,
                         const struct admin_request all[ADMIN_REQUESTS], gr_slice id);

/* The master has said something. */
void admin_inquiry_hear(struct admin_request *request);

#endif
