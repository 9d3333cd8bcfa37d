#include "stream/codec.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>

#include "greenroom/log.h"

/* Where it lies, seen from the folder of libgreenroom: in the build directory, and installed. */
static const char *const places[] = {"libgreenroom-codec.so", "greenroom/libgreenroom-codec.so"};

static void *open_library(void) {
    Dl_info self;
    char path[PATH_MAX];
    void *library = NULL;
    if (!dladdr(places, &self)) return NULL;
    const char *slash = strrchr(self.dli_fname, '/');
    int len = slash ? (int)(slash - self.dli_fname) + 1 : 0;
    for (size_t i = 0; !library && i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%.*s%s", len, self.dli_fname, places[i]);
        library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    return library;
}

const struct codec_pair *const *codecs_load(void) {
    static const struct codec_pair *const *table; /* whoever writes it writes the same */
    if (table) return table;
    void *library = open_library();
    if (library) table = dlsym(library, "codec_table");
    if (!table) gr_log(GR_LOG_ERROR, "compression is not to be had: %s", dlerror());
    return table;
}
