/* The bottom of a thread's stack, for threads that outlive what they run. */
#ifndef RUNTIME_BOTTOM_H
#define RUNTIME_BOTTOM_H

/* Calls fn(arg), and comes back as well when it ends by pthread_exit. Parks if fn does. */
void bottom_call(void (*fn)(void *), void *arg);

#endif
