/* No application at all. */
int answer = 42;
