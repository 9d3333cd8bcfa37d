/* A bounded queue of pointers between green threads of one worker. */
#ifndef GREENROOM_CHANNEL_H
#define GREENROOM_CHANNEL_H

#include <greenroom/base.h>

GR_BEGIN

typedef struct gr_channel gr_channel;

/* capacity 0 makes a rendezvous: a send returns once it has been received. NULL with errno
 * ENOMEM. */
GR_API gr_channel *gr_channel_new(size_t capacity);

/* Must be empty of waiters. Items still inside are the caller's to have drained. NULL is allowed.
 */
GR_API void gr_channel_free(gr_channel *channel);

/* Parks while the channel is full. Senders and receivers are served in order of arrival. Returns
 * 0, or -1 with errno EPIPE (closed), ETIMEDOUT (the caller's deadline), ECANCELED, or EPERM (not
 * on a green thread). */
GR_API int gr_channel_send(gr_channel *channel, void *item);

/* Parks while the channel is empty. Returns 0 and stores the item, or -1 with errno EPIPE (closed
 * and drained), ETIMEDOUT, ECANCELED or EPERM. */
GR_API int gr_channel_receive(gr_channel *channel, void **item);

/* No more sends; items inside can still be received. Waiting senders fail with EPIPE. Closing twice
 * is allowed. Returns 0, or -1 with errno EPERM (not on a green thread). */
GR_API int gr_channel_close(gr_channel *channel);

GR_END

#endif
