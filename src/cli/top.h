/* greenroom top */
#ifndef CLI_TOP_H
#define CLI_TOP_H

/* Shows the server whose control socket that is, until q is pressed or a signal comes; once where
 * stdin or stdout is no terminal. Returns the exit code of the program. */
int top_show(const char *socket);

#endif
