/* The child of vfork runs in our memory, with our thread pointer, but owns its descriptors, its
 * signal handlers and its mask. Whatever we remember about ours must not be changed on its behalf.
 */
#ifndef POSIX_VFORK_H
#define POSIX_VFORK_H

#include <stdbool.h>

/* Thread-local, raised around the system call by the thread that calls vfork, and thus seen by the
 * child; the parent is asleep until the child has left this memory. */
extern __thread int vfork_depth __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Is the caller such a child? posix_spawn and system make theirs inside libc, whose calls do not
 * come through here. Somebody else's clone(CLONE_VM) is not recognised; such a child shares our
 * descriptors only with CLONE_FILES, and then closing one there does close ours. */
static inline bool in_vfork_child(void) { return vfork_depth > 0; }

#endif
