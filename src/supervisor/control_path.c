#include "supervisor/control_path.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_SIZE = CONTROL_PATH_SIZE - sizeof "/2147483647.sock" };

static int find_directory(char path[DIRECTORY_SIZE], char *error) {
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int len;
    if (geteuid() == 0)
        len = snprintf(path, DIRECTORY_SIZE, "/run/greenroom");
    else if (runtime && *runtime == '/')
        len = snprintf(path, DIRECTORY_SIZE, "%s/greenroom", runtime);
    else
        len = snprintf(path, DIRECTORY_SIZE, "/tmp/greenroom-%d", (int)geteuid());
    return len < DIRECTORY_SIZE ? 0 : sentence(error, "XDG_RUNTIME_DIR is too long");
}

static int make_directory(const char *path, char *error) {
    struct stat status;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return sentence(error, "cannot make %s: %s", path, strerror(errno));
    if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid() ||
        status.st_mode & (S_IWGRP | S_IWOTH))
        return sentence(error, "%s is not a directory that nobody else can write to", path);
    return 0;
}

/* The process id of "12.sock"; 0 for other names. */
static pid_t pid_of(const char *name) {
    int pid, len = 0;
    bool is_ours = sscanf(name, "%d.sock%n", &pid, &len) == 1 && len && !name[len] && pid > 0;
    return is_ours ? pid : 0;
}

/* EPERM: it lives. */
static bool is_gone(pid_t pid) { return kill(pid, 0) < 0 && errno == ESRCH; }

static void place(char path[CONTROL_PATH_SIZE], const char *directory, pid_t pid) {
    snprintf(path, CONTROL_PATH_SIZE, "%.*s/%d.sock", DIRECTORY_SIZE, directory, (int)pid);
}

static void sweep(const char *directory) {
    char path[CONTROL_PATH_SIZE];
    DIR *listing = opendir(directory);
    if (!listing) return;
    for (struct dirent *entry; (entry = readdir(listing));) {
        pid_t pid = pid_of(entry->d_name);
        if (!pid || !is_gone(pid)) continue;
        place(path, directory, pid);
        unlink(path);
    }
    closedir(listing);
}

int control_path_make(char path[CONTROL_PATH_SIZE], char error[SENTENCE_SIZE]) {
    char directory[DIRECTORY_SIZE];
    if (find_directory(directory, error) < 0 || make_directory(directory, error) < 0) return -1;
    sweep(directory);
    place(path, directory, getpid());
    return 0;
}

/* Lists the servers in text, and returns how many there are. */
static int list(const char *directory, pid_t *last, char text[256]) {
    DIR *listing = opendir(directory);
    int count = 0, len = 0;
    if (!listing) return 0;
    for (struct dirent *entry; (entry = readdir(listing));) {
        pid_t pid = pid_of(entry->d_name);
        if (!pid || is_gone(pid)) continue;
        if (len < 240) len += sprintf(text + len, "%s%d", count ? ", " : "", (int)pid);
        *last = pid;
        count++;
    }
    closedir(listing);
    return count;
}

int control_path_find(pid_t pid, char path[CONTROL_PATH_SIZE], char error[SENTENCE_SIZE]) {
    char directory[DIRECTORY_SIZE], text[256];
    if (find_directory(directory, error) < 0) return -1;
    if (!pid) {
        int count = list(directory, &pid, text);
        if (count == 0)
            return sentence(error, "no server is there in %s; name one by --control PATH",
                            directory);
        if (count > 1) return sentence(error, "which server? Name one by --pid PID: %s", text);
    }
    place(path, directory, pid);
    return 0;
}
