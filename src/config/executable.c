#include "config/executable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool can_be_run(const char *path) {
    struct stat file;
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

const char *executable_fault(const char *path) {
    if (can_be_run(path)) return NULL;
    return access(path, F_OK) == 0 ? "not an executable file" : strerror(errno);
}

/* An empty entry is the current directory. */
bool executable_find(char path[PATH_MAX], const char *name) {
    const char *at = getenv("PATH");
    for (; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        int len = (int)strcspn(at, ":");
        int all = snprintf(path, PATH_MAX, "%.*s%s%s", len, at, len ? "/" : "", name);
        if (all < PATH_MAX && can_be_run(path)) return true;
    }
    return false;
}
