/*
 * Taking a message back, by its author, as long as nobody has fetched it
 * (DM-08, JB-06): whoever is signed in writes to withdraw+<identifier> at a
 * domain of ours, from any mail program; what stands in that message does not
 * matter. The reports of a delay tell the address. The operator has `restante
 * held withdraw`.
 */
#ifndef ORIGIN_WITHDRAW_H
#define ORIGIN_WITHDRAW_H

#include "proto/address.h"
#include "proto/identifier.h"
#include "proto/reply.h"
#include "store/store.h"

#define WITHDRAW_PREFIX  "withdraw+"
#define WITHDRAW_ADDRESS (sizeof WITHDRAW_PREFIX + IDENTIFIER_TEXT + 256)

/* The address to which the author of the hold ID writes: at DOMAIN. */
void withdraw_address(
    struct span id, const char *domain, char text_r[WITHDRAW_ADDRESS]);

/* Is it such an address (of whatever domain)? An identifier that this server
   never made is none, as for any other user who does not exist. */
bool withdraw_names(const struct address *address, const uint8_t *server_secret,
    struct key *hold_r);

struct withdraw {
	struct store *store;
	struct key hold;
	struct span user; /* who asks, folded */
	void *owner;
	void (*answered)(void *owner, enum reply_name reply);
	/* A spooled body that nobody needs any more; before the answer. */
	void (*free_body)(void *owner, struct key message);
};

/*
 * ANSWERED once, now or from a later store_turn(): REPLY_WITHDRAWN (again,
 * too), REPLY_TOO_LATE, REPLY_DELIVERY_LATER while somebody is fetching it,
 * REPLY_NO_SUCH_USER when it is not this user's.
 */
void withdraw_hold(const struct withdraw *withdraw, int64_t now);

#endif
