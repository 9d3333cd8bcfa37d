/* What `greenroom serve` can be told. One table says which settings there are; the command line,
 * the environment and the files are read, checked and explained from it. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "config/address.h"
#include "config/quantity.h"
#include "config/sentence.h"
#include "server/options.h"

/* What is enough of one worker, so that it is to be replaced. 0: any. */
struct worker_limits {
    uint32_t max_requests, max_requests_jitter; /* up to so many more */
    int64_t max_rss;                            /* bytes */
    int64_t max_lifetime;                       /* ns */
};

enum { SETTINGS_ATTACHED_MAX = 16 };

struct settings {
    struct server_options worker; /* its descriptors and slot are the supervisor's to fill in */
    struct address binds[SERVER_LISTENERS_MAX];
    int bind_count;
    int workers_max; /* worker.workers at least, and so many while there is the load */
    struct worker_limits limits;
    int64_t drain_delay;      /* ns from SIGTERM until the server drains */
    const char *user, *group; /* of the workers, by name or number; "" when not said */
    const char *cpu_affinity; /* "off", "on", or a list of CPUs */
    bool sandbox;             /* workers give up what an application does not need */
    const char *python;       /* a path or a name to look for in PATH; "" when not said */
    const char *attached[SETTINGS_ATTACHED_MAX]; /* commands, as words_split reads them */
    int attached_count;
    bool reload;         /* when a file of the application changes */
    const char *control; /* path of the control socket, "" for none; NULL when not said */
    bool has_admin;
    struct address admin;         /* the admin listener */
    const char *admin_token_file; /* "" for none */
    bool has_statsd;
    struct address statsd; /* where metrics are sent */
};

/* Room for the rows of the table. */
enum { SETTINGS_MAX = 96 };

enum setting_kind {
    SETTING_APP,        /* on the command line it is the operand, and no option */
    SETTING_ADDRESS,    /* may be given again: one more */
    SETTING_STATIC,     /* PREFIX=DIR; may be given again: one more */
    SETTING_DOWNSTREAM, /* HOST:PORT?KEY=VALUE&...; may be given again: one more */
    SETTING_COMMAND,    /* a program and its arguments; may be given again: one more */
    SETTING_TEXT,
    SETTING_ACCESS_LOG,    /* a path, "-", "log", or "off" */
    SETTING_CONTROL,       /* a path, or "off" */
    SETTING_FIELD_NAME,    /* of a request, such as "X-Api-Version" */
    SETTING_STATSD,        /* HOST:PORT, or "off" */
    SETTING_ADMIN,         /* an address without TLS, or "off" */
    SETTING_LOG_FORMAT,    /* "text" or "json" */
    SETTING_LEVELS,        /* "info,sqlalchemy=debug" */
    SETTING_POLLER,        /* "epoll" or "poll" */
    SETTING_SWITCH,        /* "on" or "off" */
    SETTING_NETWORKS,      /* "10.0.0.0/8,unix" */
    SETTING_ACCELERATE,    /* "requests" or "off" */
    SETTING_PROXY_HEADERS, /* "x-forwarded", "forwarded" or "off" */
    SETTING_PREFIX,        /* a path such as "/shop" */
    SETTING_TARGET,        /* what may stand in a request line, such as "/health?deep=1" */
    SETTING_CONCURRENCY,   /* "green", "green:N", or "threads:N" */
    SETTING_CPUS,          /* "off", "on", or "0-3,6" */
    SETTING_WORKERS,       /* "4", or "2:8" */
    SETTING_MULE,          /* "module:function"; may be given again: one more */
    SETTING_UINT32,
    SETTING_INT64,
    SETTING_SIZE,
};

/* What a value is made of. */
enum setting_shape {
    SHAPE_SCALAR, /* one text */
    SHAPE_LIST,
    SHAPE_MAP, /* KEY=TEXT on the command line, or what setting_separator says */
    SHAPES,
};

struct setting {
    const char *name;     /* without the leading "--" */
    const char *argument; /* what stands for the value in --help */
    const char *help;     /* no full stop: the default follows */
    const char *fallback; /* the default in words; NULL: what settings_init sets */
    enum setting_kind kind;
    enum unit unit;      /* of numbers */
    size_t place;        /* in struct settings */
    int64_t least, most; /* of numbers, in the value kept */
};

/* Ends with a row without a name. */
extern const struct setting settings_table[];

/* Everything at its default; no address to listen on. */
void settings_init(struct settings *settings);

/* NULL when there is none of that name. */
const struct setting *setting_find(const char *name);

enum setting_shape setting_shape(const struct setting *setting);

/* What stands between key and text of a map, where it is one text. */
char setting_separator(const struct setting *setting);

/* May it be given again on the command line, for one more? */
bool setting_repeats(const struct setting *setting);

/* Once all are set: an address to listen on, if none was given. Returns 0, or -1 with a sentence in
 * error, as above, about settings that exclude each other; *about is the one it begins with. */
int settings_complete(struct settings *settings, const struct setting **about,
                      char error[SENTENCE_SIZE]);

/* The default as --help names it: the row's words, or made in text. */
const char *setting_default(const struct setting *setting, char text[QUANTITY_SIZE]);

#endif
