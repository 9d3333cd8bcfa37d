/* --bind unix:PATH?mode=0660&owner=USER&group=GROUP: a unix socket, and who may connect to it. */
#ifndef CONFIG_LOCAL_BIND_H
#define CONFIG_LOCAL_BIND_H

#include "config/address.h"
#include "config/sentence.h"

/* Is text the address of a unix socket with parameters? */
bool local_bind_is(const char *text);

/* Reads it:
 *
 *     mode=0660      the permissions of the socket file, in octal; connecting needs to write
 *     owner=USER     whose it is, by name or number
 *     group=GROUP
 *
 * What is not said is as the kernel makes it: of the server's user and group, with what the umask
 * leaves. Returns 0, or -1 with what is wrong: a sentence about text. */
int local_bind_parse(const char *text, struct address *address, char error[SENTENCE_SIZE]);

#endif
