#include "supervisor/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/account.h"

/* A user that is a mere number has the one group that is named. */
static int find_groups(struct identity *identity) {
    int count = 1;
    if (identity->name) {
        count = 0;
        getgrouplist(identity->name, identity->group, NULL, &count);
    }
    identity->groups = calloc((size_t)count, sizeof *identity->groups);
    if (!identity->groups) return -1;
    identity->groups[0] = identity->group;
    if (identity->name &&
        getgrouplist(identity->name, identity->group, identity->groups, &count) < 0)
        return -1;
    identity->group_count = count;
    return 0;
}

static int find_user(struct identity *identity, const struct settings *settings, char *error) {
    if (!account_user(settings->user, &identity->user))
        return sentence(error, "there is no user %s", settings->user);
    const struct passwd *account = getpwuid(identity->user);
    if (!account) {
        if (*settings->group) return 0;
        return sentence(error, "user %s has no account; say --group as well", settings->user);
    }
    identity->group = account->pw_gid;
    identity->name = strdup(account->pw_name);
    identity->home = strdup(account->pw_dir);
    if (identity->name && identity->home) return 0;
    return sentence(error, "cannot look up user %s: %s", settings->user, strerror(errno));
}

int identity_find(struct identity *identity, const struct settings *settings,
                  char error[SENTENCE_SIZE]) {
    *identity = (struct identity){.is_other = *settings->user != '\0'};
    if (!identity->is_other) return 0;
    if (geteuid() != 0)
        return sentence(error, "--user is for a server that root starts, and this is user %d",
                        (int)geteuid());
    if (find_user(identity, settings, error) < 0) return -1;
    if (*settings->group && !account_group(settings->group, &identity->group))
        return sentence(error, "there is no group %s", settings->group);
    if (find_groups(identity) == 0) return 0;
    return sentence(error, "cannot look up the groups of user %s", settings->user);
}

void identity_free(struct identity *identity) {
    free(identity->groups);
    free(identity->name);
    free(identity->home);
}

int identity_assume(const struct identity *identity) {
    if (!identity->is_other) return 0;
    if (setgroups((size_t)identity->group_count, identity->groups) < 0 ||
        setresgid(identity->group, identity->group, identity->group) < 0 ||
        setresuid(identity->user, identity->user, identity->user) < 0)
        return -1;
    if (!identity->name) return 0;
    if (setenv("USER", identity->name, 1) < 0 || setenv("LOGNAME", identity->name, 1) < 0)
        return -1;
    return setenv("HOME", identity->home, 1);
}
