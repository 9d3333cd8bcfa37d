/* Whom the workers run as: --user and --group. The master stays who it is, root, as nginx's does:
 * only so can it signal the workers, bind again what a new configuration names, and start workers
 * anew; and it runs nothing of the application. */
#ifndef SUPERVISOR_IDENTITY_H
#define SUPERVISOR_IDENTITY_H

#include "config/settings.h"

struct identity {
    bool is_other; /* than the master */
    uid_t user;
    gid_t group;
    gid_t *groups; /* the supplementary ones, its own among them; malloc'ed */
    int group_count;
    char *name, *home; /* malloc'ed; NULL for a user that is a mere number */
};

/* Looks up who is meant. Returns 0, or -1 with a sentence. */
int identity_find(struct identity *identity, const struct settings *settings,
                  char error[SENTENCE_SIZE]);

void identity_free(struct identity *identity);

/* Becomes that user for good, with HOME, USER and LOGNAME. The kernel forgets PR_SET_PDEATHSIG over
 * it. For a child that has one thread. Returns 0, or -1 with errno. */
int identity_assume(const struct identity *identity);

#endif
