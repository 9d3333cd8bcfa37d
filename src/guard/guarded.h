/* Guards, for the hooks of src/posix: a connection to a downstream that a policy is about is held
 * (guard/held.h) from connect(2) on, and each call tells what it has come to.
 *
 * For green threads that may park, where guards_on is true. Results are those of raw system calls,
 * a negated errno for an error; what is given and returned is the application's to see. errno may
 * change. */
#ifndef GUARD_GUARDED_H
#define GUARD_GUARDED_H

#include <stdbool.h>
#include <sys/socket.h>

#include "runtime/timer.h"

/* A socket is about to be connected to an address, which can be read: waits for its turn. Parks.
 * Returns 0, or with what it is to fail: -ECONNREFUSED (the breaker is open, or the queue full),
 * -ETIMEDOUT, -ECANCELED, -EBADF, -ENOBUFS (HELD_MAX). */
RT_SHARED long guarded_connect(int fd, const struct sockaddr *to, socklen_t len);

/* What connect(2) has come to, or the wait for it. */
RT_SHARED long guarded_connected(int fd, long result);

/* Was its time up? Then it is shut down, and not to be connected again. */
RT_SHARED bool guarded_is_late(int fd);

/* What getsockopt(SO_ERROR) has told: an errno, or 0. */
RT_SHARED int guarded_error(int fd, int error);

/* Something is about to be sent: if that is a call, waits for its turn. Parks. Returns 0, or with
 * what it is to fail, as guarded_connect. */
RT_SHARED long guarded_ask(int fd);

/* What sending, and receiving, has come to. */
RT_SHARED long guarded_sent(int fd, long result);
RT_SHARED long guarded_received(int fd, long result);

/* A wait for something to read begins, and is over. The first returns true where others have run
 * meanwhile, as sched_enter does: then look once more instead of waiting. */
RT_SHARED bool guarded_awaits(int fd);
RT_SHARED void guarded_awaited(int fd);

/* from was duplicated. Any caller. */
RT_SHARED void guarded_duplicated(int from, int to);

#endif
