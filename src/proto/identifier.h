/*
 * The name of a hold (WIRE 2; AT-04, AT-05, AT-08; DM-05): 43 characters of
 * base64url over 32 octets: the row's key (16), HMAC-SHA-256(server key, key)
 * cut to 8, and HMAC-SHA-256(sending user's secret; key, sender, recipient,
 * digest of the message, destination domain) cut to 8. The first tag is
 * checked before any look-up, so guessing never reaches the disk.
 */
#ifndef PROTO_IDENTIFIER_H
#define PROTO_IDENTIFIER_H

#include "base/key.h"

#define IDENTIFIER_TEXT 44 /* 43 characters and a NUL */
#define IDENTIFIER_SECRET                                   \
	32 /* octets of the server's and of a user's secret \
	    */
#define IDENTIFIER_FOREIGN_MAX 128 /* characters of an id we are given */

struct identifier_parts {
	struct key key;
	const uint8_t *server_secret; /* IDENTIFIER_SECRET octets */
	const uint8_t *user_secret;   /* IDENTIFIER_SECRET octets */
	struct span sender, recipient, domain;
	const uint8_t *digest; /* SHA-256 of the message as transferred */
};

/* Fields are hashed with lengths. */
void identifier_make(
    const struct identifier_parts *parts, char text_r[IDENTIFIER_TEXT]);

/*
 * Is ID one that this server could have made? Compares the first tag in
 * constant time. 0 and its key, or -E_NONE. The whole text must still be
 * compared with the stored one, in constant time (span_equals_secret()).
 */
int identifier_check(
    struct span id, const uint8_t *server_secret, struct key *key_r);

/*
 * The name of an envelope where its user sees it: in a stub, and in the address
 * to which they reply (WIRE 5, AT-20). The key of the notice (16) and an
 * HMAC-SHA-256(server key; key, user) cut to 8, in lower-case hexadecimal,
 * because local parts are folded. USER: folded.
 */
#define IDENTIFIER_STUB_TEXT 49 /* 48 digits and a NUL */
void identifier_stub(struct key notice, struct span user,
    const uint8_t *server_secret, char text_r[IDENTIFIER_STUB_TEXT]);

/* Is TEXT the one that was made for this user? 0 and its key, or -E_NONE. */
int identifier_stub_check(struct span text, struct span user,
    const uint8_t *server_secret, struct key *notice_r);

/* Is S of the grammar for identifiers that peers give us (WIRE 2: id)? */
bool identifier_is_legal(struct span s);

#endif
