/* Who may read on the admin listener: whoever reaches a unix socket, or a loopback address of the
 * machine, under its own name or by number, so that no page of elsewhere can have a browser do it;
 * with a token, whoever sends it. */
#ifndef SUPERVISOR_ADMIN_ACCESS_H
#define SUPERVISOR_ADMIN_ACCESS_H

#include "config/settings.h"
#include "supervisor/admin_request.h"

/* Reads the token, if settings name one. Returns 0, or -1 with a sentence. */
int admin_access_take(const struct settings *settings, char error[SENTENCE_SIZE]);

/* local: by a unix socket. */
void admin_access_by(bool local);

/* Is it not asked for by a name of ours? Then it has been refused. */
bool admin_access_misnamed(struct admin_request *request);

/* May it not read? Then it has been refused. */
bool admin_access_denied(struct admin_request *request);

#endif
