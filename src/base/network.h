/* Networks of IP addresses (RFC 4632, RFC 4291 2.3), and a list of them as a user writes it. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct network {
    sa_family_t family; /* AF_INET, AF_INET6; AF_UNIX: every unix socket */
    uint8_t bits;       /* of the prefix */
    uint8_t address[16];
};

/* Takes the next of "10.0.0.0/8,2001:db8::/32,127.0.0.1,unix" off *list, which is NULL after the
 * last. Returns NULL, or what is wrong with it: the end of a sentence that begins with the list.
 */
const char *network_next(const char **list, struct network *network);

/* Is the address, in the order of the network, of that network? An IPv4 address that is written as
 * an IPv6 one (RFC 4291, 2.5.5.2) counts as IPv4. address is not looked at for AF_UNIX; any other
 * family is in no network. */
bool network_holds(const struct network *network, sa_family_t family, const void *address);

#endif
