/*
 * What stands in Content-Type and Content-Disposition: a type, and parameters
 * (RFC 2045 5.1, RFC 2231, RFC 2183). Values are those of fields, folded or
 * not; everything is read with tolerance, in time linear in its length.
 */
#ifndef MESSAGE_MIME_H
#define MESSAGE_MIME_H

#include "base/span.h"

#define MIME_TYPE_ROOM                                          \
	128 /* RFC 6838 4.2 allows 127 and 127; nobody needs it \
	     */

/*
 * Writes the type, "text/plain", in lower case with a NUL into TO. False, and
 * TO is empty, if VALUE does not begin with one.
 */
bool mime_type(struct span value, char to[MIME_TYPE_ROOM]);

/* Does VALUE begin with WORD ("attachment"), in either case? */
bool mime_is(struct span value, const char *word);

/* Is there a parameter NAME, in any of its forms? */
bool mime_has(struct span value, const char *name);

/*
 * Writes the octets of parameter NAME with a NUL into ROOM octets at TO: as it
 * stands there, without quotation marks; the first of several. *N_R counts
 * them. False if there is none, or it is empty, or does not fit.
 */
bool mime_octets(
    struct span value, const char *name, char *to, size_t room, size_t *n_r);

/*
 * Writes the text of parameter NAME as a harmless line with a NUL into ROOM
 * octets at TO, cut at a character: extended and continued forms (RFC 2231)
 * first, else the plain form, in which encoded words (RFC 2047) are read too.
 * Returns the octets written; 0 if there is none.
 */
size_t mime_text(struct span value, const char *name, char *to, size_t room);

#endif
