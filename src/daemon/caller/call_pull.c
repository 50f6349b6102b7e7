/*
 * Pulling (WIRE 3, 4): RETR, the turn, one message for one recipient, and the
 * turn back; then the next. Whether the sender is believed is judged here by
 * what the resolver said; whether the recipient exists, and whether the message
 * is ours now, is the keeper's word. A message we have taken is unproved until
 * the origin has answered our next command.
 */
#include "daemon/caller/call.h"

#include "base/crash.h"
#include "base/log.h"
#include "message/head.h"
#include "trust/spf.h"

#include <stdio.h>
#include <string.h>

static void
report(struct call *c, struct call_item *item, enum pull_end end,
    const char *reply)
{
	struct message m;

	item->ended = true;
	crash_point("caller-", "pull-ended");
	message_init(&m, MESSAGE_PULLED);
	m.pulled.call = c->number;
	m.pulled.notice = item->key;
	m.pulled.outcome = end;
	m.pulled.reply = span_of(reply);
	peer_send(role_peer(c->caller->role, ROLE_KEEPER, 0), &m);
}

void
call_pull_prove(struct call *c, bool proved)
{
	struct call_item *item = c->unproved;

	c->unproved = NULL;
	if (item != NULL)
		report(c, item, proved ? PULL_CONFIRMED : PULL_UNCONFIRMED,
		    proved ? "" : "no answer after our 250");
}

static int
say_verdict(struct call *c, const struct call_item *item, uint64_t tag)
{
	const struct smtp_client_verdict order = {
	    .verdict = (enum verdict)(item->verdict - VERDICT_ACCEPT),
	    .id = item->id,
	    .to = item->to,
	    .have = item->have,
	    .tag = tag,
	};

	return smtp_client_verdict(c->client, &order);
}

/* Each dialect has its own word for "send it" (WIRE 0). */
static int
ask_for(struct call *c, const struct call_item *item, uint64_t tag)
{
	const struct smtp_client_gtml gtml = {item->id, item->to, tag};

	if (item->tell)
		return say_verdict(c, item, tag);
	if (item->dialect == ROUTE_MSID)
		return smtp_client_gtml(c->client, &gtml);
	if (item->dialect == ROUTE_ENVELOPE && item->verdict != VERDICT_NONE)
		return say_verdict(c, item, tag);
	return smtp_client_retr(c->client, item->id, tag);
}

void
call_pull_work(struct call *c)
{
	while (c->next < c->count) {
		unsigned at = c->next++;

		if (ask_for(c, &c->items[at], at) == 0) {
			conn_kick(c->conn);
			return;
		}
		report(c, &c->items[at], PULL_LATER, "it could not be asked");
	}
	call_leave(c, CALL_DONE);
}

/* What an answer without a turn means. */
static enum pull_end
end_of(const struct call_item *item, int code)
{
	if (item->tell)
		return code >= 400 && code < 500 ? PULL_LATER : PULL_TOLD;
	return code >= 500 ? PULL_GONE : PULL_LATER;
}

/* There is no turn: refused, or a verdict was told. */
void
call_pull_reply(struct call *c, const struct smtp_client_event *e)
{
	struct call_item *item = e->tag < c->count ? &c->items[e->tag] : NULL;
	char text[REPLY_TEXT_MAX + 32];

	call_pull_prove(c, true);
	if (item != NULL && !item->ended) {
		snprintf(text, sizeof text, "%d %s %s", e->reply.code,
		    e->reply.enhanced, e->reply.text);
		report(c, item, end_of(item, e->reply.code), text);
	}
	call_pull_work(c);
}

/* ---- the turn ---- */

static bool
begin_reception(struct call *c)
{
	char results[512];
	struct reception_setup setup = {
	    .role = c->caller->role,
	    .number = c->question,
	    .way = ARRIVAL_PULLED,
	    .sender = span_of(c->sender.text),
	    .params = &c->mail,
	    .with = span_of(c->turned->dialect == ROUTE_MSID       ? "MSID"
			    : c->turned->dialect == ROUTE_ENVELOPE ? "ENVELOPE"
								   : "GDEL"),
	    .helo = c->turned->domain,
	    .address = c->address,
	    .notice_id = c->turned->id,
	    .notice_domain = c->turned->domain,
	    .notice_named = c->turned->named,
	    .keep = c->turned->dialect == ROUTE_GDEL && c->mode == MODE_ASK,
	    .now = role_now(),
	};

	snprintf(results, sizeof results, "spf=%s smtp.mailfrom=%s",
	    spf_result_name((enum spf_result)c->spf), c->speak_domain);
	setup.results = span_of(results);
	reception_free(&c->reception);
	c->reception = reception_new(&setup);
	return c->reception != NULL && reception_recipient(c->reception,
					   &c->recipient, &c->rcpt, false) == 0;
}

/* GTML brings content alone: sender and recipient are those of the notice. */
static bool
begin_by_notice(struct call *c)
{
	const struct address_rules rules = {
	    .empty_ok = true, .utf8 = true, .bare_postmaster = true};
	static const struct params none;
	struct span domain;

	if (c->turned->confirm)
		return true;
	c->mail = c->rcpt = none;
	c->spf = SPF_PASS; /* as judged when the notice was left */
	call_question(c);
	if (address_parse(c->turned->to, rules, &c->recipient) < 0)
		return false;
	if (c->turned->sender.n == 0)
		memset(&c->sender, 0, sizeof c->sender);
	else if (address_parse(c->turned->sender, rules, &c->sender) < 0)
		return false;
	domain = c->sender.domain.n > 0 ? c->sender.domain : c->turned->domain;
	c->speak_known = false;
	if (span_copy(domain, c->speak_domain, sizeof c->speak_domain) < 0)
		return false;
	return begin_reception(c);
}

void
call_pull_turn(struct call *c)
{
	struct call_item *turned = &c->items[c->next - 1];
	const struct settings *set = c->caller->role->settings;
	const struct smtp_server_setup setup = {
	    .kind = SMTP_SERVER_TURNED,
	    .hostname = set->hostname,
	    .message_size = (uint64_t)role_most(set->message_size) +
			    HEAD_ADDED_MAX, /* the origin's trace is not the
					       author's size */
	    .recipients_max = 1,
	    .verbs_max = (unsigned)role_most(set->verbs_per_session),
	    .command_timeout = set->command_timeout,
	    .content_timeout = set->content_timeout,
	    .rate_min = set->minimum_rate,
	    .secure = conn_is_secure(c->conn),
	    .chunking = true,
	    .after_gtml = turned->dialect == ROUTE_MSID,
	};

	call_pull_prove(c, true);
	crash_point("caller-", "turned");
	c->turned = turned;
	c->end = PULL_LATER;
	c->told = REPLY_OK;
	c->octets = 0;
	c->server = smtp_server_new(&setup, role_now());
	if (c->server == NULL) {
		call_over(c, "no memory for the turn");
		return;
	}
	if (turned->dialect == ROUTE_MSID && !begin_by_notice(c)) {
		call_over(c, "no memory for the message");
		return;
	}
	conn_exchange(c->conn, smtp_server_machine(c->server));
	conn_kick(c->conn);
}

/* What we say in the turn decides how it ends (WIRE 4.6). */
static void
note_reply(struct call *c, enum reply_name reply)
{
	c->told = reply;
	if (reply_code(reply) >= 500)
		c->end = PULL_REFUSED;
	else if (reply_code(reply) >= 400)
		c->end = PULL_LATER;
}

static void
tell(struct call *c, enum reply_name reply)
{
	note_reply(c, reply);
	smtp_server_tell(c->server, reply, span_of(""));
	conn_kick(c->conn);
}

/* ---- MAIL: is this host believed for that domain ---- */

static void
judge_sender(struct call *c)
{
	enum reply_name reply = admit_belief(c->caller->role->settings,
	    (enum spf_result)c->spf, (enum admit_mx)c->mx);

	tell(c, reply == REPLY_NOTED ? REPLY_SENDER_OK : reply);
}

static void
mail(struct call *c, const struct smtp_server_event *e)
{
	char sender[DNS_NAME_MAX + ADDRESS_LOCAL_MAX + 16];
	struct span domain = e->address->domain;
	struct message m;

	if (c->turned->confirm) { /* a second copy, of what was judged before */
		tell(c, REPLY_SENDER_OK);
		return;
	}
	address_copy(&c->sender, e->address);
	c->mail = *e->params;
	/* a notice that named its sender binds the message (WIRE 4.5) */
	if (c->turned->dialect != ROUTE_GDEL &&
	    !span_equals(span_of(c->sender.text), c->turned->sender)) {
		tell(c, REPLY_NOT_NOTICE_SENDER);
		return;
	}
	/* the null path speaks for the domain of the notice */
	if (domain.n == 0)
		domain = c->turned->domain;
	if (c->speak_known && span_equals(domain, span_of(c->speak_domain))) {
		judge_sender(c);
		return;
	}
	c->speak_known = false;
	if (span_copy(domain, c->speak_domain, sizeof c->speak_domain) < 0) {
		tell(c, REPLY_MAY_NOT_SPEAK);
		return;
	}
	snprintf(sender, sizeof sender, "%.*s@%s", (int)c->sender.local.n,
	    c->sender.local.p, c->speak_domain);
	if (c->sender.local.n == 0)
		snprintf(
		    sender, sizeof sender, "postmaster@%s", c->speak_domain);
	message_init(&m, MESSAGE_SPEAK_ASK);
	m.speak_ask.question = call_question(c);
	m.speak_ask.address = c->address;
	m.speak_ask.domain = span_of(c->speak_domain);
	m.speak_ask.sender = span_of(sender);
	m.speak_ask.helo = c->turned->domain;
	if (peer_ask(role_peer(c->caller->role, ROLE_RESOLVER, 0), &m))
		c->ask = CALL_ASK_SPEAK;
	else
		tell(c, REPLY_DNS_LATER);
}

static void
speak_answered(struct call *c, const struct message *m)
{
	c->spf = m->speak_answer.spf;
	c->mx = m->speak_answer.mx;
	c->speak_known = c->spf != SPF_TEMPERROR && c->mx != MX_NOT_KNOWN;
	judge_sender(c);
}

/* ---- RCPT ---- */

static void
recipient(struct call *c, const struct smtp_server_event *e)
{
	struct message m;

	if (c->turned->confirm) {
		tell(c, REPLY_RECIPIENT_OK);
		return;
	}
	address_copy(&c->recipient, e->address);
	c->rcpt = *e->params;
	if (c->turned->dialect != ROUTE_GDEL &&
	    !span_equals_nocase(span_of(c->recipient.text), c->turned->to)) {
		tell(c, REPLY_NOT_NOTICE_SENDER);
		return;
	}
	message_init(&m, MESSAGE_RECIPIENT_ASK);
	m.recipient_ask.session = call_question(c);
	m.recipient_ask.way = ARRIVAL_PULLED;
	m.recipient_ask.standing = STANDING_STRANGER;
	m.recipient_ask.sender = span_of(c->sender.text);
	m.recipient_ask.recipient = span_of(c->recipient.text);
	if (c->turned->dialect == ROUTE_GDEL) { /* else it was asked before */
		m.recipient_ask.address = c->address;
		m.recipient_ask.domain = span_of(c->speak_domain);
		m.recipient_ask.verified = true;
		m.recipient_ask.name = c->turned->server;
	}
	if (peer_ask(role_peer(c->caller->role, ROLE_KEEPER, 0), &m))
		c->ask = CALL_ASK_RECIPIENT;
	else
		tell(c, REPLY_DELIVERY_LATER);
}

static void
recipient_answered(struct call *c, const struct message *m)
{
	enum reply_name reply;

	c->mode = m->recipient_answer.mode == MODE_ASK ? MODE_ASK : MODE_SERVER;
	if (reply_from_number(m->recipient_answer.reply, &reply) < 0 ||
	    (reply_code(reply) < 300 && !begin_reception(c)))
		reply = REPLY_DELIVERY_LATER;
	tell(c, reply);
}

/* ---- content ---- */

static void
spoil(struct call *c, enum reply_name fault)
{
	note_reply(c, fault);
	smtp_server_spoil(c->server, fault);
}

static void
content(struct call *c, struct span run)
{
	enum reply_name fault;

	if (c->turned->confirm || c->reception == NULL)
		return; /* a second copy, taken only to say 250 */
	c->octets += run.n;
	if (c->turned->params.has_size && c->octets > c->turned->params.size) {
		log_event("more-than-announced", "id=%s domain=%s",
		    log_quote(c->turned->id), log_quote(c->turned->domain));
		spoil(c, REPLY_NOT_AS_ANNOUNCED);
		return;
	}
	if (reception_content(c->reception, run, &fault) == 0)
		return;
	spoil(c, fault);
}

/* Does it differ from what the notice announced (AT-07)? */
static bool
differs(struct call *c)
{
	uint8_t digest[STORE_DIGEST];

	return c->turned->params.has_digest &&
	       reception_digest(c->reception, digest) == 0 &&
	       memcmp(digest, c->turned->params.digest, sizeof digest) != 0;
}

static void
take(struct call *c)
{
	c->unproved = c->turned;
	tell(c, REPLY_STORED);
}

static void
end_of_content(struct call *c)
{
	enum reply_name fault = REPLY_DELIVERY_LATER;
	int result;

	if (c->turned->confirm) {
		take(c);
		return;
	}
	if (c->reception != NULL && differs(c)) {
		log_event("not-as-announced", "id=%s domain=%s",
		    log_quote(c->turned->id), log_quote(c->turned->domain));
		reception_free(&c->reception);
		tell(c, REPLY_NOT_AS_ANNOUNCED);
		return;
	}
	result = c->reception != NULL ? reception_end(c->reception, &fault)
				      : -E_STATE;
	if (result == 0) {
		c->ask = CALL_ASK_ARRIVAL;
		return;
	}
	/* a keeper that is behind: the message waits where it is */
	reception_free(&c->reception);
	tell(c, fault);
}

static void
arrived(struct call *c, const struct message *m)
{
	enum reply_name reply;

	if (reply_from_number(m->arrival_answer.reply, &reply) < 0)
		reply = REPLY_DELIVERY_LATER;
	reception_free(&c->reception);
	crash_point("caller-", "arrived");
	if (reply == REPLY_STORED)
		take(c);
	else
		tell(c, reply);
}

/* ---- events ---- */

/* It did not come: we refused it, or the origin gave up. */
static void
report_turn(struct call *c)
{
	char text[64];

	snprintf(text, sizeof text, "we answered %d %s", reply_code(c->told),
	    reply_enhanced(c->told));
	report(c, c->turned, c->end,
	    reply_code(c->told) >= 400 ? text : "the turn ended without it");
}

static void
turn_back(struct call *c)
{
	if (c->unproved != c->turned)
		report_turn(c);
	c->ask = CALL_ASK_NOTHING;
	reception_free(&c->reception);
	crash_point("caller-", "turned-back");
	if (c->turned->dialect == ROUTE_MSID)
		return; /* the other side closes: that is its answer */
	c->turned = NULL;
	conn_exchange(c->conn, smtp_client_machine(c->client));
	smtp_server_free(&c->server);
	smtp_client_resume(c->client, role_now());
	call_pull_work(c);
}

/* The content was refused, by us or by the machine; or the origin gave up. */
static void
aborted(struct call *c, const struct smtp_server_event *e)
{
	if (e->refused)
		note_reply(c, e->refusal);
	reception_free(&c->reception);
}

/* False when the call, or the turn, is over. */
static bool
handle(struct call *c, const struct smtp_server_event *e)
{
	switch (e->kind) {
	case SMTP_SERVER_MAIL:
		mail(c, e);
		return true;
	case SMTP_SERVER_RCPT:
		recipient(c, e);
		return true;
	case SMTP_SERVER_DATA:
		smtp_server_tell(c->server, REPLY_SEND_CONTENT, span_of(""));
		return true;
	case SMTP_SERVER_CONTENT:
		content(c, e->text);
		return true;
	case SMTP_SERVER_END:
		end_of_content(c);
		return true;
	case SMTP_SERVER_ABORT:
		aborted(c, e);
		return true;
	case SMTP_SERVER_TURN_BACK:
		turn_back(c);
		return false;
	case SMTP_SERVER_CLOSED:
		return true; /* the pump tells that the connection is over */
	case SMTP_SERVER_EHLO:
	case SMTP_SERVER_START_TLS:
	case SMTP_SERVER_AUTH:
	case SMTP_SERVER_GDEL:
	case SMTP_SERVER_GTML:
	case SMTP_SERVER_MSID:
	case SMTP_SERVER_ENVELOPE:
	case SMTP_SERVER_SIZE:
	case SMTP_SERVER_VERDICT:
	case SMTP_SERVER_RETR:
	case SMTP_SERVER_TURN:
		break; /* not in this kind of machine */
	}
	return true;
}

void
call_pull_progress(struct call *c)
{
	struct smtp_server_event e;

	while (!(c->reception != NULL && reception_waits(c->reception)) &&
	       smtp_server_next(c->server, &e) > 0)
		if (!handle(c, &e))
			return;
}

/* ---- answers ---- */

void
call_pull_answer(struct call *c, struct message *m)
{
	enum call_ask ask = c->ask;
	enum reply_name fault;

	if (c->server == NULL)
		return;
	if (m->type == MESSAGE_BODY_ANSWER) {
		if (c->reception != NULL && reception_waits(c->reception) &&
		    reception_body(c->reception, m, &fault) < 0)
			spoil(c, fault);
		conn_kick(c->conn);
		return;
	}
	c->ask = CALL_ASK_NOTHING;
	if (m->type == MESSAGE_SPEAK_ANSWER && ask == CALL_ASK_SPEAK)
		speak_answered(c, m);
	else if (m->type == MESSAGE_RECIPIENT_ANSWER &&
		 ask == CALL_ASK_RECIPIENT)
		recipient_answered(c, m);
	else if (m->type == MESSAGE_ARRIVAL_ANSWER && ask == CALL_ASK_ARRIVAL)
		arrived(c, m);
	else
		c->ask = ask;
}

void
call_pull_lost(struct call *c, enum role_kind role)
{
	if (role != ROLE_RESOLVER || c->server == NULL ||
	    c->ask != CALL_ASK_SPEAK)
		return;
	c->ask = CALL_ASK_NOTHING;
	tell(c, REPLY_DNS_LATER);
}
