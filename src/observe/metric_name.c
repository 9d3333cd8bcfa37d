#include "observe/metric_name.h"

static bool is_letter(char c) { return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool metric_name_is_valid(gr_slice name) {
    if (!name.len || name.len > METRIC_NAME_MAX || is_digit(name.data[0])) return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_letter(name.data[i]) && !is_digit(name.data[i]) && name.data[i] != ':')
            return false;
    return true;
}

/* Those that the formats use themselves are nobody else's. */
bool metric_label_name_is_valid(gr_slice name) {
    return metric_name_is_valid(name) && name.len <= METRIC_LABEL_NAME_MAX &&
           !memchr(name.data, ':', name.len) &&
           !(name.len > 1 && memcmp(name.data, "__", 2) == 0) &&
           !gr_slice_equal(name, gr_slice_of("le")) &&
           !gr_slice_equal(name, gr_slice_of("quantile"));
}

/* The length of the UTF-8 sequence at the start, 1 to 4; 0 for what is none (RFC 3629). */
static size_t sequence(gr_slice text) {
    const unsigned char *at = (const unsigned char *)text.data;
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (at[0] > 0xf4 || len > text.len) return 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if (len == 3 && ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f))) return 0;
    if (len == 4 && ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))) return 0;
    return len;
}

static bool is_odd(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

void metric_text_clean(char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t step = sequence((gr_slice){text + i, len - i});
        if (!step || is_odd(text[i])) text[i] = '?';
        i += step ? step : 1;
    }
}

static size_t put_value(char *out, gr_slice value) {
    size_t used = 0;
    while (value.len) {
        size_t len = sequence(value);
        char c = value.data[0];
        bool escaped = c == '"' || c == '\\' || c == '\n', odd = !len || is_odd(c);
        if (!len) len = 1;
        if (used + len + escaped > METRIC_LABEL_VALUE_MAX) break;
        if (escaped) {
            out[used++] = '\\';
            out[used++] = c == '\n' ? 'n' : c;
        } else if (odd) {
            out[used++] = '?';
        } else {
            memcpy(out + used, value.data, len);
            used += len;
        }
        value = (gr_slice){value.data + len, value.len - len};
    }
    return used;
}

static size_t put_label(char *out, const gr_label *label, const char *instead) {
    size_t len = strlen(label->name);
    memcpy(out, label->name, len);
    memcpy(out + len, "=\"", 2);
    len += 2;
    len += put_value(out + len, gr_slice_of(instead ? instead : label->value));
    out[len++] = '"';
    return len;
}

size_t metric_labels_put(char out[METRIC_LABELS_MAX], const gr_label *labels, size_t count,
                         const char *instead) {
    const gr_label *order[METRIC_LABELS];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at && strcmp(order[at - 1]->name, labels[i].name) > 0; at--)
            order[at] = order[at - 1];
        order[at] = &labels[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (i) out[len++] = ',';
        len += put_label(out + len, order[i], instead);
    }
    return len;
}

/* ---- reading ---- */

bool metric_labels_next(gr_slice *labels, gr_slice *name, gr_slice *value) {
    if (!labels->len) return false;
    const char *at = labels->data, *end = at + labels->len;
    if (*at == ',') at++;
    const char *equals = memchr(at, '=', (size_t)(end - at));
    *name = (gr_slice){at, (size_t)(equals - at)};
    const char *close = equals + 2;
    while (*close != '"') close += *close == '\\' ? 2 : 1;
    *value = (gr_slice){equals + 2, (size_t)(close - equals) - 2};
    *labels = (gr_slice){close + 1, (size_t)(end - close) - 1};
    return true;
}

/* The length of a value up to its closing quote; -1 when there is none, or it could not be. */
static ssize_t value_length(gr_slice text) {
    for (size_t i = 0; i < text.len;) {
        char c = text.data[i];
        size_t len = sequence((gr_slice){text.data + i, text.len - i});
        if (c == '"') return (ssize_t)i;
        if (!len || is_odd(c)) return -1;
        if (c == '\\' && (++i == text.len || !memchr("\"\\n", text.data[i], 3))) return -1;
        i += len;
    }
    return -1;
}

bool metric_labels_are_valid(gr_slice labels) {
    const char *at = labels.data, *end = at + labels.len;
    while (at < end) {
        if (at > labels.data && *at++ != ',') return false;
        const char *equals = memchr(at, '=', (size_t)(end - at));
        if (!equals || !metric_label_name_is_valid((gr_slice){at, (size_t)(equals - at)}) ||
            end - equals < 3 || equals[1] != '"')
            return false;
        ssize_t len = value_length((gr_slice){equals + 2, (size_t)(end - equals) - 2});
        if (len < 0) return false;
        at = equals + 2 + len + 1;
    }
    return true;
}
