#include "supervisor/curl_line.h"

#include <stdlib.h>
#include <string.h>

/* Between single quotes nothing means anything to a shell, but for the end of them. */
static void put_inside_quotes(FILE *out, gr_slice text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\'')
            fputs("'\\''", out);
        else
            fputc(text.data[i], out);
}

/* RFC 3986: what a path may hold as it is, without the quote, and what curl takes for a pattern. */
static bool may_stand(char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c && strchr("/-._~!$&()*+,;=:@", c));
}

static void put_path(FILE *out, gr_slice path) {
    for (size_t i = 0; i < path.len; i++)
        if (may_stand(path.data[i]))
            fputc(path.data[i], out);
        else
            fprintf(out, "%%%02X", (unsigned char)path.data[i]);
}

/* An address that stands for all of the machine's is none that can be asked. */
static void put_origin(FILE *out, const struct listener *listener) {
    static const struct {
        const char *any, *one;
    } hosts[] = {{"://0.0.0.0:", "://127.0.0.1:"}, {"://[::]:", "://[::1]:"}};
    const char *scheme = listener->address.tls ? "https" : "http";
    if (listener->address.local) {
        fprintf(out, "%s://localhost", scheme);
        return;
    }
    const char *rest = strstr(listener->name, "://");
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t len = strlen(hosts[i].any);
        if (strncmp(rest, hosts[i].any, len) != 0) continue;
        fprintf(out, "%s%s%s", scheme, hosts[i].one, rest + len);
        return;
    }
    fprintf(out, "%s%s", scheme, rest);
}

/* One that needs quotes is nobody's. */
static bool is_plain(gr_slice method) {
    for (size_t i = 0; i < method.len; i++)
        if ((method.data[i] | 0x20) < 'a' || (method.data[i] | 0x20) > 'z') return false;
    return method.len > 0;
}

static void put_method(FILE *out, gr_slice method) {
    static const char *const with_body[] = {"POST", "PUT", "PATCH"};
    if (!is_plain(method) || gr_slice_equal(method, gr_slice_of("GET"))) return;
    if (gr_slice_equal(method, gr_slice_of("HEAD"))) {
        fputs(" --head", out);
        return;
    }
    fprintf(out, " -X %.*s", (int)method.len, method.data);
    for (size_t i = 0; i < sizeof with_body / sizeof *with_body; i++)
        if (gr_slice_equal(method, gr_slice_of(with_body[i]))) fputs(" -d ''", out);
}

static void put_socket(FILE *out, const char *path) {
    char *whole = realpath(path, NULL);
    fputs(" --unix-socket '", out);
    put_inside_quotes(out, gr_slice_of(whole ? whole : path));
    fputs("'", out);
    free(whole);
}

static void put_host(FILE *out, gr_slice host) {
    if (!host.len) return;
    fputs(" -H 'Host: ", out);
    put_inside_quotes(out, host);
    fputs("'", out);
}

void curl_line_write(FILE *out, const struct listener *listener, const struct catalogue_head *head,
                     gr_slice method, gr_slice host, gr_slice path) {
    fputs("curl", out);
    if (listener->address.tls && head->self_made) fputs(" -k", out);
    if (head->proxied) fputs(" --haproxy-protocol", out);
    if (listener->address.local) put_socket(out, listener->address.place);
    put_method(out, method);
    put_host(out, host);
    fputs(" '", out);
    put_origin(out, listener);
    put_path(out, gr_slice_of(head->mount));
    put_path(out, path);
    fputs("'", out);
}
