/* The query of an address: "cert=PATH&key=PATH" behind its "?". */
#ifndef CONFIG_QUERY_H
#define CONFIG_QUERY_H

#include "greenroom/base.h"

struct query_parameter {
    gr_slice name, value; /* as written; of one without "=" the value is empty */
};

/* Takes the next one off *at, at whose end there is a NUL. */
struct query_parameter query_next(const char **at);

static inline bool query_is(const struct query_parameter *parameter, const char *name) {
    return gr_slice_equal(parameter->name, gr_slice_of(name));
}

#endif
