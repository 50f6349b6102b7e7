/*
 * A message comes in: its recipients and inline body are staged until their
 * ARRIVAL, a spooled body is made safe by a poster first, and then the step it
 * came for takes it: accept, pull, or straight to the mailboxes.
 */
#include "daemon/keeper/keeper.h"

#include "base/log.h"
#include "base/rand.h"
#include "daemon/keeper/keeper_quality.h"
#include "message/dsn.h"
#include "origin/withdraw.h"
#include "receiver/decide.h"
#include "store/spool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRIVAL_ARENA      (64u << 20) /* recipients and content of one arrival */
#define RECIPIENTS_FIRST   8
#define ARRIVAL_RECIPIENTS 200000 /* of one message, whatever a front says */
#define ARRIVALS_MAX       4096   /* on their way into the store at once */

/* A message on its way from a session into the store. */
struct incoming {
	struct asker *asker;
	struct arena arena;
	struct arrival arrival;
	struct arrival_recipient *recipients;
	unsigned room;
	unsigned poster; /* that makes its body safe */
	bool broken;     /* more than we take, or no memory: to be refused */
	int64_t now;
};

static void
incoming_free(struct incoming *in)
{
	if (in == NULL)
		return;
	free(in->asker);
	free(in->recipients);
	arena_fini(&in->arena);
	free(in);
}

void
keeper_arrival_drop(struct desk *d)
{
	incoming_free(d->staged);
	d->staged = NULL;
}

/* ---- bodies too large for the store ---- */

static void
body_asked(struct keeper *k, struct peer *from, const struct message *m)
{
	struct message answer;
	struct err err = {0};
	int result;

	message_init(&answer, MESSAGE_BODY_ANSWER);
	answer.body_answer.session = m->body_ask.session;
	result =
	    spool_create(k->spool, m->body_ask.message, &answer.file, &err);
	if (result < 0)
		log_event(
		    "spool-failed", "why=%s", log_quote(span_of(err.text)));
	answer.body_answer.outcome = result < 0;
	peer_send(from, &answer);
}

static void
body_looked_up(struct store_op *op, void *arg)
{
	struct keeper *k = arg;

	/* only a clear "no" lets the file go */
	if (op->outcome == STORE_NONE)
		keeper_free_body(k, op->body_known.message);
	store_op_free(&op);
}

/*
 * This body seems to be nobody's: the store is asked, since a session may name
 * any body, and since a message that was answered "later" may be there all the
 * same (UNSURE).
 */
static void
drop_body(struct keeper *k, struct key message)
{
	struct store_op *op = store_op_new(STORE_BODY_KNOWN, role_now());

	if (op == NULL)
		return; /* an orphan: swept at the next start */
	op->body_known.message = message;
	op->done = body_looked_up;
	op->arg = k;
	store_submit(k->store, op);
}

/* ---- arrivals ---- */

static struct incoming *
staged(struct keeper *k, struct peer *from, struct desk *d, uint64_t session)
{
	if (d->staged != NULL && d->staged->asker->session != session) {
		incoming_free(d->staged); /* its session ended on the way */
		d->staged = NULL;
	}
	if (d->staged == NULL) {
		d->staged = calloc(1, sizeof *d->staged);
		if (d->staged == NULL)
			return NULL;
		arena_init(&d->staged->arena, ARRIVAL_ARENA);
		d->staged->asker = keeper_asker(k, from, session);
		if (d->staged->asker == NULL) {
			incoming_free(d->staged);
			d->staged = NULL;
		}
	}
	return d->staged;
}

/* A copy that lasts as long as IN, which is broken without it: an empty span in
   its place could mean something, as an empty sender does. */
static struct span
keep(struct incoming *in, struct span s)
{
	struct span copy = arena_copy(&in->arena, s);

	in->broken = in->broken || copy.p == NULL;
	return copy;
}

/* For one recipient more. */
static int
make_room(struct incoming *in)
{
	unsigned room = in->room == 0 ? RECIPIENTS_FIRST : in->room * 2;
	struct arrival_recipient *to;

	if (in->arrival.count < in->room)
		return 0;
	if (in->arrival.count >= ARRIVAL_RECIPIENTS)
		return -E_RANGE;
	to = realloc(in->recipients, room * sizeof *to);
	if (to == NULL)
		return -E_NOMEM;
	in->recipients = to;
	in->room = room;
	return 0;
}

static void
stage_recipient(struct keeper *k, struct peer *from, struct desk *d,
    const struct message *m)
{
	const struct message_arrival_recipient *r = &m->arrival_recipient;
	struct incoming *in = staged(k, from, d, r->session);
	struct arrival_recipient *to;

	if (in == NULL || in->broken)
		return;
	in->broken = make_room(in) < 0;
	if (in->broken)
		return;
	to = &in->recipients[in->arrival.count++];
	to->recipient = keep(in, r->recipient);
	to->notify = (unsigned)r->notify;
	to->orcpt = keep(in, r->orcpt);
	to->visible = r->visible != 0;
	to->whole = r->whole != 0;
}

static void
stage_body(struct keeper *k, struct peer *from, struct desk *d,
    const struct message *m)
{
	struct incoming *in = staged(k, from, d, m->arrival_body.session);

	if (in != NULL)
		in->arrival.body = keep(in, m->arrival_body.octets);
}

static void
stage_envelope(struct keeper *k, struct peer *from, struct desk *d,
    const struct message *m)
{
	struct incoming *in = staged(k, from, d, m->arrival_envelope.session);

	if (in == NULL || m->arrival_envelope.text.n > STORE_ENVELOPE_MAX)
		return;
	in->arrival.envelope = keep(in, m->arrival_envelope.text);
	in->arrival.attachments = (unsigned)m->arrival_envelope.attachments;
}

static void
arrival_answered(void *arg, enum reply_name reply, struct span argument)
{
	struct incoming *in = arg;
	struct keeper *k = in->asker->keeper;
	struct message m;

	message_init(&m, MESSAGE_ARRIVAL_ANSWER);
	m.arrival_answer.session = in->asker->session;
	m.arrival_answer.reply = reply;
	m.arrival_answer.argument = argument;
	if (reply_code(reply) < 300) {
		const enum counter counter[] = {
		    [ARRIVAL_SUBMITTED] = COUNTER_ACCEPTED,
		    [ARRIVAL_PUSHED] = COUNTER_PUSHED,
		    [ARRIVAL_PULLED] = COUNTER_FETCHED,
		};

		k->counters.n[counter[in->arrival.way]]++;
		if (in->arrival.way == ARRIVAL_SUBMITTED)
			notify_look(k->notify, role_now());
		put_look(k->put, role_now());
		show_look(k->show, role_now());
	} else if (in->arrival.spooled) {
		drop_body(k, in->arrival.message);
	}
	k->arrivals--;
	keeper_answer(in->asker, &m);
	in->asker = NULL;
	incoming_free(in);
	keeper_stir(k);
}

static void
refuse(struct incoming *in, enum reply_name reply)
{
	arrival_answered(in, reply, span_of(""));
}

/* Pushed messages need no decision yet: straight to the mailboxes. */
static void
pushed_put(struct store_op *op, void *arg)
{
	enum store_outcome outcome = op->outcome;

	store_op_free(&op);
	if (outcome == STORE_OK || outcome == STORE_EXISTS)
		arrival_answered(arg, REPLY_STORED, span_of(""));
	else
		refuse(arg, outcome == STORE_FULL ? REPLY_NO_ROOM
						  : REPLY_DELIVERY_LATER);
}

static void
take_pushed(struct keeper *k, struct incoming *in)
{
	struct store_op *op = store_op_new(STORE_MESSAGE_PUT, in->now);

	if (op == NULL ||
	    decide_pushed(k->role->settings, &in->arrival, op) < 0) {
		store_op_free(&op);
		refuse(in, REPLY_DELIVERY_LATER);
		return;
	}
	op->done = pushed_put;
	op->arg = in;
	store_submit(k->store, op);
}

/* ---- taking back ---- */

bool
keeper_arrival_withdraws(
    const struct keeper *k, struct span recipient, struct key *hold_r)
{
	const struct address_rules rules = {.utf8 = true};
	struct address address;

	return address_parse(recipient, rules, &address) == 0 &&
	       hosts_has_name(k->local, address.domain) &&
	       withdraw_names(&address, k->accept.server_secret, hold_r);
}

/* What was written to say so is not kept. */
static void
withdrawn(void *arg, enum reply_name reply)
{
	struct incoming *in = arg;
	struct keeper *k = in->asker->keeper;
	struct message m;

	if (in->arrival.spooled)
		drop_body(k, in->arrival.message);
	message_init(&m, MESSAGE_ARRIVAL_ANSWER);
	m.arrival_answer.session = in->asker->session;
	m.arrival_answer.reply = reply;
	k->arrivals--;
	keeper_answer(in->asker, &m);
	in->asker = NULL;
	incoming_free(in);
	keeper_stir(k);
}

static void
free_body(void *owner, struct key message)
{
	const struct incoming *in = owner;

	keeper_free_body(in->asker->keeper, message);
}

/* ---- accepting by a reply (DM-24) ---- */

static void
stub_answered(
    void *owner, enum store_outcome outcome, const struct store_notice *notice)
{
	struct incoming *in = owner;
	struct keeper *k = in->asker->keeper;
	bool decided = outcome == STORE_OK || outcome == STORE_CONFLICT;

	(void)notice;
	keeper_decided(k);
	withdrawn(in, decided                 ? REPLY_ACCEPTED
		      : outcome == STORE_NONE ? REPLY_NO_SUCH_USER
					      : REPLY_DELIVERY_LATER);
}

/* Only of a person: a machine that answers all mail accepts none (AT-20).
   False: it is an ordinary message. */
static bool
accept_stub(struct keeper *k, struct incoming *in)
{
	struct decide_ask ask = {.user = in->arrival.user,
	    .folder = span_of(""),
	    .verdict = VERDICT_ACCEPT};

	if (in->arrival.count != 1 ||
	    !keeper_stub_answers(
		k, in->recipients[0].recipient, in->arrival.user, &ask.notice))
		return false;
	if (in->arrival.sender.n == 0 || dsn_is_automatic(in->arrival.head))
		withdrawn(in, REPLY_NO_SUCH_USER);
	else
		keeper_decide(k, &ask, stub_answered, in);
	return true;
}

/* False: it is an ordinary message. */
static bool
take_back(struct keeper *k, struct incoming *in)
{
	struct withdraw w = {
	    .store = k->store,
	    .user = in->arrival.user,
	    .owner = in,
	    .answered = withdrawn,
	    .free_body = free_body,
	};
	unsigned n = 0;

	for (unsigned i = 0; i < in->arrival.count; i++)
		n += keeper_arrival_withdraws(
		    k, in->recipients[i].recipient, &w.hold);
	if (n == 0)
		return false;
	if (in->arrival.count > 1)
		withdrawn(in, REPLY_ONE_WITHDRAWAL);
	else
		withdraw_hold(&w, in->now);
	return true;
}

static void
take_in(struct keeper *k, struct incoming *in)
{
	switch (in->arrival.way) {
	case ARRIVAL_SUBMITTED:
		if (take_back(k, in) || accept_stub(k, in))
			return;
		accept_message(
		    &k->accept, &in->arrival, in->now, arrival_answered, in);
		return;
	case ARRIVAL_PULLED:
		pull_arrived(
		    k->pull, &in->arrival, in->now, arrival_answered, in);
		return;
	case ARRIVAL_PUSHED:
		take_pushed(k, in);
		return;
	case ARRIVAL_ANNOUNCED:
		break; /* is_plausible() lets none pass */
	}
}

static void
not_sealed(
    struct keeper *k, struct incoming *in, uint64_t question, const char *why)
{
	table_take(&k->seals, question);
	log_event("seal-failed", "why=%s", log_quote(span_of(why)));
	refuse(in, REPLY_DELIVERY_LATER);
}

/* A spooled body must be on the disk before its message is put. */
static void
seal(struct keeper *k, struct incoming *in)
{
	unsigned which = (unsigned)rand_below(KEEPER_POSTERS);
	struct peer *poster = role_peer(k->role, ROLE_POSTER, which);
	int spool = k->spool;
	struct message folder, body;
	struct err err = {0};
	uint64_t question = table_add(&k->seals, in);
	bool asked;

	in->poster = which;
	message_init(&folder, MESSAGE_SEAL_FOLDER);
	message_init(&body, MESSAGE_SEAL);
	folder.seal_folder.question = body.seal.question = question;
	body.seal.head = in->arrival.head;
	if (question == 0 || peer_is_full(poster) ||
	    spool_folder(spool, in->arrival.message, &folder.file, &err) < 0 ||
	    spool_open(spool, in->arrival.message, &body.file, &err) < 0) {
		if (folder.file >= 0)
			close(folder.file);
		not_sealed(k, in, question, err.text);
		return;
	}
	/* one without the other finds nobody who waits for it */
	asked = peer_ask(poster, &folder);
	if (!peer_ask(poster, &body) || !asked)
		not_sealed(k, in, question, "no poster");
}

void
keeper_arrival_sealed(struct keeper *k, const struct message *m)
{
	struct incoming *in = table_take(&k->seals, m->sealed.question);

	if (in == NULL)
		return;
	if (m->sealed.outcome != 0 || m->sealed.size != in->arrival.size ||
	    memcmp(m->sealed.digest.b, in->arrival.digest, STORE_DIGEST) != 0) {
		log_event("seal-differs", "outcome=%llu",
		    (unsigned long long)m->sealed.outcome);
		refuse(in, REPLY_DELIVERY_LATER);
		return;
	}
	take_in(k, in);
}

static void
copy_arrival(struct incoming *in, const struct message_arrival *m)
{
	struct arrival *a = &in->arrival;

	a->way = (enum arrival_way)m->way;
	a->message = m->message;
	a->user = keep(in, m->user);
	a->sender = keep(in, m->sender);
	a->with = keep(in, m->with);
	a->helo = keep(in, m->helo);
	a->address = m->address;
	a->results = keep(in, m->results);
	a->subject = keep(in, m->subject);
	a->envid = keep(in, m->envid);
	a->ret = (unsigned)m->ret;
	a->body_8bit = m->body_8bit != 0;
	a->smtputf8 = m->smtputf8 != 0;
	a->notice_id = keep(in, m->notice_id);
	a->notice_domain = keep(in, m->notice_domain);
	a->notice_named = keep(in, m->notice_named);
	a->keep = m->keep != 0;
	a->size = m->size;
	memcpy(a->digest, m->digest.b, sizeof a->digest);
	a->spooled = m->spooled != 0;
	a->head = keep(in, m->head);
	a->recipients = in->recipients;
}

/* The one way in which messages come from this process. */
static enum arrival_way
way_of(const struct peer *from)
{
	if (from->kind == ROLE_CALLER)
		return ARRIVAL_PULLED;
	return from->faces_users ? ARRIVAL_SUBMITTED : ARRIVAL_PUSHED;
}

/* Does what the session said of its message hold together, and are all its
   RECIPIENTS here? */
static bool
is_plausible(
    const struct peer *from, const struct incoming *in, uint64_t recipients)
{
	const struct arrival *a = &in->arrival;

	return a->way == way_of(from) && a->count > 0 &&
	       a->count == recipients &&
	       (a->way != ARRIVAL_SUBMITTED || a->user.n > 0) &&
	       (a->spooled || a->size == a->head.n + a->body.n);
}

static void
arrived(struct keeper *k, struct peer *from, struct desk *d,
    const struct message *m)
{
	struct incoming *in = staged(k, from, d, m->arrival.session);
	struct message later;

	if (in == NULL) {
		message_init(&later, MESSAGE_ARRIVAL_ANSWER);
		later.arrival_answer.session = m->arrival.session;
		later.arrival_answer.reply = REPLY_DELIVERY_LATER;
		if (m->arrival.spooled)
			drop_body(k, m->arrival.message);
		keeper_answer(
		    keeper_spare(k, from, m->arrival.session), &later);
		return;
	}
	d->staged = NULL;
	in->now = role_now();
	copy_arrival(in, &m->arrival);
	k->arrivals++;
	if (in->broken || k->arrivals > ARRIVALS_MAX ||
	    !is_plausible(from, in, m->arrival.recipients))
		refuse(in, REPLY_DELIVERY_LATER);
	else if (in->arrival.spooled)
		seal(k, in);
	else
		take_in(k, in);
}

/* ---- dispatch ---- */

void
keeper_arrival_message(struct keeper *k, struct peer *from, struct desk *d,
    const struct message *m)
{
	if (m->type == MESSAGE_BODY_ASK)
		body_asked(k, from, m);
	else if (m->type == MESSAGE_BODY_UNWANTED)
		drop_body(k, m->body_unwanted.message);
	else if (m->type == MESSAGE_ARRIVAL_RECIPIENT)
		stage_recipient(k, from, d, m);
	else if (m->type == MESSAGE_ARRIVAL_ENVELOPE)
		stage_envelope(k, from, d, m);
	else if (m->type == MESSAGE_ARRIVAL_BODY)
		stage_body(k, from, d, m);
	else if (m->type == MESSAGE_ARRIVAL)
		arrived(k, from, d, m);
}

/* A poster has gone: what it was making safe never came in. */
void
keeper_arrival_lost(struct keeper *k, unsigned poster)
{
	struct incoming *in;
	uint64_t number;
	size_t at = 0;

	while ((in = table_next(&k->seals, &at, &number)) != NULL) {
		if (in->poster != poster)
			continue;
		table_take(&k->seals, number);
		refuse(in, REPLY_DELIVERY_LATER);
	}
}
