/* How a process ended. */
#ifndef SUPERVISOR_EXIT_STATUS_H
#define SUPERVISOR_EXIT_STATUS_H

enum { EXIT_STATUS_SIZE = 48 };

/* From the status of waitpid(2): "exited with code 1", "died by SIGSEGV". Returns text. */
const char *exit_status_print(int status, char text[EXIT_STATUS_SIZE]);

#endif
