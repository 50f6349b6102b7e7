/* Arguments of operations, drawn from a seed. */
#include "drawn.h"

#define MESSAGES   40 /* keys are drawn from few, so that they meet again */
#define HOLDS      60
#define NOTICES    30
#define DELIVERIES 60

unsigned
draw(struct draws *d, unsigned limit)
{
	d->seed = d->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(d->seed >> 33) % limit;
}

enum store_verb
draw_verb(struct draws *d)
{
	static const enum store_verb busy[] = {
	    STORE_MESSAGE_PUT,
	    STORE_MESSAGE_PUT,
	    STORE_HOLD_AIM,
	    STORE_HOLD_CLAIM,
	    STORE_HOLD_PUSH,
	    STORE_HOLD_PUSH,
	    STORE_HOLD_LEASE,
	    STORE_HOLD_LEASE,
	    STORE_HOLD_LEASE,
	    STORE_HOLD_SETTLE,
	    STORE_HOLD_SETTLE,
	    STORE_HOLD_SETTLE,
	    STORE_USER_PUT,
	    STORE_HOLD_VERDICT,
	    STORE_HOLD_VERDICT,
	    STORE_HOLD_VERDICT,
	    STORE_HOLD_VERDICT,
	    STORE_HOLD_VERDICT,
	    STORE_HOLD_VERDICT,
	    STORE_COMPLAINT_TOLD,
	    STORE_COMPLAINT_TOLD,
	    STORE_COMPLAINT_TOLD,
	    STORE_REPORT_PUT,
	    STORE_REPORT_NONE,
	    STORE_NOTICE_PUT,
	    STORE_NOTICE_PUT,
	    STORE_NOTICE_CLAIM,
	    STORE_NOTICE_FETCHED,
	    STORE_NOTICE_FETCHED,
	    STORE_NOTICE_SETTLE,
	    STORE_NOTICE_DECIDE,
	    STORE_DELIVERY_SETTLE,
	    STORE_SWEEP,
	    STORE_SWEEP,
	};

	if (draw(d, 2))
		return (enum store_verb)draw(d, STORE_VERBS);
	return busy[draw(d, sizeof busy / sizeof busy[0])];
}

static struct ip
draw_asker(struct draws *d)
{
	return ip_of(draw(d, 8) == 0 ? "192.0.2.8" : peer);
}

static struct span
draw_reply(struct draws *d)
{
	static const char *const replies[] = {"", "250 ok", "450 later"};

	return span_of(replies[draw(d, 3)]);
}

static struct store_claim
draw_claim(struct draws *d, int64_t now)
{
	return (struct store_claim){
	    1 + draw(d, 2), now + 1 + draw(d, 300), draw(d, 6)};
}

static struct span
draw_recipient(struct draws *d)
{
	static const char *const recipients[] = {
	    "Bob@b.test", "bob@B.TEST", "carol@b.test", "Dan@b.test"};

	return span_of(recipients[draw(d, 4)]);
}

static struct span
draw_user(struct draws *d)
{
	static const char *const users[] = {"bob@b.test", "carol@b.test", ""};

	return span_of(users[draw(d, 3)]);
}

static struct span
draw_author(struct draws *d)
{
	return span_of(draw(d, 3) ? "alice@a.test" : "mallory@a.test");
}

static unsigned
draw_verdict(struct draws *d)
{
	return draw(d, VERDICT_SPAMMER + 1);
}

static void
fill_message_put(struct store_op *op, struct draws *d)
{
	struct store_message_put *put = &op->message_put;
	unsigned message = 1 + draw(d, MESSAGES);
	struct store_hold *holds = arena_take(&op->arena, 3 * sizeof *holds);
	struct store_delivery *deliveries =
	    arena_take(&op->arena, 2 * sizeof *deliveries);

	put->message = message_of(message);
	put->message.spooled = message % 3 == 0;
	put->message.created = op->now;
	/* By number, since all parts of a message say the same of it. */
	if (message % 5 == 0)
		put->message.sender = span_of("");
	if (message % 7 == 0)
		put->message.user = span_of("");
	if (message % 2 == 0)
		put->message.envelope = span_of("");
	put->hold_count = draw(d, 4);
	for (unsigned i = 0; i < put->hold_count; i++) {
		holds[i] = hold_of(1 + draw(d, HOLDS), message);
		holds[i].created = op->now;
		holds[i].next_at = op->now + draw(d, 100);
		holds[i].recipient = draw_recipient(d);
		holds[i].visible = draw(d, 2);
		holds[i].report_at = draw(d, 2) ? op->now + draw(d, 200) : 0;
		if (i > 0 && draw(d, 4))
			holds[i].envelope = holds[draw(d, i)].key;
		if (draw(d, 12) == 0)
			holds[i].domain = span_of("c.test");
		if (draw(d, 10) == 0)
			holds[i].route = ROUTE_PUSH;
	}
	put->holds = holds;
	put->delivery_count = draw(d, 3);
	for (unsigned i = 0; i < put->delivery_count; i++) {
		deliveries[i] = delivery_of(1 + draw(d, DELIVERIES), message);
		deliveries[i].next_at = op->now + draw(d, 100);
	}
	put->deliveries = deliveries;
	put->more = draw(d, 5) == 0;
}

static void
fill_hold_aim(struct store_op *op, struct draws *d)
{
	struct key *keys = arena_take(&op->arena, 10 * sizeof *keys);

	op->hold_aim.count = draw(d, 11);
	for (unsigned i = 0; i < op->hold_aim.count; i++)
		keys[i] = key_of(1 + draw(d, HOLDS));
	op->hold_aim.keys = keys;
	op->hold_aim.targets = arena_copy(&op->arena, targets_of(peer));
}

static struct span
draw_to(struct draws *d)
{
	return draw(d, 2) ? draw_recipient(d) : span_of("");
}

static struct span
draw_id(struct draws *d, unsigned number)
{
	return hold_of(number + (draw(d, 10) == 0), 1).id;
}

static void
fill_hold_lease(struct store_op *op, struct draws *d)
{
	unsigned number = 1 + draw(d, HOLDS);

	op->hold_lease.key = key_of(number);
	op->hold_lease.id = draw_id(d, number);
	op->hold_lease.to = draw_to(d);
	op->hold_lease.asker = draw_asker(d);
	op->hold_lease.verdict = draw(d, 4);
	op->hold_lease.node = 1 + draw(d, 2);
	op->hold_lease.ticket = draw(d, 2);
	op->hold_lease.lease_until = op->now + 1 + draw(d, 600);
}

static void
fill_hold_push(struct store_op *op, struct draws *d)
{
	op->hold_push.key = key_of(1 + draw(d, HOLDS));
	op->hold_push.node = 1 + draw(d, 2);
	op->hold_push.ticket = draw(d, 2);
	op->hold_push.lease_until = op->now + 1 + draw(d, 300);
}

static void
fill_hold_verdict(struct store_op *op, struct draws *d)
{
	unsigned number = 1 + draw(d, HOLDS);

	op->hold_verdict.key = key_of(number);
	op->hold_verdict.id = draw_id(d, number);
	op->hold_verdict.to = draw_to(d);
	op->hold_verdict.asker = draw_asker(d);
	op->hold_verdict.verdict = draw_verdict(d);
	op->hold_verdict.have = draw(d, 3) > 0;
	op->hold_verdict.reply = draw_reply(d);
	op->hold_verdict.slow_at = draw(d, 3);
	op->hold_verdict.suspend_at = draw(d, 3);
}

static void
fill_report_put(struct store_op *op, struct draws *d)
{
	/* Ranges of their own: a report is never put otherwise. */
	unsigned message = 300 + draw(d, 4000);

	op->report_put.hold = key_of(1 + draw(d, HOLDS));
	op->report_put.reported = 1 + draw(d, 2);
	op->report_put.report_at = draw(d, 2) ? op->now + draw(d, 200) : 0;
	op->report_put.report = draw_reply(d);
	op->report_put.message = message_of(message);
	op->report_put.message.sender = span_of("");
	op->report_put.message.user = span_of("");
	op->report_put.message.spooled = message % 3 == 0;
	op->report_put.delivery = delivery_of(20000 + message, message);
}

static void
fill_report_none(struct store_op *op, struct draws *d)
{
	op->report_none.hold = key_of(1 + draw(d, HOLDS));
	op->report_none.reported = draw(d, 4);
	op->report_none.report_at = draw(d, 2) ? op->now + draw(d, 200) : 0;
	op->report_none.report = draw_reply(d);
}

/* One of an envelope: what all its rows have in common is in NOTICE. */
static void
draw_row(struct store_notice *notice, struct store_op *op, struct draws *d)
{
	if (draw(d, 3) == 0)
		notice->state = NOTICE_WANTED;
	if (notice->named.n == 0 && draw(d, 3) > 0)
		notice->state = NOTICE_WANTED;
	notice->key = key_of(1 + draw(d, 4 * NOTICES));
	notice->next_at = op->now + draw(d, 100);
	notice->expires_at = op->now + 500 + draw(d, 2000);
}

static void
fill_notice_put(struct store_op *op, struct draws *d)
{
	struct store_notice common =
	    envelope_of(1 + draw(d, NOTICES), "bob@b.test");
	unsigned count = 1 + draw(d, 3);
	struct store_notice *rows = arena_take(&op->arena, 3 * sizeof *rows);

	if (draw(d, 4) == 0)
		common.domain = span_of("other.test");
	common.has_size = draw(d, 2);
	if (!common.has_size)
		common.size = 0;
	for (unsigned i = 0; i < count; i++) {
		rows[i] = common;
		rows[i].server = drawn_server(d);
		if (draw(d, 5) == 0) {
			rows[i].state = NOTICE_REFUSED;
			rows[i].verdict = VERDICT_SPAMMER;
			rows[i].created = op->now;
		}
		rows[i].named = draw_user(d);
		if (draw(d, 8) == 0)
			rows[i].sender = span_of("mallory@a.test");
		draw_row(&rows[i], op, d);
	}
	op->notice_put.count = count;
	op->notice_put.notices = rows;
	op->notice_put.pending_max = draw(d, 2) ? 8 : 0;
	op->notice_put.domain_max = draw(d, 2) ? 5 : 0;
	op->notice_put.user_max = draw(d, 2) ? 12 : 0;
	op->notice_put.total_max = draw(d, 2) ? 50 : 0;
}

static void
fill_notice_fetched(struct store_op *op, struct draws *d)
{
	struct store_notice from = notice_of(1 + draw(d, NOTICES));
	/* A range of its own: a fetched message is never put otherwise. */
	unsigned message = 100 + draw(d, 4 * MESSAGES);
	struct store_delivery *rows = arena_take(&op->arena, 2 * sizeof *rows);
	struct store_notice_fetched *fetched = &op->notice_fetched;

	fetched->id = from.id;
	fetched->domain = from.domain;
	fetched->named = draw_user(d);
	fetched->message = message_of(message);
	fetched->message.spooled = message % 3 == 0;
	fetched->keep = draw(d, 3) == 0;
	fetched->quota = draw(d, 2) ? 40 + draw(d, 100) : 0;
	if (!fetched->keep || draw(d, 8) == 0)
		fetched->delivery_count = draw(d, 3);
	for (unsigned i = 0; i < fetched->delivery_count; i++) {
		rows[i] = delivery_of(1000 + 2 * message + i, message);
		rows[i].notice_id = from.id;
		rows[i].notice_domain = from.domain;
		rows[i].next_at = op->now + draw(d, 50);
	}
	fetched->deliveries = rows;
	fetched->next_at = op->now + draw(d, 100);
	fetched->user = draw_user(d);
	fetched->to = draw_recipient(d);
	fetched->sender = span_of("alice@a.test");
	fetched->subject = span_of(draw(d, 2) ? "minutes" : "");
	fetched->envelope = span_of(draw(d, 2) ? "From: alice\r\n" : "");
	fetched->attachments = draw(d, 3);
}

static void
fill_notice_settle(struct store_op *op, struct draws *d)
{
	struct store_notice from = notice_of(1 + draw(d, NOTICES));
	/* A range of its own, in which some meet. */
	unsigned message = 5000 + draw(d, 500);

	op->notice_settle.id = from.id;
	op->notice_settle.domain = from.domain;
	op->notice_settle.named = draw_user(d);
	op->notice_settle.end = (enum store_notice_end)(1 + draw(d, 5));
	op->notice_settle.next_at = draw(d, 4) ? op->now + draw(d, 300) : 0;
	op->notice_settle.reply = draw_reply(d);
	op->notice_settle.verdict = draw_verdict(d);
	op->notice_settle.has_report = draw(d, 2);
	op->notice_settle.message = message_of(message);
	op->notice_settle.message.spooled = draw(d, 8) == 0;
	op->notice_settle.delivery = delivery_of(50000 + message, message);
}

static void
fill_notice_decide(struct store_op *op, struct draws *d)
{
	op->notice_decide.key = key_of(1 + draw(d, 4 * NOTICES));
	op->notice_decide.user = draw_user(d);
	op->notice_decide.verdict = draw_verdict(d);
	op->notice_decide.folder = span_of(draw(d, 2) ? ".Work" : "");
	if (draw(d, 8))
		op->notice_decide.delivery =
		    delivery_of(40000 + draw(d, 5000), 1);
}

static void
fill_delivery_settle(struct store_op *op, struct draws *d)
{
	unsigned number = 1 + draw(d, DELIVERIES);

	if (draw(d, 2))
		number = 1000 + 2 * (100 + draw(d, 4 * MESSAGES)) + draw(d, 2);
	op->delivery_settle.key = key_of(number);
	op->delivery_settle.done = draw(d, 2);
	op->delivery_settle.next_at = op->now + draw(d, 50);
}

static struct span
draw_peer(struct draws *d)
{
	static const char *const names[] = {
	    "192.0.2.1", "192.0.2.0/24", "2001:db8::7", "a.test", "other.test"};

	return span_of(names[draw(d, 5)]);
}

static void
fill_peer_put(struct store_op *op, struct draws *d)
{
	op->peer_put.name = draw_peer(d);
	op->peer_put.list = (enum store_listed)(1 + draw(d, 3));
	op->peer_put.until = draw(d, 2) ? op->now + draw(d, 100) : 0;
}

static void
fill_peer_count(struct store_op *op, struct draws *d)
{
	struct store_peer *rows = arena_take(&op->arena, 3 * sizeof *rows);

	op->peer_count.count = draw(d, 4);
	for (unsigned i = 0; i < op->peer_count.count; i++) {
		rows[i].name = draw_peer(d);
		rows[i].notices = draw(d, 3);
		rows[i].pulls = draw(d, 3);
		rows[i].failures = draw(d, 3);
	}
	op->peer_count.peers = rows;
	op->peer_count.total_max = draw(d, 4);
}

/* The operations about holds; false: it is about something else. */
static bool
fill_hold(struct store_op *op, struct draws *d)
{
	struct key key = key_of(1 + draw(d, HOLDS));

	if (op->verb == STORE_HOLD_CLAIM) {
		op->hold_claim.claim = draw_claim(d, op->now);
		op->hold_claim.without_count = draw(d, 2) * draw(d, 3);
		for (unsigned i = 0; i < op->hold_claim.without_count; i++)
			op->hold_claim.without[i] =
			    draw(d, 2) ? hold_of(1, 1).domain
				       : span_of("nowhere.test");
	} else if (op->verb == STORE_HOLD_NOTICED) {
		op->hold_noticed.key = key;
		op->hold_noticed.route = (enum store_route)(1 + draw(d, 4));
		op->hold_noticed.expires_at = op->now + 100 + draw(d, 3000);
		op->hold_noticed.report_at =
		    draw(d, 2) ? op->now + draw(d, 300) : 0;
		op->hold_noticed.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_RETRY) {
		op->hold_retry.key = key;
		op->hold_retry.route = (enum store_route)(1 + draw(d, 5));
		op->hold_retry.next_at = op->now + draw(d, 100);
		op->hold_retry.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_SETTLE) {
		op->hold_settle.key = key;
		op->hold_settle.node = 1 + draw(d, 2);
		op->hold_settle.ticket = draw(d, 2);
		op->hold_settle.state = (enum store_hold_state)(1 + draw(d, 7));
		op->hold_settle.next_at = op->now + draw(d, 2);
		op->hold_settle.sent_whole = draw(d, 2);
		op->hold_settle.by_policy = draw(d, 2);
		op->hold_settle.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_END) {
		op->hold_end.key = key;
		if (draw(d, 2))
			op->hold_end.user = draw_author(d);
		op->hold_end.state = (enum store_hold_state)(4 + draw(d, 4));
		op->hold_end.reply = draw_reply(d);
	} else if (op->verb == STORE_HOLD_EXPIRE) {
		op->hold_expire.limit = draw(d, 3);
		op->hold_expire.grace = draw(d, 3000);
		op->hold_expire.born_before = op->now - 3000;
	} else if (op->verb == STORE_HOLD_GET) {
		op->hold_get.key = key;
	} else if (op->verb == STORE_HOLD_LIST) {
		op->hold_list.user = span_of(draw(d, 2) ? "alice@a.test" : "");
		op->hold_list.after = key;
		op->hold_list.limit = draw(d, 50);
		op->hold_list.open_only = draw(d, 2);
		op->hold_list.state =
		    draw(d, 2) ? (enum store_hold_state)draw(d, 8) : 0;
	} else {
		return false;
	}
	return true;
}

static void
fill_other(struct store_op *op, struct draws *d)
{
	if (op->verb == STORE_USER_GET) {
		op->user_get.address = span_of(draw(d, 2)   ? "ab@a.test"
					       : draw(d, 2) ? "c@a.test"
							    : "alice@a.test");
		op->user_get.identity_limit = draw(d, 3);
		op->user_get.with_standing = draw(d, 2);
		op->user_get.complaint_limit = draw(d, 4);
		op->user_get.sender =
		    draw(d, 2) ? drawn_listed(d) : span_of("");
		op->user_get.server = drawn_server(d);
		op->user_get.verified = draw(d, 2);
	} else if (op->verb == STORE_USER_LIST) {
		op->user_list.after = span_of(draw(d, 2) ? "ab" : "");
		op->user_list.limit = draw(d, 5);
	} else if (op->verb == STORE_USER_DROP) {
		op->user_drop.address = span_of("b@a.test");
	} else if (op->verb == STORE_NOTICE_CLAIM) {
		op->notice_claim.claim = draw_claim(d, op->now);
		op->notice_claim.without_count = draw(d, 2) * draw(d, 3);
		for (unsigned i = 0; i < op->notice_claim.without_count; i++)
			op->notice_claim.without[i] =
			    draw(d, 2) ? notice_of(1).address : (struct ip){0};
	} else if (op->verb == STORE_NOTICE_GET) {
		if (draw(d, 2))
			op->notice_get.key = key_of(1 + draw(d, 4 * NOTICES));
		op->notice_get.id = notice_of(1 + draw(d, NOTICES)).id;
		op->notice_get.domain = span_of("a.test");
		op->notice_get.named = draw_user(d);
		op->notice_get.recipient = draw_user(d);
		op->notice_get.whole = draw(d, 2);
		if (draw(d, 3) == 0)
			op->notice_get.message =
			    key_of(100 + draw(d, 4 * MESSAGES));
	} else if (op->verb == STORE_NOTICE_LIST) {
		op->notice_list.after = key_of(draw(d, NOTICES));
		op->notice_list.limit = draw(d, 50);
	} else if (op->verb == STORE_STUB_CLAIM) {
		op->stub_claim.claim = draw_claim(d, op->now);
	} else if (op->verb == STORE_STUB_SETTLE) {
		op->stub_settle.key = key_of(1 + draw(d, 4 * NOTICES));
		op->stub_settle.done = draw(d, 3) > 0;
		op->stub_settle.shown = draw(d, 2);
		op->stub_settle.next_at = op->now + draw(d, 200);
	} else if (op->verb == STORE_NOTICE_EXPIRE) {
		op->notice_expire.limit = draw(d, 3);
	} else if (op->verb == STORE_ENVELOPE_LIST) {
		op->envelope_list.user = draw_user(d);
		op->envelope_list.before = key_of(draw(d, 4 * NOTICES));
		op->envelope_list.limit = draw(d, 50);
		op->envelope_list.all = draw(d, 2);
	} else if (op->verb == STORE_DENIED_PUT) {
		op->denied_put.address = draw_reply(d);
		op->denied_put.until = op->now + draw(d, 500) - 100;
	} else if (op->verb == STORE_DENIED_LIST) {
		op->denied_list.after = draw_reply(d);
		op->denied_list.limit = draw(d, 4);
	} else if (op->verb == STORE_REPORT_CLAIM) {
		op->report_claim.claim = draw_claim(d, op->now);
	} else if (op->verb == STORE_DELIVERY_CLAIM) {
		op->delivery_claim.claim = draw_claim(d, op->now);
		op->delivery_claim.octets = draw(d, 200);
	} else if (op->verb == STORE_LEASE_FREE) {
		op->lease_free.node = draw(d, 3);
	} else if (op->verb == STORE_PEER_GET) {
		op->peer_get.name = draw_peer(d);
		op->peer_get.day_limit = draw(d, 3);
	} else if (op->verb == STORE_PEER_LIST) {
		op->peer_list.after = draw(d, 2) ? draw_peer(d) : span_of("");
		op->peer_list.limit = draw(d, 5);
		op->peer_list.which = (enum store_peers)draw(d, 5);
		op->peer_list.of_domain = draw_user(d);
	} else if (op->verb == STORE_PEER_SEEN) {
		op->peer_seen.name = draw_peer(d);
		op->peer_seen.domain = draw_user(d);
		op->peer_seen.verified = draw(d, 2);
		op->peer_seen.pulled = draw(d, 2);
		op->peer_seen.tls = draw(d, 2);
		op->peer_seen.keyword = draw(d, 2);
		op->peer_seen.total_max = draw(d, 2) ? 3 : 0;
	} else if (op->verb == STORE_PEER_DROP) {
		op->peer_drop.name = draw_peer(d);
	} else if (op->verb == STORE_BODY_KNOWN) {
		op->body_known.message = key_of(1 + draw(d, MESSAGES));
	} else if (op->verb == STORE_SWEEP) {
		op->sweep.holds_before = op->now - draw(d, 1000);
		op->sweep.notices_before = op->now - draw(d, 3000);
		op->sweep.peers_before = op->now - draw(d, 300);
		op->sweep.limit = draw(d, 30);
	}
}

void
drawn_fill(struct store_op *op, struct draws *d)
{
	static void (*const own[STORE_VERBS])(
	    struct store_op *, struct draws *) = {
	    [STORE_MESSAGE_PUT] = fill_message_put,
	    [STORE_HOLD_AIM] = fill_hold_aim,
	    [STORE_HOLD_LEASE] = fill_hold_lease,
	    [STORE_HOLD_PUSH] = fill_hold_push,
	    [STORE_HOLD_VERDICT] = fill_hold_verdict,
	    [STORE_REPORT_PUT] = fill_report_put,
	    [STORE_REPORT_NONE] = fill_report_none,
	    [STORE_NOTICE_PUT] = fill_notice_put,
	    [STORE_NOTICE_DECIDE] = fill_notice_decide,
	    [STORE_NOTICE_FETCHED] = fill_notice_fetched,
	    [STORE_NOTICE_SETTLE] = fill_notice_settle,
	    [STORE_DELIVERY_SETTLE] = fill_delivery_settle,
	    [STORE_PEER_PUT] = fill_peer_put,
	    [STORE_PEER_COUNT] = fill_peer_count,
	};

	if (own[op->verb] != NULL)
		own[op->verb](op, d);
	else if (!fill_hold(op, d) && !drawn_fill_list(op, d))
		fill_other(op, d);
}
