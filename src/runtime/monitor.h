/* The monitor: an OS thread that notices when one green thread keeps the others waiting, and asks
 * it to give way, or, if that one is in C code that does not hold an interpreter's lock, moves the
 * scheduler to another kernel task. It sleeps while the worker is idle. */
#ifndef RUNTIME_MONITOR_H
#define RUNTIME_MONITOR_H

#include <stdint.h>

/* Starts it. slice: ns that code under an interpreter's lock may keep the worker, at least 2; other
 * code loses it after a few milliseconds. Returns 0, or -1 with errno
 * EAGAIN. */
int monitor_start(int64_t slice);

/* The worker has work again. Costs a load when the monitor is awake. */
extern volatile int monitor_asleep;
void monitor_wake_slow(void);
static inline void monitor_wake(void) {
    if (__builtin_expect(monitor_asleep, 0)) monitor_wake_slow();
}

/* How often a green thread was asked to give way. */
extern unsigned long monitor_forced;

/* How often the scheduler was moved away from one. */
extern unsigned long monitor_handoffs;

#endif
