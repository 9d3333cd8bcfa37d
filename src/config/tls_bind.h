/* --bind tls://HOST:PORT?cert=PATH&key=PATH...: an address, and what TLS needs. */
#ifndef CONFIG_TLS_BIND_H
#define CONFIG_TLS_BIND_H

#include "config/address.h"
#include "config/sentence.h"
#include "server/options.h"

/* Does text ask for TLS? */
bool tls_bind_is(const char *text);

/* Reads it:
 *
 *     cert=PATH&key=PATH    a chain in PEM, the server's own certificate first, and its private
 *                           key; as a pair, which may be repeated
 *     client_ca=PATH        who signs the certificates of clients, in PEM
 *     client=require        a client without a certificate is refused: the default with client_ca
 *     client=request        it may have one
 *
 * Values are percent-decoded. Paths become absolute, without links resolved, and have to be
 * readable now. What is kept of them is malloc'ed and never freed. Returns 0, or -1 with what is
 * wrong: a sentence about text. */
int tls_bind_parse(const char *text, struct address *address, struct server_tls *tls,
                   char error[SENTENCE_SIZE]);

#endif
