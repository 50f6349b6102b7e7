/* Comparing what two drivers answered to the same operation. */
#ifndef TESTS_STORE_SAME_H
#define TESTS_STORE_SAME_H

#include "store/store.h"

/* Asserts that outcome and results of both are the same. */
void same_results(const struct store_op *x, const struct store_op *y);

#endif
