/* Stacks: cut from large slabs, so that thousands of them need few mappings; each with a guard page
 * at its low end. Never unmapped: green threads are pooled. Owned by the scheduler. */
#ifndef RUNTIME_STACK_H
#define RUNTIME_STACK_H

#include <stddef.h>

/* size: bytes, guard page included, a multiple of the page size. Returns the lowest address, or
 * NULL with errno ENOMEM. */
char *stack_new(size_t size);

/* The stack that stack_new gave last is not needed after all. */
void stack_give_back(char *stack, size_t size);

/* Gives back the pages of an idle stack that lie below sp, but for a mark that is likely to be
 * touched again soon. */
void stack_trim(char *stack, void *sp);

#endif
