/*
 * The part of a session that is the same for each machine.
 */
#include "daemon/front/front_session.h"

#include "base/crash.h"
#include "base/log.h"

struct peer *
front_session_keeper(const struct front_session *s)
{
	return role_peer(s->front->role, ROLE_KEEPER, 0);
}

/* ---- life ---- */

bool
front_session_enter(struct front_session *s, const struct front_kind *kind,
    struct front *f, struct ip peer)
{
	s->kind = kind;
	s->front = f;
	s->address = peer;
	s->number = table_add(&f->sessions, s);
	if (s->number == 0)
		return false;
	f->count++;
	return true;
}

void
front_session_leave(struct front_session *s)
{
	struct message m;

	reception_free(&s->reception);
	own_addresses_free(&s->own);
	conn_free(&s->conn);
	if (s->later != NULL)
		event_free(s->later);
	if (s->entered) {
		message_init(&m, MESSAGE_DISCONNECTED);
		m.disconnected.session = s->number;
		m.disconnected.address = s->address;
		peer_send(front_session_keeper(s), &m);
	}
	s->front->count--;
	front_forget(s->front, s->number);
}

/* ---- waiting ---- */

bool
front_session_renumber(struct front_session *s)
{
	uint64_t number = table_add(&s->front->sessions, s);

	if (number == 0)
		return false;
	table_take(&s->front->sessions, s->number);
	s->number = number;
	if (s->reception != NULL)
		reception_renumber(s->reception, number);
	return true;
}

bool
front_session_waits_for_spool(const struct front_session *s)
{
	return s->reception != NULL && reception_waits(s->reception);
}

bool
front_session_is_overdue(const struct front_session *s, bool asks, int64_t now)
{
	return (asks || front_session_waits_for_spool(s)) &&
	       now - s->asked_at >= SESSION_ASK_SECONDS;
}

static void
later_due(evutil_socket_t fd, short what, void *arg)
{
	struct front_session *s = arg;

	(void)fd;
	(void)what;
	s->kind->tell(s, s->later_reply);
	conn_kick(s->conn);
}

void
front_session_tell_later(
    struct front_session *s, enum reply_name reply, struct timeval pause)
{
	s->later_reply = reply;
	if (s->later == NULL)
		s->later = event_new(s->front->role->base, -1, 0, later_due, s);
	if (s->later == NULL || event_add(s->later, &pause) < 0)
		later_due(-1, 0, s);
}

void
front_session_refuse_sign_in(struct front_session *s)
{
	const struct timeval pause = {
	    s->front->role->settings->auth_fail_delay, 0};
	char ip[IP_TEXT];

	ip_text(s->address, ip);
	log_event(
	    "sign-in-refused", "service=%s address=%s", s->kind->name, ip);
	front_session_tell_later(s, REPLY_AUTH_FAILED, pause);
}

/* ---- the message that comes in ---- */

bool
front_session_receive(
    struct front_session *s, const struct reception_setup *setup)
{
	if (s->reception == NULL)
		s->reception = reception_new(setup);
	return s->reception != NULL;
}

int
front_session_content(
    struct front_session *s, struct span run, enum reply_name *fault_r)
{
	int result;

	if (s->reception == NULL)
		return 0;
	result = reception_content(s->reception, run, fault_r);
	if (result == 0 && reception_waits(s->reception))
		s->asked_at = role_now();
	return result;
}

int
front_session_body(
    struct front_session *s, struct message *m, enum reply_name *fault_r)
{
	if (!front_session_waits_for_spool(s))
		return 0;
	return reception_body(s->reception, m, fault_r);
}

bool
front_session_end(struct front_session *s, enum reply_name *fault_r)
{
	int result = -E_STATE;

	*fault_r = REPLY_DELIVERY_LATER;
	if (s->reception != NULL)
		result = reception_end(s->reception, fault_r);
	s->stalled = result == -E_AGAIN;
	if (result < 0 && !s->stalled)
		reception_free(&s->reception);
	return s->reception != NULL;
}

bool
front_session_drop_stalled(struct front_session *s)
{
	if (!s->stalled)
		return false;
	s->stalled = false;
	reception_free(&s->reception);
	s->kind->tell(s, REPLY_DELIVERY_LATER);
	return true;
}

enum reply_name
front_session_arrived(struct front_session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->arrival_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	reception_free(&s->reception);
	crash_point("front-", "arrived");
	return reply;
}
