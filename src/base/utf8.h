/*
 * One character of UTF-8 (RFC 3629) at a time: reading, writing, and cutting a
 * text where no character is split.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/span.h"

#define UTF8_MAX     4      /* octets */
#define UTF8_UNKNOWN 0xfffd /* stands for what could not be read */

/*
 * Reads the character at the start of S. Returns its octets (1 to 4); 0 when
 * there is none: S is empty, has an overlong form, a surrogate, something
 * beyond U+10FFFF, or is cut off.
 */
size_t utf8_read(struct span s, uint32_t *c_r);

/* S is not a character, but with more octets behind it could become one. */
bool utf8_is_cut(struct span s);

/* Writes C, or U+FFFD when C is no character, and returns the octets. */
size_t utf8_write(uint32_t c, char to[UTF8_MAX]);

/*
 * At most MAX octets of S, which is UTF-8, and no half character. Not empty if
 * S is not and MAX is at least UTF8_MAX.
 */
struct span utf8_part(struct span s, size_t max);

/* Every character in S can be read; so it is when S is empty. */
bool utf8_is_valid(struct span s);

/* Nothing in S needs more than ASCII. */
bool utf8_is_ascii(struct span s);

#endif
