#include "runtime/interposed.h"

#include <dlfcn.h>
#include <string.h>

bool interposed_by(const char *path) {
    const char *slash = strrchr(path, '/');
    return strncmp(slash ? slash + 1 : path, INTERPOSER, sizeof INTERPOSER - 1) == 0;
}

bool interposed(void) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, "recv");
    return address && dladdr(address, &info) && interposed_by(info.dli_fname);
}
