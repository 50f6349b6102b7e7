/*
 * A list on its way to a user: pages of envelopes, then pages of messages. The
 * next page is asked for when the one before has been given, so that a session
 * keeps one page at most, however slowly it is read.
 */
#include "daemon/front/user_session.h"
#include "message/encoded_word.h"
#include "proto/subject.h"

#include <stdlib.h>
#include <string.h>

#define STATE_ROOM 24
#define TRIES_MAX  5 /* for one page */

/* One line, until there is room for it. */
struct user_item {
	struct list node;
	struct smdp_user_item item; /* its texts are those below */
	char state[STATE_ROOM];
	char sender[ADDRESS_TEXT];
	char subject[SUBJECT_MAX + 1];
};

void
user_session_list_init(struct user_session *s)
{
	list_init(&s->list.items);
}

static void
drop_items(struct user_session *s)
{
	struct list *node;

	while ((node = list_shift(&s->list.items)) != NULL)
		free(LIST_OF(node, struct user_item, node));
}

void
user_session_list_forget(struct user_session *s)
{
	s->list.open = s->list.waits = false;
	drop_items(s);
}

/* Before the machine has heard that it follows, it is refused; after that it
   can only be broken off, so that nobody takes it for whole. */
static void
give_up(struct user_session *s)
{
	bool said = s->list.said;

	user_session_list_forget(s);
	if (said)
		smdp_user_break(s->machine);
	else
		user_session_tell(s, REPLY_DELIVERY_LATER);
}

/* The poster is being started again, or very many ask at once: the page is
   asked for again, at a later look of the front. What came of it is forgotten.
 */
void
user_session_list_failed(struct user_session *s)
{
	drop_items(s);
	if (++s->list.tries >= TRIES_MAX) {
		give_up(s);
		return;
	}
	s->list.waits = true;
	s->base.asked_at = role_now();
}

static void
ask_page(struct user_session *s)
{
	struct message m;

	message_init(&m, MESSAGE_ITEMS_ASK);
	m.items_ask.session = s->base.number;
	m.items_ask.visit = s->visit;
	m.items_ask.kind = s->list.kind;
	m.items_ask.before = s->list.before;
	m.items_ask.after = span_of(s->list.after);
	if (!user_session_ask(
		s, front_session_keeper(&s->base), USER_ASK_ITEMS, &m))
		user_session_list_failed(s);
}

void
user_session_list_again(struct user_session *s)
{
	s->list.waits = false;
	if (s->list.open)
		ask_page(s);
	conn_kick(s->base.conn);
}

void
user_session_list_begin(struct user_session *s, bool said)
{
	s->list.open = true;
	s->list.said = said;
	s->list.kind = SMDP_USER_ENVELOPE;
	s->list.before = (struct key){{0}};
	s->list.after[0] = '\0';
	s->list.tries = 0;
	ask_page(s);
}

/* Octets from strangers: the machine is given harmless ones. */
static void
fill(struct user_item *x, const struct message_item *from)
{
	if (span_copy(from->state, x->state, sizeof x->state) < 0)
		x->state[0] = '\0';
	if (span_copy(from->sender, x->sender, sizeof x->sender) < 0)
		x->sender[0] = '\0';
	encoded_word_text(from->subject, x->subject, sizeof x->subject);
	x->item = (struct smdp_user_item){
	    .kind = from->kind == SMDP_USER_ENVELOPE ? SMDP_USER_ENVELOPE
						     : SMDP_USER_MESSAGE,
	    .key = from->key,
	    .state = span_of(x->state),
	    .time = (int64_t)from->time,
	    .size = from->size,
	    .sender = span_of(x->sender),
	    .attachments = (unsigned)from->attachments,
	    .subject = span_of(x->subject),
	};
}

void
user_session_list_item(struct user_session *s, const struct message *m)
{
	struct user_item *x = s->list.open ? calloc(1, sizeof *x) : NULL;

	if (!s->list.open)
		return;
	if (x == NULL) {
		s->ask = USER_ASK_NOTHING;
		(void)front_session_renumber(
		    &s->base); /* the rest finds nobody */
		give_up(s);
		conn_kick(s->base.conn);
		return;
	}
	fill(x, &m->item);
	list_append(&s->list.items, &x->node);
}

void
user_session_list_page(struct user_session *s, const struct message *m)
{
	const struct message_items_answer *page = &m->items_answer;

	if (!s->list.open)
		return;
	if (page->reply != REPLY_OK ||
	    span_copy(page->after, s->list.after, sizeof s->list.after) < 0) {
		user_session_list_failed(s);
		return;
	}
	s->list.tries = 0;
	s->list.more = page->more != 0;
	s->list.before = page->before;
	if (!s->list.said)
		user_session_tell(s, REPLY_LIST_FOLLOWS);
	s->list.said = true;
}

/* The page has been given: another, or the other kind, or the end. */
static void
go_on(struct user_session *s)
{
	if (smdp_user_room(s->machine) == 0)
		return;
	if (!s->list.more && s->list.kind == SMDP_USER_MESSAGE) {
		user_session_list_forget(s);
		(void)smdp_user_list_end(s->machine);
		return;
	}
	if (!s->list.more)
		s->list.kind = SMDP_USER_MESSAGE;
	ask_page(s);
}

void
user_session_list_pump(struct user_session *s)
{
	struct user_item *x;

	if (!s->list.open || !s->list.said || s->list.waits ||
	    s->ask == USER_ASK_ITEMS)
		return;
	while (!list_empty(&s->list.items)) {
		x = LIST_OF(s->list.items.next, struct user_item, node);
		if (smdp_user_item(s->machine, &x->item) != 0)
			return; /* no room; or the machine tells CLOSED */
		list_remove(&x->node);
		free(x);
	}
	go_on(s);
}
