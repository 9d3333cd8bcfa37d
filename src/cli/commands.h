/* The commands. Each gets its own name as argv[0] and returns the exit code of the program. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

int command_serve(int argc, char **argv); /* and check */
int command_config(int argc, char **argv);
int command_ask(int argc, char **argv); /* status, top, stacks, log-level, reload and stop */
int command_load(int argc, char **argv);
int command_version(int argc, char **argv);
int command_help(int argc, char **argv);

#endif
