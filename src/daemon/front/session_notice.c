/*
 * Notices in three dialects (WIRE 3, 5, 6). Each speaks for a domain: GDEL for
 * that of FROM= or EHLO, MSID and ENVELOPE for that of their sender. DNS is
 * asked whether this host may; then the keeper has the last word.
 */
#include "daemon/front/session.h"

#include "base/crash.h"
#include "message/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECIPIENTS_FIRST 4

void
session_notice_forget(struct session *s)
{
	for (unsigned i = 0; i < s->recipient_count; i++)
		free(s->recipients[i].text);
	free(s->recipients);
	s->recipients = NULL;
	s->recipient_count = s->recipient_room = 0;
	s->notice_size = 0;
	s->notice_dialect = 0;
	buf_release(&s->envelope);
}

/* ---- whom it speaks for ---- */

static void
ask_speak(struct session *s, struct span local)
{
	char sender[DNS_NAME_MAX + ADDRESS_LOCAL_MAX + 16];
	struct message m;

	/* without a sender: RFC 7208 2.4 */
	if (local.n == 0)
		local = span_of("postmaster");
	snprintf(sender, sizeof sender, "%.*s@%s", (int)local.n, local.p,
	    s->speak_domain);
	message_init(&m, MESSAGE_SPEAK_ASK);
	m.speak_ask.question = s->base.number;
	m.speak_ask.address = s->base.address;
	m.speak_ask.domain = span_of(s->speak_domain);
	m.speak_ask.sender = span_of(sender);
	m.speak_ask.helo = span_of(s->helo);
	session_ask(
	    s, role_peer(s->base.front->role, ROLE_RESOLVER, 0), ASK_SPEAK, &m);
}

/* NAME as A-labels; an EHLO name must be one of more than one label (WIRE 8).
 */
static int
speak_domain(
    struct span name, bool is_helo, char domain_r[ADDRESS_DOMAIN_MAX + 1])
{
	if (address_domain(name, domain_r) < 0 ||
	    strlen(domain_r) >= DNS_NAME_MAX)
		return -E_SYNTAX;
	return !is_helo || strchr(domain_r, '.') != NULL ? 0 : -E_SYNTAX;
}

static void send_notice(struct session *s);

static enum reply_name
belief(const struct session *s)
{
	return admit_belief(s->base.front->role->settings,
	    (enum spf_result)s->spf, (enum admit_mx)s->mx);
}

bool
session_notice_believed(const struct session *s)
{
	return s->speak_known && belief(s) == REPLY_NOTED;
}

/* Believed, or not, or to be asked later: for all that name a sender. */
static void
judge_sender(struct session *s)
{
	enum reply_name reply = belief(s);

	if (reply == REPLY_NOTED || s->notice_dialect == 0)
		reply = REPLY_SENDER_OK;
	session_tell(s, reply);
}

void
session_notice_speak(struct session *s, const struct message *m)
{
	s->spf = m->speak_answer.spf;
	s->mx = m->speak_answer.mx;
	s->speak_known = s->spf != SPF_TEMPERROR && s->mx != MX_NOT_KNOWN;
	if (s->notice_dialect == ROUTE_GDEL)
		send_notice(s);
	else
		judge_sender(s);
}

/* Several notices of one session speak for one domain: DNS is asked once. */
static void
speak_for(struct session *s, const char *domain, struct span local)
{
	if (!s->speak_known || strcmp(domain, s->speak_domain) != 0) {
		s->speak_known = false;
		snprintf(s->speak_domain, sizeof s->speak_domain, "%s", domain);
		ask_speak(s, local);
	} else if (s->notice_dialect == ROUTE_GDEL) {
		send_notice(s);
	} else {
		judge_sender(s);
	}
}

/* ---- the notice itself, to the keeper ---- */

static bool
send_recipients(struct session *s)
{
	for (unsigned i = 0; i < s->recipient_count; i++) {
		struct message m;
		int result;

		message_init(&m, MESSAGE_NOTICE_RECIPIENT);
		m.notice_recipient.session = s->base.number;
		m.notice_recipient.recipient = span_of(s->recipients[i].text);
		m.notice_recipient.mode = s->recipients[i].mode;
		result = peer_send(front_session_keeper(&s->base), &m);
		if (result < 0 && result != -E_AGAIN)
			return false;
	}
	return true;
}

static void
fill(struct session *s, struct message_notice *n)
{
	n->session = s->base.number;
	n->recipients = s->recipient_count;
	n->address = s->base.address;
	n->id = span_of(s->notice_id);
	n->domain = span_of(s->speak_domain);
	n->name = span_of(s->name);
	n->spf = s->spf;
	n->mx = s->mx;
	n->dialect = s->notice_dialect;
	if (s->notice_dialect != ROUTE_GDEL)
		n->sender = span_of(s->base.sender.text);
	n->has_size = s->notice.has_size || s->notice_size > 0;
	n->size = s->notice.has_size ? s->notice.size : s->notice_size;
	n->has_digest = s->notice.has_digest;
	memcpy(n->digest.b, s->notice.digest, sizeof n->digest.b);
	n->expires = s->notice.has_expires ? (uint64_t)s->notice.expires : 0;
	n->envelope = buf_span(&s->envelope);
}

static void
send_filled(struct session *s, struct message *m)
{
	if (send_recipients(s))
		session_ask(s, front_session_keeper(&s->base), ASK_NOTICE, m);
	else
		session_tell(s, REPLY_DELIVERY_LATER);
}

static void
send_notice(struct session *s)
{
	struct message m;

	message_init(&m, MESSAGE_NOTICE);
	fill(s, &m.notice);
	send_filled(s, &m);
}

void
session_notice_answered(struct session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->notice_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	crash_point("front-", "noted");
	if (reply == REPLY_NOTED && s->notice_dialect == ROUTE_ENVELOPE)
		reply = REPLY_SHOWN;
	session_notice_forget(s);
	smtp_server_tell(s->server, reply,
	    span_of(reply == REPLY_BAD_ARGUMENT ? "malformed identifier" : ""));
}

/* ---- GDEL ---- */

void
session_notice_gdel(struct session *s, const struct smtp_server_event *e)
{
	bool is_helo = e->params->from[0] == '\0';
	char domain[ADDRESS_DOMAIN_MAX + 1];

	s->counted_notice = true;
	if (speak_domain(span_of(is_helo ? s->helo : e->params->from), is_helo,
		domain) < 0) {
		session_tell(s, REPLY_MAY_NOT_SPEAK);
		return;
	}
	s->notice = *e->params;
	s->notice_dialect = ROUTE_GDEL;
	if (span_copy(e->text, s->notice_id, sizeof s->notice_id) < 0)
		smtp_server_tell(s->server, REPLY_BAD_ARGUMENT,
		    span_of("identifier is too long"));
	else
		speak_for(s, domain, span_of(""));
}

/* ---- MSID and ENVELOPE: a transaction ---- */

void
session_notice_begin(struct session *s, const struct smtp_server_event *e,
    enum store_route dialect)
{
	bool is_helo = e->address->domain.n == 0;
	char domain[ADDRESS_DOMAIN_MAX + 1];

	s->counted_notice = true;
	session_notice_forget(s);
	address_copy(&s->base.sender, e->address);
	s->mail = s->notice = *e->params;
	s->notice_dialect = dialect;
	if (speak_domain(is_helo ? span_of(s->helo) : e->address->domain,
		is_helo, domain) < 0)
		session_tell(s, REPLY_MAY_NOT_SPEAK);
	else
		speak_for(s, domain, s->base.sender.local);
}

void
session_notice_pushed(struct session *s)
{
	char domain[ADDRESS_DOMAIN_MAX + 1];

	if (speak_domain(s->base.sender.domain, true, domain) == 0) {
		speak_for(s, domain, s->base.sender.local);
		return;
	}
	s->speak_known = false;
	s->speak_domain[0] = '\0';
	session_tell(s, REPLY_SENDER_OK);
}

int
session_notice_recipient(struct session *s, uint64_t mode)
{
	struct session_recipient *to;

	if (s->recipient_count == s->recipient_room) {
		unsigned room = s->recipient_room == 0 ? RECIPIENTS_FIRST
						       : s->recipient_room * 2;

		to = realloc(s->recipients, room * sizeof *to);
		if (to == NULL)
			return -E_NOMEM;
		s->recipients = to;
		s->recipient_room = room;
	}
	to = &s->recipients[s->recipient_count];
	to->text = strdup(s->base.recipient.text);
	to->mode = mode;
	if (to->text == NULL)
		return -E_NOMEM;
	s->recipient_count++;
	return 0;
}

void
session_notice_text(struct session *s, struct span run)
{
	buf_put(&s->envelope, run); /* the machine keeps to the ceiling */
}

void
session_notice_msid(struct session *s, const struct smtp_server_event *e)
{
	struct message m;

	if (span_copy(e->text, s->notice_id, sizeof s->notice_id) < 0) {
		smtp_server_tell(s->server, REPLY_BAD_ARGUMENT,
		    span_of("identifier is too long"));
		return;
	}
	message_init(&m, MESSAGE_NOTICE);
	fill(s, &m.notice);
	m.notice.subject = e->subject;
	send_filled(s, &m);
}

/*
 * An envelope is named by its ENVID, or by the Message-ID of its text (WIRE 6);
 * with neither no verdict could ever name it.
 */
static enum reply_name
name_envelope(struct session *s, const struct envelope *e)
{
	const char *name =
	    s->notice.envid[0] != '\0' ? s->notice.envid : e->message_id;

	if (name[0] == '\0')
		return REPLY_NAMELESS;
	return span_copy(span_of(name), s->notice_id, sizeof s->notice_id) == 0
		   ? REPLY_NOTED
		   : REPLY_BAD_ARGUMENT;
}

void
session_notice_end(struct session *s)
{
	static struct envelope e; /* large, and used by one at a time */
	int result = buf_bad(&s->envelope)
			 ? -E_NOMEM
			 : envelope_parse(buf_span(&s->envelope), &e, NULL);
	enum reply_name reply = result == 0          ? name_envelope(s, &e)
				: result == -E_NOMEM ? REPLY_DELIVERY_LATER
						     : REPLY_NOT_AN_ENVELOPE;
	struct message m;

	if (reply != REPLY_NOTED) {
		smtp_server_tell(
		    s->server, reply, span_of("identifier is too long"));
		return;
	}
	message_init(&m, MESSAGE_NOTICE);
	fill(s, &m.notice);
	m.notice.subject = span_of(e.subject);
	m.notice.attachments = e.attachments;
	send_filled(s, &m);
}
