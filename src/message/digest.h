/*
 * SHA-256 of a message as it is transferred: CRLF line ends, before dots are
 * stuffed, after whatever the origin adds (WIRE 2, AT-07).
 */
#ifndef MESSAGE_DIGEST_H
#define MESSAGE_DIGEST_H

#include "base/span.h"

#define DIGEST_SIZE 32
#define DIGEST_TEXT 44 /* base64url, 43 characters and a NUL */

struct digest;

/*
 * Finds SHA-256 in the library, once for each process that is to live: the
 * library looks for it only once, and when memory is missing at that moment
 * never finds it. 0; -E_NOMEM: this process must end.
 */
int digest_prepare(void);

/* Prepares, if nobody has. NULL: no memory. */
struct digest *digest_new(void);
void digest_free(struct digest **d);
void digest_add(struct digest *d, struct span octets);

/* Ends the sum; afterwards only digest_free(). 0 or -E_SYSTEM. */
int digest_end(struct digest *d, uint8_t sum_r[DIGEST_SIZE]);

void digest_text(const uint8_t sum[DIGEST_SIZE], char text_r[DIGEST_TEXT]);

#endif
