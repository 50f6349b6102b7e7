/*
 * The life of a user's session: greeting, signing in, which event goes where,
 * which answer goes where, the end.
 */
#include "daemon/front/user_session.h"

#include "store/record.h"

#include <stdlib.h>
#include <unistd.h>

void
user_session_tell(struct user_session *s, enum reply_name reply)
{
	smdp_user_tell(s->machine, reply, span_of(""));
}

/* ---- greeting ---- */

static void
ask_admission(struct user_session *s)
{
	struct message m;

	message_init(&m, MESSAGE_CONNECTED);
	m.connected.session = s->base.number;
	m.connected.address = s->base.address;
	m.connected.named = 1; /* no list of names is about users */
	if (!user_session_ask(
		s, front_session_keeper(&s->base), USER_ASK_ADMITTED, &m))
		smdp_user_greet(s->machine, REPLY_SHUTTING_DOWN);
}

static enum reply_name
greeting_for(uint64_t number)
{
	enum reply_name reply;

	if (reply_from_number(number, &reply) < 0)
		return REPLY_SHUTTING_DOWN;
	if (reply == REPLY_GREETING)
		return REPLY_USER_GREETING;
	return reply_code(reply) == 421 ? reply : REPLY_HOST_DENIED;
}

static void
admitted(struct user_session *s, struct message *m)
{
	s->base.entered = m->admitted.entered != 0;
	smdp_user_greet(s->machine, greeting_for(m->admitted.reply));
}

/* ---- signing in ---- */

static void
sign_in(struct user_session *s, const struct smdp_user_event *e)
{
	struct message m;

	message_init(&m, MESSAGE_PASSWORD_ASK);
	m.password_ask.session = s->base.number;
	m.password_ask.visits = 1;
	m.password_ask.identity = e->text;
	m.password_ask.password = e->password;
	if (!user_session_ask(s, role_peer(s->base.front->role, ROLE_AUTH, 0),
		USER_ASK_PASSWORD, &m))
		user_session_tell(s, REPLY_AUTH_LATER);
}

static void
refused(struct user_session *s, struct message *m)
{
	if (m->password_answer.reply == REPLY_AUTH_FAILED)
		front_session_refuse_sign_in(&s->base);
	else
		user_session_tell(s, REPLY_AUTH_LATER);
}

static void
tell_left(const struct user_session *s, uint64_t visit)
{
	struct message m;

	message_init(&m, MESSAGE_USER_LEFT);
	m.user_left.visit = visit;
	peer_send(front_session_keeper(&s->base), &m);
}

/* Only the keeper says so. */
static void
entered(struct user_session *s, struct message *m)
{
	const struct message_user_entered *e = &m->user_entered;

	if (e->reply != REPLY_SIGNED_IN ||
	    own_addresses_set(&s->base.own, e->address, e->others) < 0 ||
	    table_put(&s->base.front->visits, e->visit, s) < 0) {
		if (e->visit != 0)
			tell_left(s, e->visit);
		user_session_tell(s, REPLY_AUTH_LATER);
		return;
	}
	s->visit = e->visit;
	s->base.from_check = e->from_check;
	user_session_tell(s, REPLY_SIGNED_IN);
	user_session_list_begin(s, true);
}

void
user_session_news(struct user_session *s, struct key message)
{
	(void)smdp_user_announce(s->machine, message);
}

/* ---- events ---- */

static void
read_one(struct user_session *s, const struct smdp_user_event *e)
{
	struct message m;

	message_init(&m, MESSAGE_READ_ASK);
	m.read_ask.session = s->base.number;
	m.read_ask.visit = s->visit;
	m.read_ask.kind = e->item_kind;
	m.read_ask.key = e->key;
	user_session_ask_keeper(s, USER_ASK_READ, &m);
}

static void
decide_one(struct user_session *s, const struct smdp_user_event *e)
{
	struct message m;

	message_init(&m, MESSAGE_DECIDE_ASK);
	m.decide_ask.session = s->base.number;
	m.decide_ask.visit = s->visit;
	m.decide_ask.kind = e->item_kind;
	m.decide_ask.key = e->key;
	m.decide_ask.verdict = (uint64_t)e->verdict + VERDICT_ACCEPT;
	user_session_ask_keeper(s, USER_ASK_DECIDED, &m);
}

static void
remove_one(struct user_session *s, const struct smdp_user_event *e)
{
	struct message m;

	message_init(&m, MESSAGE_REMOVE_ASK);
	m.remove_ask.session = s->base.number;
	m.remove_ask.visit = s->visit;
	m.remove_ask.key = e->key;
	user_session_ask_keeper(s, USER_ASK_DECIDED, &m);
}

static void
handle(struct user_session *s, const struct smdp_user_event *e)
{
	switch (e->kind) {
	case SMDP_USER_PASSWORD:
		sign_in(s, e);
		break;
	case SMDP_USER_LIST:
		user_session_list_begin(s, false);
		break;
	case SMDP_USER_RETR:
		read_one(s, e);
		break;
	case SMDP_USER_VERDICT:
		decide_one(s, e);
		break;
	case SMDP_USER_DELETE:
		remove_one(s, e);
		break;
	case SMDP_USER_MAIL:
		user_session_mail(s, e->address);
		break;
	case SMDP_USER_RCPT:
		user_session_mail_recipient(s, e->address);
		break;
	case SMDP_USER_DATA:
		user_session_tell(s, REPLY_SEND_CONTENT);
		break;
	case SMDP_USER_CONTENT:
		user_session_mail_content(s, e->text);
		break;
	case SMDP_USER_END:
		user_session_mail_end(s);
		break;
	case SMDP_USER_ABORT:
		reception_free(&s->base.reception);
		break;
	case SMDP_USER_CLOSED:
		user_session_list_forget(s);
		user_session_text_forget(s);
		break;
	}
}

static void
progress(void *owner)
{
	struct user_session *s = owner;
	struct smdp_user_event e;

	while (!front_session_waits_for_spool(&s->base) &&
	       smdp_user_next(s->machine, &e) > 0)
		handle(s, &e);
	user_session_list_pump(s);
	user_session_text_pump(s);
}

static void
over(void *owner, enum conn_end end)
{
	(void)end;
	user_session_end(owner);
}

static void
secured(void *owner)
{
	struct user_session *s = owner;

	ask_admission(s);
	conn_kick(s->base.conn);
}

/* ---- answers ---- */

static void
decided(struct user_session *s, struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->decided.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	user_session_tell(s, reply);
}

static void
page_came(struct user_session *s, struct message *m)
{
	user_session_list_page(s, m);
}

static void
recipient_answered(struct user_session *s, struct message *m)
{
	user_session_mail_recipient_answered(s, m);
}

static void
arrived(struct user_session *s, struct message *m)
{
	user_session_mail_arrived(s, m);
}

static const struct {
	enum message_type type;
	enum user_ask ask;
	void (*take)(struct user_session *s, struct message *m);
} answers[] = {
    {MESSAGE_ADMITTED, USER_ASK_ADMITTED, admitted},
    {MESSAGE_PASSWORD_ANSWER, USER_ASK_PASSWORD, refused},
    {MESSAGE_USER_ENTERED, USER_ASK_PASSWORD, entered},
    {MESSAGE_ITEMS_ANSWER, USER_ASK_ITEMS, page_came},
    {MESSAGE_READ_ANSWER, USER_ASK_READ, user_session_text_begin},
    {MESSAGE_DECIDED, USER_ASK_DECIDED, decided},
    {MESSAGE_RECIPIENT_ANSWER, USER_ASK_RECIPIENT, recipient_answered},
    {MESSAGE_ARRIVAL_ANSWER, USER_ASK_ARRIVAL, arrived},
};

static void
body_came(struct user_session *s, struct message *m)
{
	enum reply_name fault;

	if (front_session_body(&s->base, m, &fault) < 0)
		smdp_user_spoil(s->machine, fault);
	conn_kick(s->base.conn);
}

static void
answer(struct front_session *base, struct message *m)
{
	struct user_session *s = (struct user_session *)base;

	if (m->type == MESSAGE_BODY_ANSWER)
		body_came(s, m);
	else if (m->type == MESSAGE_ITEM && s->ask == USER_ASK_ITEMS)
		user_session_list_item(s, m);
	else
		for (unsigned i = 0; i < sizeof answers / sizeof *answers; i++)
			if (answers[i].type == m->type &&
			    answers[i].ask == s->ask) {
				s->ask = USER_ASK_NOTHING;
				answers[i].take(s, m);
				conn_kick(s->base.conn);
				return;
			}
	if (m->type == MESSAGE_USER_ENTERED && m->user_entered.visit != 0)
		tell_left(s, m->user_entered.visit); /* it was given up */
}

static void
unstall(struct front_session *base)
{
	struct user_session *s = (struct user_session *)base;

	user_session_mail_end(s);
	conn_kick(s->base.conn);
}

static void
stop(struct front_session *base)
{
	struct user_session *s = (struct user_session *)base;

	smdp_user_stop(s->machine);
	conn_kick(s->base.conn);
}

/* ---- life ---- */

static void
tell(struct front_session *base, enum reply_name reply)
{
	user_session_tell((struct user_session *)base, reply);
}

static const struct front_kind kind = {
    .name = "smdp",
    .answer = answer,
    .lost = user_session_ask_lost,
    .is_overdue = user_session_ask_is_overdue,
    .give_up = user_session_ask_give_up,
    .unstall = unstall,
    .stop = stop,
    .tell = tell,
};

static struct smdp_user *
make_machine(const struct front *f)
{
	const struct settings *set = f->role->settings;
	const struct smdp_user_setup setup = {
	    .hostname = set->hostname,
	    .message_size = role_most(set->message_size),
	    .recipients_max = role_most(set->recipients_max),
	    .verbs_max = role_most(set->verbs_per_session),
	    .command_timeout = set->command_timeout,
	    .content_timeout = set->content_timeout,
	    .rate_min = set->minimum_rate,
	};

	return smdp_user_new(&setup, role_now());
}

static int
make_conn(struct user_session *s, int fd)
{
	const struct conn_setup setup = {
	    .base = s->base.front->role->base,
	    .fd = fd,
	    .machine = smdp_user_machine(s->machine),
	    .owner = s,
	    .progress = progress,
	    .over = over,
	    .secured = secured,
	    .clock = role_now,
	    .handshake_timeout =
		s->base.front->role->settings->handshake_timeout,
	};

	return conn_new(&setup, &s->base.conn);
}

static struct user_session *
new_session(struct front *f, struct ip peer)
{
	struct user_session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	user_session_list_init(s);
	user_session_text_init(s);
	s->machine = make_machine(f);
	if (s->machine == NULL ||
	    !front_session_enter(&s->base, &kind, f, peer)) {
		smdp_user_free(&s->machine);
		free(s);
		return NULL;
	}
	return s;
}

void
user_session_begin(struct front_listener *listener, int fd, struct ip peer)
{
	struct front *f = listener->front;
	/* The settings of the start saw to it that what is bound without a
	   certificate is of loopback; but a certificate may go at SIGHUP. */
	struct user_session *s = f->tls != NULL || ip_is_loopback(peer)
				     ? new_session(f, peer)
				     : NULL;

	if (s == NULL) {
		close(fd);
		return;
	}
	if (make_conn(s, fd) < 0) {
		user_session_end(s);
		return;
	}
	if (f->tls != NULL)
		conn_start_tls(s->base.conn, f->tls, true, NULL);
	else
		ask_admission(s);
	conn_kick(s->base.conn);
}

void
user_session_end(struct user_session *s)
{
	if (s->visit != 0) {
		table_take(&s->base.front->visits, s->visit);
		tell_left(s, s->visit);
	}
	front_session_leave(&s->base);
	smdp_user_free(&s->machine);
	user_session_list_forget(s);
	user_session_text_forget(s);
	free(s);
}
