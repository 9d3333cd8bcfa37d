/* The settings of a worker, as the supervisor hands them over. */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "greenroom/base.h"
#include "guard/policy.h"
#include "http/request_head.h"

enum {
    SERVER_LISTENERS_MAX = 16,
    SERVER_STATICS_MAX = 16,
    SERVER_THREADS_MAX = 4096,
    SERVER_NETWORKS_MAX = 64,
    SERVER_MULES_MAX = 64,
    SERVER_POLICIES_MAX = 64,
    SERVER_CERTIFICATES_MAX = 64, /* of a listener */
    SERVER_TICKET_SECRET = 32,    /* bytes */
    SERVER_UNWIND_SECONDS = 5, /* that requests which are cancelled may take, as long as some end */
};

/* What a listening socket needs to speak TLS. Paths are absolute. */
struct server_tls {
    const char *certificates[SERVER_CERTIFICATES_MAX], *keys[SERVER_CERTIFICATES_MAX]; /* pairs */
    int count;             /* of pairs; 0: it does not speak TLS */
    const char *client_ca; /* NULL: clients are not asked for certificates */
    bool client_required;  /* a client without one is refused */
};

/* In which fields a trusted proxy says who its client is. */
enum server_proxy_headers {
    SERVER_PROXY_HEADERS_X_FORWARDED, /* X-Forwarded-For and its like */
    SERVER_PROXY_HEADERS_FORWARDED,   /* Forwarded (RFC 7239) */
    SERVER_PROXY_HEADERS_OFF,
};

/* A process that runs a function of the application beside the workers. */
struct server_mule {
    const char *function; /* "module:function", "./app.so:symbol" */
    int mailbox;          /* where messages to it are sent; -1 for none */
};

/* What a mule that is ready is told, on the socket of questions: to call its function. */
#define SERVER_MULE_GO "go"

struct server_options {
    const char *app;   /* "module:app", "./app.so"; of a mule its function */
    bool check_only;   /* `greenroom check`: end where serving would begin */
    int slot, workers; /* this worker's slot, from 0; how many there are */
    int place;         /* of this process on the board */
    int mule;          /* the number of this mule, from 0; -1: it is a worker */
    int inbox_fd;      /* of a mule, where its messages come; -1 for none */
    struct server_mule mules[SERVER_MULES_MAX];
    int mule_count;
    int listen_fds[SERVER_LISTENERS_MAX];
    bool proxied[SERVER_LISTENERS_MAX]; /* connections begin with the PROXY protocol */
    struct server_tls tls[SERVER_LISTENERS_MAX];
    int listen_count;
    const char *statics[SERVER_STATICS_MAX]; /* "PREFIX=DIR", the prefix with a slash first */
    int static_count;
    struct policy policies[SERVER_POLICIES_MAX]; /* of downstreams */
    int policy_count;
    int master_fd;        /* read end of a pipe that ends when the master does; -1 for none */
    int question_fd;      /* where the supervisor asks, see server/question.h; -1 for none */
    int ready_fd;         /* write end of a pipe: one byte "R" is written when the worker serves */
    int board_fd;         /* memfd shared by all workers, see server/board.h; -1 for none */
    int metrics_fd;       /* memfd for what the process counts, see observe/metric.h; -1 for none */
    int tickets_fd;       /* memfd with the secret of TLS session tickets; -1 for none */
    bool poll_backend;    /* --poller=poll */
    size_t stack_size;    /* bytes; 0: as the host wishes */
    int64_t slice;        /* ns */
    int64_t head_timeout; /* ns from the first byte of a head to its end */
    int64_t keep_alive_timeout; /* ns a connection may idle between requests, or before the first */
    int64_t body_timeout;       /* ns without a byte while the application reads the body */
    uint32_t min_body_rate;     /* bytes per second that a body comes at in the long run; 0: any */
    int64_t write_timeout;      /* ns without a byte taken while the application writes */
    int64_t graceful_timeout;   /* ns */
    int64_t unresponsive_timeout; /* ns that the worker may hang; 0: for ever */
    int64_t request_timeout;      /* ns from the end of a request's head; 0: none */
    uint32_t concurrency;         /* requests in flight at most; 0: any number */
    bool os_threads;              /* so many OS threads run the handlers, and libc is libc's own */
    int64_t queue_timeout;        /* ns that a request may wait for its turn */
    bool cancel_on_disconnect;    /* when its client hangs up; the default of each request */
    struct http_limits limits;
    uint32_t keep_alive_requests; /* of one connection; 0: any number */
    uint32_t max_connections;     /* open at a time; 0: any number */
    uint32_t max_per_address;     /* 0: any number */
    const char *trusted_proxies;  /* networks, as base/network.h reads them; "" for nobody */
    int proxy_headers;            /* enum server_proxy_headers */
    const char *mount;            /* "/prefix" beneath which the application is; "" for none */
    const char *ready_path;       /* "/health": see server/trial.h; "" for none */
    const char *readiness_path;   /* "/ready": see server/readiness.h; "" for none */
    bool server_timing;           /* answers have a Server-Timing field */
    const char *accelerate;       /* a library that is to use our client; "" for none */
    bool compress;                /* answers, where the client accepts it */
    const char *release;          /* of the application, for metrics; "" when not said */
    const char *client_header;    /* the field by which clients are told apart; "" for none */
    const char *access_log; /* path, "-" for stdout, "log" for where the log goes, "" for none */
    bool access_log_times;  /* its lines of text say where the time went */
    const char *log;        /* path, "-" for stderr; the master's */
    int log_fd;             /* the rings of the log, see log/rings.h; -1 for none: stderr */
    int access_fd;          /* those of an access log of its own; -1 for none */
    bool log_json;          /* lines are JSON objects */
    bool log_colour;        /* they are for a terminal */
    bool log_capture;       /* what the application logs and prints goes into the log */
    const char *log_level;  /* "info,sqlalchemy=debug", see log/level.h; "" when not said */
};

/* The defaults; also the documentation of them. */
void server_options_init(struct server_options *options);

/* One line per setting, "name=value\n", for the environment variable GREENROOM_WORKER. malloc'ed;
 * NULL with errno ENOMEM, or EINVAL when a text holds a line break. */
char *server_options_encode(const struct server_options *options);

/* The reverse; what text does not name has its default. Strings point into text, which is cut up.
 * Returns 0, or -1 with errno EINVAL: not our format, or from another version of Greenroom. */
int server_options_decode(struct server_options *options, char *text);

#endif
