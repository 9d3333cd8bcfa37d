#include "host/native/native.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "greenroom/log.h"
#include "greenroom/worker.h"

enum { STACK_SIZE = 256 * 1024 };

typedef int setup_function(gr_app *app);
typedef int mule_function(void);

/* In the log and to the supervisor. */
__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...) {
    char why[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    gr_log(GR_LOG_ERROR, "%s", why);
    gr_worker_failed(why);
}

static int start(void) {
    if (gr_worker_start(STACK_SIZE) == 0) return 0;
    if (errno == ENOENT)
        fputs("greenroom: a worker is started by greenroom serve, not by hand\n", stderr);
    else if (errno == ENOSYS)
        gr_log(GR_LOG_ERROR, "cannot serve: libgreenroom-posix.so is not preloaded");
    return GR_EXIT_USAGE;
}

/* dlopen would look for a name without a slash among the system's libraries. */
static void *open_app(const char *path) {
    char *whole = realpath(path, NULL);
    if (!whole) {
        complain("cannot load %s: %s", path, strerror(errno));
        return NULL;
    }
    void *app = dlopen(whole, RTLD_NOW | RTLD_LOCAL);
    if (!app) complain("cannot load the application: %s", dlerror());
    free(whole);
    return app;
}

/* "./app.so:symbol" */
static int run_mule(const char *wanted) {
    const char *colon = strrchr(wanted, ':');
    char path[colon - wanted + 1];
    mule_function *function;
    memcpy(path, wanted, sizeof path - 1);
    path[sizeof path - 1] = '\0';
    void *app = open_app(path);
    if (!app) return GR_EXIT_USAGE;
    *(void **)&function = dlsym(app, colon + 1);
    if (!function) {
        complain("%s does not export %s", path, colon + 1);
        return GR_EXIT_USAGE;
    }
    if (gr_worker_end_by_signals() < 0) return GR_EXIT_USAGE;
    while (gr_worker_wait_for_call() < 0)
        if (errno != EINTR) return GR_EXIT_USAGE;
    if (function() == 0) return 0;
    gr_log(GR_LOG_ERROR, "%s failed: %s", wanted, strerror(errno));
    return GR_EXIT_APP_FAILED;
}

static int load(const char *path) {
    void *app = open_app(path);
    if (!app) return GR_EXIT_USAGE;
    setup_function *setup;
    *(void **)&setup = dlsym(app, "gr_app_setup");
    if (!setup) {
        complain("%s does not export gr_app_setup", path);
        return GR_EXIT_USAGE;
    }
    if (setup(gr_worker_application()) == 0) return 0;
    complain("gr_app_setup of %s failed: %s", path, strerror(errno));
    return GR_EXIT_APP_FAILED;
}

static int serve(void) {
    while (gr_worker_serve() < 0) {
        if (errno == EINTR) continue; /* a signal handler is all that C wants done */
        return errno == ETIMEDOUT ? 0 : GR_EXIT_USAGE;
    }
    return 0;
}

int native_host_run(void) {
    int code = start();
    if (code == 0 && gr_worker_mule() >= 0) return run_mule(gr_worker_app());
    if (code == 0) code = load(gr_worker_app());
    return code ? code : serve();
}
