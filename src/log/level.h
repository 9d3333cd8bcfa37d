/* Which levels are on, as a user says it: "info,sqlalchemy=debug", that is, of everything from info
 * on, and of the logger sqlalchemy and those beneath it from debug on. */
#ifndef LOG_LEVEL_H
#define LOG_LEVEL_H

#include "greenroom/base.h"

/* Room for a list, its end included. */
enum { LOG_LEVELS_SIZE = 1024 };

/* Takes the next piece of *list, which is NULL after the last: logger, empty for all, and level.
 * Returns NULL, or what is wrong with the list: the end of a sentence that begins with it. */
GR_API const char *log_level_next(const char **list, gr_slice *logger, int *level);

/* NULL, or what is wrong with a list, as log_level_next says it. */
GR_API const char *log_levels_fault(const char *list);

/* The level of a logger that has no parent. The list has been judged. */
GR_API int log_level_of(const char *list, const char *logger);

/* Lays one list over another: what more says of a logger goes before what list has said of it.
 * Returns 0, or -1 when there is no room for both, or more is no list; then list is as it was,
 * which has been judged. */
GR_API int log_level_merge(char list[LOG_LEVELS_SIZE], const char *more);

#endif
