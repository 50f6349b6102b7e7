/*
 * One message on its way in, from the first recipient to the keeper's answer;
 * used by the front (submission, push) and by the caller (pull). Collects the
 * head, adds or removes the few fields the origin may, sums up the digest, and
 * keeps the body: small ones in memory, others in a spool file.
 */
#ifndef DAEMON_RECEPTION_H
#define DAEMON_RECEPTION_H

#include "daemon/role/role.h"
#include "daemon/transfer/own_addresses.h"
#include "proto/address.h"
#include "proto/arrival.h"
#include "proto/params.h"
#include "proto/reply.h"

#define RECEPTION_MEMORY (64u << 20) /* bodies in memory, of one process */
#define RECEPTION_LOOP   50 /* Received fields: more is a loop (AT-23) */

struct reception_setup {
	struct role *role;
	uint64_t number; /* names this transaction to the keeper; unique */
	enum arrival_way way;
	/* SUBMITTED: whoever writes; it must outlive the reception */
	const struct own_addresses *own;
	bool check_from; /* SUBMITTED: From must be the user's own */
	/* SUBMITTED through the user service: nothing was declared, so what
	   the content needs is seen from it; a From that is missing is the
	   sender. */
	bool plain;
	struct span sender;
	const struct params *params; /* of MAIL */
	struct span with, helo, results;
	struct ip address;
	struct span notice_id, notice_domain, notice_named; /* PULLED */
	bool keep; /* PULLED: its user is still to be asked */
	int64_t now;
};

struct reception;

/* Copies what it needs. NULL: no memory. */
struct reception *reception_new(const struct reception_setup *setup);

/* What was not handed to the keeper is forgotten, in the spool too. */
void reception_free(struct reception **r);

/* WHOLE: they want it without notice (SM-34). 0 or -E_NOMEM. */
int reception_recipient(struct reception *r, const struct address *recipient,
    const struct params *params, bool whole);

/*
 * A run of content. 0; negative: *FAULT_R is the reply the message must get
 * once it has been read to its end.
 */
int reception_content(
    struct reception *r, struct span run, enum reply_name *fault_r);

/* It has another number from now on; what it waited for will not come. */
void reception_renumber(struct reception *r, uint64_t number);

/* Waits for its spool file: no content, and no end, until it has come. */
bool reception_waits(const struct reception *r);

/* BODY_ANSWER. 0, or negative and a fault as above. */
int reception_body(
    struct reception *r, struct message *m, enum reply_name *fault_r);

/*
 * The content is complete. 0: the keeper has it, ARRIVAL_ANSWER will come;
 * -E_AGAIN: the keeper's channel is full, ask again when it is writable; else
 * negative with the reply.
 */
int reception_end(struct reception *r, enum reply_name *fault_r);

/* Is any reception of this process handed over in part? Others wait for it. */
bool reception_is_on_its_way(void);

/* The digest, after reception_end; for comparing with what was announced
   before it: reception_digest() may be asked once content is complete. */
int reception_digest(struct reception *r, uint8_t digest_r[32]);

#endif
