/* What a service manager is told (sd_notify(3)), where there is one: $NOTIFY_SOCKET. */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include <stdint.h>

/* Takes note of whom to tell, and how often that we are alive (sd_watchdog_enabled(3)). */
void notify_open(void);

/* The variables are not for workers: removes them. */
void notify_hide(void);

/* Sends "NAME=VALUE\n" lines, printf(3) style. Nothing happens where nobody listens. */
void notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Settings are being read again; notify("READY=1") follows. */
void notify_reloading(void);

/* When to say again that we are alive, NEVER if nobody asks; and says it when that is due. */
int64_t notify_due(void);
void notify_act_on_time(int64_t now);

#endif
