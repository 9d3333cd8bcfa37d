/* --ready-path: before a worker says that it serves, it answers a request itself. A worker whose
 * application has been loaded, but finds no database, is not ready. */
#ifndef SERVER_TRIAL_H
#define SERVER_TRIAL_H

/* How long the answer may take. */
enum { TRIAL_SECONDS = 30 };

enum { TRIAL_WHY_SIZE = 256 };

/* Has the request GET path answered, on a connection that nobody else sees, once everything is
 * there that answers requests. For the main green thread, in the scheduler, which it leaves
 * meanwhile. Parks. Returns 0 when the status was 2xx, or -1 with a sentence. */
int trial_run(const char *path, char why[TRIAL_WHY_SIZE]);

#endif
