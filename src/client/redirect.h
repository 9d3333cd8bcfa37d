/* What is asked for after a redirect (RFC 9110, 15.4). */
#ifndef CLIENT_REDIRECT_H
#define CLIENT_REDIRECT_H

#include "client/client.h"

/* A call as it is made next. */
struct hop {
    gr_call call;
    char *url;               /* of call, where a redirect has led; NULL: the caller's */
    gr_client_field *fields; /* of call, without those that are not for there; NULL: the caller's */
};

/* Does the answer to a call for that URL lead elsewhere? Then the hop is changed to that. After
 * 303, and after 301 and 302 to POST as everybody does it, the method is GET and there is no body.
 * Credentials and cookies are not shown to another origin. Returns 1; 0 if the answer is the
 * answer, also where the body was a stream and would have to be sent again; or -1 with the failure
 * told. */
int redirect_follow(struct hop *hop, const struct http_url *from, const gr_answer *answer,
                    gr_failure *failure);

void hop_fini(struct hop *hop);

#endif
