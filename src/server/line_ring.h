/* Lines on their way to a file: a ring that the worker fills and an OS thread empties, at most 50
 * ms after the first line, or when it is half full. */
#ifndef SERVER_LINE_RING_H
#define SERVER_LINE_RING_H

#include <stddef.h>

/* path: a file to append to, or "-" for stdout. One at a time. A FIFO that nobody reads is refused.
 * Returns the descriptor, which stays the ring's, or -1 with errno. */
int line_ring_open(const char *path);

/* Adds a line, or drops it when there is no room. One caller at a time. Never parks or blocks. */
void line_ring_put(const char *line, size_t len);

/* Waits until everything is written, at most a second, and stops the thread. Blocks. */
void line_ring_close(void);

#endif
