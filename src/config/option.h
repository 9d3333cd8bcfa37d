/* Options on a command line, as getopt_long(3) takes them. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <getopt.h>

#include "config/sentence.h"

/* Says why getopt_long has just answered '?' to word: an option that the command does not know, one
 * that is short for several, or a value for one that takes none. Those without a letter have a val
 * above UCHAR_MAX. Returns -1. */
int option_refused(const char *command, const struct option *options, const char *word,
                   char error[SENTENCE_SIZE]);

#endif
