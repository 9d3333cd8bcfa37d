/* Which C library a program is linked to, as its ELF header tells. */
#ifndef SUPERVISOR_LOADER_H
#define SUPERVISOR_LOADER_H

#include <limits.h>

enum loader {
    LOADER_UNKNOWN, /* not an ELF file of this machine's word size: a script, say */
    LOADER_NONE,    /* a program that is linked statically */
    LOADER_GLIBC,
    LOADER_OTHER, /* of another C library: musl's ld-musl-x86_64.so.1, say */
};

/* Reads the program header PT_INTERP (elf(5)) of the file. name gets the path in it, or "". */
enum loader loader_of(const char *path, char name[PATH_MAX]);

#endif
