/* The path of a request as the name of an endpoint, where no route is known. */
#ifndef SERVER_ENDPOINT_PATH_H
#define SERVER_ENDPOINT_PATH_H

#include "greenroom/base.h"

/* Writes path to out, whose room is room: segments that have digits and look like the name of one
 * thing of many, such as a number or a UUID, become {id}; what does not fit is "...". Returns the
 * length. */
size_t endpoint_path(gr_slice path, char *out, size_t room);

#endif
