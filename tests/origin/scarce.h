/*
 * One allocation that finds no memory: malloc, calloc, realloc of our own code,
 * not of libraries. For tests that are linked with --wrap for these three.
 */
#ifndef TESTS_ORIGIN_SCARCE_H
#define TESTS_ORIGIN_SCARCE_H

#include <stdbool.h>

/* The NUMBER-th from now fails, and no other. */
void scarce(unsigned number);

/* From now none fails. Has one? */
bool scarce_end(void);

#endif
