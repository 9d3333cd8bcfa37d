/* The slowest requests, of all processes, as JSON. */
#ifndef OBSERVE_SLOW_FORMAT_H
#define OBSERVE_SLOW_FORMAT_H

#include <stdio.h>

#include "observe/slow_requests.h"

enum { SLOW_SHOWN = 20 };

/* The slowest first; all zero is empty. */
struct slow_list {
    size_t count;
    struct slow_request at[SLOW_SHOWN];
};

/* Adds those of one process that belong into the list. */
void slow_list_add(struct slow_list *list, const struct slow_requests *requests, int64_t wall);

/* {"requests":[{"id":"6c99-1","worker":"0","ended":1764324000.12,"took":1.25,"status":200,
 *  "method":"GET","path":"/orders/7","endpoint":"/orders/{id}","spent":{"running":0.01,...},
 *  "downstreams":[{"name":"postgres@db:5432","waited":1.1}]},...]}, times in seconds. */
void slow_list_write(const struct slow_list *list, FILE *out);

#endif
