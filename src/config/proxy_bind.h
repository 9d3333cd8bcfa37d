/* --bind ADDRESS?proxy=on: behind a proxy that speaks the PROXY protocol. */
#ifndef CONFIG_PROXY_BIND_H
#define CONFIG_PROXY_BIND_H

#include <stdbool.h>

/* Takes the parameter proxy=on or proxy=off out of the query of an address. rest, which has room
 * for all of text, is what is left: without "?" if there is no other parameter. Returns NULL, or
 * what is wrong with text: the end of a sentence that begins with it. */
const char *proxy_bind_take(const char *text, char *rest, bool *on);

#endif
