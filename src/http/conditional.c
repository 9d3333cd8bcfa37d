#include "http/conditional.h"

#include "http/octets.h"

/* ---- entity tags ---- */

/* Takes the next element of a list of entity tags off *list, without W/. Returns false at the end,
 * and where it is none, then with list->data NULL. */
static bool etag_next(gr_slice *list, gr_slice *etag, bool *weak) {
    const char *at = list->data, *end = at + list->len;
    while (at < end && (octet_is_blank(*at) || *at == ',')) at++;
    *list = (gr_slice){at, 0};
    if (at == end) return false;
    *weak = end - at > 2 && at[0] == 'W' && at[1] == '/';
    if (*weak) at += 2;
    const char *close =
        end - at >= 2 && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
    const char *after = close ? octets_skip_blanks(close + 1, end) : NULL;
    if (!after || (after < end && *after != ',')) {
        list->data = NULL;
        return false;
    }
    *etag = (gr_slice){at, (size_t)(close + 1 - at)};
    *list = (gr_slice){after, (size_t)(end - after)};
    return true;
}

static bool is_star(gr_slice text) { return text.len == 1 && *text.data == '*'; }

/* Strong comparison leaves out weak tags (RFC 9110, 8.8.3.2); ours is strong. */
static bool is_listed(gr_slice list, gr_slice etag, bool strongly) {
    gr_slice one;
    bool weak;
    if (is_star(list)) return true;
    while (etag_next(&list, &one, &weak))
        if (gr_slice_equal(one, etag) && !(strongly && weak)) return true;
    return false;
}

/* ---- conditions ---- */

static bool is_given(gr_slice field) { return field.data != NULL; }

static bool unchanged(const struct http_preconditions *asked, const struct http_validators *have,
                      int64_t now) {
    int64_t since;
    if (is_given(asked->if_none_match)) return is_listed(asked->if_none_match, have->etag, false);
    return is_given(asked->if_modified_since) &&
           http_date_parse(asked->if_modified_since, now, &since) && have->modified <= since;
}

static bool fails(const struct http_preconditions *asked, const struct http_validators *have,
                  int64_t now) {
    int64_t since;
    if (is_given(asked->if_match)) return !is_listed(asked->if_match, have->etag, true);
    return is_given(asked->if_unmodified_since) &&
           http_date_parse(asked->if_unmodified_since, now, &since) && have->modified > since;
}

enum http_condition http_condition(const struct http_preconditions *asked,
                                   const struct http_validators *have, int64_t now) {
    if (fails(asked, have, now)) return HTTP_CONDITION_FAILS;
    return unchanged(asked, have, now) ? HTTP_CONDITION_UNCHANGED : HTTP_CONDITION_HOLDS;
}

/* ---- ranges ---- */

/* A date is a weak validator unless it is a while old (RFC 9110, 8.8.2.2), and then has to be the
 * very one. */
static bool may_be_partial(gr_slice if_range, const struct http_validators *have, int64_t now) {
    int64_t date;
    if (!is_given(if_range)) return true;
    if (if_range.len && *if_range.data == '"') return gr_slice_equal(if_range, have->etag);
    return http_date_parse(if_range, now, &date) && date == have->modified && now > date + 1;
}

/* Digits up to a number that is too large to matter. Returns false when there are none. */
static bool number_take(const char **at, const char *end, int64_t *number) {
    const char *start = *at;
    for (*number = 0; *at < end && octet_is(**at, OCTET_DIGIT); (*at)++)
        *number = *number > INT64_MAX / 10 - 1 ? INT64_MAX / 10 : *number * 10 + (**at - '0');
    return *at > start;
}

enum http_range_kind http_range(const struct http_preconditions *asked,
                                const struct http_validators *have, int64_t size, int64_t now,
                                int64_t *offset, int64_t *len) {
    static const char unit[] = "bytes=";
    gr_slice range = asked->range;
    if (!is_given(range) || range.len < sizeof unit ||
        !gr_slice_equal_nocase((gr_slice){range.data, sizeof unit - 1}, gr_slice_of(unit)))
        return HTTP_RANGE_NONE;
    const char *at = range.data + sizeof unit - 1, *end = range.data + range.len;
    int64_t first, last;
    bool has_first = number_take(&at, end, &first);
    if (at == end || *at++ != '-') return HTTP_RANGE_NONE;
    bool has_last = number_take(&at, end, &last);
    if (at != end || !(has_first || has_last) || (has_first && has_last && last < first) ||
        !may_be_partial(asked->if_range, have, now))
        return HTTP_RANGE_NONE;
    if (!has_first) { /* the last so many bytes */
        first = last < size ? size - last : 0;
        last = last ? size - 1 : -1;
    } else if (!has_last || last >= size) {
        last = size - 1;
    }
    if (first >= size || last < first) return HTTP_RANGE_OUTSIDE;
    *offset = first;
    *len = last - first + 1;
    return HTTP_RANGE_PARTIAL;
}

/* ---- content codings ---- */

/* 0 to 1000, of "0.5"; -1 for what is no weight. */
static int weight_parse(gr_slice text) {
    if (!text.len || (*text.data != '0' && *text.data != '1')) return -1;
    int weight = (*text.data - '0') * 1000, unit = 100;
    if (text.len > 1 && (text.data[1] != '.' || text.len > 5)) return -1;
    for (size_t i = 2; i < text.len; i++, unit /= 10) {
        if (!octet_is(text.data[i], OCTET_DIGIT)) return -1;
        weight += (text.data[i] - '0') * unit;
    }
    return weight > 1000 ? -1 : weight;
}

static gr_slice trimmed(const char *at, const char *end) {
    at = octets_skip_blanks(at, end);
    while (end > at && octet_is_blank(end[-1])) end--;
    return (gr_slice){at, (size_t)(end - at)};
}

/* One element, "gzip;q=0.5". A weight that is none counts as 0. */
static gr_slice coding_of(gr_slice element, int *weight) {
    const char *end = element.data + element.len;
    const char *semicolon = memchr(element.data, ';', element.len);
    *weight = 1000;
    if (!semicolon) return element;
    gr_slice parameter = trimmed(semicolon + 1, end);
    bool is_q = parameter.len > 2 && (*parameter.data | 0x20) == 'q' && parameter.data[1] == '=';
    *weight = is_q ? weight_parse((gr_slice){parameter.data + 2, parameter.len - 2}) : -1;
    if (*weight < 0) *weight = 0;
    return trimmed(element.data, semicolon);
}

int http_coding_given(gr_slice accepted, gr_slice coding) {
    const char *at = accepted.data, *end = at ? at + accepted.len : NULL;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        int weight;
        gr_slice name = coding_of(trimmed(at, stop), &weight);
        if (gr_slice_equal_nocase(name, coding)) return weight;
        at = stop + 1;
    }
    return -1;
}

int http_coding_weight(gr_slice accepted, gr_slice coding) {
    int weight = http_coding_given(accepted, coding);
    if (weight < 0) weight = http_coding_given(accepted, gr_slice_of("*"));
    if (weight >= 0) return weight;
    return gr_slice_equal(coding, gr_slice_of("identity")) ? 1000 : 0;
}
