/* libc's own functions, behind ours.
 *
 * They are looked up together when the library is initialised, so that no dlsym happens later, in
 * a signal handler for instance. A constructor of another library may call a hook earlier than
 * that: then at the first such call. */
#ifndef POSIX_REAL_H
#define POSIX_REAL_H

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* Part of glibc's ABI, in no header unless _FORTIFY_SOURCE is on. */
ssize_t __read_chk(int fd, void *buffer, size_t len, size_t room);
ssize_t __recv_chk(int fd, void *buffer, size_t len, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buffer, size_t len, size_t room, int flags,
                       struct sockaddr *from, socklen_t *from_len);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                const sigset_t *mask, size_t room);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);
int __cxa_thread_atexit_impl(void (*fn)(void *), void *object, void *dso);

/* clang-format makes stairs of lists like these. */
/* clang-format off */
#define REAL_DESCRIPTORS(X)                                                                        \
    X(recv) X(recvfrom) X(recvmsg) X(recvmmsg) X(send) X(sendto) X(sendmsg) X(sendmmsg)            \
    X(connect) X(accept) X(accept4) X(getsockopt) X(sendfile) X(splice) X(__recv_chk) X(__recvfrom_chk)          \
    X(read) X(readv) X(write) X(writev) X(__read_chk) X(open) X(openat) X(creat) X(__open_2)       \
    X(__openat_2) X(close) X(fcntl) X(fsync) X(fdatasync) X(flock) X(lockf) X(poll) X(ppoll)       \
    X(select) X(pselect) X(__poll_chk) X(__ppoll_chk) X(epoll_wait) X(epoll_pwait)                 \
    X(epoll_pwait2) X(fclose) X(freopen) X(pclose) X(flockfile) X(ftrylockfile) X(funlockfile)

#define REAL_LOCKS(X)                                                                              \
    X(pthread_mutex_lock) X(pthread_mutex_trylock) X(pthread_mutex_timedlock)                      \
    X(pthread_mutex_clocklock) X(pthread_mutex_unlock) X(pthread_rwlock_rdlock)                    \
    X(pthread_rwlock_wrlock) X(pthread_rwlock_tryrdlock) X(pthread_rwlock_trywrlock)               \
    X(pthread_rwlock_timedrdlock) X(pthread_rwlock_timedwrlock) X(pthread_rwlock_clockrdlock)      \
    X(pthread_rwlock_clockwrlock) X(pthread_rwlock_unlock) X(pthread_spin_lock)                    \
    X(pthread_spin_trylock) X(pthread_cond_wait) X(pthread_cond_timedwait)                         \
    X(pthread_cond_clockwait) X(pthread_cond_signal) X(pthread_cond_broadcast)                     \
    X(pthread_barrier_wait) X(pthread_barrier_destroy) X(sem_wait) X(sem_trywait)                  \
    X(sem_timedwait) X(sem_clockwait) X(sem_post)

#define REAL_THREADS(X)                                                                            \
    X(pthread_create) X(pthread_join) X(pthread_tryjoin_np) X(pthread_timedjoin_np)                \
    X(pthread_clockjoin_np) X(pthread_detach) X(pthread_exit) X(pthread_kill)                      \
    X(pthread_sigqueue) X(pthread_cancel) X(pthread_key_create) X(pthread_key_delete)              \
    X(__cxa_thread_atexit_impl) X(sched_yield) X(pthread_getattr_np) X(pthread_getaffinity_np)     \
    X(pthread_setaffinity_np) X(pthread_getcpuclockid) X(pthread_getschedparam)                    \
    X(pthread_setschedparam) X(pthread_setschedprio) X(pthread_getname_np)                         \
    X(pthread_setname_np)

#define REAL_SIGNALS(X)                                                                            \
    X(sigaction) X(pthread_sigmask) X(sigsuspend) X(pause) X(sigwait) X(sigwaitinfo)               \
    X(sigtimedwait)

#define REAL_TIME(X)                                                                               \
    X(clock_nanosleep)

#define REAL_PROCESSES(X)                                                                          \
    X(wait4) X(waitid) X(system) X(_Fork) X(setuid) X(setgid) X(seteuid) X(setegid) X(setreuid)             \
    X(setregid) X(setresuid) X(setresgid) X(setgroups) X(initgroups)

#define REAL_NAMES(X)                                                                              \
    X(getaddrinfo) X(getnameinfo) X(gethostbyname) X(gethostbyname2) X(gethostbyaddr)              \
    X(gethostbyname_r) X(gethostbyname2_r) X(gethostbyaddr_r)

#define REAL_ALL(X)                                                                                \
    REAL_DESCRIPTORS(X) REAL_LOCKS(X) REAL_THREADS(X) REAL_SIGNALS(X) REAL_TIME(X)                 \
    REAL_PROCESSES(X) REAL_NAMES(X)
/* clang-format on */

#define REAL_FIELD(name) __typeof__(name) *name##_;
struct real_functions {
    REAL_ALL(REAL_FIELD)
};
#undef REAL_FIELD

extern struct real_functions real_functions;

/* Looks all of them up. One that this libc does not have becomes a function that fails with ENOSYS.
 */
void real_resolve(void);

/* REAL(read)(fd, buffer, len): libc's read. */
#define REAL(name)                                         \
    (*(__builtin_expect(real_functions.name##_ != NULL, 1) \
           ? real_functions.name##_                        \
           : (real_resolve(), real_functions.name##_)))

#endif
