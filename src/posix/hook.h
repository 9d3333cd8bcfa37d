/* What every interposed function shares.
 *
 * A hook reads: may this thread park? If not, do what libc does. Otherwise try the operation by a
 * raw system call that cannot block, and park while it says EAGAIN. */
#ifndef POSIX_HOOK_H
#define POSIX_HOOK_H

#include <errno.h>

#include "base/sys.h"
#include "posix/real.h"
#include "posix/vfork.h"
#include "runtime/park.h"
#include "runtime/runtime.h"

/* Stands before libc's function of that name. */
#define HOOK __attribute__((visibility("default")))

/* What a raw system call returned, as libc returns it. */
static inline long hook_result(long result) {
    if (__builtin_expect((unsigned long)result < -4095ul, 1)) return result;
    errno = (int)-result;
    return -1;
}

/* Green 0 is the process's main thread and libc's in all respects. The others are hollow. */
static inline bool is_hollow(const struct green *green) { return green && green->pool; }

/* Evaluates a call that blocks on another kernel task, so that it holds up nobody but the caller.
 * Such a call sees neither the green thread's deadline nor the application's signals. */
#define MOVED(call)                            \
    ({                                         \
        bool moved_ = carrier_offload_begin(); \
        __typeof__(call) result_ = (call);     \
        if (moved_) carrier_offload_end();     \
        result_;                               \
    })

#endif
