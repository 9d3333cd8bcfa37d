/* The same as client.c by the multi interface of libcurl, driven by its sockets and epoll. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

static int poller;
static long timeout = -1; /* ms, as libcurl wants to be called */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double processor_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *known) {
    struct epoll_event event = {.data.fd = fd};
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
    } else if (epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event) < 0) {
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *data) {
    timeout = ms;
    return 0;
}

/* Collects the body, as the other clients do. */
struct body {
    char bytes[1 << 16];
    size_t len;
};

static size_t on_body(char *bytes, size_t size, size_t count, void *to) {
    struct body *body = to;
    if (count > sizeof body->bytes - body->len) return 0;
    memcpy(body->bytes + body->len, bytes, count);
    body->len += count;
    return count;
}

static long finish(CURLM *multi, bool again) {
    long answered = 0;
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        CURL *easy = message->easy_handle;
        struct body *body;
        if (message->msg != CURLMSG_DONE) continue;
        if (message->data.result != CURLE_OK) exit(1);
        answered++;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &body);
        body->len = 0;
        curl_multi_remove_handle(multi, easy);
        if (again) curl_multi_add_handle(multi, easy);
    }
    return answered;
}

int main(int argc, char **argv) {
    int connections = argc == 4 ? atoi(argv[2]) : 0, running = 1;
    long answered = 0;
    if (connections < 1) return 2;
    double end = now() + atof(argv[3]), before = processor_us();
    CURLM *multi = curl_multi_init();
    poller = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
    for (int i = 0; i < connections; i++) {
        CURL *easy = curl_easy_init();
        struct body *body = calloc(1, sizeof *body);
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, body);
        curl_multi_add_handle(multi, easy);
    }
    while (running) {
        struct epoll_event events[128];
        int count = epoll_wait(poller, events, 128, timeout < 0 ? 1000 : (int)timeout);
        if (count <= 0) curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        for (int i = 0; i < count; i++) {
            int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi, events[i].data.fd, what, &running);
        }
        bool again = now() < end;
        answered += finish(multi, again);
        running |= again;
    }
    printf("%ld\t%.0f\n", answered, processor_us() - before);
    return 0;
}
