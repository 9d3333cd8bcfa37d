/* What a file is by its name. */
#ifndef SERVER_MEDIA_TYPE_H
#define SERVER_MEDIA_TYPE_H

#include "greenroom/base.h"

struct media_type {
    const char *extension; /* lower case */
    const char *type;      /* value of Content-Type */
    bool compressible;     /* text of some sort: worth a compressed variant */
};

/* By what stands behind the last dot of the last segment, in any case; application/octet-stream
 * for what is not known. */
const struct media_type *media_type_of(gr_slice path);

/* Is a body with that Content-Type text of some sort? By the types of the table, all of text/, and
 * what is written in JSON, XML or YAML (RFC 6839). */
bool media_type_is_compressible(gr_slice content_type);

#endif
