/* The program that runs, by the name under which it was started: after a package has been upgraded
 * that is the new one, where /proc/self/exe is a file that is gone. */
#ifndef SUPERVISOR_PROGRAM_H
#define SUPERVISOR_PROGRAM_H

/* Finds it, before the current directory changes: from argv[0] of main, in $PATH where that has no
 * slash. */
void program_remember(void);

/* Its path; symbolic links are not resolved. */
const char *program_path(void);

#endif
