/*
 * The server's side of a session. Each event of the machine has a function
 * here; those that ask leave the machine waiting until the answer comes, and
 * the machine takes no further command meanwhile.
 */
#include "daemon/front/session.h"

#include "daemon/role/counters.h"

#include <stdlib.h>
#include <unistd.h>

void
session_tell(struct session *s, enum reply_name reply)
{
	smtp_server_tell(s->server, reply, span_of(""));
}

/* ---- greeting ---- */

static void
admitted(struct session *s, const struct message *m)
{
	unsigned keywords = (unsigned)m->admitted.keywords;
	enum reply_name reply;

	if (m->admitted.name_first != 0) {
		session_ask_name(s);
		return;
	}
	s->standing = (enum admit_standing)m->admitted.standing;
	s->base.entered = m->admitted.entered != 0;
	if (reply_from_number(m->admitted.reply, &reply) < 0)
		reply = REPLY_SHUTTING_DOWN;
	if (s->base.front->tls != NULL)
		keywords |= SMTP_KEYWORD_STARTTLS;
	smtp_server_greet(s->server, reply, keywords);
}

/* ---- signing in ---- */

static void
sign_in(struct session *s, const struct smtp_server_event *e)
{
	struct message m;

	message_init(&m, MESSAGE_PASSWORD_ASK);
	m.password_ask.session = s->base.number;
	m.password_ask.identity = e->text;
	m.password_ask.password = e->password;
	session_ask(
	    s, role_peer(s->base.front->role, ROLE_AUTH, 0), ASK_PASSWORD, &m);
}

static void
signed_in(struct session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->password_answer.reply, &reply) < 0)
		reply = REPLY_AUTH_LATER;
	if (reply == REPLY_AUTHENTICATED &&
	    own_addresses_set(&s->base.own, m->password_answer.address,
		m->password_answer.others) < 0)
		reply = REPLY_AUTH_LATER;
	s->base.from_check = m->password_answer.from_check;
	if (reply == REPLY_AUTH_FAILED)
		front_session_refuse_sign_in(&s->base);
	else
		session_tell(s, reply);
}

/* ---- events ---- */

static void
hello(struct session *s, const struct smtp_server_event *e)
{
	s->extended = e->extended;
	s->speak_known = false;
	if (span_copy(e->text, s->helo, sizeof s->helo) < 0)
		s->helo[0] = '\0'; /* longer than any name: nobody's */
}

/* False: the session is gone. */
static bool
handle(struct session *s, const struct smtp_server_event *e)
{
	switch (e->kind) {
	case SMTP_SERVER_EHLO:
		hello(s, e);
		return true;
	case SMTP_SERVER_START_TLS:
		conn_start_tls(s->base.conn, s->base.front->tls, true, NULL);
		return true;
	case SMTP_SERVER_AUTH:
		sign_in(s, e);
		return true;
	case SMTP_SERVER_MAIL:
	case SMTP_SERVER_ENVELOPE:
		session_mail(s, e);
		return true;
	case SMTP_SERVER_RCPT:
		session_mail_recipient(s, e);
		return true;
	case SMTP_SERVER_DATA:
		session_tell(s, REPLY_SEND_CONTENT);
		return true;
	case SMTP_SERVER_SIZE:
		s->notice_size = e->size;
		return true;
	case SMTP_SERVER_CONTENT:
		session_mail_content(s, e->text);
		return true;
	case SMTP_SERVER_END:
		session_mail_end(s);
		return true;
	case SMTP_SERVER_ABORT:
		session_notice_forget(s);
		reception_free(&s->base.reception);
		return true;
	case SMTP_SERVER_GDEL:
		session_notice_gdel(s, e);
		return true;
	case SMTP_SERVER_MSID:
		session_notice_msid(s, e);
		return true;
	case SMTP_SERVER_RETR:
	case SMTP_SERVER_GTML:
	case SMTP_SERVER_VERDICT:
		s->counted_pull = true;
		session_turn_ask(s, e);
		return true;
	case SMTP_SERVER_TURN:
		return session_turn_begin(s);
	case SMTP_SERVER_TURN_BACK:
	case SMTP_SERVER_CLOSED:
		return true;
	}
	return true;
}

static void
progress(void *owner)
{
	struct session *s = owner;
	struct smtp_server_event e;

	while (s->client == NULL && !front_session_waits_for_spool(&s->base) &&
	       smtp_server_next(s->server, &e) > 0)
		if (!handle(s, &e))
			return;
	if (s->client != NULL)
		session_turn_progress(s);
}

static void
over(void *owner, enum conn_end end)
{
	struct session *s = owner;

	s->hung_up = end == CONN_HUNG_UP;
	session_end(s);
}

static void
secured(void *owner)
{
	struct session *s = owner;

	smtp_server_secured(s->server);
	conn_kick(s->base.conn);
}

/* With TLS from the first octet the machine was told so when it was made. */
static void
secured_first(void *owner)
{
	struct session *s = owner;

	session_ask_admission(s, false, span_of(""));
	conn_kick(s->base.conn);
}

/* ---- answers ---- */

static void
name_answered(struct session *s, const struct message *m)
{
	if (span_copy(m->name_answer.name, s->name, sizeof s->name) < 0)
		s->name[0] = '\0';
	session_ask_admission(s, true, m->name_answer.name);
}

static void
body_came(struct session *s, struct message *m)
{
	enum reply_name fault;

	if (front_session_body(&s->base, m, &fault) < 0)
		smtp_server_spoil(s->server, fault);
	conn_kick(s->base.conn);
}

static void
pull_body_came(struct session *s, const struct message *m)
{
	buf_clear(&s->pull_body);
	buf_put(&s->pull_body, m->pull_body.octets);
}

static const struct {
	enum message_type type;
	enum session_ask ask;
	void (*take)(struct session *s, const struct message *m);
} answers[] = {
    {MESSAGE_NAME_ANSWER, ASK_NAME, name_answered},
    {MESSAGE_ADMITTED, ASK_ADMITTED, admitted},
    {MESSAGE_PASSWORD_ANSWER, ASK_PASSWORD, signed_in},
    {MESSAGE_RECIPIENT_ANSWER, ASK_RECIPIENT, session_mail_recipient_answered},
    {MESSAGE_SPEAK_ANSWER, ASK_SPEAK, session_notice_speak},
    {MESSAGE_NOTICE_ANSWER, ASK_NOTICE, session_notice_answered},
    {MESSAGE_VERDICT_ANSWER, ASK_VERDICT, session_turn_verdict_answered},
    {MESSAGE_ARRIVAL_ANSWER, ASK_ARRIVAL, session_mail_arrived},
};

static void
answer(struct front_session *base, struct message *m)
{
	struct session *s = (struct session *)base;

	if (m->type == MESSAGE_BODY_ANSWER) {
		body_came(s, m);
		return;
	}
	if (m->type == MESSAGE_PULL_BODY && s->ask == ASK_PULL) {
		pull_body_came(s, m);
		return;
	}
	if (m->type == MESSAGE_PULL_ANSWER && s->ask == ASK_PULL) {
		s->ask = ASK_NOTHING;
		session_turn_answer(s, m);
		return;
	}
	if (m->type == MESSAGE_PULL_NOTED && s->ask == ASK_NOTED) {
		s->ask = ASK_NOTHING;
		session_turn_noted(s, m);
		return;
	}
	for (unsigned i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (answers[i].type == m->type && answers[i].ask == s->ask) {
			s->ask = ASK_NOTHING;
			answers[i].take(s, m);
			conn_kick(s->base.conn);
			return;
		}
}

static void
unstall(struct front_session *base)
{
	struct session *s = (struct session *)base;

	session_mail_end(s);
	conn_kick(s->base.conn);
}

static void
stop(struct front_session *base)
{
	struct session *s = (struct session *)base;

	smtp_server_stop(s->server);
	conn_kick(s->base.conn);
}

/* ---- life ---- */

static void
tell(struct front_session *base, enum reply_name reply)
{
	session_tell((struct session *)base, reply);
}

static const struct front_kind kind = {
    .name = "submission", /* nobody signs in elsewhere */
    .answer = answer,
    .lost = session_ask_lost,
    .is_overdue = session_ask_is_overdue,
    .give_up = session_ask_give_up,
    .unstall = unstall,
    .stop = stop,
    .tell = tell,
};

/* A push is put by one operation of the store, a submission in parts. */
static unsigned
recipients_max(const struct session *s)
{
	unsigned most =
	    role_most(s->base.front->role->settings->recipients_max);

	return s->users || most < STORE_RECIPIENTS_PART ? most
							: STORE_RECIPIENTS_PART;
}

static int
make_machine(struct session *s, bool secure)
{
	const struct settings *set = s->base.front->role->settings;
	const struct smtp_server_setup setup = {
	    .kind = s->users ? SMTP_SERVER_SUBMISSION : SMTP_SERVER_PEER,
	    .hostname = set->hostname,
	    .message_size = role_most(set->message_size),
	    .recipients_max = recipients_max(s),
	    .verbs_max = (unsigned)role_most(set->verbs_per_session),
	    .command_timeout = set->command_timeout,
	    .content_timeout = set->content_timeout,
	    .rate_min = set->minimum_rate,
	    .secure = secure,
	    .starttls = s->base.front->tls != NULL,
	};

	s->server = smtp_server_new(&setup, role_now());
	return s->server != NULL ? 0 : -E_NOMEM;
}

static int
make_conn(struct session *s, int fd, bool secure)
{
	const struct conn_setup setup = {
	    .base = s->base.front->role->base,
	    .fd = fd,
	    .machine = smtp_server_machine(s->server),
	    .owner = s,
	    .progress = progress,
	    .over = over,
	    .secured = secure ? secured_first : secured,
	    .clock = role_now,
	    .handshake_timeout =
		s->base.front->role->settings->handshake_timeout,
	};

	return conn_new(&setup, &s->base.conn);
}

void
session_begin(struct front_listener *listener, int fd, struct ip peer)
{
	bool secure = listener->which == LISTENER_SUBMISSIONS;
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL) {
		close(fd);
		return;
	}
	s->users = listener->which != LISTENER_SMTP;
	buf_init(&s->pull_body, MESSAGE_CONTENT_MAX);
	buf_init(&s->envelope, SMTP_ENVELOPE_MAX);
	if (!front_session_enter(&s->base, &kind, listener->front, peer)) {
		close(fd);
		free(s);
		return;
	}
	if (make_machine(s, secure) < 0) {
		close(fd);
		session_end(s);
		return;
	}
	if (make_conn(s, fd, secure) < 0) {
		session_end(s);
		return;
	}
	if (secure)
		conn_start_tls(s->base.conn, s->base.front->tls, true, NULL);
	else
		session_ask_admission(s, false, span_of(""));
	conn_kick(s->base.conn);
}

static void
count_octets(struct session *s)
{
	struct message m;

	if (s->base.conn == NULL || (!s->counted_notice && !s->counted_pull))
		return;
	message_init(&m, MESSAGE_COUNTED);
	m.counted.counter =
	    s->counted_pull ? COUNTER_OCTETS_PULLS : COUNTER_OCTETS_NOTICES;
	m.counted.amount =
	    conn_received(s->base.conn) + conn_sent(s->base.conn);
	peer_send(front_session_keeper(&s->base), &m);
}

void
session_end(struct session *s)
{
	count_octets(s);
	session_turn_over(s);
	front_session_leave(&s->base);
	smtp_client_free(&s->client);
	smtp_server_free(&s->server);
	sending_free(&s->sending);
	buf_fini(&s->pull_body);
	session_notice_forget(s);
	free(s);
}
