/* The admin listener (docs/metrics.md): what is to be read of the server, over HTTP, by people and
 * by what collects metrics. A thread of the master's answers, so that it does when the workers do
 * not; and it keeps the rates of meters, which are looked at every five seconds. Who may read
 * is in admin_access.h, what can be in admin_page.h.
 */
#ifndef SUPERVISOR_ADMIN_H
#define SUPERVISOR_ADMIN_H

#include "config/settings.h"
#include "server/board.h"
#include "supervisor/listener.h"

struct admin {
    bool open;
    struct listener listener;
};

/* Opens what settings ask for, unless it is open already, has metrics kept, and begins to answer;
 * does nothing where they ask for none. Returns 0, or -1 with a sentence. */
int admin_open(struct admin *admin, const struct settings *settings, const struct board *board,
               char error[SENTENCE_SIZE]);

/* Is what they ask for possible, as far as that can be said without opening it? */
int admin_check(const struct settings *settings, char error[SENTENCE_SIZE]);

void admin_close(struct admin *admin);

#endif
