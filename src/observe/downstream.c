#include "observe/downstream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/sys.h"
#include "runtime/park.h"

enum {
    NEW = 0x8000, /* in the label of a descriptor: nothing has been sent yet */
    NAMES = 256,
    NAME_MAX_LEN = 72,
};

static struct downstream table[DOWNSTREAMS_MAX + 1] = {[DOWNSTREAM_OTHERS] = {.name = "others"}};
static unsigned count = DOWNSTREAM_OTHERS;

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

/* ---- names that were looked up: the last one of each address, as far as there is room ---- */

static struct {
    struct in6_addr address;
    char name[NAME_MAX_LEN];
} names[NAMES];

static uint32_t hash_of(const void *data, size_t len) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const unsigned char *at = data; len--; at++) hash = (hash ^ *at) * 16777619u;
    return hash;
}

/* IPv4 addresses as IPv6 writes them. Returns the port; -1 for an address of another family. */
static int in6_of(const struct sockaddr *address, struct in6_addr *out) {
    const union address *at = (const union address *)address;
    if (address->sa_family == AF_INET6) {
        *out = at->v6.sin6_addr;
        return ntohs(at->v6.sin6_port);
    }
    if (address->sa_family != AF_INET) return -1;
    *out = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(out->s6_addr + 12, &at->v4.sin_addr, 4);
    return ntohs(at->v4.sin_port);
}

static void copy_visible(char *out, size_t room, const char *text, size_t len) {
    size_t used = 0;
    for (; used < len && used + 1 < room; used++) {
        char c = text[used];
        out[used] = c;
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') out[used] = '?';
    }
    out[used] = '\0';
}

void downstream_named(const struct sockaddr *address, const char *name) {
    struct in6_addr key;
    if (in6_of(address, &key) < 0) return;
    unsigned place = hash_of(&key, sizeof key) % NAMES;
    names[place].address = key;
    copy_visible(names[place].name, NAME_MAX_LEN, name, strlen(name));
}

static const char *name_of(const struct in6_addr *key) {
    unsigned place = hash_of(key, sizeof *key) % NAMES;
    bool found = *names[place].name && memcmp(&names[place].address, key, sizeof *key) == 0;
    return found ? names[place].name : NULL;
}

/* ---- the table ---- */

static downstream_id find(const char *name, unsigned port, enum protocol guess) {
    uint32_t hash = hash_of(name, strlen(name));
    for (unsigned id = DOWNSTREAM_OTHERS + 1; id <= count; id++)
        if (table[id].hash == hash && strcmp(table[id].name, name) == 0) return (downstream_id)id;
    if (count == DOWNSTREAMS_MAX) return DOWNSTREAM_OTHERS;
    struct downstream *added = &table[++count];
    snprintf(added->name, sizeof added->name, "%s", name);
    added->port = port;
    added->hash = hash;
    added->protocol = (uint8_t)guess;
    return (downstream_id)count;
}

static downstream_id find_host(const char *host, unsigned port) {
    char name[DOWNSTREAM_NAME];
    snprintf(name, sizeof name, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    return find(name, port, protocol_of_port(port));
}

static downstream_id find_path(const struct sockaddr_un *local, socklen_t len) {
    char name[DOWNSTREAM_NAME] = "unix:";
    size_t prefix = strlen(name), most = len - offsetof(struct sockaddr_un, sun_path);
    if (most > sizeof local->sun_path) most = sizeof local->sun_path; /* see unix(7), BUGS */
    bool is_abstract = !*local->sun_path;
    size_t path = is_abstract ? most - 1 : strnlen(local->sun_path, most);
    if (is_abstract) name[prefix++] = '@';
    copy_visible(name + prefix, sizeof name - prefix, local->sun_path + is_abstract, path);
    return find(name, 0, protocol_of_path(name));
}

/* 0: the address says nothing. */
static downstream_id find_address(const struct sockaddr *address, socklen_t len) {
    struct in6_addr key;
    char text[INET6_ADDRSTRLEN];
    if (len <= sizeof address->sa_family) return 0;
    if (address->sa_family == AF_UNIX)
        return len > offsetof(struct sockaddr_un, sun_path)
                   ? find_path((const struct sockaddr_un *)address, len)
                   : 0;
    if (len < sizeof(struct sockaddr_in)) return 0;
    if (address->sa_family == AF_INET6 && len < sizeof(struct sockaddr_in6)) return 0;
    int port = in6_of(address, &key);
    if (port < 0) return 0;
    const char *name = name_of(&key);
    if (name) return find_host(name, (unsigned)port);
    bool is_v4 = IN6_IS_ADDR_V4MAPPED(&key);
    const void *bytes = is_v4 ? (const void *)(key.s6_addr + 12) : &key;
    inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
    return find_host(text, (unsigned)port);
}

void downstream_expect(const char *name, unsigned port) {
    find(name, port, port ? protocol_of_port(port) : protocol_of_path(name));
}

const struct downstream *downstream_get(downstream_id id) { return &table[id]; }

/* ---- descriptors ---- */

/* Whether it can be remembered of the descriptor: all that make or end one of its kind are hooked.
 * "pipe:[4711]", "anon_inode:[pidfd]", "/dev/pts/1". */
static downstream_id find_kind(int fd, bool *lasts) {
    char link[64], text[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = sys(SYS_readlinkat, AT_FDCWD, link, text, sizeof text - 1);
    *lasts = false;
    if (len <= 0) return DOWNSTREAM_OTHERS;
    text[len] = '\0';
    char *kind = text;
    if (strncmp(text, "anon_inode:", 11) == 0) kind += 11 + (text[11] == '[');
    kind[*kind == '/' ? 0 : strcspn(kind, ":]")] = '\0';
    *lasts = strcmp(kind, "pipe") == 0 || strcmp(kind, "socket") == 0;
    return find(*kind ? kind : "device", 0, PROTOCOL_UNKNOWN);
}

downstream_id downstream_known(int fd) { return fd_label(fd) & (downstream_id)~NEW; }

downstream_id downstream_of(int fd) {
    downstream_id id = downstream_known(fd);
    if (id) return id;
    union address at;
    socklen_t len = sizeof at;
    if (sys(SYS_getpeername, fd, &at, &len) == 0) id = find_address(&at.any, len);
    bool lasts = true;
    if (!id) id = find_kind(fd, &lasts);
    if (lasts) fd_label_set(fd, id);
    return id;
}

downstream_id downstream_connecting(int fd, const struct sockaddr *to, socklen_t len) {
    downstream_id id = find_address(to, len);
    if (!id) return DOWNSTREAM_OTHERS;
    fd_label_set(fd, id | NEW);
    return id;
}

bool downstream_is_new(int fd) { return fd_label(fd) & NEW; }

downstream_id downstream_greeted(int fd, const void *data, size_t len) {
    downstream_id id = downstream_of(fd);
    enum protocol protocol = protocol_of_bytes(data, len);
    size_t name_len;
    const char *name = protocol == PROTOCOL_TLS ? protocol_server_name(data, len, &name_len) : NULL;
    if (name && table[id].port) {
        char host[NAME_MAX_LEN];
        copy_visible(host, sizeof host, name, name_len);
        id = find_host(host, table[id].port);
    }
    if (protocol != PROTOCOL_UNKNOWN && !table[id].seen && id != DOWNSTREAM_OTHERS) {
        table[id].protocol = (uint8_t)protocol;
        table[id].seen = true;
    }
    fd_label_set(fd, id);
    return id;
}
