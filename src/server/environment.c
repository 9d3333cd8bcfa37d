#include "server/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

bool environment_is_interposer(const char *path) {
    static const char name[] = "libgreenroom-posix.so";
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, name, sizeof name - 1) == 0;
}

int environment_restore_preload(void) {
    const char *value = getenv("LD_PRELOAD");
    if (!value) return 0;
    char *entries = strdup(value), *kept = calloc(1, strlen(value) + 1), *rest = NULL;
    int result = -1;
    if (!entries || !kept) goto done;
    for (char *at = strtok_r(entries, " :", &rest); at; at = strtok_r(NULL, " :", &rest)) {
        if (environment_is_interposer(at)) continue;
        if (*kept) strcat(kept, ":");
        strcat(kept, at);
    }
    result = *kept ? setenv("LD_PRELOAD", kept, 1) : unsetenv("LD_PRELOAD");
done:
    free(entries);
    free(kept);
    return result;
}
