/*
 * A notice left by GDEL: which domain it speaks for, whether DNS says that this
 * host may, and then the keeper's word.
 */
#include "daemon/session.h"

#include <stdio.h>
#include <string.h>

static void
send_notice(struct session *s)
{
	struct message m;
	struct message_notice *n = &m.notice;

	message_init(&m, MESSAGE_NOTICE);
	n->session = s->number;
	n->address = s->address;
	n->id = span_of(s->notice_id);
	n->domain = span_of(s->speak_domain);
	n->spf = s->spf;
	n->mx = s->mx;
	n->dialect = ROUTE_GDEL;
	n->has_digest = s->notice.has_digest;
	memcpy(n->digest.b, s->notice.digest, sizeof n->digest.b);
	n->expires = s->notice.has_expires ? (uint64_t)s->notice.expires : 0;
	session_ask(s, session_keeper(s), ASK_NOTICE, &m);
}

static void
ask_speak(struct session *s)
{
	char sender[DNS_NAME_MAX + 16];
	struct message m;

	/* a notice by GDEL names no sender: RFC 7208 2.4 */
	snprintf(sender, sizeof sender, "postmaster@%s", s->speak_domain);
	message_init(&m, MESSAGE_SPEAK_ASK);
	m.speak_ask.question = s->number;
	m.speak_ask.address = s->address;
	m.speak_ask.domain = span_of(s->speak_domain);
	m.speak_ask.sender = span_of(sender);
	m.speak_ask.helo = span_of(s->helo);
	session_ask(
	    s, role_peer(s->front->role, ROLE_RESOLVER, 0), ASK_SPEAK, &m);
}

/* The domain a notice speaks for: FROM=, else the EHLO name, which must be a
   name of more than one label then (WIRE 8). */
static int
notice_domain(const struct session *s, const struct params *params,
    char domain_r[ADDRESS_DOMAIN_MAX + 1])
{
	struct span name =
	    span_of(params->from[0] != '\0' ? params->from : s->helo);

	if (address_domain(name, domain_r) < 0)
		return -E_SYNTAX;
	return params->from[0] != '\0' || strchr(domain_r, '.') != NULL
		   ? 0
		   : -E_SYNTAX;
}

void
session_notice(struct session *s, const struct smtp_server_event *e)
{
	char domain[ADDRESS_DOMAIN_MAX + 1];

	s->counted_notice = true;
	if (s->standing == STANDING_DENIED) {
		session_tell(s, REPLY_DENIED);
		return;
	}
	if (notice_domain(s, e->params, domain) < 0 ||
	    strlen(domain) >= sizeof s->speak_domain) {
		session_tell(s, REPLY_MAY_NOT_SPEAK);
		return;
	}
	s->notice = *e->params;
	if (span_copy(e->text, s->notice_id, sizeof s->notice_id) < 0) {
		smtp_server_tell(s->server, REPLY_BAD_ARGUMENT,
		    span_of("identifier is too long"));
		return;
	}
	/* several notices of one session speak for one domain: asked once */
	if (s->speak_known && strcmp(domain, s->speak_domain) == 0) {
		send_notice(s);
		return;
	}
	s->speak_known = false;
	snprintf(s->speak_domain, sizeof s->speak_domain, "%s", domain);
	ask_speak(s);
}

void
session_notice_speak(struct session *s, const struct message *m)
{
	s->spf = m->speak_answer.spf;
	s->mx = m->speak_answer.mx;
	s->speak_known = s->spf != SPF_TEMPERROR && s->mx != MX_NOT_KNOWN;
	send_notice(s);
}

void
session_notice_answered(struct session *s, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->notice_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	smtp_server_tell(s->server, reply,
	    span_of(reply == REPLY_BAD_ARGUMENT ? "malformed identifier" : ""));
}
