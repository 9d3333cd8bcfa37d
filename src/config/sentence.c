#include "config/sentence.h"

#include <stdarg.h>
#include <stdio.h>

int sentence(char error[SENTENCE_SIZE], const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(error, SENTENCE_SIZE, format, args);
    va_end(args);
    return -1;
}
