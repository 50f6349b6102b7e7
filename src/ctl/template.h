/* Texts with words to fill in. */
#ifndef CTL_TEMPLATE_H
#define CTL_TEMPLATE_H

#include "base/buf.h"

struct template_word {
	const char *name, *value; /* the last one of a list has no name */
};

/*
 * Appends TEXT to TO, with the value of the word NAME for @NAME@. A value may
 * have an @; TEXT itself has one only around names of WORDS.
 */
void template_fill(
    struct buf *to, const char *text, const struct template_word *words);

#endif
