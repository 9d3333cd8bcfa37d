#include "log/rings.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/line.h"

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

struct log_bell *log_rings_make(uint32_t count, uint32_t mules, int *fd) {
    size_t size = log_rings_size(count);
    if ((*fd = make_file(size)) < 0) return NULL;
    struct log_bell *bell = map(*fd, size);
    if (!bell) return NULL;
    bell->rings = count;
    bell->mules = mules;
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

static uint32_t number_of(const struct log_bell *bell, int slot) {
    uint32_t mules = bell->mules, workers = bell->rings - mules - 1;
    if (slot >= LOG_MULES && mules) return 1 + workers + (uint32_t)(slot - LOG_MULES) % mules;
    return 1 + (uint32_t)slot % workers;
}

int log_ring_owner(uint32_t number, uint32_t count, uint32_t mules) {
    uint32_t first = count - mules; /* of theirs */
    if (mules < count && number >= first) return LOG_MULES + (int)(number - first);
    return (int)number - 1;
}

int log_pen_open(struct log_pen *pen, int fd, int slot) {
    uint32_t count;
    struct log_bell *bell = log_rings_map(fd, &count);
    if (!bell) return -1;
    *pen = (struct log_pen){bell, log_ring_at(bell, number_of(bell, slot)), getpid()};
    return 0;
}
