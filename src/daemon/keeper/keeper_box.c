/*
 * What a user asks of the mailbox: questions to posters, and their answers on
 * the way back to the front. A refusal of a message that is here acts on the
 * notice by which it came (SM-25).
 */
#include "daemon/keeper/keeper_user.h"
#include "proto/address.h"
#include "proto/user/smdp_user.h"

#include <stdlib.h>

/* One question that a poster has. */
struct box_question {
	enum keeper_box_wish wish;
	struct asker *asker;
	unsigned poster;
	char user[ADDRESS_TEXT];
	enum store_verdict verdict;
	bool lost; /* an item of the page did not go out */
};

static void
end(struct box_question *q, enum reply_name reply)
{
	keeper_user_refuse(q->asker, q->wish, reply);
	free(q);
}

/* ---- asking ---- */

static bool
ask_poster(struct peer *poster, const struct keeper_box_ask *ask,
    uint64_t question, const char *folder)
{
	struct message m;

	switch (ask->wish) {
	case KEEPER_BOX_LIST:
		message_init(&m, MESSAGE_BOX_LIST);
		m.box_list.question = question;
		m.box_list.folder = span_of(folder);
		m.box_list.after = ask->after;
		break;
	case KEEPER_BOX_READ:
	case KEEPER_BOX_DECIDE:
		message_init(&m, MESSAGE_BOX_OPEN);
		m.box_open.question = question;
		m.box_open.folder = span_of(folder);
		m.box_open.key = ask->key;
		break;
	case KEEPER_BOX_REMOVE:
		message_init(&m, MESSAGE_BOX_REMOVE);
		m.box_remove.question = question;
		m.box_remove.folder = span_of(folder);
		m.box_remove.key = ask->key;
		break;
	}
	return peer_ask(poster, &m);
}

void
keeper_box_ask(struct keeper *k, const struct keeper_box_ask *ask)
{
	char folder[PUT_PATH_MAX];
	struct box_question *q =
	    k->boxes.used < KEEPER_USER_QUESTIONS ? calloc(1, sizeof *q) : NULL;
	struct peer *poster = put_folder(ask->user, folder) == 0
				  ? keeper_poster(k, folder)
				  : NULL;
	uint64_t question;

	if (q == NULL) {
		keeper_user_refuse(ask->asker, ask->wish, REPLY_DELIVERY_LATER);
		return;
	}
	q->wish = ask->wish;
	q->asker = ask->asker;
	q->verdict = ask->verdict;
	question = table_add(&k->boxes, q);
	if (poster == NULL || question == 0 ||
	    span_copy(ask->user, q->user, sizeof q->user) < 0 ||
	    !ask_poster(poster, ask, question, folder)) {
		table_take(&k->boxes, question);
		end(q, REPLY_DELIVERY_LATER);
		return;
	}
	q->poster = poster->index;
}

/* ---- answers ---- */

static enum reply_name
reply_to(uint64_t outcome, enum reply_name yes)
{
	if (outcome == 0)
		return yes;
	return outcome == E_NONE ? REPLY_NO_SUCH_NUMBER : REPLY_DELIVERY_LATER;
}

static void
item(struct keeper *k, const struct message_box_item *from)
{
	struct box_question *q = table_get(&k->boxes, from->question);
	struct message m;

	if (q == NULL || q->wish != KEEPER_BOX_LIST)
		return;
	message_init(&m, MESSAGE_ITEM);
	m.item.session = q->asker->session;
	m.item.kind = SMDP_USER_MESSAGE;
	m.item.key = from->key;
	m.item.state = span_of(from->seen ? "seen" : "new");
	m.item.time = from->time;
	m.item.size = from->size;
	m.item.sender = from->sender;
	m.item.subject = from->subject;
	if (!peer_ask(role_peer(k->role, q->asker->kind, q->asker->index), &m))
		q->lost = true;
}

static void
listed(struct box_question *q, const struct message_box_listed *from)
{
	struct message m;

	message_init(&m, MESSAGE_ITEMS_ANSWER);
	m.items_answer.session = q->asker->session;
	m.items_answer.reply =
	    from->outcome == 0 && !q->lost ? REPLY_OK : REPLY_DELIVERY_LATER;
	m.items_answer.more = from->more;
	m.items_answer.after = from->next;
	keeper_answer(q->asker, &m);
	free(q);
}

/* The notice by which it came, or why there is none to be refused. */
static void
notice_found(struct store_op *op, void *arg)
{
	struct box_question *q = arg;

	if (op->outcome == STORE_OK) {
		keeper_user_decide(q->asker, op->notice_get.notice.key,
		    span_of(q->user), q->verdict);
		free(q);
	} else {
		end(q, op->outcome == STORE_NONE ? REPLY_NOT_NOTICED
						 : REPLY_DELIVERY_LATER);
	}
	store_op_free(&op);
}

static void
find_notice(struct keeper *k, struct box_question *q, struct key message)
{
	struct store_op *op = key_is_zero(message)
				  ? NULL
				  : store_op_new(STORE_NOTICE_GET, role_now());

	if (op == NULL) {
		end(q, key_is_zero(message) ? REPLY_NOT_NOTICED
					    : REPLY_DELIVERY_LATER);
		return;
	}
	op->notice_get.message = message;
	op->notice_get.recipient = span_of(q->user);
	op->done = notice_found;
	op->arg = q;
	store_submit(k->store, op);
}

static void
opened(struct keeper *k, struct box_question *q, struct message *from)
{
	struct message m;

	if (from->box_opened.outcome != 0) {
		end(q,
		    reply_to(from->box_opened.outcome, REPLY_DELIVERY_LATER));
		return;
	}
	if (q->wish == KEEPER_BOX_DECIDE) {
		find_notice(k, q, from->box_opened.message);
		return;
	}
	message_init(&m, MESSAGE_READ_ANSWER);
	m.read_answer.session = q->asker->session;
	m.read_answer.reply =
	    from->file >= 0 ? REPLY_TEXT_FOLLOWS : REPLY_DELIVERY_LATER;
	m.file = from->file;
	from->file = -1;
	keeper_answer(q->asker, &m);
	free(q);
}

/* The question that this answers, which is then no more. */
static struct box_question *
take(struct keeper *k, uint64_t question, bool fits)
{
	return fits ? table_take(&k->boxes, question) : NULL;
}

void
keeper_box_message(struct keeper *k, struct message *m)
{
	/* all of them begin with the question */
	uint64_t number = m->box_listed.question;
	const struct box_question *known = table_get(&k->boxes, number);
	struct box_question *q;

	if (known == NULL)
		return;
	if (m->type == MESSAGE_BOX_ITEM) {
		item(k, &m->box_item);
	} else if (m->type == MESSAGE_BOX_LISTED) {
		q = take(k, number, known->wish == KEEPER_BOX_LIST);
		if (q != NULL)
			listed(q, &m->box_listed);
	} else if (m->type == MESSAGE_BOX_OPENED) {
		q = take(k, number,
		    known->wish == KEEPER_BOX_READ ||
			known->wish == KEEPER_BOX_DECIDE);
		if (q != NULL)
			opened(k, q, m);
	} else if (m->type == MESSAGE_BOX_REMOVED) {
		q = take(k, number, known->wish == KEEPER_BOX_REMOVE);
		if (q != NULL)
			end(q, reply_to(m->box_removed.outcome, REPLY_DELETED));
	}
}

void
keeper_box_lost(struct keeper *k, unsigned poster)
{
	struct box_question *q;
	uint64_t number;
	size_t at = 0;

	while ((q = table_next(&k->boxes, &at, &number)) != NULL) {
		if (q->poster != poster)
			continue;
		table_take(&k->boxes, number);
		end(q, REPLY_DELIVERY_LATER);
	}
}

void
keeper_box_end(struct keeper *k)
{
	struct box_question *q;
	uint64_t number;
	size_t at = 0;

	while ((q = table_next(&k->boxes, &at, &number)) != NULL) {
		free(q->asker);
		free(q);
	}
	table_fini(&k->boxes);
}
