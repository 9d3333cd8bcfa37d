#include "posix/hook.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

struct real_functions real_functions;

struct wanted {
    const char *name;
    size_t offset; /* in struct real_functions */
};

#define WANTED(name) {#name, offsetof(struct real_functions, name##_)},
static const struct wanted wanted[] = {REAL_ALL(WANTED)};
#undef WANTED

static long not_there(void) {
    errno = ENOSYS;
    return -1;
}

/* The condition variables of x86-64 were made anew in glibc 2.3.2, and dlsym may still hand out the
 * old ones, which take another structure. Other processors never had those. */
static void *look_up(const char *name) {
    void *found = NULL;
    if (!strncmp(name, "pthread_cond_", 13)) found = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2");
    if (!found) found = dlsym(RTLD_NEXT, name);
    return found ? found : (void *)not_there;
}

__attribute__((constructor(101))) void real_resolve(void) {
    int saved = errno;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        void *function = look_up(wanted[i].name);
        memcpy((char *)&real_functions + wanted[i].offset, &function, sizeof function);
    }
    errno = saved;
}
