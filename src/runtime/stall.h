/* Who holds up the worker, and where: C code that computes or blocks under an interpreter's lock,
 * the one thing that hand-off cannot help. The monitor waits for that lock; meanwhile a timer's
 * signal (SIGRTMAX - 2) takes the C stack on the kernel task in question, and once the lock is had,
 * the interpreter tells its own. */
#ifndef RUNTIME_STALL_H
#define RUNTIME_STALL_H

#include "runtime/green.h"

enum { STALL_AFTER = 50 * NS_PER_MS, STALL_FRAMES = 32, STALL_WORK = 320, STALL_STACK = 4096 };

struct stall {
    int64_t length;             /* ns, from the monitor's request for the lock until it was had */
    void *frames[STALL_FRAMES]; /* innermost first */
    int frame_count;
    char work[STALL_WORK]; /* what the green thread was at, as the server's note says; or "" */
    char
        stack[STALL_STACK]; /* the interpreter's, innermost call first, with " < " between; or "" */
};

/* note: on the green thread itself, in a signal handler: writes what it is at. report: on the
 * monitor's OS thread, once per place (innermost call of the interpreter's stack). Copied. */
struct stall_reporter {
    void (*note)(const struct green *green, char work[STALL_WORK]);
    void (*report)(const struct stall *stall);
};
RT_SHARED void stall_report_with(const struct stall_reporter *reporter);

/* --- For the monitor --- */

void stall_init(void);

/* Takes the C stack of green if it still keeps its kernel task STALL_AFTER from now; for as long as
 * that task waits for a processor, it keeps nothing. */
void stall_watch(struct green *green);

/* It does not any more. Returns what was taken, to be completed and given to stall_report; or NULL.
 */
struct stall *stall_end(void);
void stall_report(struct stall *stall);

/* How many there were, reported or not. */
extern unsigned long stall_count;

#endif
