/* Base64 (RFC 4648): the common alphabet for SASL, the URL one for us. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/span.h"

/* Writes base64url without padding and a NUL; ROOM >= (n * 4 + 2) / 3 + 1. */
void base64_url(struct span in, char *to, size_t room);

/*
 * Strict decoding: exact alphabet, no space, no stray bits; padding required
 * for the common alphabet and forbidden for the URL one. 0, -E_SYNTAX, or
 * -E_RANGE when ROOM is too small. *N_R is the number of octets written.
 */
int base64_url_decode(struct span in, void *to, size_t room, size_t *n_r);
int base64_decode(struct span in, void *to, size_t room, size_t *n_r);

#endif
