/* Programs by their names, as execvp(3) finds them. */
#ifndef CONFIG_EXECUTABLE_H
#define CONFIG_EXECUTABLE_H

#include <limits.h>
#include <stdbool.h>

/* Is it a file that we may execute? If not, errno says why; EACCES for what is no file, too. */
bool executable_is(const char *path);

/* Looks for it in the directories of $PATH, for a name without a slash. */
bool executable_find(char path[PATH_MAX], const char *name);

#endif
