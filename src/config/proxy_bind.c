#include "config/proxy_bind.h"

#include <string.h>

static const char name[] = "proxy=";

/* Where "proxy=" begins as a parameter, behind a "?" or "&"; NULL when it does not. */
static const char *find(const char *mark) {
    for (; mark; mark = strchr(mark + 1, '&'))
        if (strncmp(mark + 1, name, sizeof name - 1) == 0) return mark + 1;
    return NULL;
}

const char *proxy_bind_take(const char *text, char *rest, bool *on) {
    const char *query = strchr(text, '?'), *at = query ? find(query) : NULL;
    *on = false;
    strcpy(rest, text);
    if (!at) return NULL;
    const char *value = at + sizeof name - 1, *end = value + strcspn(value, "&");
    size_t len = (size_t)(end - value);
    *on = len == 2 && memcmp(value, "on", 2) == 0;
    if (!*on && !(len == 3 && memcmp(value, "off", 3) == 0))
        return "has a proxy= that is neither on nor off";
    if (*end && find(end)) return "has proxy= twice";
    char *cut = rest + (at - text);
    if (*end == '&')
        strcpy(cut, end + 1);
    else
        cut[-1] = '\0'; /* the "?" or "&" before it */
    return NULL;
}
