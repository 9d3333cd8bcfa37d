/* The commands that the control socket knows. */
#ifndef SUPERVISOR_CONTROL_COMMAND_H
#define SUPERVISOR_CONTROL_COMMAND_H

struct master;
struct peer;

/* Does what the peer has asked for. */
void control_command_run(struct master *m, struct peer *peer);

#endif
