#include "supervisor/loader.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { NATIVE_CLASS = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32 };

static bool read_at(int fd, void *into, size_t len, off_t at) {
    return pread(fd, into, len, at) == (ssize_t)len;
}

/* glibc's is ld-linux-x86-64.so.2, ld-linux-aarch64.so.1 and so on, in whatever folder. */
static bool is_glibc(const char *name) {
    const char *slash = strrchr(name, '/');
    return strncmp(slash ? slash + 1 : name, "ld-linux", 8) == 0;
}

static enum loader read_loader(int fd, char name[PATH_MAX]) {
    ElfW(Ehdr) head;
    ElfW(Phdr) part;
    if (!read_at(fd, &head, sizeof head, 0) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != NATIVE_CLASS || head.e_phentsize != sizeof part)
        return LOADER_UNKNOWN;
    for (int i = 0; i < head.e_phnum; i++) {
        if (!read_at(fd, &part, sizeof part, (off_t)(head.e_phoff + i * sizeof part)))
            return LOADER_UNKNOWN;
        if (part.p_type != PT_INTERP) continue;
        if (part.p_filesz >= PATH_MAX || !read_at(fd, name, part.p_filesz, (off_t)part.p_offset))
            return LOADER_UNKNOWN;
        name[part.p_filesz] = '\0';
        return is_glibc(name) ? LOADER_GLIBC : LOADER_OTHER;
    }
    return LOADER_NONE;
}

enum loader loader_of(const char *path, char name[PATH_MAX]) {
    name[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return LOADER_UNKNOWN;
    enum loader loader = read_loader(fd, name);
    close(fd);
    return loader;
}
