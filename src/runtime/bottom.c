#include "runtime/bottom.h"

#include <pthread.h>
#include <setjmp.h>

/* pthread_exit unwinds the stack, cleanup handlers and destructors of C++ objects on the way, down
 * to what is registered last: that is libc's start routine, or this, which stands before it. */
void bottom_call(void (*fn)(void *), void *arg) {
    union {
        __pthread_unwind_buf_t unwind;
        jmp_buf registers; /* begins in the same way */
    } bottom;
    if (!_setjmp(bottom.registers)) {
        __pthread_register_cancel(&bottom.unwind);
        fn(arg);
    }
    __pthread_unregister_cancel(&bottom.unwind);
}
