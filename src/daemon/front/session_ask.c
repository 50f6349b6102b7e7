/*
 * Questions of a session to other roles, and what becomes of those that nobody
 * answers: the role has gone, or its answer was lost, because there was no
 * memory for it or no room. Answers that come are in session.c.
 */
#include "daemon/front/session.h"

#include "base/log.h"

/* ---- asking ---- */

void
session_ask_waits(struct session *s, enum session_ask what)
{
	s->ask = what;
	s->base.asked_at = role_now();
}

void
session_ask(struct session *s, struct peer *who, enum session_ask what,
    struct message *m)
{
	int result = peer_send(who, m);

	if (result == 0 || result == -E_AGAIN)
		session_ask_waits(s, what);
	else
		smtp_server_tell(s->server, REPLY_DELIVERY_LATER, span_of(""));
}

void
session_ask_admission(struct session *s, bool named, struct span name)
{
	struct message m;

	message_init(&m, MESSAGE_CONNECTED);
	m.connected.session = s->base.number;
	m.connected.address = s->base.address;
	m.connected.named = named;
	m.connected.name = name;
	if (!peer_ask(front_session_keeper(&s->base), &m)) {
		smtp_server_greet(s->server, REPLY_SHUTTING_DOWN, 0);
		return;
	}
	session_ask_waits(s, ASK_ADMITTED);
}

void
session_ask_name(struct session *s)
{
	struct message m;

	message_init(&m, MESSAGE_NAME_ASK);
	m.name_ask.question = s->base.number;
	m.name_ask.address = s->base.address;
	if (!peer_ask(role_peer(s->base.front->role, ROLE_RESOLVER, 0), &m))
		session_ask_admission(s, true, span_of(""));
	else
		session_ask_waits(s, ASK_NAME);
}

/* ---- no answer ---- */

/* Which role an open question is with. */
static enum role_kind
asked_role(enum session_ask what)
{
	switch (what) {
	case ASK_NAME:
	case ASK_SPEAK:
		return ROLE_RESOLVER;
	case ASK_PASSWORD:
		return ROLE_AUTH;
	case ASK_ADMITTED:
	case ASK_RECIPIENT:
	case ASK_NOTICE:
	case ASK_VERDICT:
	case ASK_PULL:
	case ASK_ARRIVAL:
	case ASK_NOTED:
		return ROLE_KEEPER;
	case ASK_NOTHING:
		break;
	}
	return ROLE_MAIN;
}

void
session_ask_lost(struct front_session *base, enum role_kind role)
{
	struct session *s = (struct session *)base;
	enum session_ask what = s->ask;

	if (role == ROLE_KEEPER && front_session_waits_for_spool(base)) {
		session_end(s); /* its spool file will never come */
		return;
	}
	if (role == ROLE_KEEPER && front_session_drop_stalled(base)) {
		conn_kick(s->base.conn);
		return;
	}
	if (asked_role(what) != role)
		return;
	s->ask = ASK_NOTHING;
	if (what == ASK_NAME) {
		session_ask_admission(s, true, span_of(""));
	} else if (what == ASK_ADMITTED) {
		smtp_server_greet(s->server, REPLY_SHUTTING_DOWN, 0);
	} else if (what == ASK_NOTED) {
		/* whether TAKEN is durable is not known: say nothing */
		s->turn_open = false;
		session_end(s);
		return;
	} else {
		if (what == ASK_ARRIVAL)
			reception_free(&s->base.reception);
		session_tell(s, what == ASK_PASSWORD ? REPLY_AUTH_LATER
						     : REPLY_DELIVERY_LATER);
	}
	conn_kick(s->base.conn);
}

bool
session_ask_is_overdue(const struct front_session *base, int64_t now)
{
	const struct session *s = (const struct session *)base;

	return front_session_is_overdue(base, s->ask != ASK_NOTHING, now);
}

void
session_ask_give_up(struct front_session *base)
{
	struct session *s = (struct session *)base;
	enum role_kind role = front_session_waits_for_spool(base)
				  ? ROLE_KEEPER
				  : asked_role(s->ask);

	log_event("question-unanswered", "role=%s question=%d",
	    role_kind_name(role), (int)s->ask);
	/* should it be answered after all, that must find nobody */
	if (front_session_renumber(base))
		session_ask_lost(base, role);
	else
		session_end(s);
}
