#include "config/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>

#include "config/quantity.h"

/* The largest number is what chown(2) takes for "leave it". */
static bool is_number(const char *name, uint32_t *id) {
    int64_t number;
    if (!quantity_parse(name, UNIT_ONE, &number) || number < 0 || number >= UINT32_MAX)
        return false;
    *id = (uint32_t)number;
    return true;
}

bool account_user(const char *name, uid_t *id) {
    const struct passwd *found = getpwnam(name);
    if (found) *id = found->pw_uid;
    return found || is_number(name, id);
}

bool account_group(const char *name, gid_t *id) {
    const struct group *found = getgrnam(name);
    if (found) *id = found->gr_gid;
    return found || is_number(name, id);
}
