/* Scopes: green threads that do not outlive the block that started them.
 *
 *     gr_scope *scope = gr_scope_open();
 *     gr_scope_spawn(scope, fetch, &left);
 *     gr_scope_spawn(scope, fetch, &right);
 *     if (gr_scope_close(scope) < 0) ... one of them has failed: errno says how
 *
 * The first that fails cancels the others (gr_cancel), and so does the end of the owner's patience:
 * its deadline, or its own cancellation. gr_scope_close waits for all of them in any case. */
#ifndef GREENROOM_SCOPE_H
#define GREENROOM_SCOPE_H

#include <greenroom/base.h>

GR_BEGIN

typedef struct gr_scope gr_scope;

/* The calling green thread becomes the owner, who has to close it. NULL with errno ENOMEM, or EPERM
 * (not on a green thread). Never parks. */
GR_API gr_scope *gr_scope_open(void);

/* Starts fn(arg) on a green thread with the deadline of the caller, who is the owner or one of the
 * children. fn returns 0, or an errno value: it has failed. Returns 0, or -1 with errno EAGAIN (no
 * memory for a stack), ECANCELED (the scope is cancelled), or EPERM (not on a green thread). Never
 * parks. */
GR_API int gr_scope_spawn(gr_scope *scope, int (*fn)(void *arg), void *arg);

/* Cancels all children. For the owner and the children. Never parks. */
GR_API void gr_scope_cancel(gr_scope *scope);

/* Waits for all children and frees the scope. Parks. Returns 0, or -1 with errno: the first failure
 * of a child, or ETIMEDOUT or ECANCELED when the owner's patience ended first. */
GR_API int gr_scope_close(gr_scope *scope);

GR_END

#endif
