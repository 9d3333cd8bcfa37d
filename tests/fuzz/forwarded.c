/* What proxies write: reading stays within its bounds and comes to an end, what it hands out lies
 * in the text, and what is read of a node is read again from how it is written. */
#include <assert.h>
#include <stdlib.h>

#include "http/forwarded.h"
#include "server/peer.h"

static void assert_within(gr_slice part, gr_slice text) {
    if (!part.data) return;
    assert(part.data >= text.data && part.data + part.len <= text.data + text.len);
}

static void check_node(gr_slice text) {
    union peer peer, again;
    char written[PEER_TEXT_MAX];
    if (!peer_parse(text, &peer)) return;
    size_t len = peer_text(&peer, written);
    if (peer.family == AF_UNSPEC)
        assert(len == 0);
    else
        assert(peer_parse((gr_slice){written, len}, &again) && again.family != AF_UNSPEC);
}

static void check_list(gr_slice text) {
    gr_slice list = text, element;
    while (forwarded_last(&list, &element)) {
        assert(element.len && !memchr(element.data, ',', element.len));
        assert_within(element, text);
        check_node(element);
    }
    assert(list.len == 0);
}

static void check_elements(gr_slice text) {
    gr_slice list = text;
    struct forwarded_element element;
    for (size_t count = 0; forwarded_next(&list, &element) > 0; count++) {
        assert(count <= text.len);
        assert_within(element.node, text);
        assert_within(element.scheme, text);
        assert_within(element.host, text);
        if (element.node.data) check_node(element.node);
    }
}

static void check_values(gr_slice text) {
    gr_slice name;
    int port;
    if (forwarded_authority(text, &name, &port)) {
        assert(name.len > 0 && port <= UINT16_MAX && port != 0);
        assert_within(name, text);
    }
    char *prefix = malloc(text.len ? text.len : 1);
    ssize_t len = forwarded_prefix(text, prefix);
    assert(len <= (ssize_t)text.len);
    if (len > 0) {
        assert(*prefix == '/' && prefix[len - 1] != '/');
        assert(!memmem(prefix, (size_t)len, "//", 2) && !memmem(prefix, (size_t)len, "/../", 4));
    }
    free(prefix);
    assert(forwarded_port(text) != 0 && forwarded_port(text) <= UINT16_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *copy = malloc(size ? size : 1); /* exactly as large, so that reading beyond it is found */
    gr_slice text = {copy, size};
    memcpy(copy, bytes, size);
    check_list(text);
    check_elements(text);
    check_values(text);
    check_node(text);
    free(copy);
    return 0;
}
