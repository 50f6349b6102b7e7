/*
 * One allocation of this process fails, whoever makes it: libraries, too.
 * Stands in for malloc and its sisters, so never with sanitizers, which have
 * their own.
 */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include <stdbool.h>

/* The NUMBER-th from now on fails. */
void failing_begin(unsigned number);

/* From now on none does. Did one? */
bool failing_end(void);

#endif
