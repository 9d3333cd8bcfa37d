#include "config/local_bind.h"

#include <stdio.h>
#include <string.h>

#include "config/account.h"
#include "config/query.h"

static const char scheme[] = "unix:";

bool local_bind_is(const char *text) {
    return strncmp(text, scheme, sizeof scheme - 1) == 0 && strchr(text, '?');
}

static bool mode_take(gr_slice value, int *mode) {
    if (value.len == 0 || value.len > 4) return false;
    *mode = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '7') return false;
        *mode = *mode * 8 + value.data[i] - '0';
    }
    return *mode <= 0777;
}

static int parameter_take(const struct query_parameter *parameter, struct address *address,
                          char *error) {
    char value[256];
    int len =
        snprintf(value, sizeof value, "%.*s", (int)parameter->value.len, parameter->value.data);
    bool fits = len < (int)sizeof value;
    if (query_is(parameter, "mode"))
        return mode_take(parameter->value, &address->mode)
                   ? 0
                   : sentence(error, "has a mode= that is no permissions in octal, such as 0660");
    if (query_is(parameter, "owner"))
        return fits && account_user(value, &address->owner)
                   ? 0
                   : sentence(error, "has an owner= that is no user");
    if (query_is(parameter, "group"))
        return fits && account_group(value, &address->group)
                   ? 0
                   : sentence(error, "has a group= that is no group");
    return sentence(error,
                    "knows mode=, owner= and group=, but not %.*s=", (int)parameter->name.len,
                    parameter->name.data);
}

int local_bind_parse(const char *text, struct address *address, char error[SENTENCE_SIZE]) {
    size_t len = strcspn(text, "?");
    char where[len + 1];
    memcpy(where, text, len);
    where[len] = '\0';
    const char *why = address_parse(where, address);
    if (why) return sentence(error, "%s", why);
    for (const char *at = text + len + 1; *at;) {
        struct query_parameter parameter = query_next(&at);
        if (parameter_take(&parameter, address, error) < 0) return -1;
    }
    return 0;
}
