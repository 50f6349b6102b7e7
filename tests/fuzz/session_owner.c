/* What the owner of a session answers, as decisions will have it. */
#include "session_inner.h"

#include "proto/subject.h"

#include <stdlib.h>
#include <string.h>

/* --- answers --- */

/* Any row whose code begins with one of FIRST. */
static enum reply_name
any_reply(struct session *s, const char *first)
{
	enum reply_name reply =
	    (enum reply_name)fuzz_draw(&s->draws, REPLY_COUNT);
	unsigned tried = 0;

	while (strchr(first, '0' + reply_code(reply) / 100) == NULL) {
		reply = (enum reply_name)((reply + 1) % REPLY_COUNT);
		assert(++tried < REPLY_COUNT);
	}
	return reply;
}

/* YES mostly; else any row that FIRST allows. */
static void
answer(struct session *s, enum reply_name yes, const char *first)
{
	enum reply_name reply = yes;

	if (fuzz_draw(&s->draws, 8) >= 6)
		reply = any_reply(s, first);
	/* To be told before the next call, which may end it all. */
	smtp_server_tell(s->server, reply, s->words);
}

static void
answer_start(struct session *s, enum reply_name yes)
{
	enum reply_name reply = yes;

	if (fuzz_draw(&s->draws, 8) >= 6)
		reply = any_reply(s, "245");
	assert(!s->has_transaction);
	s->has_transaction = reply_code(reply) / 100 == 2;
	s->content_at = s->content.n;
	s->is_to_be_spoiled = false;
	smtp_server_tell(s->server, reply, s->words);
}

static void
end_transaction(struct session *s)
{
	assert(s->has_transaction);
	s->has_transaction = false;
}

/* --- what is told --- */

static void
check_address(const struct address *a)
{
	const struct address_rules any = {
	    .empty_ok = true, .utf8 = true, .bare_postmaster = true};
	struct address again;
	char path[ADDRESS_TEXT + 2];
	size_t n = strlen(a->text);

	memcpy(path + 1, a->text, n);
	path[0] = '<';
	path[n + 1] = '>';
	assert(address_parse(span_make(path, n + 2), any, &again) == 0);
	assert(strcmp(a->text, again.text) == 0);
}

static void
check_event(const struct smtp_server_event *e)
{
	if (e->address != NULL)
		check_address(e->address);
	/* Both may hold any octet: of AUTH it comes as base64. */
	if (e->kind == SMTP_SERVER_CONTENT || e->kind == SMTP_SERVER_AUTH)
		return;
	for (size_t i = 0; i < e->text.n; i++)
		assert(e->text.p[i] != '\r' && e->text.p[i] != '\n' &&
		       e->text.p[i] != '\0');
	assert(e->subject.n <= SUBJECT_MAX);
}

static void
serve_content(struct session *s, struct span run)
{
	assert(s->has_transaction && run.n > 0);
	buf_put(&s->content, run);
	if (!s->is_to_be_spoiled)
		return;
	s->is_to_be_spoiled = false;
	/* A chunk that was over already has been answered. */
	s->is_alike = s->is_alike && !s->is_bdat;
	smtp_server_spoil(s->server, REPLY_NO_ROOM);
}

static void
serve_data(struct session *s)
{
	s->is_to_be_spoiled = fuzz_draw(&s->draws, 8) == 7;
	answer(s, REPLY_SEND_CONTENT, "45");
}

static void
serve_verdict(struct session *s, const struct smtp_server_event *e)
{
	enum reply_name yes = REPLY_VERDICT_OK;

	s->is_gtml = false;
	if (verdict_turns(e->verdict))
		yes = e->have ? REPLY_HAVE_IT : REPLY_YOUR_TURN;
	session_note(s, verdict_word(e->verdict), e->text);
	answer(s, yes, "45");
}

static void
serve_turn_back(struct session *s)
{
	session_note(s, "TURN-BACK", span_of(""));
	assert(!s->has_transaction);
	/* After GTML the other side closes, and nothing comes back. */
	if (!s->is_gtml && s->is_dialled)
		session_turn_back(s);
	else
		s->is_over = !s->is_dialled && !s->is_gtml;
}

static void
serve_closed(struct session *s)
{
	session_note(s, "CLOSED", span_of(""));
	assert(!s->is_over && !s->has_transaction);
	assert(s->machine.ops->wants(s->machine.self) == 0);
	s->is_over = true;
}

/* Everything that asks. */
static void
serve_question(struct session *s, const struct smtp_server_event *e)
{
	switch (e->kind) {
	case SMTP_SERVER_AUTH:
		session_note(s, "AUTH", e->text);
		answer(s, REPLY_AUTHENTICATED, "245");
		return;
	case SMTP_SERVER_MAIL:
		session_note(s, "MAIL", span_of(e->address->text));
		answer_start(s, REPLY_SENDER_OK);
		return;
	case SMTP_SERVER_ENVELOPE:
		session_note(s, "ENVELOPE", span_of(e->address->text));
		answer_start(s, REPLY_SENDER_OK);
		return;
	case SMTP_SERVER_RCPT:
		session_note(s, "RCPT", span_of(e->address->text));
		answer(s, REPLY_RECIPIENT_OK, "245");
		return;
	case SMTP_SERVER_DATA:
		session_note(s, "DATA", span_of(e->bdat ? "bdat" : ""));
		s->is_bdat = e->bdat;
		serve_data(s);
		return;
	case SMTP_SERVER_END:
		session_note(s, "END", span_of(""));
		assert(e->size == s->content.n - s->content_at);
		end_transaction(s);
		answer(s, REPLY_STORED, "245");
		return;
	case SMTP_SERVER_GDEL:
		session_note(s, "GDEL", e->text);
		answer(s, REPLY_NOTED, "245");
		return;
	case SMTP_SERVER_RETR:
		session_note(s, "RETR", e->text);
		s->is_gtml = false;
		answer(s, REPLY_YOUR_TURN, "45");
		return;
	case SMTP_SERVER_GTML:
		session_note(s, "GTML", e->text);
		s->is_gtml = true;
		answer(s, REPLY_YOUR_DATA, "45");
		return;
	case SMTP_SERVER_MSID:
		session_note(s, "MSID", e->subject);
		end_transaction(s);
		answer(s, REPLY_NOTED, "245");
		return;
	case SMTP_SERVER_VERDICT:
		serve_verdict(s, e);
		return;
	case SMTP_SERVER_EHLO:
	case SMTP_SERVER_START_TLS:
	case SMTP_SERVER_CONTENT:
	case SMTP_SERVER_ABORT:
	case SMTP_SERVER_SIZE:
	case SMTP_SERVER_TURN:
	case SMTP_SERVER_TURN_BACK:
	case SMTP_SERVER_CLOSED:
		abort(); /* these ask nothing */
	}
}

void
session_serve(struct session *s, const struct smtp_server_event *e)
{
	check_event(e);
	switch (e->kind) {
	case SMTP_SERVER_EHLO:
		session_note(s, e->extended ? "EHLO" : "HELO", e->text);
		return;
	case SMTP_SERVER_START_TLS:
		session_note(s, "START-TLS", span_of(""));
		smtp_server_secured(s->server);
		return;
	case SMTP_SERVER_CONTENT:
		serve_content(s, e->text);
		return;
	case SMTP_SERVER_ABORT:
		session_note(s, "ABORT", span_of(""));
		end_transaction(s);
		/* How much of it was told is a matter of the pieces. */
		s->content.n = s->content_at;
		return;
	case SMTP_SERVER_SIZE:
		session_note(s, "SIZE", span_of(""));
		return;
	case SMTP_SERVER_TURN:
		session_note(s, "TURN", span_of(""));
		assert(!s->has_transaction);
		session_turn_to_client(s);
		return;
	case SMTP_SERVER_TURN_BACK:
		serve_turn_back(s);
		return;
	case SMTP_SERVER_CLOSED:
		serve_closed(s);
		return;
	case SMTP_SERVER_AUTH:
	case SMTP_SERVER_MAIL:
	case SMTP_SERVER_RCPT:
	case SMTP_SERVER_DATA:
	case SMTP_SERVER_END:
	case SMTP_SERVER_GDEL:
	case SMTP_SERVER_RETR:
	case SMTP_SERVER_GTML:
	case SMTP_SERVER_MSID:
	case SMTP_SERVER_ENVELOPE:
	case SMTP_SERVER_VERDICT:
		serve_question(s, e);
	}
}
