#include "supervisor/watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* One wish of the user's is several changes: an editor has its ways, and more than one file. */
static const int64_t settling = 100 * (int64_t)NS_PER_MS;

enum {
    CHANGES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE,
    DEPTH_MAX = 16,
    PATH_SIZE = 4096
};

/* ---- what counts ---- */

static bool is_of_application(const char *name) {
    static const char *const ends[] = {".py", ".so", ".yaml", NULL};
    size_t len = strlen(name);
    for (const char *const *end = ends; *end; end++) {
        size_t tail = strlen(*end);
        if (len > tail && strcmp(name + len - tail, *end) == 0) return name[0] != '.';
    }
    return false;
}

static bool is_left_out(const char *path, const char *name) {
    char marker[PATH_SIZE + sizeof "/pyvenv.cfg"];
    if (name[0] == '.' || strcmp(name, "__pycache__") == 0 || strcmp(name, "node_modules") == 0)
        return true;
    snprintf(marker, sizeof marker, "%.*s/pyvenv.cfg", PATH_SIZE - 1, path);
    return access(marker, F_OK) == 0;
}

/* ---- directories ---- */

static int remember(struct watch *watch, int number, const char *path) {
    if (number >= watch->count) {
        int count = number + 64;
        char **paths = realloc(watch->paths, (size_t)count * sizeof *paths);
        if (!paths) return -1;
        memset(paths + watch->count, 0, (size_t)(count - watch->count) * sizeof *paths);
        watch->paths = paths;
        watch->count = count;
    }
    free(watch->paths[number]);
    watch->paths[number] = strdup(path);
    return watch->paths[number] ? 0 : -1;
}

static int add(struct watch *watch, const char *path, int depth);

/* Symbolic links are not followed. */
static int add_beneath(struct watch *watch, const char *path, int depth) {
    char below[PATH_SIZE];
    struct stat status;
    int result = 0;
    DIR *listing = opendir(path);
    if (!listing) return 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(listing));) {
        int len = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || len >= (int)sizeof below) continue;
        if (lstat(below, &status) < 0 || !S_ISDIR(status.st_mode)) continue;
        if (!is_left_out(below, entry->d_name)) result = add(watch, below, depth + 1);
    }
    closedir(listing);
    return result;
}

static int add(struct watch *watch, const char *path, int depth) {
    if (depth > DEPTH_MAX) return 0;
    int number = inotify_add_watch(watch->fd, path, CHANGES | IN_ONLYDIR);
    if (number < 0) return errno == ENOSPC || errno == ENOMEM ? -1 : 0;
    if (remember(watch, number, path) < 0) return -1;
    return add_beneath(watch, path, depth);
}

int watch_open(struct watch *watch, char error[SENTENCE_SIZE]) {
    watch->due = NEVER;
    watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch->fd < 0) return sentence(error, "cannot watch files: %s", strerror(errno));
    watch->open = true;
    if (add(watch, ".", 0) == 0) return 0;
    return sentence(error,
                    "cannot watch all directories beneath the current one: %s; see "
                    "fs.inotify.max_user_watches of sysctl(8)",
                    strerror(errno));
}

/* ---- changes ---- */

static bool has_files(const char *path) {
    bool found = false;
    DIR *listing = opendir(path);
    if (!listing) return false;
    for (struct dirent *entry; !found && (entry = readdir(listing));)
        found = is_of_application(entry->d_name);
    closedir(listing);
    return found;
}

/* A directory that is new may have files already, which nobody tells of. */
static bool see_directory(struct watch *watch, const struct inotify_event *event) {
    char path[PATH_SIZE];
    const char *parent = event->wd < watch->count ? watch->paths[event->wd] : NULL;
    if (!parent || !(event->mask & (IN_CREATE | IN_MOVED_TO))) return false;
    int len = snprintf(path, sizeof path, "%s/%s", parent, event->name);
    if (len >= (int)sizeof path || is_left_out(path, event->name)) return false;
    add(watch, path, 0);
    return has_files(path);
}

static bool is_change(struct watch *watch, const struct inotify_event *event) {
    if (event->mask & IN_Q_OVERFLOW) return true;
    if (event->wd < 0 || event->len == 0) return false;
    if (event->mask & IN_ISDIR) return see_directory(watch, event);
    return event->mask & ~IN_CREATE && is_of_application(event->name);
}

int watch_fd(const struct watch *watch) { return watch->open ? watch->fd : -1; }

void watch_act(struct watch *watch) {
    _Alignas(struct inotify_event) char events[4096];
    ssize_t n;
    while ((n = read(watch->fd, events, sizeof events)) > 0) {
        for (char *at = events; at < events + n;) {
            const struct inotify_event *event = (const struct inotify_event *)at;
            if (is_change(watch, event)) watch->due = clock_after(settling);
            at += sizeof *event + event->len;
        }
    }
}

bool watch_take(struct watch *watch, int64_t now) {
    if (!watch->open || watch->due > now) return false;
    watch->due = NEVER;
    return true;
}
