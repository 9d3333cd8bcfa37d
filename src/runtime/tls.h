/* Making the thread-local state of a reused green thread that of a new one. */
#ifndef RUNTIME_TLS_H
#define RUNTIME_TLS_H

/* Runs what the last task of the calling green thread registered for its end:
 * __cxa_thread_atexit_impl entries, then destructors of pthread keys (PTHREAD_DESTRUCTOR_ITERATIONS
 * rounds). May park. */
void tls_run_destructors(void);

/* Restores the TLS image of every module but the C library's, the dynamic linker's, an allocator's
 * or sanitizer's, and our own, and errno. */
void tls_restore(void);

/* The calling green thread ends: the robust mutexes that it still holds go to those who lock them
 * next, with EOWNERDEAD. For other threads the kernel does this when their task ends. */
void tls_abandon_mutexes(void);

#endif
