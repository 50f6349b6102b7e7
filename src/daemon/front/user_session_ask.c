/*
 * Questions of a user's session to other roles, and what becomes of those that
 * nobody answers; as session_ask.c for the other machine.
 */
#include "base/log.h"
#include "daemon/front/user_session.h"

void
user_session_ask_waits(struct user_session *s, enum user_ask what)
{
	s->ask = what;
	s->base.asked_at = role_now();
}

bool
user_session_ask(struct user_session *s, struct peer *who, enum user_ask what,
    struct message *m)
{
	if (!peer_ask(who, m))
		return false;
	user_session_ask_waits(s, what);
	return true;
}

void
user_session_ask_keeper(
    struct user_session *s, enum user_ask what, struct message *m)
{
	if (!user_session_ask(s, front_session_keeper(&s->base), what, m))
		user_session_tell(s, REPLY_DELIVERY_LATER);
}

/* With whom is the question? A password may be with either. */
static bool
is_with(const struct user_session *s, enum role_kind role)
{
	if (s->ask == USER_ASK_NOTHING)
		return false;
	return role == ROLE_KEEPER ||
	       (role == ROLE_AUTH && s->ask == USER_ASK_PASSWORD);
}

/* The question that is open is answered "later". */
static void
answer_later(struct user_session *s)
{
	enum user_ask what = s->ask;

	s->ask = USER_ASK_NOTHING;
	switch (what) {
	case USER_ASK_NOTHING:
		return;
	case USER_ASK_ADMITTED:
		smdp_user_greet(s->machine, REPLY_SHUTTING_DOWN);
		break;
	case USER_ASK_PASSWORD:
		user_session_tell(s, REPLY_AUTH_LATER);
		break;
	case USER_ASK_ITEMS:
		user_session_list_failed(s);
		break;
	case USER_ASK_ARRIVAL:
		reception_free(&s->base.reception);
		user_session_tell(s, REPLY_DELIVERY_LATER);
		break;
	case USER_ASK_READ:
	case USER_ASK_DECIDED:
	case USER_ASK_RECIPIENT:
		user_session_tell(s, REPLY_DELIVERY_LATER);
		break;
	}
	conn_kick(s->base.conn);
}

/*
 * With the keeper the visit has gone too: nothing can be asked any more under
 * its number, so the session ends when it owes no reply. So it does when auth
 * dies over a password: it may have told the keeper before, and that answer
 * must not be taken for one to the next name.
 */
void
user_session_ask_lost(struct front_session *base, enum role_kind role)
{
	struct user_session *s = (struct user_session *)base;
	bool ends = (role == ROLE_KEEPER && s->visit != 0) ||
		    (role == ROLE_AUTH && s->ask == USER_ASK_PASSWORD);

	if (role == ROLE_KEEPER && front_session_waits_for_spool(base)) {
		user_session_end(s); /* its spool file will never come */
		return;
	}
	if (role == ROLE_KEEPER)
		(void)front_session_drop_stalled(base);
	if (is_with(s, role))
		answer_later(s);
	if (!ends)
		return;
	smdp_user_stop(s->machine);
	conn_kick(s->base.conn);
}

bool
user_session_ask_is_overdue(const struct front_session *base, int64_t now)
{
	const struct user_session *s = (const struct user_session *)base;

	if (s->list.waits)
		return now > s->base.asked_at;
	return front_session_is_overdue(base, s->ask != USER_ASK_NOTHING, now);
}

void
user_session_ask_give_up(struct front_session *base)
{
	struct user_session *s = (struct user_session *)base;

	if (s->list.waits) {
		user_session_list_again(s);
		return;
	}
	log_event("user-question-unanswered", "question=%d", (int)s->ask);
	/* should it be answered after all, that must find nobody */
	if (front_session_waits_for_spool(base) ||
	    !front_session_renumber(base))
		user_session_end(s);
	else
		answer_later(s);
}
