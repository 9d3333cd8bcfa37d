#include "observe/protocol.h"

#include <string.h>

const char *const protocol_names[PROTOCOLS] = {
    [PROTOCOL_UNKNOWN] = "",
    [PROTOCOL_AMQP] = "amqp",
    [PROTOCOL_DNS] = "dns",
    [PROTOCOL_HTTP] = "http",
    [PROTOCOL_KAFKA] = "kafka",
    [PROTOCOL_LDAP] = "ldap",
    [PROTOCOL_MEMCACHED] = "memcached",
    [PROTOCOL_MONGODB] = "mongodb",
    [PROTOCOL_MYSQL] = "mysql",
    [PROTOCOL_POSTGRES] = "postgres",
    [PROTOCOL_REDIS] = "redis",
    [PROTOCOL_SMTP] = "smtp",
    [PROTOCOL_TLS] = "tls",
};

enum protocol protocol_of_port(unsigned port) {
    switch (port) {
    case 25:
    case 587:
        return PROTOCOL_SMTP;
    case 53:
        return PROTOCOL_DNS;
    case 80:
    case 8080:
        return PROTOCOL_HTTP;
    case 389:
        return PROTOCOL_LDAP;
    case 443:
        return PROTOCOL_TLS;
    case 3306:
        return PROTOCOL_MYSQL;
    case 5432:
        return PROTOCOL_POSTGRES;
    case 5672:
        return PROTOCOL_AMQP;
    case 6379:
        return PROTOCOL_REDIS;
    case 9092:
        return PROTOCOL_KAFKA;
    case 11211:
        return PROTOCOL_MEMCACHED;
    case 27017:
        return PROTOCOL_MONGODB;
    default:
        return PROTOCOL_UNKNOWN;
    }
}

enum protocol protocol_of_path(const char *path) {
    if (strstr(path, "/.s.PGSQL.")) return PROTOCOL_POSTGRES;
    if (strstr(path, "mysqld.sock")) return PROTOCOL_MYSQL;
    return strstr(path, "redis") ? PROTOCOL_REDIS : PROTOCOL_UNKNOWN;
}

static size_t number(const unsigned char *at, int bytes) {
    size_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | at[i];
    return value;
}

/* RFC 9112, section 3: a method, and a target after one blank. */
static int is_http(const unsigned char *data, size_t len) {
    size_t method = 0;
    while (method < len && data[method] >= 'A' && data[method] <= 'Z') method++;
    return method >= 3 && method <= 16 && method + 1 < len && data[method] == ' ' &&
           (data[method + 1] == '/' || data[method + 1] == '*' || data[method + 1] == 'h');
}

/* A StartupMessage of version 3, or one of the requests that may precede it (codes 1234, 56xx). */
static int is_postgres(const unsigned char *data, size_t len) {
    if (len < 8 || number(data, 4) < 8) return 0;
    size_t code = number(data + 4, 4);
    return code >> 16 == 3 || (code >> 16 == 1234 && (code & 0xffff) >= 5678);
}

/* RESP: an array of bulk strings. */
static int is_redis(const unsigned char *data, size_t len) {
    return len >= 6 && data[0] == '*' && data[1] >= '1' && data[1] <= '9' &&
           memchr(data, '$', len < 8 ? len : 8);
}

/* The server speaks first; the client's packet is the second, and alone. */
static int is_mysql(const unsigned char *data, size_t len) {
    if (len < 36 || data[3] != 1) return 0;
    return (data[0] | data[1] << 8 | data[2] << 16) == (int)len - 4;
}

static int is_tls(const unsigned char *data, size_t len) {
    return len >= 6 && data[0] == 22 && data[1] == 3 && data[5] == 1;
}

enum protocol protocol_of_bytes(const unsigned char *data, size_t len) {
    if (is_tls(data, len)) return PROTOCOL_TLS;
    if (is_http(data, len)) return PROTOCOL_HTTP;
    if (is_redis(data, len)) return PROTOCOL_REDIS;
    if (is_mysql(data, len)) return PROTOCOL_MYSQL;
    if (is_postgres(data, len)) return PROTOCOL_POSTGRES;
    if (len >= 4 && memcmp(data, "AMQP", 4) == 0) return PROTOCOL_AMQP;
    return PROTOCOL_UNKNOWN;
}

/* ---- server_name ---- */

/* What is left to read of a message. */
struct rest {
    const unsigned char *at, *end;
};

static int skip(struct rest *rest, size_t len) {
    if ((size_t)(rest->end - rest->at) < len) return 0;
    rest->at += len;
    return 1;
}

/* A vector whose length stands before it, in so many bytes. */
static int take(struct rest *rest, int length_bytes, struct rest *vector) {
    if (rest->end - rest->at < length_bytes) return 0;
    size_t len = number(rest->at, length_bytes);
    vector->at = rest->at + length_bytes;
    rest->at = vector->at;
    if (!skip(rest, len)) return 0;
    vector->end = vector->at + len;
    return 1;
}

static const char *name_in(struct rest extension, size_t *len) {
    struct rest list, name;
    if (!take(&extension, 2, &list) || !skip(&list, 1) || list.at[-1] != 0) return NULL;
    if (!take(&list, 2, &name) || name.at == name.end) return NULL;
    *len = (size_t)(name.end - name.at);
    return (const char *)name.at;
}

/* RFC 8446, 4.1.2, as far as the first record has it. */
const char *protocol_server_name(const unsigned char *data, size_t len, size_t *name_len) {
    struct rest rest = {data, data + len}, ignored, extensions, extension;
    if (!is_tls(data, len) || !skip(&rest, 5 + 4 + 2 + 32)) return NULL;
    if (!take(&rest, 1, &ignored) || !take(&rest, 2, &ignored) || !take(&rest, 1, &ignored) ||
        !take(&rest, 2, &extensions))
        return NULL;
    while (extensions.end - extensions.at >= 4) {
        size_t kind = number(extensions.at, 2);
        skip(&extensions, 2);
        if (!take(&extensions, 2, &extension)) return NULL;
        if (kind == 0) return name_in(extension, name_len);
    }
    return NULL;
}
