/*
 * Accepting a submission: look up the sending user (for the secret that goes
 * into identifiers), make holds and deliveries, put it all. More recipients
 * than one operation takes go in parts; the last one makes the message live.
 */
#include "origin/accept.h"

#include "base/log.h"
#include "origin/hold.h"
#include "proto/address.h"
#include "receiver/decide.h"
#include "trust/dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who writes to more does not wait for their answers. */
#define ACCEPT_LISTED_MAX 100

/* Of submit-rate, for a user of whom others complained; and when that is
   unlimited. */
#define SLOW_SHARE     10
#define SLOW_UNLIMITED 50

struct accepting {
	const struct accept *accept;
	const struct arrival *arrival;
	int64_t now;
	void (*answered)(
	    void *arg, enum reply_name reply, struct span argument);
	void *arg;
	uint8_t user_secret[STORE_SECRET];
	bool lists;    /* the user's incoming list learns of the recipients */
	unsigned done; /* recipients put so far */
};

static void put_part(struct accepting *x);

/* ---- whoever is written to may answer ---- */

static void
listed(struct store_op *op, void *arg)
{
	(void)arg;
	if (op->outcome != STORE_OK && op->outcome != STORE_EXISTS)
		log_event("not-listed", "user=%s outcome=%s",
		    log_quote(op->entry_put.entry.user),
		    store_outcome_name(op->outcome));
	store_op_free(&op);
}

/* An entry that still lacks the server: the first verified answer brings it. */
static void
list_recipient(struct accepting *x, const struct address *recipient)
{
	struct store_op *op = store_op_new(STORE_ENTRY_PUT, x->now);
	struct store_entry *entry;
	char folded[ADDRESS_TEXT];

	if (op == NULL)
		return; /* the answer is asked about, as a stranger's is */
	address_fold(recipient, folded);
	entry = &op->entry_put.entry;
	entry->user = arena_copy(&op->arena, x->arrival->user);
	entry->side = SIDE_INCOMING;
	entry->address = arena_copy(&op->arena, span_of(folded));
	entry->server = span_of("");
	entry->list = LISTED_ALLOW;
	entry->by = ENTRY_BY_WRITING;
	entry->created = x->now;
	op->entry_put.only_new = true;
	op->entry_put.user_max = x->accept->settings->list_entries;
	if (arena_has_failed(&op->arena)) {
		store_op_free(&op);
		return;
	}
	op->done = listed;
	store_submit(x->accept->store, op);
}

/* Those who are elsewhere; mail among our own users asks no list of ours. */
static void
list_recipients(struct accepting *x)
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;

	if (!x->lists || x->arrival->count > ACCEPT_LISTED_MAX)
		return;
	for (unsigned i = 0; i < x->arrival->count; i++)
		if (address_parse(x->arrival->recipients[i].recipient, rules,
			&address) == 0 &&
		    !hosts_has_name(x->accept->local, address.domain))
			list_recipient(x, &address);
}

static void
answer(struct accepting *x, enum reply_name reply)
{
	char key[KEY_TEXT], argument[DNS_NAME_MAX + sizeof "postmaster@"];

	key_text(x->arrival->message, key);
	snprintf(argument, sizeof argument, "%s%s",
	    reply == REPLY_SUSPENDED ? "postmaster@" : "",
	    reply == REPLY_SUSPENDED ? x->accept->settings->domains.v[0] : key);
	if (reply == REPLY_HELD)
		list_recipients(x);
	log_event(reply == REPLY_HELD ? "accepted" : "not-accepted",
	    "message=%s user=%s recipients=%u size=%llu", key,
	    log_quote(x->arrival->user), x->arrival->count,
	    (unsigned long long)x->arrival->size);
	x->answered(x->arg, reply, span_of(argument));
	explicit_bzero(x->user_secret, sizeof x->user_secret);
	free(x);
}

static enum reply_name
reply_of(enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_OK:
	case STORE_EXISTS: /* this very message, put before */
		return REPLY_HELD;
	case STORE_FULL:
		return REPLY_NO_ROOM;
	case STORE_NONE:
	case STORE_CONFLICT:
	case STORE_BUSY:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	return REPLY_DELIVERY_LATER;
}

static void
part_put(struct store_op *op, void *arg)
{
	struct accepting *x = arg;
	enum store_outcome outcome = op->outcome;
	bool more = op->message_put.more;

	store_op_free(&op);
	if (outcome == STORE_OK && more)
		put_part(x);
	else
		answer(x, reply_of(outcome));
}

/* One recipient: ours, or somebody else's. */
static int
add_recipient(struct accepting *x, const struct arrival_recipient *recipient,
    struct store_op *op, struct store_hold *holds,
    struct store_delivery *deliveries)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	struct store_message_put *put = &op->message_put;
	struct address address;
	struct hold_making making = {
	    .settings = x->accept->settings,
	    .arrival = x->arrival,
	    .recipient = recipient,
	    .server_secret = x->accept->server_secret,
	    .user_secret = x->user_secret,
	    .now = x->now,
	};

	if (address_parse(recipient->recipient, rules, &address) < 0)
		return -E_SYNTAX;
	if (hosts_has_name(x->accept->local, address.domain) ||
	    address.domain.n == 0)
		return decide_delivery(x->accept->settings, x->arrival,
		    &address, x->now, &op->arena,
		    &deliveries[put->delivery_count++]);
	making.domain = arena_copy(&op->arena, address.domain);
	if (making.domain.p == NULL)
		return -E_NOMEM;
	return hold_make(&making, &op->arena, &holds[put->hold_count++]);
}

/* Together with others: neither a Bcc, nor sent without notice. */
static bool
is_announced(const struct store_hold *hold)
{
	return hold->visible && hold->route != ROUTE_PUSH;
}

/* The visible holds of one domain are announced in one envelope, under the
   identifier of the first (WIRE 6); each part of a large message by itself. */
static void
share_envelopes(struct store_hold *holds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		holds[i].envelope = holds[i].key;
		for (unsigned j = 0; is_announced(&holds[i]) && j < i; j++)
			if (is_announced(&holds[j]) &&
			    span_equals(holds[j].domain, holds[i].domain)) {
				holds[i].envelope = holds[j].envelope;
				break;
			}
	}
}

static int
fill_part(struct accepting *x, struct store_op *op, unsigned count)
{
	struct store_hold *holds =
	    arena_take(&op->arena, count * sizeof *holds);
	struct store_delivery *deliveries =
	    arena_take(&op->arena, count * sizeof *deliveries);

	if (holds == NULL || deliveries == NULL)
		return -E_NOMEM;
	op->message_put.holds = holds;
	op->message_put.deliveries = deliveries;
	for (unsigned i = 0; i < count; i++)
		if (add_recipient(x, &x->arrival->recipients[x->done + i], op,
			holds, deliveries) < 0)
			return -E_NOMEM;
	share_envelopes(holds, op->message_put.hold_count);
	return 0;
}

static void
put_part(struct accepting *x)
{
	struct store_op *op = store_op_new(STORE_MESSAGE_PUT, x->now);
	unsigned left = x->arrival->count - x->done;
	unsigned count =
	    left < STORE_RECIPIENTS_PART ? left : STORE_RECIPIENTS_PART;

	if (op == NULL) {
		answer(x, REPLY_DELIVERY_LATER);
		return;
	}
	decide_message(x->arrival, x->now, &op->message_put.message);
	if (fill_part(x, op, count) < 0) {
		store_op_free(&op);
		answer(x, REPLY_DELIVERY_LATER);
		return;
	}
	x->done += count;
	op->message_put.more = x->done < x->arrival->count;
	op->message_put.quota = x->accept->settings->hold_quota;
	op->done = part_put;
	op->arg = x;
	store_submit(x->accept->store, op);
}

/* How many a day, by what others say of the user's mail. */
static uint64_t
rate_of(const struct settings *s, const struct store_standing *standing)
{
	uint64_t rate = s->submit_rate;

	if (s->complaints_slow == 0 ||
	    standing->complaints < s->complaints_slow)
		return rate;
	if (rate == 0)
		return SLOW_UNLIMITED;
	return rate > SLOW_SHARE ? rate / SLOW_SHARE : 1;
}

/* REPLY_HELD: nothing stands against it. */
static enum reply_name
judge(const struct accepting *x, const struct store_standing *standing)
{
	const struct accept *a = x->accept;

	if (standing->suspended_at > 0)
		return REPLY_SUSPENDED;
	if (a->may_submit != NULL &&
	    !a->may_submit(a->owner, x->arrival->user,
		rate_of(a->settings, standing), x->now))
		return REPLY_LATER;
	return REPLY_HELD;
}

static void
user_known(struct store_op *op, void *arg)
{
	struct accepting *x = arg;
	enum store_outcome outcome = op->outcome;
	enum reply_name reply = outcome == STORE_OK
				    ? judge(x, &op->user_get.standing)
				: outcome == STORE_NONE ? REPLY_NOT_YOUR_ADDRESS
							: REPLY_DELIVERY_LATER;

	if (outcome == STORE_OK)
		memcpy(x->user_secret, op->user_get.user.secret, STORE_SECRET);
	x->lists =
	    outcome == STORE_OK && op->user_get.user.answers != ANSWERS_ASKED;
	store_op_free(&op);
	if (reply == REPLY_HELD)
		put_part(x);
	else
		answer(x, reply);
}

void
accept_message(const struct accept *accept, const struct arrival *arrival,
    int64_t now,
    void (*answered)(void *arg, enum reply_name reply, struct span argument),
    void *arg)
{
	struct accepting *x = calloc(1, sizeof *x);
	struct store_op *op = store_op_new(STORE_USER_GET, now);

	if (x == NULL || op == NULL) {
		free(x);
		store_op_free(&op);
		answered(arg, REPLY_DELIVERY_LATER, span_of(""));
		return;
	}
	x->accept = accept;
	x->arrival = arrival;
	x->now = now;
	x->answered = answered;
	x->arg = arg;
	op->user_get.address = arrival->user;
	op->user_get.with_standing = true;
	op->done = user_known;
	op->arg = x;
	store_submit(accept->store, op);
}
