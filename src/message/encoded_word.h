/*
 * Encoded words in header fields (RFC 2047): "=?utf-8?Q?caf=C3=A9?=". Read with
 * tolerance, since programs put them where they must not be; written strictly.
 */
#ifndef MESSAGE_ENCODED_WORD_H
#define MESSAGE_ENCODED_WORD_H

#include "base/buf.h"

/*
 * Writes the value of a field as a person reads it: encoded words decoded, then
 * one harmless line as by shown_text(..., SHOWN_LINE, ...), without blanks at
 * both ends, with a NUL into ROOM (at least 1) octets at TO, cut at a
 * character. Returns the octets written. Spaces between two encoded words go
 * (RFC 2047 6.2), and a character may be split between words of one character
 * set. An encoded word that cannot be read stays as it is; octets beyond ASCII
 * outside of them are read as UTF-8.
 */
size_t encoded_word_text(struct span value, char *to, size_t room);

/*
 * Writes TEXT, which is UTF-8, as encoded words of at most 75 octets with CRLF
 * and a space between them. 0 or -E_NOMEM.
 */
int encoded_word_print(struct span text, struct buf *to);

#endif
