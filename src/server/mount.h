/* Where the application is mounted (--mount): the beginning of all its paths, which it does not
 * see.
 */
#ifndef SERVER_MOUNT_H
#define SERVER_MOUNT_H

#include "greenroom/base.h"

/* "/shop"; empty without --mount. */
extern gr_slice mount;

/* Once per process; prefix stays the caller's. */
void mount_init(const char *prefix);

/* Takes the prefix off both a path as sent, whose escapes are well-formed, and the same decoded. Of
 * one that is the prefix and nothing more, the one as sent becomes "/" and the decoded one empty,
 * as PEP 3333 has it. Returns false when the path is not beneath the prefix. */
bool mount_enter(gr_slice *sent, gr_slice *decoded);

#endif
