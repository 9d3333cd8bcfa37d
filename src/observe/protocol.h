/* What is spoken to a downstream, as far as a look from outside can tell. */
#ifndef OBSERVE_PROTOCOL_H
#define OBSERVE_PROTOCOL_H

#include <stddef.h>

enum protocol {
    PROTOCOL_UNKNOWN,
    PROTOCOL_AMQP,
    PROTOCOL_DNS,
    PROTOCOL_HTTP,
    PROTOCOL_KAFKA,
    PROTOCOL_LDAP,
    PROTOCOL_MEMCACHED,
    PROTOCOL_MONGODB,
    PROTOCOL_MYSQL,
    PROTOCOL_POSTGRES,
    PROTOCOL_REDIS,
    PROTOCOL_SMTP,
    PROTOCOL_TLS,
    PROTOCOLS
};

/* "postgres"; "" for one that is not known. Tokens (RFC 9110, 5.6.2). */
extern const char *const protocol_names[PROTOCOLS];

/* A guess, by the port that is usual. */
enum protocol protocol_of_port(unsigned port);

/* A guess, by the usual name of a unix socket. */
enum protocol protocol_of_path(const char *path);

/* By what a client sends first. */
enum protocol protocol_of_bytes(const unsigned char *data, size_t len);

/* The name that a ClientHello asks for (RFC 6066, section 3), not terminated; NULL for none. */
const char *protocol_server_name(const unsigned char *data, size_t len, size_t *name_len);

#endif
