/* Mules: processes that run a function of the application beside the workers, for as long as the
 * server runs. They have slots of their own (supervisor/slot.h), behind those of workers, and are
 * started, restarted and replaced like workers, but for this:
 *
 *     One that is ready, its function found, waits until whoever had its slot before has ended, and
 *     is told to call it then: what a function takes from a queue, two must not take.
 *
 *     When the server stops, they are told to end when the last worker has ended, whose requests
 *     may be waiting for their answers. */
#ifndef SUPERVISOR_MULES_H
#define SUPERVISOR_MULES_H

struct master;

/* To be called whenever something has happened: those that are ready and alone are told to go, once
 * the server serves. */
void mules_go_on(struct master *m);

#endif
