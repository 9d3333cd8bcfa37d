#include "runtime/stack.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/sys.h"

enum {
    PAGE = 4096,
    SLAB_STACKS = 64,
    KEPT_BELOW_SP = 4096,
    GUARD_INSTALL = 102, /* MADV_GUARD_INSTALL, Linux 6.13: a guard that splits no mapping */
};

/* What is left of the newest slab of each size; there are few sizes (one per pool, homes). */
static struct slab {
    size_t size;
    char *next;
    unsigned left;
} slabs[4];

static struct slab *slab_of(size_t size) {
    for (struct slab *slab = slabs; slab < slabs + sizeof slabs / sizeof *slabs; slab++)
        if (slab->size == size || slab->size == 0) return slab;
    return NULL;
}

static int slab_refill(struct slab *slab, size_t size) {
    long memory = sys(SYS_mmap, 0, size * SLAB_STACKS, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (memory < 0) {
        errno = ENOMEM;
        return -1;
    }
    sys(SYS_madvise, memory, size * SLAB_STACKS, MADV_NOHUGEPAGE);
    *slab = (struct slab){.size = size, .next = (char *)memory, .left = SLAB_STACKS};
    return 0;
}

char *stack_new(size_t size) {
    struct slab *slab = slab_of(size);
    if (!slab) {
        errno = ENOMEM;
        return NULL;
    }
    if (slab->left == 0 && slab_refill(slab, size) < 0) return NULL;
    char *stack = slab->next;
    if (sys(SYS_madvise, stack, PAGE, GUARD_INSTALL) < 0 &&
        sys(SYS_mprotect, stack, PAGE, PROT_NONE) < 0) {
        errno = ENOMEM;
        return NULL;
    }
    slab->next += size;
    slab->left--;
    return stack;
}

void stack_give_back(char *stack, size_t size) {
    struct slab *slab = slab_of(size);
    if (stack != slab->next - size) return;
    slab->next = stack;
    slab->left++;
}

void stack_trim(char *stack, void *sp) {
    uintptr_t low = (uintptr_t)stack + PAGE;
    uintptr_t high = ((uintptr_t)sp & ~(uintptr_t)(PAGE - 1)) - KEPT_BELOW_SP;
    if (high > low) sys(SYS_madvise, low, high - low, MADV_DONTNEED);
}
