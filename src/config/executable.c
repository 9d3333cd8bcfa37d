#include "config/executable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool executable_is(const char *path) {
    struct stat file;
    if (stat(path, &file) < 0) return false;
    if (S_ISREG(file.st_mode)) return access(path, X_OK) == 0;
    errno = EACCES;
    return false;
}

/* An empty entry is the current directory. */
bool executable_find(char path[PATH_MAX], const char *name) {
    const char *at = getenv("PATH");
    for (; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
        int len = (int)strcspn(at, ":");
        int all = snprintf(path, PATH_MAX, "%.*s%s%s", len, at, len ? "/" : "", name);
        if (all < PATH_MAX && executable_is(path)) return true;
    }
    return false;
}
