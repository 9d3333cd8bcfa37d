/* The mapping that rings are in: made by the master, mapped by each worker. */
#ifndef LOG_RINGS_H
#define LOG_RINGS_H

#include "log/ring.h"

/* Makes an anonymous file with a bell and so many rings, all empty, and maps it; the last of them,
 * as many as mules, are for mules. *fd is for log_pen_open in another process. NULL with errno. */
GR_API struct log_bell *log_rings_make(uint32_t count, uint32_t mules, int *fd);

/* Maps those that another process has made. *count is how many there are. NULL with errno. */
GR_API struct log_bell *log_rings_map(int fd, uint32_t *count);

/* Whose the ring of that number is, of so many: as log/line.h numbers workers. */
GR_API int log_ring_owner(uint32_t number, uint32_t count, uint32_t mules);

/* A pen for the ring of a slot; slots beyond the last share them, and so do mules. Ring 0 is the
 * master's. Maps fd. Returns 0, or -1 with errno. */
int log_pen_open(struct log_pen *pen, int fd, int slot);

#endif
