/*
 * What the owner of a client orders, as decisions will have it, and that each
 * order has exactly one answer, in the order of saying.
 */
#include "session_inner.h"

#include "base/err.h"

#include <string.h>

/* In the order of tests/fuzz/seeds.py. */
enum order {
	ORDER_QUIT,
	ORDER_GDEL,
	ORDER_RETR,
	ORDER_GTML,
	ORDER_ACCEPT,
	ORDER_AUTHORIZE,
	ORDER_REJECT,
	ORDER_SPAM,
	ORDER_SPAMMER,
	ORDER_MSID,
	ORDER_ENVELOPE,
	ORDER_ENVELOPE_PLAIN,
	ORDER_NOOP,
	ORDER_SEND,
	ORDER_SEND_BDAT,
	ORDER_GIVE_UP,
	ORDER_BREAK,
	ORDERS
};

#define CONTENT    "Subject: x\r\n\r\n.\r\n..\r\ntext\r\n"
#define TEXT       "Subject: x\r\nFrom: a@a.test\r\n\r\n.\r\n"
#define GROUP_MAX  4
#define TRIES      3
#define RECIPIENTS 3

/* What is said besides the verb: mostly well formed, else words of the input */
struct order_words {
	struct span id, address, subject;
	struct params params;
};

static void
draw_words(struct session *s, struct order_words *w)
{
	unsigned how = fuzz_draw(&s->draws, 8);

	*w = (struct order_words){.id = span_of("one"),
	    .address = span_of("bob@b.test"),
	    .subject = span_of("a subject")};
	if (how == 0)
		return;
	w->params.has_digest = w->params.has_expires = true;
	w->params.expires = 7200;
	w->params.has_size = how == 2;
	w->params.size = 1000;
	w->params.smtputf8 = w->params.body_8bit = how == 3;
	memcpy(w->params.from, "a.test", sizeof "a.test");
	memcpy(w->params.envid, "QQ", sizeof "QQ");
	if (how == 4)
		w->address = span_of("b\xc3\xb6"
				     "b@b.test");
	if (how == 5)
		w->id = s->words;
	if (how == 6)
		w->address = s->words;
	if (how == 7)
		w->subject = s->words;
}

static int
order_gtml(struct session *s, const struct order_words *w)
{
	struct smtp_client_gtml order = {
	    .id = w->id, .recipient = w->address, .tag = s->tag};

	return smtp_client_gtml(s->client, &order);
}

static int
order_verdict(
    struct session *s, enum verdict verdict, const struct order_words *w)
{
	struct smtp_client_verdict order = {.verdict = verdict,
	    .id = w->id,
	    .to = w->params.has_size ? span_of("") : w->address,
	    .have = w->params.has_digest,
	    .tag = s->tag};

	return smtp_client_verdict(s->client, &order);
}

static int
order_msid(struct session *s, const struct order_words *w)
{
	struct smtp_client_msid order = {.sender = span_of("a@a.test"),
	    .recipient = w->address,
	    .id = w->id,
	    .subject = w->subject,
	    .params = &w->params,
	    .tag = s->tag};

	return smtp_client_msid(s->client, &order);
}

static int
order_envelope(struct session *s, const struct order_words *w, bool is_plain)
{
	struct span recipients[RECIPIENTS] = {
	    w->address, span_of("c@b.test"), span_of("d@b.test")};
	struct smtp_client_envelope order = {.sender = span_of("a@a.test"),
	    .envid = w->id,
	    .params = &w->params,
	    .recipients = recipients,
	    .count = 1 + fuzz_draw(&s->draws, RECIPIENTS),
	    .text = span_of(TEXT),
	    .is_plain = is_plain,
	    .tag = s->tag};

	if (w->subject.p == s->words.p)
		order.text = s->words;
	return smtp_client_envelope(s->client, &order);
}

void
session_send(struct session *s, bool use_bdat)
{
	struct order_words w;
	unsigned how;
	int rc;

	draw_words(s, &w);
	how = fuzz_draw(&s->draws, 8);
	struct smtp_client_send order = {.sender = span_of("a@a.test"),
	    .recipient = w.address,
	    .size = strlen(CONTENT) + (how == 7),
	    .body_8bit = w.params.body_8bit,
	    .smtputf8 = w.params.smtputf8,
	    .ret = w.params.has_digest ? RET_HDRS : RET_ABSENT,
	    .envid = span_of(w.params.envid),
	    .use_bdat = use_bdat};

	rc = smtp_client_send(s->client, &order);
	assert(rc == 0 || rc == -E_SYNTAX || rc == -E_RANGE ||
	       (rc == -E_STATE && s->is_dialled));
	s->is_sending = rc == 0;
	s->written = 0;
	/* A turned client owes the turn back all the same. */
	if (!s->is_dialled && (rc != 0 || how == 6)) {
		if (smtp_client_give_up(s->client) != 0)
			smtp_client_break(s->client);
	}
}

/* 0, or what the machine says. */
static int
give(struct session *s, enum order order)
{
	struct order_words w;

	if (order == ORDER_QUIT)
		return smtp_client_quit(s->client);
	if (order == ORDER_SEND || order == ORDER_SEND_BDAT) {
		session_send(s, order == ORDER_SEND_BDAT);
		return s->is_sending ? 0 : -E_SYNTAX;
	}
	draw_words(s, &w);
	switch (order) {
	case ORDER_GDEL:
		return smtp_client_gdel(s->client, w.id, &w.params, s->tag);
	case ORDER_RETR:
		return smtp_client_retr(s->client, w.id, s->tag);
	case ORDER_GTML:
		return order_gtml(s, &w);
	case ORDER_ACCEPT:
	case ORDER_AUTHORIZE:
	case ORDER_REJECT:
	case ORDER_SPAM:
	case ORDER_SPAMMER:
		return order_verdict(
		    s, (enum verdict)(order - ORDER_ACCEPT), &w);
	case ORDER_MSID:
		return order_msid(s, &w);
	case ORDER_ENVELOPE:
	case ORDER_ENVELOPE_PLAIN:
		return order_envelope(s, &w, order == ORDER_ENVELOPE_PLAIN);
	case ORDER_NOOP:
		return smtp_client_noop(s->client, s->tag);
	case ORDER_GIVE_UP:
		return smtp_client_give_up(s->client);
	case ORDER_BREAK:
		smtp_client_break(s->client);
		return 0;
	case ORDER_QUIT:
	case ORDER_SEND:
	case ORDER_SEND_BDAT:
	case ORDERS:
		break;
	}
	return -E_STATE;
}

static bool
has_tag(enum order order)
{
	return (order >= ORDER_GDEL && order <= ORDER_NOOP);
}

static bool
give_one(struct session *s)
{
	enum order order = (enum order)fuzz_draw(&s->draws, ORDERS);
	int rc = give(s, order);

	assert(rc == 0 || rc == -E_STATE || rc == -E_AGAIN || rc == -E_SYNTAX ||
	       rc == -E_RANGE);
	if (rc != 0)
		return false;
	if (order == ORDER_GTML || order == ORDER_RETR)
		s->is_gtml = order == ORDER_GTML;
	if (order == ORDER_ACCEPT || order == ORDER_AUTHORIZE)
		s->is_gtml = false;
	s->tag += has_tag(order);
	s->is_quitting = order == ORDER_QUIT;
	return true;
}

bool
session_order(struct session *s)
{
	unsigned given = 0;

	if (!s->is_dialled || s->server != NULL || !s->is_ready || s->is_over ||
	    s->is_quitting || s->is_sending || s->tag != s->answered)
		return false;
	for (unsigned i = fuzz_draw(&s->draws, GROUP_MAX); i > 0; i--)
		given += !s->is_quitting && !s->is_sending && give_one(s);
	for (unsigned i = 0; i < TRIES && given == 0; i++)
		given += give_one(s);
	if (given > 0)
		return true;
	s->is_quitting = true;
	if (smtp_client_quit(s->client) != 0)
		smtp_client_break(s->client);
	return true;
}

bool
session_write(struct session *s)
{
	struct span content = span_of(CONTENT);
	bool any = false;
	size_t n = 1;

	while (s->is_writing && n > 0 && s->written < content.n) {
		n = smtp_client_room(s->client);
		n = n < 9 ? n : 9;
		if (n > content.n - s->written)
			n = content.n - s->written;
		if (n == 0)
			break;
		assert(smtp_client_write(
			   s->client, span_part(content, s->written, n)) == 0);
		s->written += n;
		any = true;
	}
	if (s->is_writing && s->written == content.n) {
		int rc = smtp_client_end(s->client);

		assert(rc == 0 || rc == -E_RANGE);
		s->is_writing = false;
		any = true;
	}
	return any;
}

/* --- what is heard --- */

static void
check_reply(const struct smtp_client_event *e)
{
	const char *text = e->reply.text;

	assert(e->reply.code == 0 ||
	       (e->reply.code >= 200 && e->reply.code <= 599));
	assert(strnlen(text, sizeof e->reply.text) < sizeof e->reply.text);
	for (; *text != '\0'; text++)
		assert(*text >= ' ' && *text <= '~');
	assert(strlen(e->reply.enhanced) < sizeof e->reply.enhanced);
}

static void
hear_sent(struct session *s)
{
	assert(s->is_sending || !s->is_dialled);
	s->is_sending = s->is_writing = false;
	if (s->is_dialled)
		return;
	if (!s->is_gtml) {
		session_turn_back(s);
		return;
	}
	assert(smtp_client_finish(s->client) == 0);
	s->is_over = true;
}

static void
hear_end(struct session *s, bool is_broken)
{
	assert(!s->is_over);
	assert(is_broken || s->is_quitting);
	assert(s->machine.ops->wants(s->machine.self) == 0);
	s->is_over = true;
	s->is_broken = is_broken;
	s->is_writing = s->is_sending = false;
}

static void
note_code(struct session *s, const char *word, int code)
{
	buf_print(&s->events, "%s %d\n", word, code);
}

void
session_hear(struct session *s, const struct smtp_client_event *e)
{
	check_reply(e);
	switch (e->kind) {
	case SMTP_CLIENT_START_TLS:
		session_note(s, "START-TLS", span_of(""));
		smtp_client_secured(s->client);
		return;
	case SMTP_CLIENT_READY:
		session_note(s, "READY", span_of(""));
		assert(!s->is_ready);
		s->is_ready = true;
		return;
	case SMTP_CLIENT_REPLY:
		note_code(s, "REPLY", e->reply.code);
		assert(s->answered < s->tag && e->tag == s->answered);
		s->answered++;
		return;
	case SMTP_CLIENT_RECIPIENT:
		note_code(s, "RECIPIENT", e->reply.code);
		assert(e->tag == s->answered && e->index < RECIPIENTS);
		return;
	case SMTP_CLIENT_TURN:
		note_code(s, "TURN", e->reply.code);
		assert(s->answered + 1 == s->tag && e->tag == s->answered);
		assert(e->reply.code == (s->is_gtml ? 0 : 250));
		s->answered++;
		session_turn_to_server(s);
		return;
	case SMTP_CLIENT_CONTENT:
		session_note(s, "CONTENT", span_of(""));
		assert(s->is_sending && !s->is_writing && s->written == 0);
		s->is_writing = true;
		return;
	case SMTP_CLIENT_SENT:
		note_code(s, "SENT", e->reply.code);
		hear_sent(s);
		return;
	case SMTP_CLIENT_BROKEN:
		note_code(s, "BROKEN", e->reply.code);
		assert(e->reason != NULL);
		hear_end(s, true);
		return;
	case SMTP_CLIENT_CLOSED:
		note_code(s, "CLOSED", e->reply.code);
		hear_end(s, false);
		return;
	}
}
