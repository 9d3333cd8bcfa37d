#include "log/rings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its size is sealed: nobody can take memory away from beneath the others. */
static int make_file(size_t size) {
    int fd = memfd_create("greenroom-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    if (ftruncate(fd, (off_t)size) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static struct log_bell *map(int fd, size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

struct log_bell *log_rings_make(uint32_t count, int *fd) {
    size_t size = log_rings_size(count);
    if ((*fd = make_file(size)) < 0) return NULL;
    struct log_bell *bell = map(*fd, size);
    if (bell) bell->rings = count;
    return bell;
}

struct log_bell *log_rings_map(int fd, uint32_t *count) {
    struct stat file;
    if (fstat(fd, &file) < 0) return NULL;
    struct log_bell *bell = map(fd, (size_t)file.st_size);
    if (bell)
        *count = (uint32_t)(((size_t)file.st_size - log_rings_size(0)) / sizeof(struct log_ring));
    return bell;
}

int log_pen_open(struct log_pen *pen, int fd, int slot) {
    uint32_t count;
    struct log_bell *bell = log_rings_map(fd, &count);
    if (!bell) return -1;
    uint32_t number = 1 + (uint32_t)slot % (bell->rings - 1);
    *pen = (struct log_pen){bell, log_ring_at(bell, number), getpid()};
    return 0;
}
