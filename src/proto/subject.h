/*
 * The subject that rides on MSID (WIRE 2; DM-15, AT-27): a line of UTF-8, or
 * encoded words of RFC 2047 to and from a peer that does not take UTF-8.
 */
#ifndef PROTO_SUBJECT_H
#define PROTO_SUBJECT_H

#include "base/buf.h"

#define SUBJECT_MAX 200 /* octets of UTF-8 */

/*
 * A peer's subject as UTF-8, cut to SUBJECT_MAX at a character's border.
 * Encoded words in UTF-8, US-ASCII and ISO-8859-1 are decoded, others are left
 * as they came; octets that are no UTF-8 become U+FFFD. 0; -E_SYNTAX: it holds
 * a control character, encoded or not; -E_NOMEM.
 */
int subject_read(struct span s, char text_r[SUBJECT_MAX + 1]);

/*
 * Appends TEXT as it can stand behind MSID: at most SUBJECT_MAX octets of it,
 * control characters as spaces, what is no UTF-8 as U+FFFD; as encoded words
 * unless it is ASCII or the peer takes UTF8. Errors stick to TO.
 */
void subject_print(struct span text, bool utf8, struct buf *to);

#endif
