/* Files that are answered without the application: --static PREFIX=DIR. */
#ifndef SERVER_STATIC_H
#define SERVER_STATIC_H

#include "server/exchange.h"

/* Opens the directories, relative ones from where the process is now. Returns 0, or -1 with errno;
 * *which is then the setting that it is about. */
int statics_open(const struct server_options *options, const char **which);

/* Answers a GET or HEAD whose path names a file beneath one of the directories: with validators,
 * one range of bytes, and a compressed variant that lies beside it (name.br, name.zst, name.gz)
 * where the client takes it. Returns false for any other request, which is the application's.
 * Names that begin with a dot are not served, but for ".well-known"; nothing is that lies outside
 * the directory, whatever links there are. Parks. */
bool static_answer(gr_request *request);

/* Is there any --static? */
extern bool statics_on;

#endif
