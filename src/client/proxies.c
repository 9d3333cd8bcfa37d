#include "client/proxies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/network.h"
#include "client/failure.h"
#include "http/field.h"

/* ---- reading ---- */

/* Returns 0, or -1 with the failure told. "host:port" is one that is spoken with in HTTP. */
static int read_proxy(struct proxy *proxy, const char *text, gr_failure *failure) {
    const char *why;
    if (!text || !*text) return 0;
    if (asprintf(&proxy->text, "%s%s", strstr(text, "://") ? "" : "http://", text) < 0) {
        proxy->text = NULL;
        return failure_tell(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for a proxy");
    }
    if (http_url_parse(gr_slice_of(proxy->text), &proxy->url, &why) < 0)
        return failure_tell(failure, GR_FAILURE_CALL, EINVAL, "cannot use the proxy %.300s: %s",
                            proxy->text, why);
    return 0;
}

static const char *variable(const char *lower, const char *upper) {
    const char *value = getenv(lower);
    return value && *value ? value : getenv(upper);
}

static int read_environment(struct proxies *proxies, gr_failure *failure) {
    const char *all = variable("all_proxy", "ALL_PROXY"), *http = getenv("http_proxy");
    const char *https = variable("https_proxy", "HTTPS_PROXY");
    const char *none = variable("no_proxy", "NO_PROXY");
    if (none && !(proxies->none = strdup(none)))
        return failure_tell(failure, GR_FAILURE_MEMORY, ENOMEM, "no memory for proxies");
    if (read_proxy(&proxies->http, http && *http ? http : all, failure) < 0) return -1;
    return read_proxy(&proxies->https, https && *https ? https : all, failure);
}

int proxies_open(struct proxies *proxies, const char *said, gr_failure *failure) {
    int result;
    *proxies = (struct proxies){0};
    if (!said)
        result = read_environment(proxies, failure);
    else if ((result = read_proxy(&proxies->http, said, failure)) == 0)
        result = read_proxy(&proxies->https, said, failure);
    if (result < 0) proxies_close(proxies);
    return result;
}

void proxies_close(struct proxies *proxies) {
    free(proxies->http.text);
    free(proxies->https.text);
    free(proxies->none);
}

/* ---- who is asked directly ---- */

/* Takes ":port" off, if there is one and it is no part of an IPv6 address. -1 if it is not that
 * of the URL. */
static int take_port(gr_slice *element, uint16_t port) {
    const char *colon = memrchr(element->data, ':', element->len);
    const char *end = element->data + element->len;
    if (!colon || memchr(element->data, ':', (size_t)(colon - element->data))) {
        if (element->len < 2 || *element->data != '[' || !colon || colon[-1] != ']') return 0;
    }
    char digits[8];
    int len = snprintf(digits, sizeof digits, "%u", port);
    if (!gr_slice_equal((gr_slice){colon + 1, (size_t)(end - colon) - 1},
                        (gr_slice){digits, (size_t)len}))
        return -1;
    element->len = (size_t)(colon - element->data);
    return 0;
}

static void take_brackets(gr_slice *element) {
    if (element->len < 2 || *element->data != '[' || element->data[element->len - 1] != ']') return;
    *element = (gr_slice){element->data + 1, element->len - 2};
}

/* Is it that name, or one that ends in it? */
static bool is_within(gr_slice host, gr_slice name) {
    while (name.len && *name.data == '.') name = (gr_slice){name.data + 1, name.len - 1};
    if (name.len == 0 || host.len < name.len) return false;
    gr_slice end = {host.data + host.len - name.len, name.len};
    return gr_slice_equal_nocase(end, name) &&
           (host.len == name.len || host.data[host.len - name.len - 1] == '.');
}

static bool is_in_network(gr_slice host, gr_slice element) {
    char text[64], name[64];
    unsigned char address[16];
    struct network network;
    const char *list = text;
    if (element.len >= sizeof text || host.len >= sizeof name) return false;
    snprintf(text, sizeof text, "%.*s", (int)element.len, element.data);
    snprintf(name, sizeof name, "%.*s", (int)host.len, host.data);
    sa_family_t family = memchr(host.data, ':', host.len) ? AF_INET6 : AF_INET;
    return inet_pton(family, name, address) == 1 && !network_next(&list, &network) &&
           network_holds(&network, family, address);
}

static bool is_direct(const char *none, const struct http_url *url) {
    gr_slice list = gr_slice_of(none), element;
    while (http_list_next(&list, &element)) {
        if (element.len == 0) continue;
        if (gr_slice_equal(element, gr_slice_of("*"))) return true;
        if (is_in_network(url->host, element)) return true;
        if (take_port(&element, url->port) < 0) continue;
        take_brackets(&element);
        if (is_within(url->host, element)) return true;
    }
    return false;
}

const struct proxy *proxies_for(const struct proxies *proxies, const struct http_url *url) {
    const struct proxy *proxy = url->tls ? &proxies->https : &proxies->http;
    if (!proxy->text || (proxies->none && is_direct(proxies->none, url))) return NULL;
    return proxy;
}
