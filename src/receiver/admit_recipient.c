/*
 * Recipients at the door: is there such a user, and what do lists say? Order
 * (WIRE 10): hosts were judged when they connected; then the pair, denied or
 * allowed; then the mode of the user.
 */
#include "receiver/admit.h"

#include "base/log.h"
#include "proto/address.h"

#include <stdlib.h>
#include <string.h>

struct asking {
	const struct admit *admit;
	void (*answered)(void *arg, enum reply_name reply);
	void *arg;
	enum store_mode *mode_r;
	bool *whole_r;
	bool stranger_pushes;   /* taken only from a pair that is allowed */
	bool poor;              /* the same, by the quality of the domain */
	struct store_op *block; /* to be put when the pair is denied, or NULL */
};

static void
answer(struct asking *x, enum reply_name reply)
{
	x->answered(x->arg, reply);
	store_op_free(&x->block);
	free(x);
}

/* ---- the server of a pair ---- */

struct span
admit_server(const struct settings *settings,
    const struct admit_speaker *speaker, char room[DNS_NAME_MAX])
{
	struct span name = speaker->name;
	char ip[IP_TEXT];

	if (settings->pair_server != PAIR_SERVER_HOST || name.n == 0)
		name = speaker->verified && speaker->domain.n > 0
			   ? speaker->domain
			   : name;
	if (name.n == 0 || name.n >= DNS_NAME_MAX) {
		ip_text(speaker->address, ip);
		name = span_of(ip);
	}
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		room[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return span_make(room, name.n);
}

/* ---- the origin of a denied pair is told (SM-37) ---- */

/* So that it need not be asked for: it is put with its end. */
static struct store_op *
block_of(const struct admit *a, const struct admit_recipient *ask,
    const char *folded, struct span server, int64_t now)
{
	struct store_op *op;
	struct store_notice *row;

	if (ask->way != ARRIVAL_ANNOUNCED || ask->id.n == 0 ||
	    !ask->speaker.verified)
		return NULL;
	op = store_op_new(STORE_NOTICE_PUT, now);
	row = op != NULL ? arena_take(&op->arena, sizeof *row) : NULL;
	if (row == NULL) {
		store_op_free(&op);
		return NULL;
	}
	*row = (struct store_notice){
	    .key = key_new(now),
	    .id = arena_copy(&op->arena, ask->id),
	    .domain = arena_copy(&op->arena, ask->speaker.domain),
	    .server = arena_copy(&op->arena, server),
	    .named = arena_copy(&op->arena, span_of(folded)),
	    .to = arena_copy(&op->arena, ask->recipient),
	    .sender = arena_copy(&op->arena, ask->sender),
	    .address = ask->speaker.address,
	    .dialect = ROUTE_ENVELOPE,
	    .state = NOTICE_REFUSED,
	    .verdict = VERDICT_SPAMMER,
	    .created = now,
	    .next_at = now,
	    .expires_at = now + a->settings->hold_time_user,
	};
	op->notice_put.count = 1;
	op->notice_put.notices = row;
	op->notice_put.total_max = a->settings->pending_total;
	if (arena_has_failed(&op->arena))
		store_op_free(&op);
	return op;
}

static void
blocked_put(struct store_op *op, void *arg)
{
	const struct store_notice *row = op->notice_put.notices;

	(void)arg;
	log_event("blocked", "domain=%s user=%s told=%d",
	    log_quote(row->domain), log_quote(row->named),
	    op->outcome == STORE_OK && op->notice_put.outcomes[0] == STORE_OK);
	store_op_free(&op);
}

static void
block(struct asking *x)
{
	struct store_op *op = x->block;

	x->block = NULL;
	if (op != NULL) {
		op->done = blocked_put;
		store_submit(x->admit->store, op);
	}
	answer(x, REPLY_BLOCKED);
}

/* ---- a user of ours ---- */

static enum reply_name
reply_of(enum store_outcome outcome)
{
	return outcome == STORE_OK     ? REPLY_RECIPIENT_OK
	       : outcome == STORE_NONE ? REPLY_NO_SUCH_USER
				       : REPLY_DELIVERY_LATER;
}

static void
user_looked_up(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	enum store_listed listed = op->user_get.listed;
	enum reply_name reply = reply_of(op->outcome);

	/* a list that allows decides at once, as a server does (SM-36) */
	if (op->outcome == STORE_OK && x->mode_r != NULL)
		*x->mode_r = listed == LISTED_ALLOW ? MODE_SERVER
						    : op->user_get.user.mode;
	store_op_free(&op);
	if (x->stranger_pushes && listed != LISTED_ALLOW &&
	    reply != REPLY_DELIVERY_LATER)
		answer(x, REPLY_STRANGER); /* whether we know the user or not */
	else if (reply == REPLY_RECIPIENT_OK && listed == LISTED_DENY)
		block(x);
	else if (x->poor && listed != LISTED_ALLOW &&
		 reply != REPLY_DELIVERY_LATER)
		answer(x, REPLY_LOW_QUALITY);
	else
		answer(x, reply);
}

/* The sender as lists know it; "" is on none. */
static struct span
fold_sender(struct span sender, struct arena *arena)
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;
	char folded[ADDRESS_TEXT];

	if (address_parse(sender, rules, &address) < 0)
		return span_of("");
	address_fold(&address, folded);
	return arena_copy(arena, span_of(folded));
}

/* Mail of our own users comes from our own domain. */
static struct admit_speaker
speaker_of(const struct admit_recipient *ask)
{
	if (ask->way != ARRIVAL_SUBMITTED)
		return ask->speaker;
	return (struct admit_speaker){
	    .domain = span_skip(span_from_last(ask->sender, '@'), 1),
	    .verified = true,
	};
}

static void
look_up_user(const struct admit *a, const struct admit_recipient *ask,
    const struct address *address, int64_t now, struct asking *x)
{
	struct store_op *op = store_op_new(STORE_USER_GET, now);
	const struct admit_speaker speaker = speaker_of(ask);
	char folded[ADDRESS_TEXT], room[DNS_NAME_MAX];
	struct span server;

	if (op == NULL) {
		answer(x, REPLY_DELIVERY_LATER);
		return;
	}
	address_fold(address, folded);
	op->user_get.address = arena_copy(&op->arena, span_of(folded));
	if (speaker.domain.n > 0 || speaker.address.family != 0) {
		server = admit_server(a->settings, &speaker, room);
		op->user_get.sender = fold_sender(ask->sender, &op->arena);
		op->user_get.server = arena_copy(&op->arena, server);
		op->user_get.verified = speaker.verified;
		x->block = block_of(a, ask, folded, server, now);
	}
	if (arena_has_failed(&op->arena)) {
		store_op_free(&op);
		answer(x, REPLY_DELIVERY_LATER);
		return;
	}
	op->done = user_looked_up;
	op->arg = x;
	store_submit(a->store, op);
}

/* ---- somebody elsewhere, to whom a user of ours writes ---- */

static void
outgoing_looked_up(struct store_op *op, void *arg)
{
	struct asking *x = arg;
	bool listed = op->outcome == STORE_OK;
	bool denied = listed && op->entry_find.entry.list == LISTED_DENY;
	bool known = listed || op->outcome == STORE_NONE;

	if (x->whole_r != NULL)
		*x->whole_r = listed && !denied;
	store_op_free(&op);
	answer(x, denied  ? REPLY_BLOCKED
		  : known ? REPLY_RECIPIENT_OK
			  : REPLY_DELIVERY_LATER);
}

static void
look_up_outgoing(const struct admit *a, const struct admit_recipient *ask,
    const struct address *address, int64_t now, struct asking *x)
{
	struct store_op *op = store_op_new(STORE_ENTRY_FIND, now);
	char folded[ADDRESS_TEXT];

	if (op == NULL) {
		answer(x, REPLY_DELIVERY_LATER);
		return;
	}
	address_fold(address, folded);
	op->entry_find.user = arena_copy(&op->arena, ask->user);
	op->entry_find.side = SIDE_OUTGOING;
	op->entry_find.address = arena_copy(&op->arena, span_of(folded));
	op->entry_find.server = span_of("");
	if (arena_has_failed(&op->arena)) {
		store_op_free(&op);
		answer(x, REPLY_DELIVERY_LATER);
		return;
	}
	op->done = outgoing_looked_up;
	op->arg = x;
	store_submit(a->store, op);
}

/* ---- which of them ---- */

static bool
is_postmaster(const struct address *address)
{
	return address->domain.n == 0 ||
	       span_equals_nocase(address->local, span_of("postmaster"));
}

static struct asking *
asking_new(const struct admit *a, const struct admit_recipient *ask,
    void (*answered)(void *arg, enum reply_name reply), void *arg)
{
	struct asking *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->admit = a;
	x->answered = answered;
	x->arg = arg;
	x->mode_r = ask->mode_r;
	x->whole_r = ask->whole_r;
	x->stranger_pushes = ask->way == ARRIVAL_PUSHED &&
			     ask->standing != STANDING_ALLOWED &&
			     a->settings->strangers == STRANGERS_REJECT;
	x->poor =
	    (ask->way == ARRIVAL_PUSHED || ask->way == ARRIVAL_ANNOUNCED) &&
	    ask->standing != STANDING_ALLOWED && ask->speaker.verified &&
	    admit_is_poor(a, ask->speaker.domain);
	return x;
}

void
admit_recipient(const struct admit *a, const struct admit_recipient *ask,
    int64_t now, void (*answered)(void *arg, enum reply_name reply), void *arg)
{
	const struct address_rules rules = {
	    .utf8 = true, .bare_postmaster = true};
	struct address address;
	struct asking *x;
	bool local;

	if (ask->mode_r != NULL)
		*ask->mode_r = MODE_SERVER;
	if (ask->whole_r != NULL)
		*ask->whole_r = false;
	if (address_parse(ask->recipient, rules, &address) < 0) {
		answered(arg, REPLY_BAD_RECIPIENT);
		return;
	}
	local =
	    address.domain.n == 0 || hosts_has_name(a->local, address.domain);
	if (!local && ask->way != ARRIVAL_SUBMITTED) {
		answered(arg, REPLY_NO_RELAY);
		return;
	}
	x = asking_new(a, ask, answered, arg);
	if (x == NULL)
		answered(arg, REPLY_DELIVERY_LATER);
	else if (!local)
		look_up_outgoing(a, ask, &address, now, x);
	else if (!is_postmaster(&address))
		look_up_user(a, ask, &address, now, x);
	else /* always there (RFC 5321 4.5.1) */
		answer(x, x->stranger_pushes && address.domain.n > 0
			      ? REPLY_STRANGER
			      : REPLY_RECIPIENT_OK);
}
