/* Is it UTF-8 (RFC 3629)? Everything from outside that claims to be is asked.
 */
#ifndef PROTO_UTF8_H
#define PROTO_UTF8_H

#include "base/span.h"

/* No overlong form, no surrogate, nothing beyond U+10FFFF, nothing cut off. */
bool utf8_is_valid(struct span s);

/* Nothing in S needs more than ASCII. */
bool utf8_is_ascii(struct span s);

/* Octets of the character at the start of S; 0: none is there, or S is empty.
 */
size_t utf8_length(struct span s);

#endif
