#include "http/field.h"

#include "http/octets.h"

static struct http_span span(const char *data, const char *from, const char *to) {
    return (struct http_span){(uint32_t)(from - data), (uint32_t)(to - from)};
}

static const char *fault_of_name(const char *line, const char *stop) {
    if (octet_is_blank(*line)) return "folded field line";
    if (stop == line) return "empty field name";
    if (octet_is_blank(*stop)) return "blank in or behind a field name";
    if (*stop == '\r' || *stop == '\n') return "field line without a colon";
    return "illegal byte in a field name";
}

const char *http_fault_of_line_end(const char *at) {
    if (*at == '\r') return "CR without LF";
    if (*at == '\n') return "LF without CR";
    return "control character in a field value";
}

enum http_parse http_field_parse(const char *data, const char **at, const char *end,
                                 struct http_field *field, const char **why) {
    const char *line = *at, *colon = octets_skip(line, end, OCTET_TOKEN);

    if (colon == end) return HTTP_PARSE_INCOMPLETE;
    if (*colon != ':' || colon == line) {
        *why = fault_of_name(line, colon);
        return HTTP_PARSE_REFUSED;
    }

    const char *value = octets_skip_blanks(colon + 1, end);
    const char *stop = octets_skip_text(value, end);
    if (stop == end || (*stop == '\r' && stop + 1 == end)) return HTTP_PARSE_INCOMPLETE;
    if (stop[0] != '\r' || stop[1] != '\n') {
        *why = http_fault_of_line_end(stop);
        return HTTP_PARSE_REFUSED;
    }

    *at = stop + 2;
    while (stop > value && octet_is_blank(stop[-1])) stop--;
    field->name = span(data, line, colon);
    field->value = span(data, value, stop);
    return HTTP_PARSE_DONE;
}

bool http_field_has_tab_around(const char *data, const struct http_field *field) {
    const char *colon = data + field->name.at + field->name.len;
    const char *value = data + field->value.at, *behind = value + field->value.len;

    if (memchr(colon, '\t', (size_t)(value - colon))) return true;
    while (*behind == ' ') behind++;
    return *behind == '\t';
}

bool http_head_may_end(const char *data, uint32_t scanned, uint32_t len) {
    for (const char *at = data + scanned, *end = data + len; at < end; at++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) return false;
        if (at == data || at[-1] != '\r') return true;
        if (at - data >= 3 && at[-2] == '\n') return true;
    }
    return false;
}

bool http_list_next(gr_slice *list, gr_slice *element) {
    if (!list->data) return false;
    const char *end = list->data + list->len, *comma = memchr(list->data, ',', list->len);
    const char *to = comma ? comma : end, *from = octets_skip_blanks(list->data, to);

    while (to > from && octet_is_blank(to[-1])) to--;
    *element = (gr_slice){from, (size_t)(to - from)};
    *list = comma ? (gr_slice){comma + 1, (size_t)(end - comma - 1)} : (gr_slice){NULL, 0};
    return true;
}
