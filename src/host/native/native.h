/* The host of C applications: shared objects that export gr_app_setup. */
#ifndef HOST_NATIVE_NATIVE_H
#define HOST_NATIVE_NATIVE_H

/* Is a worker from begin to end. Called by the main thread of a process that `greenroom serve` has
 * started. Returns the exit code: 0 when drained, else one of greenroom/worker.h, with a sentence
 * on stderr. */
int native_host_run(void);

#endif
