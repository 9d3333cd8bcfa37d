/* A call of curl(1) that can be pasted into a shell. */
#ifndef SUPERVISOR_CURL_LINE_H
#define SUPERVISOR_CURL_LINE_H

#include <stdio.h>

#include "observe/catalogue.h"
#include "supervisor/listener.h"

/* Writes how a path is asked for at a listener, by a method, none for GET, and of a host, none for
 * any. They may be anything, and so may what head says: nothing of it gets out of its quotes. */
void curl_line_write(FILE *out, const struct listener *listener, const struct catalogue_head *head,
                     gr_slice method, gr_slice host, gr_slice path);

#endif
