/*
 * The worlds of notify, pull and put: what those steps ask for becomes messages
 * to the caller, the resolver and the posters, and their answers come back.
 */
#include "daemon/keeper/keeper.h"

#include "base/log.h"
#include "daemon/keeper/keeper_history.h"
#include "daemon/keeper/keeper_quality.h"
#include "daemon/keeper/keeper_user.h"
#include "daemon/keeper/keeper_visit.h"
#include "store/spool.h"
#include "store/target.h"

#include <string.h>
#include <unistd.h>

#define SWEEP_LIMIT      200
#define PEERS_REMEMBERED KEEPER_HISTORY_TIME /* of those on no list */

/* ---- notify ---- */

static void
resolve(void *owner, uint64_t question, struct span domain)
{
	struct keeper *k = owner;
	struct message m;

	message_init(&m, MESSAGE_MX_ASK);
	m.mx_ask.question = question;
	m.mx_ask.domain = domain;
	if (!peer_ask(role_peer(k->role, ROLE_RESOLVER, 0), &m))
		notify_resolved(
		    k->notify, question, MX_TEMPORARY, span_of(""), role_now());
}

/* Only the targets that may be called at all (AT-24). */
static void
resolved(struct keeper *k, const struct message_mx_answer *a)
{
	char kept[STORE_TARGETS_MAX * STORE_TARGET];
	struct span rest = a->targets;
	enum mx_outcome outcome = (enum mx_outcome)a->outcome;
	size_t n = 0;

	for (; rest.n >= STORE_TARGET && n + STORE_TARGET <= sizeof kept;
	     rest = span_skip(rest, STORE_TARGET)) {
		if (!admit_callable(&k->admit, target_read(rest.p)))
			continue;
		memcpy(kept + n, rest.p, STORE_TARGET);
		n += STORE_TARGET;
	}
	if (outcome == MX_FOUND && n == 0)
		outcome = MX_OURSELVES;
	notify_resolved(
	    k->notify, a->question, outcome, span_make(kept, n), role_now());
}

/* An envelope's text goes with its leader, before the notice. */
static void
send_item(struct peer *caller, uint64_t call, const struct notify_item *item)
{
	struct message m;

	if (item->text.n > 0) {
		message_init(&m, MESSAGE_CALL_ENVELOPE);
		m.call_envelope.call = call;
		m.call_envelope.envelope = item->envelope;
		m.call_envelope.text = item->text;
		peer_send(caller, &m);
	}
	message_init(&m, MESSAGE_CALL_NOTICE);
	m.call_notice.call = call;
	m.call_notice.hold = item->hold;
	m.call_notice.envelope = item->envelope;
	m.call_notice.id = item->id;
	m.call_notice.envid = item->envid;
	m.call_notice.sender = item->sender;
	m.call_notice.recipient = item->recipient;
	m.call_notice.subject = item->subject;
	m.call_notice.size = item->size;
	m.call_notice.body_8bit = item->body_8bit;
	m.call_notice.smtputf8 = item->smtputf8;
	m.call_notice.push = item->push;
	memcpy(m.call_notice.digest.b, item->digest, STORE_DIGEST);
	peer_send(caller, &m);
}

static int
call_notices(void *owner, const struct notify_call *call)
{
	struct keeper *k = owner;
	struct peer *caller = role_peer(k->role, ROLE_CALLER, 0);
	struct message m;

	if (peer_is_full(caller))
		return -E_AGAIN;
	message_init(&m, MESSAGE_CALL);
	m.call.call = call->call;
	m.call.domain = call->domain;
	m.call.targets = call->targets;
	peer_send(caller, &m);
	for (unsigned i = 0; i < call->count; i++)
		send_item(caller, call->call, &call->items[i]);
	message_init(&m, MESSAGE_CALL_GO);
	m.call_go.call = call->call;
	return peer_ask(caller, &m) ? 0 : -E_CLOSED;
}

/* ---- pull; its calls have the top bit, so that the two never meet ---- */

#define PULL_BIT (UINT64_C(1) << 63)

static int
call_pulls(void *owner, const struct pull_call *call)
{
	struct keeper *k = owner;
	struct peer *caller = role_peer(k->role, ROLE_CALLER, 0);
	char target[STORE_TARGET];
	struct message m;

	if (peer_is_full(caller))
		return -E_AGAIN;
	target_write(call->address, target);
	message_init(&m, MESSAGE_CALL);
	m.call.call = call->call | PULL_BIT;
	m.call.pulls = 1;
	m.call.targets = span_make(target, sizeof target);
	peer_send(caller, &m);
	for (unsigned i = 0; i < call->count; i++) {
		const struct store_notice *n = call->notices[i];

		message_init(&m, MESSAGE_CALL_PULL);
		m.call_pull.call = call->call | PULL_BIT;
		m.call_pull.notice = n->key;
		m.call_pull.id = n->id;
		m.call_pull.domain = n->domain;
		m.call_pull.named = n->named;
		m.call_pull.dialect = n->dialect;
		m.call_pull.verdict = n->verdict;
		m.call_pull.to = n->to;
		m.call_pull.sender = n->sender;
		m.call_pull.server = n->server;
		m.call_pull.confirm = n->unconfirmed;
		m.call_pull.tell = n->verdict_due;
		m.call_pull.have =
		    n->verdict_due && n->verdict <= VERDICT_AUTHORIZE;
		m.call_pull.has_size = n->has_size;
		m.call_pull.size = n->size;
		m.call_pull.has_digest = n->has_digest;
		memcpy(m.call_pull.digest.b, n->digest, STORE_DIGEST);
		peer_send(caller, &m);
	}
	message_init(&m, MESSAGE_CALL_GO);
	m.call_go.call = call->call | PULL_BIT;
	return peer_ask(caller, &m) ? 0 : -E_CLOSED;
}

static void
pull_confirmed(void *owner, struct ip address, struct span domain)
{
	struct keeper *k = owner;

	keeper_history_pulled(k->history, address, domain);
}

/* ---- put ---- */

struct peer *
keeper_poster(struct keeper *k, const char *folder)
{
	unsigned at = 0;

	for (const char *c = folder; *c != '\0'; c++)
		at = at * 31 + (unsigned char)*c;
	for (unsigned i = 0; i < KEEPER_POSTERS; i++) {
		struct peer *p =
		    role_peer(k->role, ROLE_POSTER, (at + i) % KEEPER_POSTERS);

		if (p != NULL)
			return peer_is_full(p) ? NULL : p;
	}
	return NULL;
}

static int
deliver(void *owner, const struct put_delivery *d)
{
	struct keeper *k = owner;
	struct peer *poster = keeper_poster(k, d->folder);
	struct message m;
	struct err err = {0};
	int file = -1;

	if (poster == NULL)
		return -E_AGAIN;
	if (d->message->spooled &&
	    spool_open(k->spool, d->message->key, &file, &err) < 0) {
		log_event("spool-missing-at-delivery", "why=%s",
		    log_quote(span_of(err.text)));
		return -E_SYSTEM;
	}
	if (!d->message->spooled) {
		message_init(&m, MESSAGE_POST_BODY);
		m.post_body.delivery = d->delivery->key;
		m.post_body.octets = d->message->body;
		peer_send(poster, &m);
	}
	message_init(&m, MESSAGE_POST);
	m.post.delivery = d->delivery->key;
	m.post.folder = span_of(d->folder);
	m.post.name = span_of(d->name);
	m.post.repeated = d->repeated;
	m.post.trace = d->delivery->trace;
	m.post.spooled = d->message->spooled;
	m.post.head = d->message->head;
	m.file = file;
	return peer_ask(poster, &m) ? (int)poster->index : -E_AGAIN;
}

static void
delivered(void *owner, struct span user, struct key delivery)
{
	keeper_visits_news(owner, user, delivery);
}

/* ---- the sweeper ---- */

static void sweep(struct keeper *k);

/* As many as it may remove: there may be more, and they are not left to the
   next minute, or a busy day would bring more than is ever removed. */
static void
swept(struct store_op *op, void *arg)
{
	struct keeper *k = arg;
	unsigned removed = op->sweep.removed;
	bool more = op->outcome == STORE_OK && removed >= op->sweep.limit;

	store_op_free(&op);
	k->sweeping = false;
	if (removed > 0)
		log_event("swept", "records=%u", removed);
	if (more && !k->role->stopping)
		sweep(k);
	keeper_stir(k);
}

/* As long as anything that is remembered of them counts. */
static int64_t
peers_remembered(const struct settings *s)
{
	return s->remember_offers > PEERS_REMEMBERED ? s->remember_offers
						     : PEERS_REMEMBERED;
}

static void
sweep(struct keeper *k)
{
	struct store_op *op =
	    k->sweeping ? NULL : store_op_new(STORE_SWEEP, role_now());

	if (op == NULL)
		return;
	k->sweeping = true;
	op->sweep.holds_before = op->now - k->role->settings->remember_holds;
	op->sweep.notices_before = op->now - 7 * 24 * 3600; /* WIRE 4.7 */
	op->sweep.peers_before = op->now - peers_remembered(k->role->settings);
	op->sweep.limit = SWEEP_LIMIT;
	op->done = swept;
	op->arg = k;
	store_submit(k->store, op);
}

static void
body_known(struct store_op *op, void *arg)
{
	struct keeper *k = arg;
	struct message m;

	message_init(&m, MESSAGE_BODY_KNOWN_ANSWER);
	m.body_known_answer.message = op->body_known.message;
	/* only a clear "no" lets the file go */
	m.body_known_answer.outcome = op->outcome != STORE_NONE;
	store_op_free(&op);
	peer_send(role_peer(k->role, ROLE_SWEEPER, 0), &m);
}

static void
body_asked_about(struct keeper *k, const struct message *m)
{
	struct store_op *op = store_op_new(STORE_BODY_KNOWN, role_now());

	if (op == NULL)
		return;
	op->body_known.message = m->body_known_ask.message;
	op->done = body_known;
	op->arg = k;
	store_submit(k->store, op);
}

/* ---- answers ---- */

static void
noticed(struct keeper *k, const struct message *m)
{
	const struct message_noticed *n = &m->noticed;
	const struct notify_reply reply = {
	    .code = (int)n->code,
	    .dialect = n->route > ROUTE_UNKNOWN && n->route <= ROUTE_PUSH
			   ? (enum store_route)n->route
			   : ROUTE_GDEL,
	    .reply = n->reply,
	    .capabilities = n->capabilities,
	    .sent_whole = n->sent_whole != 0,
	};

	if (n->code >= 200 && n->code < 300)
		k->counters.n[n->route == ROUTE_PUSH ? COUNTER_SENT
						     : COUNTER_NOTICES_SENT]++;
	notify_answered(k->notify, n->call, n->hold, &reply, role_now());
}

static void
call_over(struct keeper *k, const struct message *m)
{
	const struct message_call_over *o = &m->call_over;

	if ((o->call & PULL_BIT) != 0)
		pull_over(k->pull, o->call & ~PULL_BIT, o->reached != 0,
		    o->reason, role_now());
	else
		notify_over(k->notify, o->call, o->reason, role_now());
}

static void
pulled(struct keeper *k, const struct message *m)
{
	const struct message_pulled *p = &m->pulled;

	if (p->outcome >= PULL_CONFIRMED && p->outcome <= PULL_TOLD)
		pull_ended(k->pull, p->call & ~PULL_BIT, p->notice,
		    (enum pull_end)p->outcome, p->reply, role_now());
}

static void
posted(struct keeper *k, const struct message *m)
{
	if (show_ended(k->show, m->posted.delivery, m->posted.outcome == 0,
		role_now()))
		return;
	if (m->posted.outcome == 0)
		k->counters.n[COUNTER_DELIVERED]++;
	put_ended(k->put, m->posted.delivery, m->posted.outcome == 0,
	    m->posted.why, role_now());
}

void
keeper_work_message(struct keeper *k, struct peer *from, struct message *m)
{
	(void)from;
	if (m->type == MESSAGE_MX_ANSWER)
		resolved(k, &m->mx_answer);
	else if (m->type == MESSAGE_NOTICED)
		noticed(k, m);
	else if (m->type == MESSAGE_PULLED)
		pulled(k, m);
	else if (m->type == MESSAGE_CALL_OVER)
		call_over(k, m);
	else if (m->type == MESSAGE_POSTED)
		posted(k, m);
	else if (m->type == MESSAGE_SWEEP)
		sweep(k);
	else if (m->type == MESSAGE_BODY_KNOWN_ASK)
		body_asked_about(k, m);
}

void
keeper_work_gone(struct keeper *k, struct peer *peer)
{
	int64_t now = role_now();

	switch (peer->kind) {
	case ROLE_CALLER:
		notify_lost(k->notify, now);
		pull_lost(k->pull, now);
		break;
	case ROLE_POSTER:
		put_lost(k->put, (int)peer->index, now);
		show_lost(k->show, true, (int)peer->index, now);
		keeper_arrival_lost(k, peer->index);
		keeper_box_lost(k, peer->index);
		break;
	case ROLE_RESOLVER:
		notify_unresolved(k->notify, now);
		break;
	case ROLE_CLERK:
		show_lost(k->show, false, 0, now);
		keeper_account_lost(k);
		break;
	case ROLE_MAIN:
	case ROLE_KEEPER:
	case ROLE_FRONT:
	case ROLE_AUTH:
	case ROLE_SWEEPER:
	case ROLE_KINDS:
		break;
	}
}

int
keeper_work_begin(struct keeper *k, struct err *err)
{
	const struct notify_world notify = {
	    k, resolve, call_notices, keeper_free_body};
	const struct pull_world pull = {
	    k, call_pulls, pull_confirmed, keeper_stub_over};
	const struct put_world put = {
	    k, deliver, keeper_free_body, keeper_counted, delivered};
	const struct settings *s = k->role->settings;

	if (notify_new(k->store, s, k->node, &notify, &k->notify) < 0 ||
	    pull_new(k->store, s, k->node, &pull, &k->pull) < 0 ||
	    put_new(k->store, s, k->node, &put, &k->put) < 0)
		return err_set(err, -E_NOMEM, "no memory");
	if (keeper_stub_begin(k, err) < 0)
		return err->code;
	return keeper_account_begin(k, err);
}

void
keeper_work_end(struct keeper *k)
{
	notify_free(&k->notify);
	pull_free(&k->pull);
	put_free(&k->put);
	show_free(&k->show);
	keeper_account_end(k);
}
