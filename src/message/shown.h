/*
 * Octets from strangers made harmless, to be shown on a terminal, in JSON, or
 * in text that a person reads (AT-27). Not for HTML, which has marks of its
 * own.
 */
#ifndef MESSAGE_SHOWN_H
#define MESSAGE_SHOWN_H

#include "base/span.h"

enum shown_form {
	SHOWN_LINE,  /* one line: line ends become a space */
	SHOWN_LINES, /* line ends are kept, as LF */
};

/* Octets that are surely enough for the shown form of N octets, and a NUL. */
#define SHOWN_ROOM(n) (3 * (n) + 1)

/*
 * Writes TEXT as UTF-8 with a NUL into ROOM (at least 1) octets at TO, cut
 * where it would not fit, never within a character. Returns the octets written,
 * the NUL not counted.
 *
 * Octets that are no UTF-8, control characters (the escape too) and characters
 * that change the direction of what stands around them become U+FFFD. In a
 * line, blanks of all kinds that stand together, line ends too, are one space;
 * in lines, each line end is LF, and each other blank a space. Characters
 * without width are left out, but for the joiners that words and emblems are
 * spelled with.
 */
size_t
shown_text(struct span text, enum shown_form form, char *to, size_t room);

/*
 * What stands for the character C: itself, ' ' for all blanks but line ends,
 * '\n' for line ends, U+FFFD for what is harmful, 0 for nothing at all.
 */
uint32_t shown_character(uint32_t c);

#endif
