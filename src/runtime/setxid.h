/* Changing the process's user and group ids.
 *
 * To the kernel they are each task's own, so glibc makes every thread change its own, by signal 33,
 * SIGSETXID: it marks each struct pthread, and a marked thread clears its mark when it has done so.
 * Both sides name the struct pthread by the thread pointer. On a kernel task that is running a
 * green thread that is the wrong one: the mark would stay for ever. So caller and signal handler
 * use the thread pointer that the kernel task was born with. */
#ifndef RUNTIME_SETXID_H
#define RUNTIME_SETXID_H

#include "runtime/green.h"

enum { SIGSETXID = 33 };

/* The handler's side. Once libc has installed its handler, which it does when the first thread is
 * made; further calls do nothing. */
RT_SHARED void setxid_wrap_handler(void);

#endif
