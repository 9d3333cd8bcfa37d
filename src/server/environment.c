#include "server/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/interposed.h"

char *environment_take(const char *name) {
    const char *value = getenv(name);
    if (!value) {
        errno = ENOENT;
        return NULL;
    }
    char *copy = strdup(value);
    if (copy) unsetenv(name);
    return copy;
}

int environment_restore_preload(void) {
    const char *value = getenv("LD_PRELOAD");
    if (!value) return 0;
    char *entries = strdup(value), *kept = calloc(1, strlen(value) + 1), *rest = NULL;
    int result = -1;
    if (!entries || !kept) goto done;
    for (char *at = strtok_r(entries, " :", &rest); at; at = strtok_r(NULL, " :", &rest)) {
        if (interposed_by(at)) continue;
        if (*kept) strcat(kept, ":");
        strcat(kept, at);
    }
    result = *kept ? setenv("LD_PRELOAD", kept, 1) : unsetenv("LD_PRELOAD");
done:
    free(entries);
    free(kept);
    return result;
}
