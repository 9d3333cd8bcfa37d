#include "supervisor/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static int fd = -1;
static struct sockaddr_un manager;
static socklen_t manager_len;
static int64_t period, due = NEVER;

static void find_manager(const char *path) {
    size_t len = strlen(path);
    if ((*path != '/' && *path != '@') || len >= sizeof manager.sun_path) return;
    manager.sun_family = AF_UNIX;
    memcpy(manager.sun_path, path, len);
    if (*path == '@') manager.sun_path[0] = '\0'; /* unix(7): abstract */
    manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void notify_open(void) {
    const char *path = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (!path) return;
    find_manager(path);
    if (!usec || (pid && atoi(pid) != getpid())) return;
    period = strtoll(usec, NULL, 10) * NS_PER_US / 2;
    if (period > 0) due = clock_now();
}

void notify_hide(void) {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void send_text(const char *text) {
    sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&manager, manager_len);
}

void notify(const char *format, ...) {
    char text[1024];
    va_list arguments;
    if (fd < 0) return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    send_text(text);
}

void notify_reloading(void) {
    notify("RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n", clock_now() / NS_PER_US);
}

int64_t notify_due(void) { return due; }

void notify_act_on_time(int64_t now) {
    if (due > now) return;
    notify("WATCHDOG=1\n");
    due = clock_after(period);
}
