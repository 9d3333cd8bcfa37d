/* Name look-ups read files, ask name servers and whatever else nsswitch.conf says, all inside libc:
 * they are made on another kernel task. */
#include <arpa/inet.h>
#include <string.h>

#include "posix/traffic.h"

/* A numeric host, or none, and a service that is no name need nobody to be asked. */
static bool is_numeric(const char *host, const char *service) {
    unsigned char address[sizeof(struct in6_addr)];
    if (service && service[strspn(service, "0123456789")]) return false;
    return !host || inet_pton(AF_INET, host, address) == 1 ||
           inet_pton(AF_INET6, host, address) == 1;
}

HOOK int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **found) {
    if (!green_may_park() || is_numeric(host, service))
        return REAL(getaddrinfo)(host, service, hints, found);
    int error = TRAFFIC_LOOK_UP(REAL(getaddrinfo)(host, service, hints, found));
    if (!error && host) traffic_named(*found, host);
    return error;
}

HOOK int getnameinfo(const struct sockaddr *address, socklen_t len, char *host, socklen_t host_len,
                     char *service, socklen_t service_len, int flags) {
    bool numeric = (!host || flags & NI_NUMERICHOST) && (!service || flags & NI_NUMERICSERV);
    if (!green_may_park() || numeric)
        return REAL(getnameinfo)(address, len, host, host_len, service, service_len, flags);
    return TRAFFIC_LOOK_UP(
        REAL(getnameinfo)(address, len, host, host_len, service, service_len, flags));
}

HOOK struct hostent *gethostbyname(const char *name) {
    if (!green_may_park()) return REAL(gethostbyname)(name);
    return TRAFFIC_LOOK_UP(REAL(gethostbyname)(name));
}

HOOK struct hostent *gethostbyname2(const char *name, int family) {
    if (!green_may_park()) return REAL(gethostbyname2)(name, family);
    return TRAFFIC_LOOK_UP(REAL(gethostbyname2)(name, family));
}

HOOK struct hostent *gethostbyaddr(const void *address, socklen_t len, int family) {
    if (!green_may_park()) return REAL(gethostbyaddr)(address, len, family);
    return TRAFFIC_LOOK_UP(REAL(gethostbyaddr)(address, len, family));
}

HOOK int gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t room,
                         struct hostent **found, int *error) {
    if (!green_may_park()) return REAL(gethostbyname_r)(name, host, buffer, room, found, error);
    return TRAFFIC_LOOK_UP(REAL(gethostbyname_r)(name, host, buffer, room, found, error));
}

HOOK int gethostbyname2_r(const char *name, int family, struct hostent *host, char *buffer,
                          size_t room, struct hostent **found, int *error) {
    if (!green_may_park())
        return REAL(gethostbyname2_r)(name, family, host, buffer, room, found, error);
    return TRAFFIC_LOOK_UP(REAL(gethostbyname2_r)(name, family, host, buffer, room, found, error));
}

HOOK int gethostbyaddr_r(const void *address, socklen_t len, int family, struct hostent *host,
                         char *buffer, size_t room, struct hostent **found, int *error) {
    if (!green_may_park())
        return REAL(gethostbyaddr_r)(address, len, family, host, buffer, room, found, error);
    return TRAFFIC_LOOK_UP(
        REAL(gethostbyaddr_r)(address, len, family, host, buffer, room, found, error));
}
