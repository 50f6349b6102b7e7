/*
 * Real messages for tests: those in the folder that RESTANTE_CORPUS names, or
 * beside the source; none if neither is there.
 */
#ifndef TESTS_MESSAGE_CORPUS_WALK_H
#define TESTS_MESSAGE_CORPUS_WALK_H

#include "base/span.h"

/*
 * Calls LOOK with each message in the form that it has on the wire: without the
 * separator of an mbox, lines with CRLF; in memory that ends where it does.
 * Returns how many there were.
 */
unsigned corpus_walk(void (*look)(struct span message));

#endif
