#include "config/query.h"

#include <string.h>

struct query_parameter query_next(const char **at) {
    size_t len = strcspn(*at, "&"), name_len = strcspn(*at, "=&");
    struct query_parameter found = {{*at, name_len}, {*at + name_len, len - name_len}};
    if (found.value.len) {
        found.value.data++;
        found.value.len--;
    }
    *at += len;
    if (**at) ++*at;
    return found;
}
