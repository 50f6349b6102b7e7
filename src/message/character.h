/*
 * One character of UTF-8 (RFC 3629) at a time: reading, writing, and cutting a
 * text where no character is split.
 */
#ifndef MESSAGE_CHARACTER_H
#define MESSAGE_CHARACTER_H

#include "base/span.h"

#define CHARACTER_MAX     4      /* octets */
#define CHARACTER_UNKNOWN 0xfffd /* stands for what could not be read */

/*
 * Reads the character at the start of S. Returns its octets (1 to 4); 0 when
 * there is none: S is empty, has an overlong form, a surrogate, something
 * beyond U+10FFFF, or is cut off.
 */
size_t character_read(struct span s, uint32_t *c_r);

/* S is not a character, but with more octets behind it could become one. */
bool character_is_cut(struct span s);

/* Writes C, or U+FFFD when C is no character, and returns the octets. */
size_t character_write(uint32_t c, char to[CHARACTER_MAX]);

/*
 * At most MAX octets of S, which is UTF-8, and no half character. Not empty if
 * S is not and MAX is at least CHARACTER_MAX.
 */
struct span character_part(struct span s, size_t max);

/* What OCTET is in windows-1252, which holds all of ISO 8859-1. */
uint32_t character_western(unsigned char octet);

#endif
