/* What every public header shares: visibility and the text slice. */
#ifndef GREENROOM_BASE_H
#define GREENROOM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#ifdef __cplusplus
#define GR_BEGIN extern "C" {
#define GR_END }
#else
#define GR_BEGIN
#define GR_END
#endif

/* A function of the public, stable API. */
#define GR_API __attribute__((visibility("default")))

/* Bytes that somebody else owns: not terminated, may hold any value. data may be NULL when len
 * is 0. The function that hands one out says how long it lives. */
typedef struct gr_slice {
    const char *data;
    size_t len;
} gr_slice;

static inline gr_slice gr_slice_of(const char *text) {
    return (gr_slice){text, text ? strlen(text) : 0};
}

static inline bool gr_slice_equal(gr_slice a, gr_slice b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Compares without regard to ASCII case, as HTTP field names are compared (RFC 9110, 5.1). */
GR_API bool gr_slice_equal_nocase(gr_slice a, gr_slice b);

#endif
