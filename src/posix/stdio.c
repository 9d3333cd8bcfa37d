/* The lock of a FILE is libc's own futex, inside which we cannot wait: while a green thread holds
 * one, it does not park. Functions that lock a stream for one call read and write through libc's
 * inner calls, which do not come through here, and so do not park either. */
#include "posix/hook.h"

/* A stream that was locked before the runtime was on may be unlocked after. */
static void pin(int by) {
    struct green *self = green_self();
    if (self && self->pinned + by >= 0) self->pinned += by;
}

HOOK void flockfile(FILE *stream) {
    REAL(flockfile)(stream);
    pin(+1);
}

HOOK int ftrylockfile(FILE *stream) {
    int error = REAL(ftrylockfile)(stream);
    if (!error) pin(+1);
    return error;
}

HOOK void funlockfile(FILE *stream) {
    pin(-1);
    REAL(funlockfile)(stream);
}

/* A descriptor is closed here behind close's back. */
static void closing(FILE *stream) {
    int saved = errno, fd = fileno(stream);
    errno = saved;
    if (fd >= 0 && !in_vfork_child()) fd_closing(fd);
}

HOOK int fclose(FILE *stream) {
    closing(stream);
    return REAL(fclose)(stream);
}

HOOK FILE *freopen(const char *path, const char *mode, FILE *stream) {
    closing(stream);
    return REAL(freopen)(path, mode, stream);
}

HOOK FILE *freopen64(const char *path, const char *mode, FILE *stream)
    __attribute__((alias("freopen")));
