/* Where to listen, as --bind says it. */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct address {
    bool local;    /* a unix socket: place is its path; otherwise a host to look up */
    bool ipv6;     /* written in brackets */
    bool tls;      /* see config/tls_bind.h */
    uint16_t port; /* 0: the kernel chooses */
    int mode;      /* of the file of a unix socket; -1: as the umask leaves it */
    uid_t owner;   /* of that file; -1: whoever makes it */
    gid_t group;
    char place[256]; /* "" for every IPv4 address of the machine */
};

/* Reads HOST:PORT, :PORT, [IPV6]:PORT or unix:PATH. Looks nothing up. Returns NULL, or what is
 * wrong with text: the end of a sentence that begins with it. */
const char *address_parse(const char *text, struct address *address);

#endif
