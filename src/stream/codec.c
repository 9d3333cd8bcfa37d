#include "stream/codec.h"

#include <dlfcn.h>

#include "base/library.h"
#include "greenroom/log.h"

const struct codec_pair *const *codecs_load(void) {
    static const struct codec_pair *const *table; /* whoever writes it writes the same */
    if (!table) table = library_object("libgreenroom-codec.so", "codec_table");
    if (!table) gr_log(GR_LOG_ERROR, "compression is not to be had: %s", dlerror());
    return table;
}
