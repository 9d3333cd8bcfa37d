/* Users and groups, by name or by number. */
#ifndef CONFIG_ACCOUNT_H
#define CONFIG_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns false when nobody has that name; a number need not be anybody's. May ask servers, as
 * nsswitch.conf(5) says. */
bool account_user(const char *name, uid_t *id);
bool account_group(const char *name, gid_t *id);

#endif
