/* Programs by their names, as execvp(3) finds them. */
#ifndef CONFIG_EXECUTABLE_H
#define CONFIG_EXECUTABLE_H

#include <limits.h>
#include <stdbool.h>

/* NULL, or why it cannot be run: "not an executable file", or as strerror(3) says it. */
const char *executable_fault(const char *path);

/* Looks for it in the directories of $PATH, for a name without a slash. */
bool executable_find(char path[PATH_MAX], const char *name);

#endif
