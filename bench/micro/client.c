/* GETs over keep-alive connections by the client on green threads, each answer read to its end.
 *
 *   client URL CONNECTIONS SECONDS
 *
 * Prints how many were answered and the processor time of the process in us, between a tab. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "greenroom/client.h"
#include "greenroom/green.h"
#include "runtime/runtime.h"

static gr_client *client;
static const char *url;
static int64_t end;
static long answered;

static void *get_again_and_again(void *unused) {
    while (gr_now() < end) {
        gr_failure failure;
        gr_slice body;
        gr_answer *answer = gr_client_get(client, url, &failure);
        if (!answer || gr_answer_collect(answer, 1 << 20, &body) < 0) {
            fprintf(stderr, "%s\n", answer ? "the body breaks off" : failure.why);
            exit(1);
        }
        gr_answer_close(answer);
        answered++;
    }
    return NULL;
}

static double processor_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int main(int argc, char **argv) {
    const struct runtime_options options = {
        .poller = POLLER_EPOLL, .stack_size = 256 * 1024, .slice = 10 * NS_PER_MS};
    const char *why;
    gr_failure failure;
    int connections = argc == 4 ? atoi(argv[2]) : 0;
    if (connections < 1 || connections > 1000 || runtime_start(&options, &why) < 0) return 2;
    url = argv[1];
    end = gr_now() + (int64_t)(atof(argv[3]) * NS_PER_S);
    if (!(client = gr_client_open(&(gr_client_options){.connections_per_origin = 1000}, &failure)))
        return 2;
    gr_green *greens[1000];
    double before = processor_us();
    for (int i = 0; i < connections; i++) greens[i] = gr_spawn(get_again_and_again, NULL);
    for (int i = 0; i < connections; i++) gr_join(greens[i], NULL);
    printf("%ld\t%.0f\n", answered, processor_us() - before);
    gr_client_close(client);
    return 0;
}
