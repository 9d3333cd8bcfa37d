/* greenroom load URL */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/output.h"
#include "config/option.h"
#include "config/quantity.h"
#include "greenroom/worker.h"
#include "load/report.h"
#include "runtime/runtime.h"
#include "supervisor/launch.h"

enum { FIELDS_MAX = 64, CONNECTIONS_MAX = 100000, OPTION_LONG = UCHAR_MAX + 1 };
enum { OPTION_JSON = OPTION_LONG, OPTION_SVG, OPTION_HELP };

static const struct option options[] = {
    {"connections", required_argument, NULL, 'c'},
    {"duration", required_argument, NULL, 'd'},
    {"rate", required_argument, NULL, 'r'},
    {"method", required_argument, NULL, 'm'},
    {"header", required_argument, NULL, 'H'},
    {"body", required_argument, NULL, 'b'},
    {"timeout", required_argument, NULL, 't'},
    {"json", required_argument, NULL, OPTION_JSON},
    {"svg", required_argument, NULL, OPTION_SVG},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static const char letters[] = ":c:d:r:m:H:b:t:";

/* What the command line says. */
struct wish {
    struct load_plan plan;
    gr_client_field fields[FIELDS_MAX];
    const char *json, *svg; /* NULL: not said */
    bool help;
};

/* ---- options ---- */

static int take_time(int64_t *time, const char *name, char *error) {
    if (quantity_parse(optarg, UNIT_SECONDS, time) && *time > 0) return 0;
    return sentence(error, "--%s must be seconds, more than 0, not '%s'", name, optarg);
}

static int take_connections(struct wish *wish, char *error) {
    int64_t count;
    if (!quantity_parse(optarg, UNIT_ONE, &count) || count < 1 || count > CONNECTIONS_MAX)
        return sentence(error, "--connections must be a number from 1 to %d, not '%s'",
                        CONNECTIONS_MAX, optarg);
    wish->plan.connections = (unsigned)count;
    return 0;
}

static int take_rate(struct wish *wish, char *error) {
    char *end;
    wish->plan.rate = strtod(optarg, &end);
    if (end > optarg && !*end && isfinite(wish->plan.rate) && wish->plan.rate > 0) return 0;
    return sentence(error, "--rate must be requests a second, more than 0, not '%s'", optarg);
}

static int take_header(struct wish *wish, char *error) {
    gr_call *call = &wish->plan.call;
    const char *colon = strchr(optarg, ':');
    if (!colon) return sentence(error, "--header must be 'Name: value', not '%s'", optarg);
    if (call->field_count == FIELDS_MAX)
        return sentence(error, "there are more than %d times --header", FIELDS_MAX);
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    wish->fields[call->field_count++] =
        (gr_client_field){{optarg, (size_t)(colon - optarg)}, gr_slice_of(value)};
    return 0;
}

/* The text, or with @ in front the file of that name; kept to the end of the process. */
static int take_body(struct wish *wish, char *error) {
    gr_slice *body = &wish->plan.call.body;
    struct stat status;
    *body = gr_slice_of(optarg);
    if (*optarg != '@') return 0;
    FILE *file = fopen(optarg + 1, "re");
    size_t len = file && fstat(fileno(file), &status) == 0 ? (size_t)status.st_size : 0;
    char *data = file ? malloc(len + 1) : NULL;
    bool whole = data && fread(data, 1, len, file) == len && !ferror(file);
    if (!whole) sentence(error, "--body: cannot read %s: %s", optarg + 1, strerror(errno));
    if (file) fclose(file);
    *body = (gr_slice){data, len};
    return whole ? 0 : -1;
}

static int option_take(struct wish *wish, int which, char **argv, char *error) {
    switch (which) {
    case 'c':
        return take_connections(wish, error);
    case 'd':
        return take_time(&wish->plan.duration, "duration", error);
    case 'r':
        return take_rate(wish, error);
    case 'm':
        wish->plan.call.method = optarg;
        return 0;
    case 'H':
        return take_header(wish, error);
    case 'b':
        return take_body(wish, error);
    case 't':
        return take_time(&wish->plan.call.timeout, "timeout", error);
    case OPTION_JSON:
        wish->json = optarg;
        return 0;
    case OPTION_SVG:
        wish->svg = optarg;
        return 0;
    case OPTION_HELP:
        wish->help = true;
        return 0;
    case ':':
        return sentence(error, "%s needs a value", argv[optind - 1]);
    default:
        return option_refused(argv[0], options, argv[optind - 1], error);
    }
}

static int parse(struct wish *wish, int argc, char **argv, char *error) {
    int which;
    optind = 0; /* glibc: start afresh */
    while ((which = getopt_long(argc, argv, letters, options, NULL)) != -1)
        if (option_take(wish, which, argv, error) < 0) return -1;
    if (wish->help) return 0;
    if (optind == argc) return sentence(error, "load which URL? See greenroom load --help");
    if (optind + 1 < argc)
        return sentence(error, "load does not know what to do with '%s'", argv[optind + 1]);
    wish->plan.call.url = argv[optind];
    if (wish->plan.call.body.data && !wish->plan.call.method) wish->plan.call.method = "POST";
    wish->plan.call.fields = wish->fields;
    return 0;
}

/* ---- the run ---- */

static volatile int stop;

static void have_stop(int signal) { stop = signal; }

static void tell(const struct load_result *sofar) {
    static int seconds;
    fprintf(stderr, "\r\033[K%d s: ", ++seconds);
    report_line(sofar, stderr);
}

static int write_file(const char *path, const struct wish *wish, const struct load_result *result,
                      void (*report)(const struct load_plan *, const struct load_result *,
                                     FILE *)) {
    bool standard = strcmp(path, "-") == 0;
    FILE *out = standard ? stdout : fopen(path, "we");
    if (out) report(&wish->plan, result, out);
    if (standard) return 0;
    if (out && !ferror(out) && fclose(out) == 0) return 0;
    fprintf(stderr, "greenroom: cannot write %s: %s\n", path, strerror(errno));
    return 1;
}

static int write_all(const struct wish *wish, const struct load_result *result) {
    int code = 0;
    bool taken =
        (wish->json && strcmp(wish->json, "-") == 0) || (wish->svg && strcmp(wish->svg, "-") == 0);
    if (!taken) report_text(&wish->plan, result, stdout);
    if (wish->json) code |= write_file(wish->json, wish, result, report_json);
    if (wish->svg) code |= write_file(wish->svg, wish, result, report_chart);
    return code | output_finish();
}

static int run(const struct wish *wish) {
    static struct load_result result;
    char why[GR_FAILURE_WHY_SIZE];
    bool terminal = isatty(STDERR_FILENO);
    limit_raise_descriptors(); /* a connection needs one */
    signal(SIGINT, have_stop);
    signal(SIGTERM, have_stop);
    if (load_run(&wish->plan, &stop, terminal ? tell : NULL, &result, why) < 0) {
        fprintf(stderr, "greenroom: %s\n", why);
        return GR_EXIT_USAGE;
    }
    if (terminal) fputs("\r\033[K", stderr);
    int code = write_all(wish, &result);
    return result.answered ? code : 1;
}

static int refuse(const char *error) {
    fprintf(stderr, "greenroom: %s\n", error);
    return GR_EXIT_USAGE;
}

/* Nobody computes beside the clients, and what they count is not to be counted by two at a time. */
static int start_runtime(char **argv, char *error) {
    const struct runtime_options own = {.stack_size = 128 * 1024, .slice = 0};
    const char *why = "";
    if (launch_interposed(argv - 1, error) < 0) return -1; /* all that main got */
    return runtime_start(&own, &why) == 0 ? 0 : sentence(error, "%s", why);
}

int command_load(int argc, char **argv) {
    char error[SENTENCE_SIZE];
    struct wish wish = {.plan = {.connections = 50,
                                 .duration = 10 * (int64_t)NS_PER_S,
                                 .call.timeout = 30 * (int64_t)NS_PER_S}};
    if (parse(&wish, argc, argv, error) < 0) return refuse(error);
    if (wish.help) {
        help_print(argv[0]);
        return output_finish();
    }
    return start_runtime(argv, error) < 0 ? refuse(error) : run(&wish);
}
