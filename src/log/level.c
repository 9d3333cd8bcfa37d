#include "log/level.h"

#include <stdio.h>

#include "log/line.h"

static bool parse(gr_slice name, int *level) {
    for (*level = LOG_DEBUG; *level <= LOG_CRITICAL; *level += 10)
        if (gr_slice_equal(name, gr_slice_of(log_level_name(*level)))) return true;
    return false;
}

static bool is_name(gr_slice logger) {
    if (logger.len == 0) return false;
    for (size_t i = 0; i < logger.len; i++)
        if ((unsigned char)logger.data[i] <= ' ') return false;
    return true;
}

const char *log_level_next(const char **list, gr_slice *logger, int *level) {
    gr_slice piece = {*list, strcspn(*list, ",")};
    *list = piece.data[piece.len] ? piece.data + piece.len + 1 : NULL;
    const char *equals = memchr(piece.data, '=', piece.len);
    gr_slice name = piece;
    *logger = (gr_slice){piece.data, 0};
    if (equals) {
        logger->len = (size_t)(equals - piece.data);
        name = (gr_slice){equals + 1, piece.len - logger->len - 1};
        if (!is_name(*logger)) return "must name a logger before each =";
    }
    if (parse(name, level)) return NULL;
    return "must have a level, which is debug, info, warning, error or critical, in each part";
}

const char *log_levels_fault(const char *list) {
    int level;
    gr_slice logger;
    const char *fault = NULL;
    while (list && !fault) fault = log_level_next(&list, &logger, &level);
    return fault;
}

int log_level_of(const char *list, const char *wanted) {
    int level, common = LOG_INFO, own = 0;
    gr_slice logger;
    while (list && *list && !log_level_next(&list, &logger, &level)) {
        if (!logger.len) common = level;
        if (gr_slice_equal(logger, gr_slice_of(wanted))) own = level;
    }
    return own ? own : common;
}

static bool names(const char *list, gr_slice wanted) {
    int level;
    gr_slice logger;
    while (list && *list && !log_level_next(&list, &logger, &level))
        if (gr_slice_equal(logger, wanted)) return true;
    return false;
}

int log_level_merge(char list[LOG_LEVELS_SIZE], const char *more) {
    char merged[LOG_LEVELS_SIZE];
    size_t len = 0;
    int level;
    gr_slice logger;
    if (*more && log_levels_fault(more)) return -1;
    const char *at = list;
    do {
        const char *piece = at;
        if (log_level_next(&at, &logger, &level)) break;
        if (names(more, logger)) continue;
        size_t size = strcspn(piece, ",");
        memcpy(merged + len, piece, size);
        len += size;
        merged[len++] = ',';
    } while (at);
    size_t size = strlen(more);
    if (!size && len) len--;
    if (len + size >= sizeof merged) return -1;
    memcpy(merged + len, more, size);
    memcpy(list, merged, len + size);
    list[len + size] = '\0';
    return 0;
}
