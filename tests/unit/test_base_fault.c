/* The injector: what it draws, how often, and what it refuses. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"

enum { DRAWS = 10000 };

static void obey(const char *list) {
    const char *why = "";
    setenv("GREENROOM_FAULTS", list, 1);
    if (fault_start(&why) < 0) fail_msg("%s", why);
}

static int end(void **state) {
    fault_stop();
    unsetenv("GREENROOM_FAULTS");
    return 0;
}

static void draw(enum fault kind, bool *taken) {
    for (int i = 0; i < DRAWS; i++) taken[i] = fault(kind);
}

static void nothing_goes_wrong_until_it_is_asked_for(void **state) {
    const char *why;
    assert_int_equal(fault_start(&why), 0);
    for (int kind = 0; kind < FAULT_KINDS; kind++) assert_false(fault(kind));
    assert_int_equal(fault_count(FAULT_SHORT).opportunities, 0);
}

static void as_many_opportunities_are_taken_as_the_chance_says(void **state) {
    static bool taken[DRAWS];
    obey("short:0.25,yield");
    draw(FAULT_SHORT, taken);
    struct fault_count count = fault_count(FAULT_SHORT);
    assert_int_equal(count.opportunities, DRAWS);
    assert_in_range(count.taken, DRAWS / 5, DRAWS * 3 / 10);
    assert_true(fault(FAULT_YIELD));
    assert_false(fault(FAULT_EINTR));
}

static void a_seed_repeats_itself_and_another_does_not(void **state) {
    static bool first[DRAWS], again[DRAWS], other[DRAWS];
    obey("eagain:0.5,seed=7");
    draw(FAULT_EAGAIN, first);
    obey("eintr:0.5,eagain:0.5,seed=7");
    fault(FAULT_EINTR); /* one kind does not shift another */
    draw(FAULT_EAGAIN, again);
    obey("eagain:0.5,seed=8");
    draw(FAULT_EAGAIN, other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

static void what_is_not_understood_is_refused(void **state) {
    static const char *const lists[] = {"",        "shorts", "short:",  "short:2", "short:-1",
                                        "short,",  ",short", "seed",    "seed=",   "seed=x",
                                        "report=", "seed:1", "short=1", "short:x", "short:0.1:2"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const char *why = NULL;
        setenv("GREENROOM_FAULTS", lists[i], 1);
        if (fault_check(&why) == 0) fail_msg("\"%s\" is taken", lists[i]);
        assert_non_null(strstr(why, "GREENROOM_FAULTS"));
        assert_int_equal(errno, EINVAL);
    }
}

static void the_counts_of_all_processes_stand_in_the_report(void **state) {
    char path[] = "/tmp/greenroom-faults-XXXXXX", list[64];
    struct fault_count counts[FAULT_KINDS];
    int fd = mkstemp(path);
    assert_int_equal(ftruncate(fd, sizeof counts), 0);
    snprintf(list, sizeof list, "emfile:1,report=%s", path);
    for (int i = 0; i < 2; i++) {
        obey(list);
        fault(FAULT_EMFILE);
    }
    assert_int_equal(pread(fd, counts, sizeof counts, 0), sizeof counts);
    assert_int_equal(counts[FAULT_EMFILE].opportunities, 2);
    assert_int_equal(counts[FAULT_EMFILE].taken, 2);
    close(fd);
    unlink(path);
    const char *why;
    setenv("GREENROOM_FAULTS", list, 1);
    assert_int_equal(fault_start(&why), -1);
}

/* ---- system calls ---- */

static int pair[2];

static int open_pair(void **state) { return socketpair(AF_UNIX, SOCK_STREAM, 0, pair); }

static int close_pair(void **state) {
    close(pair[0]);
    close(pair[1]);
    return end(state);
}

static char text[4096], buffer[4096];

static void a_stream_comes_in_pieces_and_nothing_of_it_is_lost(void **state) {
    obey("short:1");
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i % 251);
    assert_int_equal(write(pair[1], text, sizeof text), sizeof text);
    size_t got = 0, pieces = 0;
    for (; got < sizeof buffer; pieces++) {
        struct iovec parts[] = {{buffer + got, 1}, {buffer + got + 1, sizeof buffer - got - 1}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = got + 1 < sizeof buffer ? 2 : 1};
        long n = pieces % 2
                     ? sys(SYS_recvmsg, pair[0], &message, MSG_DONTWAIT)
                     : sys(SYS_recvfrom, pair[0], buffer + got, sizeof buffer - got, MSG_DONTWAIT);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_true(pieces > 2);
    assert_memory_equal(buffer, text, sizeof text);
}

static void a_datagram_stays_whole(void **state) {
    int datagrams[2];
    obey("short:1");
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams), 0);
    assert_int_equal(sys(SYS_sendto, datagrams[0], text, 500, MSG_DONTWAIT), 500);
    assert_int_equal(sys(SYS_recvfrom, datagrams[1], buffer, 500, MSG_DONTWAIT), 500);
    close(datagrams[0]);
    close(datagrams[1]);
}

static void an_eagain_that_was_made_up_leaves_the_descriptor_owed_an_event_once(void **state) {
    obey("eagain:1");
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_false(fault_owes_event(pair[0]));
    assert_int_equal(sys(SYS_recvfrom, pair[0], buffer, 1, MSG_DONTWAIT), -EAGAIN);
    assert_true(fault_owes_event(pair[0]));
    assert_false(fault_owes_event(pair[0]));
}

static void only_who_would_be_told_of_readiness_hears_eagain(void **state) {
    obey("eagain:1");
    assert_int_equal(write(pair[1], "xy", 2), 2);
    assert_int_equal(sys(SYS_recvfrom, pair[0], buffer, 1, 0), 1);
    assert_int_equal(sys_plain(SYS_recvfrom, pair[0], buffer, 1, MSG_DONTWAIT), 1);
    int file = open("/dev/null", O_RDWR);
    assert_int_equal(sys(SYS_recvfrom, file, buffer, 1, MSG_DONTWAIT), -ENOTSOCK);
    close(file);
}

static void a_look_is_interrupted_only_when_there_is_nothing_to_see(void **state) {
    struct timespec at_once = {0, 0};
    struct pollfd entry = {pair[0], POLLIN, 0};
    obey("eintr:1");
    assert_int_equal(sys(SYS_ppoll, &entry, 1, &at_once, NULL, 0), -EINTR);
    assert_int_equal(write(pair[1], "x", 1), 1);
    assert_int_equal(sys(SYS_ppoll, &entry, 1, &at_once, NULL, 0), 1);
}

#define TEST(test) cmocka_unit_test_teardown(test, end)
#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_wrong_until_it_is_asked_for),
        TEST(as_many_opportunities_are_taken_as_the_chance_says),
        TEST(a_seed_repeats_itself_and_another_does_not),
        TEST(what_is_not_understood_is_refused),
        TEST(the_counts_of_all_processes_stand_in_the_report),
        WITH_PAIR(a_stream_comes_in_pieces_and_nothing_of_it_is_lost),
        TEST(a_datagram_stays_whole),
        WITH_PAIR(an_eagain_that_was_made_up_leaves_the_descriptor_owed_an_event_once),
        WITH_PAIR(only_who_would_be_told_of_readiness_hears_eagain),
        WITH_PAIR(a_look_is_interrupted_only_when_there_is_nothing_to_see),
    };
    unsetenv("GREENROOM_FAULTS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
