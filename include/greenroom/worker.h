/* Being a worker of `greenroom serve`: for hosts, which load an application and answer its
 * requests. A C application needs none of this: `greenroom serve ./app.so` is the host. */
#ifndef GREENROOM_WORKER_H
#define GREENROOM_WORKER_H

#include <pthread.h>

#include <greenroom/app.h>

GR_BEGIN

/* Exit codes by which a worker that has not served yet tells the supervisor what went wrong. */
enum {
    GR_EXIT_APP_FAILED = 1, /* the application raised while it was loaded; not retried at start */
    GR_EXIT_HUNG = 3,       /* it served, and did not respond any more: it has ended itself */
    GR_EXIT_USAGE = 2,      /* asked for something that cannot be: no such app, unusable Python */
};

/* Takes over the settings that the supervisor left in the environment (and removes them from it),
 * starts the runtime and makes the calling thread green thread 0. stack_size is the host's wish in
 * bytes for the stacks of green threads; the user's --stack-size wins. Call once, from the main
 * thread, before the application is loaded. Returns 0, or -1 with errno: ENOENT (not started by
 * `greenroom serve`), ENOSYS (the interposed libc is not preloaded), ENOTSUP (this C library or
 * kernel cannot be worked with; said on stderr). */
GR_API int gr_worker_start(size_t stack_size);

/* What was asked to be served: "module:app", "./app.so". Lives as long as the process. */
GR_API const char *gr_worker_app(void);

/* Tells the supervisor, before this worker has served, why it never will: one sentence, with no
 * capital and no full stop, of which 400 bytes count. The process is to end then. */
GR_API void gr_worker_failed(const char *why);

/* The slot of this worker, from 0; and how many there are. */
GR_API int gr_worker_slot(void);
GR_API int gr_worker_count(void);

/* How many OS threads run the handlers, and libc is not interposed; 0: green threads run them. */
GR_API int gr_worker_threads(void);

/* What `--log-level` says, "info,sqlalchemy=debug"; "" when it is not said. */
GR_API const char *gr_worker_log_level(void);

/* The library of the application that is to use our client, as `--accelerate` says; "" for none. */
GR_API const char *gr_worker_accelerate(void);

/* Is what the application logs and prints to go into the log? */
GR_API bool gr_worker_log_capture(void);

/* Is the caller in a child that the application forked? It is no worker: the clients are its
 * parent's. */
GR_API bool gr_worker_forked(void);

/* Where libc is not interposed, signal handlers are not seen by the runtime. A byte written to this
 * descriptor, which never blocks, has gr_worker_serve return with EINTR in their stead. To be
 * called before that. -1 with errno EMFILE or ENFILE. Owned by the runtime. */
GR_API int gr_worker_interrupt_fd(void);

/* The signal that a thread is sent when the worker hangs, for the host to write the language's
 * stacks of all threads to stderr, within the signal handler: the host sets one, after this. */
GR_API int gr_worker_stack_signal(void);

/* The application that this worker serves; owned by the runtime. */
GR_API gr_app *gr_worker_application(void);

/* What a route of the application is, for those who read of it (docs/service-docs.md). Texts are in
 * UTF-8, and end; NULL and "" say nothing. */
typedef struct gr_route_notes {
    const char *route;      /* by which gr_request_set_endpoint knows it */
    const char *methods;    /* "GET POST" */
    const char *parameters; /* "number:int name:str" */
    const char *example;    /* a path that matches, decoded */
    const char *defined;    /* "shop:12" */
    const char *doc;        /* a paragraph */
    const char *host;       /* an example of those for which alone it is */
} gr_route_notes;

/* Does anybody want to know of routes? */
GR_API bool gr_worker_wants_routes(void);

/* Notes one. Those of gr_app_route are noted anyway. The strings are copied; of 256 KiB, 2,000
 * routes and 1,000 bytes of each text, the rest is left out. To be called before gr_worker_serve.
 */
GR_API void gr_worker_note_route(const gr_route_notes *notes);

/* Serves until told to stop (SIGTERM, SIGINT, or the supervisor is gone) and all requests in flight
 * are answered or the graceful timeout is over. Parks. Returns 0 when drained, or -1 with errno
 * EINTR when a signal handler of the application has run: do what the language owes its signals,
 * then call again; ETIMEDOUT when requests were left at the graceful timeout. */
GR_API int gr_worker_serve(void);

/* ---- mules: processes that run a function of the application instead of serving ---- */

/* The number of the mule that this process is, from 0; -1: it is a worker. gr_worker_app is its
 * function then: "module:function", "./app.so:symbol". */
GR_API int gr_worker_mule(void);

/* Its function is found: says so, and waits until it is to be called, which is when the mule before
 * it has ended. It is called on the main thread. Parks. Does not return in `greenroom check`.
 * Returns 0, or -1 with errno: EINTR when a signal has come (call it again), EPIPE when nobody will
 * say. */
GR_API int gr_worker_wait_for_call(void);

/* It has been told to end: gr_mule_receive fails from now on. Returns false when the function has
 * never called that, and is to be told in another way. Async-signal-safe. */
GR_API bool gr_worker_end_messages(void);

/* For a language without signal handlers of its own: SIGTERM and SIGINT do that, and where it
 * returns false they end the process. Returns 0, or -1 with errno. */
GR_API int gr_worker_end_by_signals(void);

/* ns that it may take to end once it has been told to, by SIGTERM. */
GR_API int64_t gr_worker_graceful_timeout(void);

GR_END

#endif
