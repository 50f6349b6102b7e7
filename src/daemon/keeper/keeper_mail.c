/*
 * What sessions ask the keeper: may this host speak, may this recipient have
 * mail, here is a message, here is a notice, give me what you hold. Each
 * function turns a message into a step of origin/ or receiver/ and its answer
 * back into a message.
 */
#include "daemon/keeper/keeper.h"

#include "base/log.h"
#include "base/rand.h"
#include "daemon/keeper/crowd.h"
#include "daemon/keeper/keeper_guess.h"
#include "daemon/keeper/keeper_lease.h"
#include "daemon/keeper/keeper_peers.h"
#include "daemon/keeper/keeper_user.h"
#include "daemon/keeper/keeper_visit.h"
#include "daemon/transfer/own_addresses.h"
#include "origin/settle.h"
#include "proto/params.h"
#include "store/spool.h"

#include <stdlib.h>
#include <string.h>

static struct desk *
desk_of(struct peer *peer)
{
	struct desk *d = peer->state;

	if (d != NULL)
		return d;
	d = calloc(1, sizeof *d);
	if (d != NULL && crowd_new(&d->crowd) < 0) {
		free(d);
		d = NULL;
	}
	if (d != NULL)
		table_init(&d->leases);
	peer->state = d;
	return d;
}

void
keeper_mail_gone(struct keeper *k, struct peer *peer)
{
	struct desk *d = peer->state;

	if ((peer->kind != ROLE_FRONT && peer->kind != ROLE_CALLER) ||
	    d == NULL)
		return;
	keeper_arrival_drop(d);
	keeper_notice_drop(d);
	keeper_lease_drop(k, d);
	crowd_free(&d->crowd);
	free(d);
	peer->state = NULL;
}

/* ---- connections ---- */

struct counting {
	struct ip address;
	uint64_t n;
};

static void
count_at(void *arg, struct peer *front)
{
	struct counting *c = arg;
	struct desk *d = front->state;

	if (d != NULL)
		c->n += crowd_count(d->crowd, c->address);
}

static bool
enter(struct keeper *k, struct peer *from, struct ip address)
{
	struct counting c = {.address = address};
	uint64_t most = k->role->settings->sessions_per_address;
	struct desk *d = desk_of(from);

	role_each_peer(k->role, ROLE_FRONT, count_at, &c);
	return d != NULL && (most == 0 || c.n < most) &&
	       crowd_enter(d->crowd, address);
}

static void
leave(struct peer *from, struct ip address)
{
	struct desk *d = from->state;

	if (d != NULL)
		crowd_leave(d->crowd, address);
}

/* Does anything depend on what the host is called? */
static bool
wants_name(const struct keeper *k)
{
	return k->role->settings->pair_server == PAIR_SERVER_HOST ||
	       hosts_needs_name(k->allowed) || hosts_needs_name(k->denied) ||
	       k->role->settings->peer_count > 0;
}

static void
ask_for_name(struct peer *from, uint64_t session)
{
	struct message m;

	message_init(&m, MESSAGE_ADMITTED);
	m.admitted.session = session;
	m.admitted.name_first = 1;
	peer_send(from, &m);
}

static void
connected(struct keeper *k, struct peer *from, const struct message *m)
{
	const struct message_connected *ask = &m->connected;
	enum admit_standing standing =
	    admit_host(&k->admit, ask->address, ask->name);
	struct message answer;

	if (!from->faces_users && ask->named == 0 && wants_name(k)) {
		ask_for_name(from, ask->session);
		return;
	}
	k->counters.n[from->faces_users ? COUNTER_SESSIONS_USERS
					: COUNTER_SESSIONS_PEERS]++;
	message_init(&answer, MESSAGE_ADMITTED);
	answer.admitted.session = ask->session;
	answer.admitted.standing = standing;
	answer.admitted.keywords =
	    from->faces_users ? 0
			      : admit_keywords(&k->admit, standing, ask->name);
	answer.admitted.reply = standing == STANDING_DENIED
				    ? REPLY_DENIED_AT_CONNECT
				    : REPLY_GREETING;
	answer.admitted.address = ask->address;
	answer.admitted.entered = enter(k, from, ask->address);
	if (!answer.admitted.entered)
		answer.admitted.reply = REPLY_TOO_MANY_SESSIONS;
	if (!peer_ask(from, &answer) && answer.admitted.entered)
		leave(from, ask->address); /* it will never say so itself */
}

/* ---- recipients ---- */

static void
recipient_answered(void *arg, enum reply_name reply)
{
	struct asker *a = arg;
	struct message m;

	message_init(&m, MESSAGE_RECIPIENT_ANSWER);
	m.recipient_answer.session = a->session;
	m.recipient_answer.reply = reply;
	m.recipient_answer.mode = a->mode;
	m.recipient_answer.whole = a->whole;
	keeper_answer(a, &m);
}

static void
recipient_asked(struct keeper *k, struct peer *from, const struct message *m)
{
	const struct message_recipient_ask *q = &m->recipient_ask;
	struct admit_recipient ask = {
	    .way = (enum arrival_way)q->way,
	    .standing = (enum admit_standing)q->standing,
	    .user = q->user,
	    .sender = q->sender,
	    .recipient = q->recipient,
	    .speaker = {.address = q->address,
		.domain = q->domain,
		.verified = q->verified != 0,
		.name = q->name},
	    .id = q->id,
	};
	struct asker *a = keeper_asker(k, from, q->session);
	struct key hold;

	if (a == NULL) {
		recipient_answered(
		    keeper_spare(k, from, q->session), REPLY_DELIVERY_LATER);
		return;
	}
	ask.mode_r = &a->mode;
	ask.whole_r = &a->whole;
	if (ask.way == ARRIVAL_SUBMITTED &&
	    (keeper_arrival_withdraws(k, ask.recipient, &hold) ||
		keeper_stub_answers(k, ask.recipient, ask.user, &hold))) {
		recipient_answered(a, REPLY_RECIPIENT_OK);
		return;
	}
	admit_recipient(&k->admit, &ask, role_now(), recipient_answered, a);
}

/* ---- pulls ---- */

/* False: it is not on its way. */
static bool
send_inline_body(const struct asker *a, struct span body)
{
	struct message m;

	message_init(&m, MESSAGE_PULL_BODY);
	m.pull_body.session = a->session;
	m.pull_body.octets = body;
	return peer_ask(role_peer(a->keeper->role, a->kind, a->index), &m);
}

static void
fill_pull(const struct store_hold_row *row, struct message_pull_answer *to)
{
	to->hold = row->hold.key;
	to->sender = row->message.sender;
	to->recipient = row->hold.recipient;
	to->size = row->message.size;
	to->body_8bit = row->message.body_8bit;
	to->smtputf8 = row->message.smtputf8;
	to->ret = row->message.ret;
	to->envid = row->message.envid;
	to->notify = row->hold.notify;
	to->orcpt = row->hold.orcpt;
	to->capabilities = row->hold.capabilities;
	memcpy(to->digest.b, row->message.digest, STORE_DIGEST);
	to->spooled = row->message.spooled;
	to->head = row->message.head;
}

/* The content to whoever asked for it. False: not all of it is on its way. */
static bool
send_row(const struct asker *a, enum reply_name reply,
    const struct store_hold_row *row)
{
	struct message m;
	struct err err = {0};

	message_init(&m, MESSAGE_PULL_ANSWER);
	if (row->message.spooled &&
	    spool_open(a->keeper->spool, row->message.key, &m.file, &err) < 0) {
		log_event(
		    "spool-missing", "why=%s", log_quote(span_of(err.text)));
		return false;
	}
	if (!row->message.spooled && !send_inline_body(a, row->message.body))
		return false;
	fill_pull(row, &m.pull_answer);
	m.pull_answer.session = a->session;
	m.pull_answer.ticket = a->ticket;
	m.pull_answer.reply = reply;
	return peer_ask(role_peer(a->keeper->role, a->kind, a->index), &m);
}

/* The end of a turn is told by whoever has it, unless that process dies. */
static void
note_lease(const struct asker *a, struct key hold)
{
	struct peer *to = role_peer(a->keeper->role, a->kind, a->index);

	if (a->ticket != 0)
		keeper_lease_given(desk_of(to), hold, a->ticket);
}

/* The content, or why not and so much later. A push has no ticket of the
   asker's: the end of its call settles it. */
static void
send_content(struct asker *a, enum reply_name reply, uint64_t delay,
    const struct store_hold_row *row)
{
	struct message m;

	if (row != NULL && send_row(a, reply, row)) {
		note_lease(a, row->hold.key);
		free(a);
		return;
	}
	if (row != NULL) {
		reply = REPLY_DELIVERY_LATER;
		if (a->ticket != 0)
			keeper_lease_give_back(a->keeper, row->hold.key,
			    a->ticket, false,
			    "the content could not be handed over");
	}
	message_init(&m, MESSAGE_PULL_ANSWER);
	m.pull_answer.session = a->session;
	m.pull_answer.reply = reply;
	m.pull_answer.delay = delay;
	keeper_answer(a, &m);
}

static void
pull_answered(void *arg, const struct serve_answer *said)
{
	struct asker *a = arg;
	struct keeper *k = a->keeper;
	enum reply_name reply = said->reply;
	uint64_t delay = 0;

	if (said->row != NULL)
		keeper_peers_count(k->peers, a->address, PEER_PULL);
	else if (reply == REPLY_NOT_FOR_YOU)
		reply = keeper_guess_refuse(k->guess, a->address, said, &delay);
	send_content(a, reply, delay, said->row);
}

static void
pull_asked(struct keeper *k, struct peer *from, const struct message *m)
{
	struct asker *a = keeper_asker(k, from, m->pull_ask.session);
	const struct serve_answer denied = {.reply = REPLY_GUESSED};
	const struct serve_answer later = {.reply = REPLY_DELIVERY_LATER};
	struct serve_setup setup = k->serve;

	if (a == NULL) {
		pull_answered(
		    keeper_spare(k, from, m->pull_ask.session), &later);
		return;
	}
	a->address = m->pull_ask.address;
	if (keeper_guess_denies(k->guess, a->address)) {
		pull_answered(a, &denied);
		return;
	}
	if (peer_is_full(from)) { /* nothing is leased that cannot be sent */
		pull_answered(a, &later);
		return;
	}
	rand_fill(&setup.ticket, sizeof setup.ticket);
	setup.to = m->pull_ask.to;
	setup.verdict = m->pull_ask.verdict <= VERDICT_AUTHORIZE
			    ? (enum store_verdict)m->pull_ask.verdict
			    : VERDICT_NONE;
	a->ticket = setup.ticket;
	serve_pull(
	    &setup, m->pull_ask.id, a->address, role_now(), pull_answered, a);
}

/* A caller that is to send a message itself. */
static void
push_answered(void *arg, const struct store_hold_row *row)
{
	send_content(
	    arg, row != NULL ? REPLY_YOUR_TURN : REPLY_NOT_FOR_YOU, 0, row);
}

static void
push_asked(struct keeper *k, struct peer *from, const struct message *m)
{
	struct asker *a = keeper_asker(k, from, m->push_ask.question);

	if (a == NULL) {
		push_answered(
		    keeper_spare(k, from, m->push_ask.question), NULL);
		return;
	}
	notify_push(k->notify, m->push_ask.call, m->push_ask.hold, role_now(),
	    push_answered, a);
}

static void
pull_noted(
    void *arg, enum store_outcome outcome, bool body_free, struct key message)
{
	struct asker *a = arg;
	struct message m;

	if (body_free)
		keeper_free_body(a->keeper, message);
	if (a->taken && outcome == STORE_OK)
		a->keeper->counters.n[COUNTER_PULLS_SERVED]++;
	message_init(&m, MESSAGE_PULL_NOTED);
	m.pull_noted.session = a->session;
	m.pull_noted.outcome = outcome;
	keeper_answer(a, &m);
}

static void
pull_ended_at_front(
    struct keeper *k, struct peer *from, const struct message *m)
{
	const struct settle_end end = {
	    .hold = m->pull_end.hold,
	    .node = k->node,
	    .ticket = m->pull_end.ticket,
	    .state = (enum store_hold_state)m->pull_end.state,
	    .reply = m->pull_end.reply,
	    .sent_whole = m->pull_end.sent_whole != 0,
	};
	struct asker *a = keeper_asker(k, from, m->pull_end.session);

	keeper_lease_ended(from->state, end.ticket);
	if (a == NULL) {
		pull_noted(keeper_spare(k, from, m->pull_end.session),
		    STORE_UNSURE, false, end.hold);
		return;
	}
	a->taken = end.state == HOLD_TAKEN;
	settle_pull(k->store, &end, role_now(), pull_noted, a);
}

/* ---- accounts ---- */

static void
account_found(struct store_op *op, void *arg)
{
	const struct store_user_get *get = &op->user_get;
	struct asker *a = arg;
	struct buf others;
	struct message m;

	buf_init(&others, MESSAGE_CONTENT_MAX);
	message_init(&m, MESSAGE_ACCOUNT_ANSWER);
	m.account_answer.question = a->session;
	m.account_answer.outcome = op->outcome;
	if (op->outcome == STORE_OK) {
		for (unsigned i = 0; i < get->identity_count; i++)
			own_addresses_add(&others, get->identities[i].address);
		m.account_answer.address = get->user.address;
		m.account_answer.password = get->user.password;
		m.account_answer.from_check = get->user.from_check;
		m.account_answer.others = buf_span(&others);
		if (buf_bad(&others))
			m.account_answer.outcome = STORE_UNSURE;
	}
	keeper_answer(a, &m);
	buf_fini(&others);
	store_op_free(&op);
}

void
keeper_mail_account(
    struct keeper *k, const struct peer *from, const struct message *m)
{
	struct asker *a = keeper_asker(k, from, m->account_ask.question);
	struct store_op *op = store_op_new(STORE_USER_GET, role_now());
	struct message later;

	if (op != NULL) {
		op->user_get.address =
		    arena_copy(&op->arena, m->account_ask.address);
		op->user_get.identity_limit = STORE_IDENTITIES_MAX;
	}
	if (a == NULL || op == NULL || op->user_get.address.p == NULL) {
		free(a);
		store_op_free(&op);
		message_init(&later, MESSAGE_ACCOUNT_ANSWER);
		later.account_answer.question = m->account_ask.question;
		later.account_answer.outcome = STORE_UNSURE;
		keeper_answer(
		    keeper_spare(k, from, m->account_ask.question), &later);
		return;
	}
	op->done = account_found;
	op->arg = a;
	store_submit(k->store, op);
}

/* ---- dispatch ---- */

static void
counted(struct keeper *k, const struct message *m)
{
	if (m->counted.counter < COUNTERS)
		k->counters.n[m->counted.counter] += m->counted.amount;
}

void
keeper_mail_message(struct keeper *k, struct peer *from, struct message *m)
{
	if (m->type == MESSAGE_CONNECTED)
		connected(k, from, m);
	else if (m->type == MESSAGE_DISCONNECTED)
		leave(from, m->disconnected.address);
	else if (m->type == MESSAGE_COUNTED)
		counted(k, m);
	else if (m->type == MESSAGE_ITEMS_ASK || m->type == MESSAGE_READ_ASK ||
		 m->type == MESSAGE_DECIDE_ASK || m->type == MESSAGE_REMOVE_ASK)
		keeper_user_message(k, from, m);
	else if (m->type == MESSAGE_USER_LEFT)
		keeper_visits_left(k, from, m);
	else if (m->type == MESSAGE_RECIPIENT_ASK)
		recipient_asked(k, from, m);
	else if (m->type == MESSAGE_NOTICE_RECIPIENT ||
		 m->type == MESSAGE_NOTICE || m->type == MESSAGE_VERDICT)
		keeper_notice_message(k, from, desk_of(from), m);
	else if (m->type == MESSAGE_PULL_ASK)
		pull_asked(k, from, m);
	else if (m->type == MESSAGE_PUSH_ASK)
		push_asked(k, from, m);
	else if (m->type == MESSAGE_PULL_END)
		pull_ended_at_front(k, from, m);
	else if (desk_of(from) != NULL)
		keeper_arrival_message(k, from, desk_of(from), m);
}
