#include "guard/subject.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FITS_NAME = 1000 };

static const char local[] = "unix:";

/* 1 to 65535, in digits and nothing else; 0 for anything else. */
static unsigned port_parse(const char *text) {
    unsigned port = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return 0;
        port = port * 10 + (unsigned)(*text - '0');
        if (port > 65535) return 0;
    }
    return port;
}

/* The colon before a port: behind the bracket, or the only one. NULL: there is none. */
static char *find_port(char *text) {
    char *bracket = *text == '[' ? strchr(text, ']') : NULL,
         *colon = strchr(bracket ? bracket : text, ':');
    return colon && strchr(colon + 1, ':') ? NULL : colon;
}

static bool is_host(const char *text) {
    if (!*text || *text == '.' || *text == '-') return false;
    for (; *text; text++)
        if ((*text < '0' || *text > '9') && (*text < 'a' || *text > 'z') &&
            (*text < 'A' || *text > 'Z') && !strchr("-._", *text))
            return false;
    return true;
}

/* Digits and dots, a colon or a slash are for addresses and networks. */
static bool is_network(const char *text) {
    return strchr(text, ':') || strchr(text, '/') || text[strspn(text, "0123456789.")] == '\0';
}

static const char *host_parse(char *text, struct subject *subject) {
    size_t len = strlen(text);
    if (*text == '[' && text[len - 1] == ']') {
        text[len - 1] = '\0';
        text++;
        if (!strchr(text, ':')) return "has brackets around what is no IPv6 address";
    }
    const char *list = text;
    if (strchr(text, ',')) return "names more than one downstream";
    if (is_network(text)) return network_next(&list, &subject->network);
    if (!is_host(text)) return "has no host name, address, network, or unix:PATH";
    snprintf(subject->host, sizeof subject->host, "%s", text);
    return NULL;
}

const char *subject_parse(const char *text, struct subject *subject) {
    char copy[POLICY_SUBJECT];
    size_t len = strlen(text);
    *subject = (struct subject){0};
    if (len == 0) return "names no downstream";
    if (len >= sizeof copy) return "has a name that is too long";
    memcpy(copy, text, len + 1);
    if (strncmp(text, local, sizeof local - 1) == 0) {
        if (len == sizeof local - 1) return "names no unix socket";
        memcpy(subject->host, text, len + 1);
        return NULL;
    }
    char *colon = find_port(copy);
    if (colon) {
        *colon = '\0';
        subject->port = port_parse(colon + 1);
        if (!subject->port) return "has a port that is no number from 1 to 65535";
    }
    return host_parse(copy, subject);
}

/* The host of a downstream's name, which may stand in brackets. */
static bool is_of_host(const char *name, const char *host, unsigned port) {
    const char *colon = port ? strrchr(name, ':') : NULL;
    size_t len = colon ? (size_t)(colon - name) : strlen(name);
    return len == strlen(host) && strncasecmp(name, host, len) == 0;
}

static bool holds(const struct network *network, const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return network_holds(network, AF_INET, &((const struct sockaddr_in *)address)->sin_addr);
    return address->sa_family == AF_INET6 &&
           network_holds(network, AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr);
}

unsigned subject_fits(const struct subject *subject, const char *name, unsigned port,
                      const struct sockaddr *address) {
    unsigned with_port = subject->port != 0;
    if (with_port && subject->port != port) return 0;
    if (*subject->host) return is_of_host(name, subject->host, port) ? FITS_NAME + with_port : 0;
    return holds(&subject->network, address) ? 2u * (subject->network.bits + 1u) + with_port : 0;
}
