#include "supervisor/program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[PATH_MAX];

static bool join(const char *folder, int len, const char *name) {
    int all = snprintf(path, sizeof path, "%.*s/%s", len, folder, name);
    return all < PATH_MAX && access(path, X_OK) == 0;
}

static bool find_in_path(const char *name) {
    const char *at = getenv("PATH");
    for (; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL)
        if (*at == '/' && join(at, (int)strcspn(at, ":"), name)) return true;
    return false;
}

static bool find(const char *name) {
    char here[PATH_MAX];
    if (!strchr(name, '/')) return find_in_path(name);
    if (*name == '/') return join("", 0, name + 1);
    return getcwd(here, sizeof here) && join(here, (int)strlen(here), name);
}

void program_remember(void) {
    if (find(program_invocation_name)) return;
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    path[len < 0 ? 0 : len] = '\0';
}

const char *program_path(void) { return path; }
