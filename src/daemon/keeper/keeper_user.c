/*
 * The keeper's side of the user service: whose visit it is, then envelopes by
 * the store, or the mailbox (keeper_box.c). Texts are handed out as they came;
 * the front makes them harmless.
 *
 * Not for: visits (keeper_visit.c), what a verdict does (receiver/decide.h).
 */
#include "daemon/keeper/keeper_user.h"
#include "daemon/keeper/keeper_quality.h"

#include "daemon/keeper/keeper_visit.h"
#include "proto/user/smdp_user.h"

#include <stdlib.h>
#include <string.h>

/* ---- answers ---- */

void
keeper_user_refuse(
    struct asker *a, enum keeper_box_wish wish, enum reply_name reply)
{
	struct message m;

	switch (wish) {
	case KEEPER_BOX_LIST:
		message_init(&m, MESSAGE_ITEMS_ANSWER);
		m.items_answer.session = a->session;
		m.items_answer.reply = reply;
		break;
	case KEEPER_BOX_READ:
		message_init(&m, MESSAGE_READ_ANSWER);
		m.read_answer.session = a->session;
		m.read_answer.reply = reply;
		break;
	case KEEPER_BOX_DECIDE:
	case KEEPER_BOX_REMOVE:
		message_init(&m, MESSAGE_DECIDED);
		m.decided.session = a->session;
		m.decided.reply = reply;
		break;
	}
	keeper_answer(a, &m);
}

/* ---- a page of envelopes ---- */

static bool
send_envelope(const struct asker *a, const struct store_notice *n)
{
	struct message m;

	message_init(&m, MESSAGE_ITEM);
	m.item.session = a->session;
	m.item.kind = SMDP_USER_ENVELOPE;
	m.item.key = n->key;
	m.item.state = span_of(store_notice_state_name(n->state));
	m.item.time = (uint64_t)n->created;
	m.item.size = n->has_size ? n->size : 0;
	m.item.attachments = n->attachments;
	m.item.sender = n->sender;
	m.item.subject = n->subject;
	return peer_ask(role_peer(a->keeper->role, a->kind, a->index), &m);
}

static void
listed(struct store_op *op, void *arg)
{
	const struct store_envelope_list *l = &op->envelope_list;
	struct asker *a = arg;
	bool sent = op->outcome == STORE_OK;
	struct message m;

	for (unsigned i = 0; sent && i < l->count; i++)
		sent = send_envelope(a, &l->notices[i]);
	message_init(&m, MESSAGE_ITEMS_ANSWER);
	m.items_answer.session = a->session;
	m.items_answer.reply = sent ? REPLY_OK : REPLY_DELIVERY_LATER;
	m.items_answer.more = sent && l->count > 0 && l->count == l->limit;
	if (m.items_answer.more)
		m.items_answer.before = l->notices[l->count - 1].key;
	keeper_answer(a, &m);
	store_op_free(&op);
}

static void
list_envelopes(struct asker *a, struct span user, struct key before)
{
	struct store_op *op = store_op_new(STORE_ENVELOPE_LIST, role_now());

	if (op != NULL)
		op->envelope_list.user = arena_copy(&op->arena, user);
	if (op == NULL || op->envelope_list.user.p == NULL) {
		store_op_free(&op);
		keeper_user_refuse(a, KEEPER_BOX_LIST, REPLY_DELIVERY_LATER);
		return;
	}
	op->envelope_list.before = before;
	op->envelope_list.limit = KEEPER_USER_PAGE;
	op->done = listed;
	op->arg = a;
	store_submit(a->keeper->store, op);
}

/* ---- the text of one ---- */

/* Somebody else's envelope is none at all, and so is one that is over. */
static bool
is_theirs(const struct asker *a, const struct store_op *op)
{
	const struct store_notice *n = &op->notice_get.notice;

	return op->outcome == STORE_OK &&
	       span_equals(n->recipient, span_of(a->user)) &&
	       (n->state == NOTICE_PENDING || n->state == NOTICE_KEPT);
}

/* A notice by MSID has no text; what it has is said in the same form. */
static void
print_text(const struct store_notice *n, struct buf *to)
{
	if (n->envelope.n > 0) {
		buf_put(to, n->envelope);
		return;
	}
	buf_text(to, "From: <");
	buf_put(to, n->sender);
	buf_text(to, ">\r\nTo: <");
	buf_put(to, n->to);
	buf_text(to, ">\r\nSubject: ");
	buf_put(to, n->subject);
	buf_text(to, "\r\n\r\n");
}

static void
text_found(struct store_op *op, void *arg)
{
	struct asker *a = arg;
	struct message m;
	struct buf text;

	buf_init(&text, MESSAGE_CONTENT_MAX);
	message_init(&m, MESSAGE_READ_ANSWER);
	m.read_answer.session = a->session;
	m.read_answer.reply = REPLY_NO_SUCH_NUMBER;
	if (is_theirs(a, op)) {
		print_text(&op->notice_get.notice, &text);
		m.read_answer.reply =
		    buf_bad(&text) ? REPLY_DELIVERY_LATER : REPLY_TEXT_FOLLOWS;
		m.read_answer.text = buf_span(&text);
	} else if (op->outcome != STORE_OK && op->outcome != STORE_NONE) {
		m.read_answer.reply = REPLY_DELIVERY_LATER;
	}
	keeper_answer(a, &m);
	buf_fini(&text);
	store_op_free(&op);
}

static void
read_envelope(struct asker *a, struct span user, struct key key)
{
	struct store_op *op = store_op_new(STORE_NOTICE_GET, role_now());

	if (op == NULL || span_copy(user, a->user, sizeof a->user) < 0) {
		store_op_free(&op);
		keeper_user_refuse(a, KEEPER_BOX_READ, REPLY_DELIVERY_LATER);
		return;
	}
	op->notice_get.key = key;
	op->notice_get.whole = true;
	op->done = text_found;
	op->arg = a;
	store_submit(a->keeper->store, op);
}

/* ---- a verdict ---- */

static enum reply_name
reply_to(enum store_outcome outcome)
{
	switch (outcome) {
	case STORE_OK:
		return REPLY_VERDICT_OK;
	case STORE_NONE:
		return REPLY_NO_SUCH_NUMBER;
	case STORE_CONFLICT:
		return REPLY_TOO_LATE;
	case STORE_EXISTS:
	case STORE_FULL:
	case STORE_BUSY:
	case STORE_UNSURE:
	case STORE_BROKEN:
		break;
	}
	return REPLY_DELIVERY_LATER;
}

/* What was decided has work to do at once: a call, or a delivery. */
static void
decided(
    void *owner, enum store_outcome outcome, const struct store_notice *notice)
{
	struct asker *a = owner;
	struct keeper *k = a->keeper;

	(void)notice;
	if (outcome == STORE_OK)
		keeper_decided(k);
	keeper_user_refuse(a, KEEPER_BOX_DECIDE, reply_to(outcome));
}

void
keeper_user_decide(struct asker *a, struct key notice, struct span user,
    enum store_verdict verdict)
{
	const struct decide_ask ask = {
	    .notice = notice,
	    .user = user,
	    .verdict = verdict,
	    .folder = span_of(""),
	};

	keeper_decide(a->keeper, &ask, decided, a);
}

/* ---- dispatch ---- */

/* What a question is about, whatever its type. */
struct wish {
	struct keeper_box_ask ask;
	uint64_t session, visit, kind;
	struct key before;
};

static void
read_wish(const struct message *m, struct wish *w)
{
	memset(w, 0, sizeof *w);
	if (m->type == MESSAGE_ITEMS_ASK) {
		w->ask.wish = KEEPER_BOX_LIST;
		w->session = m->items_ask.session;
		w->visit = m->items_ask.visit;
		w->kind = m->items_ask.kind;
		w->before = m->items_ask.before;
		w->ask.after = m->items_ask.after;
	} else if (m->type == MESSAGE_READ_ASK) {
		w->ask.wish = KEEPER_BOX_READ;
		w->session = m->read_ask.session;
		w->visit = m->read_ask.visit;
		w->kind = m->read_ask.kind;
		w->ask.key = m->read_ask.key;
	} else if (m->type == MESSAGE_DECIDE_ASK) {
		w->ask.wish = KEEPER_BOX_DECIDE;
		w->session = m->decide_ask.session;
		w->visit = m->decide_ask.visit;
		w->kind = m->decide_ask.kind;
		w->ask.key = m->decide_ask.key;
		w->ask.verdict = m->decide_ask.verdict <= VERDICT_SPAMMER
				     ? (enum store_verdict)m->decide_ask.verdict
				     : VERDICT_NONE;
	} else {
		w->ask.wish = KEEPER_BOX_REMOVE;
		w->session = m->remove_ask.session;
		w->visit = m->remove_ask.visit;
		w->kind = SMDP_USER_MESSAGE;
		w->ask.key = m->remove_ask.key;
	}
}

static void
ask_store(const struct wish *w)
{
	const struct keeper_box_ask *ask = &w->ask;

	if (ask->wish == KEEPER_BOX_LIST)
		list_envelopes(ask->asker, ask->user, w->before);
	else if (ask->wish == KEEPER_BOX_READ)
		read_envelope(ask->asker, ask->user, ask->key);
	else
		keeper_user_decide(
		    ask->asker, ask->key, ask->user, ask->verdict);
}

void
keeper_user_message(
    struct keeper *k, struct peer *from, const struct message *m)
{
	struct asker *a;
	struct wish w;

	read_wish(m, &w);
	a = keeper_asker(k, from, w.session);
	w.ask.asker = a != NULL ? a : keeper_spare(k, from, w.session);
	w.ask.user = keeper_visits_user(k, from, w.visit);
	if (a == NULL || w.ask.user.n == 0 || peer_is_full(from))
		keeper_user_refuse(
		    w.ask.asker, w.ask.wish, REPLY_DELIVERY_LATER);
	else if (w.kind == SMDP_USER_ENVELOPE)
		ask_store(&w);
	else
		keeper_box_ask(k, &w.ask);
}
