/*
 * Before anything is said to a peer: does it offer less than it did? Somebody
 * on the way can take STARTTLS or a notice keyword out of its EHLO, and would
 * then read, or be pushed, what was not meant for them (WIRE 8, Downgrade;
 * AT-26). Such a peer is told QUIT, another target may serve, and what waits
 * waits on. What it offered before the keeper knows (keeper_offers.c).
 */
#include "daemon/caller/call.h"

#include <stdio.h>

#define KEYWORDS (SMTP_CAN_GDEL | SMTP_CAN_MSID | SMTP_CAN_ENVELOPE)

void
call_peer_ask(struct call *c)
{
	struct message m;

	message_init(&m, MESSAGE_PEER_OFFERS);
	m.peer_offers.question = call_question(c);
	m.peer_offers.address = c->address;
	m.peer_offers.pulls = c->pulls;
	m.peer_offers.tls = conn_is_secure(c->conn) ||
			    (c->capabilities & SMTP_CAN_STARTTLS) != 0;
	m.peer_offers.keyword = (c->capabilities & KEYWORDS) != 0;
	if (c->question != 0 &&
	    peer_ask(role_peer(c->caller->role, ROLE_KEEPER, 0), &m))
		c->ask = CALL_ASK_PEER;
	else
		call_over(c, "the keeper could not be asked about the peer");
}

/* What waits shows this to the operator, so the remedy is in it. */
static void
say_weaker(struct call *c, const struct message_peer_judged *m)
{
	char ip[IP_TEXT];

	ip_text(c->address, ip);
	snprintf(c->weaker, sizeof c->weaker,
	    "%s offers less than before: %s%s%s; if that is meant: "
	    "restante peer forget %s",
	    ip, m->lacks_tls ? "STARTTLS" : "",
	    m->lacks_tls && m->lacks_keyword ? ", " : "",
	    m->lacks_keyword ? "a notice keyword" : "", ip);
}

void
call_peer_judged(struct call *c, const struct message_peer_judged *m)
{
	if (c->ask != CALL_ASK_PEER)
		return; /* that connection is gone */
	c->ask = CALL_ASK_NOTHING;
	if (!m->judged) {
		call_over(c, "the keeper could not judge the peer");
	} else if (m->lacks_tls || m->lacks_keyword) {
		say_weaker(c, m);
		call_leave(c, "offers less than before");
	} else {
		c->weaker[0] = '\0';
		call_work(c);
	}
}
