/* The end of what a command has printed on stdout. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

/* Returns 0, or 1 when something could not be written, which has then been said on stderr. */
int output_finish(void);

#endif
