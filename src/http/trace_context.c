#include "http/trace_context.h"

/*  00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *  0  3                                36               53 55 */
enum { TRACE = 3, TRACE_LEN = 32, PARENT = 36, PARENT_LEN = 16, FLAGS = 53, LEN = 55 };

/* Lower case alone (section 3.2.2). */
static bool is_hex(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
            return false;
    return true;
}

static bool is_zero(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (text[i] != '0') return false;
    return true;
}

/* Later versions may have more behind it, version ff is none. */
bool http_traceparent_read(gr_slice value, gr_slice *trace_id) {
    const char *text = value.data;
    if (value.len < LEN || !is_hex(text, 2) || memcmp(text, "ff", 2) == 0) return false;
    bool is_first = is_zero(text, 2);
    if (is_first ? value.len != LEN : value.len > LEN && text[LEN] != '-') return false;
    if (text[TRACE - 1] != '-' || text[PARENT - 1] != '-' || text[FLAGS - 1] != '-') return false;
    if (!is_hex(text + TRACE, TRACE_LEN) || is_zero(text + TRACE, TRACE_LEN) ||
        !is_hex(text + PARENT, PARENT_LEN) || is_zero(text + PARENT, PARENT_LEN) ||
        !is_hex(text + FLAGS, LEN - FLAGS))
        return false;
    *trace_id = (gr_slice){text + TRACE, TRACE_LEN};
    return true;
}
