#include "config/address.h"

#include <string.h>
#include <sys/un.h>

#include "config/quantity.h"

static bool copy(struct address *address, const char *text, size_t len) {
    if (len >= sizeof address->place) return false;
    memcpy(address->place, text, len);
    address->place[len] = '\0';
    return true;
}

static const char *local_parse(const char *path, struct address *address) {
    /* The kernel wants room for the NUL, too, in the names it gives back (unix(7)). */
    size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    address->local = true;
    if (!*path) return "names no path; write unix:PATH";
    if (strlen(path) > most) return "is longer than the 107 bytes that a unix socket may have";
    copy(address, path, strlen(path));
    return NULL;
}

static const char *host_parse(const char *host, size_t len, struct address *address) {
    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        address->ipv6 = true;
        host++;
        len -= 2;
    } else if (memchr(host, ':', len)) {
        return "has more than one colon; write [IPV6]:PORT";
    }
    return copy(address, host, len) ? NULL : "has a host name that is too long";
}

const char *address_parse(const char *text, struct address *address) {
    *address = (struct address){.mode = -1, .owner = (uid_t)-1, .group = (gid_t)-1};
    if (strncmp(text, "unix:", 5) == 0) return local_parse(text + 5, address);
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || colon[1] == '\0' || strchr(colon, ']')) return "has no port; write HOST:PORT";
    if (!quantity_parse(colon + 1, UNIT_ONE, &port)) return "has a port that is no number";
    if (port > UINT16_MAX) return "has a port above 65535";
    address->port = (uint16_t)port;
    return host_parse(text, (size_t)(colon - text), address);
}
