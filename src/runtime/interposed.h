/* Is libc interposed in this process, as green threads need it? */
#ifndef RUNTIME_INTERPOSED_H
#define RUNTIME_INTERPOSED_H

#include <stdbool.h>

#include "runtime/green.h"

#define INTERPOSER "libgreenroom-posix.so"

/* Is libc's recv, and so all that is interposed, preceded by ours? */
RT_SHARED bool interposed(void);

/* Is this the path of what interposes it, of any version? */
bool interposed_by(const char *path);

#endif
