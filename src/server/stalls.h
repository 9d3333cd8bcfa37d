/* Names in the log who has held up the worker: runtime/stall.h. */
#ifndef SERVER_STALLS_H
#define SERVER_STALLS_H

/* Once per process. */
void stalls_init(void);

#endif
