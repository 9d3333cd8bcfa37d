/* Mules, processes that run a function of the application beside the workers (`greenroom serve
 * --mule ./app.so:consume`), and messages to them.
 *
 *     int consume(void) {                     // called once in the mule, on green thread 0
 *         gr_message *message;
 *         while ((message = gr_mule_receive(0))) {
 *             gr_message_reply(message, gr_slice_of("done"));
 *             gr_message_free(message);
 *         }
 *         return errno == ESHUTDOWN ? 0 : -1; // -1 with errno is said in the log
 *     }
 *
 * What is sent waits in a queue of the mule's number, which outlives the mule: its successor goes
 * on there. A queue has room for some hundred short messages, or some of the longest.
 *
 * due is when a call gives up, in nanoseconds of CLOCK_MONOTONIC as gr_now gives them, 0 for never;
 * one that is past does not wait. The deadline of the calling green thread holds as well. All of
 * these may be called in workers and mules, on any thread. */
#ifndef GREENROOM_MULE_H
#define GREENROOM_MULE_H

#include <greenroom/base.h>

GR_BEGIN

enum {
    GR_MESSAGE_MAX = 64 * 1024, /* bytes of a message, and of a reply */
    GR_MULES_ALL = -1,
};

typedef struct gr_message gr_message;

/* How many mules there are; and the function that one of them runs, as --mule says it: NULL when
 * there is none of that number. */
GR_API int gr_mule_count(void);
GR_API const char *gr_mule_name(int number);

/* Sends to the mule of that number, or to all of them, one after the other. Parks while a queue is
 * full. Returns 0, or -1 with errno EINVAL (no such mule), EMSGSIZE, ETIMEDOUT, ECANCELED, or EINTR
 * (nothing has been sent to the one whose turn it was). */
GR_API int gr_mule_send(int to, gr_slice payload, int64_t due);

/* The same, and has the mule reply. Returns a descriptor for gr_mule_take_reply, which may be
 * polled and is the caller's to close. */
GR_API int gr_mule_ask(int to, gr_slice payload, int64_t due);

/* Waits for the reply. Parks. Returns its length, or -1 with errno ECONNRESET (the mule has died,
 * or forgotten the message, without a reply), ETIMEDOUT, ECANCELED, EINTR, or EMSGSIZE (it is
 * longer than room). */
GR_API ssize_t gr_mule_take_reply(int asked, void *reply, size_t room, int64_t due);

/* In a mule: the next message, to be freed. Parks while there is none. NULL with errno ESHUTDOWN
 * (the mule has been told to end, and where the server stops its queue is empty), ETIMEDOUT,
 * ECANCELED, EINTR, ENOMEM, or EPERM (this is no mule). */
GR_API gr_message *gr_mule_receive(int64_t due);

/* Lives as long as the message. */
GR_API gr_slice gr_message_payload(const gr_message *message);

/* Replies, once. Returns 0, or -1 with errno EPIPE (nobody waits for a reply: it was only sent, has
 * been replied to, or its sender has given up) or EMSGSIZE. */
GR_API int gr_message_reply(gr_message *message, gr_slice payload);

/* NULL is allowed. */
GR_API void gr_message_free(gr_message *message);

GR_END

#endif
