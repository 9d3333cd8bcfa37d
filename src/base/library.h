/* Our own libraries that are loaded when they are needed, with their symbols to themselves.
 *
 * libgreenroom is preloaded into the user's Python, ahead of everything: what it was linked to
 * would stand before the library of the same name that a wheel brings along, and take that wheel's
 * calls. */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

/* The object of that name in the library, which lies beside libgreenroom in a build directory, and
 * in its folder greenroom/ where it is installed. Loads it the first time. NULL if that fails: then
 * dlerror(3) says why. */
const void *library_object(const char *library, const char *name);

#endif
