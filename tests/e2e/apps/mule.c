#include <stdio.h>
#include <unistd.h>

int consume(void);

int consume(void) {
    printf("consuming in C\n");
    fflush(stdout);
    for (;;) pause();
}
