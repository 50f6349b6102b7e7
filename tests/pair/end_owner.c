/*
 * The owner of an end: what it answers, and what it does at each event. Not for
 * orders and octets: end.c.
 */
#include "end_inner.h"

#include <string.h>

int
end_send_hold(struct end *e, struct end_hold *hold)
{
	struct smtp_client_send send = {.sender = span_of(hold->sender),
	    .recipient = span_of(hold->recipient),
	    .size = hold->content.n,
	    .use_bdat = hold->use_bdat};
	int rc = smtp_client_send(e->client, &send);

	if (rc == 0) {
		e->sending = hold;
		e->written = 0;
	}
	return rc;
}

/* The turn: the other machine takes the connection over. */
static void
turn_to_send(struct end *e)
{
	struct end_hold *hold =
	    end_find_hold(e, span_of(e->asked), span_of(e->asked_to));

	end_start_client(e, SMTP_CLIENT_TURNED);
	if (hold != NULL)
		assert_int_equal(end_send_hold(e, hold), 0);
}

/* The turn comes back to the machine that has waited. */
static void
turn_back(struct end *e)
{
	if (e->dialled) {
		smtp_server_free(&e->server);
		if (e->client == NULL)
			return;
		e->machine = smtp_client_machine(e->client);
		smtp_client_resume(e->client, e->now);
		return;
	}
	smtp_client_free(&e->client);
	if (e->server == NULL)
		return;
	e->machine = smtp_server_machine(e->server);
	smtp_server_resume(e->server, e->now);
}

/* --- what comes in --- */

static struct end_copy *
last_copy(struct end *e)
{
	assert_true(e->copy_count > 0);
	return &e->copies[e->copy_count - 1];
}

static void
begin_copy(struct end *e)
{
	struct end_copy *copy;

	assert_true(e->copy_count < END_COPIES_MAX);
	e->copy_count++;
	copy = last_copy(e);
	buf_init(&copy->content, END_OCTETS_MAX);
	memcpy(copy->id, e->asked, sizeof(e->asked));
	memcpy(copy->to, e->asked_to, sizeof(e->asked_to));
	copy->is_envelope = e->in_envelope;
}

static void
copy_ends(struct end *e, bool is_stored)
{
	struct end_copy *copy = last_copy(e);

	copy->whole = true;
	copy->stored = is_stored;
	if (is_stored && e->dialled)
		e->unproved = copy;
	e->in_envelope = false;
}

/* The origin has answered what came behind our 250: it knows. */
static void
prove(struct end *e)
{
	if (e->unproved != NULL)
		e->unproved->confirmed = true;
	e->unproved = NULL;
}

/* --- the server's side --- */

/* The answer to a question of KIND: a grant, or what the test has ordered. */
static void
answer(struct end *e, enum smtp_server_event_kind kind, enum reply_name grant)
{
	enum reply_name reply = grant;

	if (e->has_answer && e->answer_to == kind) {
		reply = e->answer;
		e->has_answer = false;
	}
	if (kind == SMTP_SERVER_DATA && reply == REPLY_SEND_CONTENT)
		begin_copy(e);
	if (kind == SMTP_SERVER_END)
		copy_ends(e, reply == grant);
	if (kind == SMTP_SERVER_ENVELOPE && reply == grant)
		e->in_envelope = true;
	smtp_server_tell(e->server, reply, span_of(""));
}

/* Is there such a hold, and may it still be had? */
static bool
is_here(struct end *e, struct span id, struct span to)
{
	const struct end_hold *hold = end_find_hold(e, id, to);

	assert_int_equal(span_copy(id, e->asked, sizeof(e->asked)), 0);
	assert_int_equal(span_copy(to, e->asked_to, sizeof(e->asked_to)), 0);
	return hold != NULL && !hold->taken;
}

static void
note_params(struct end *e, const struct params *p)
{
	if (p->dmtp)
		buf_text(&e->events, " DMTP");
	if (p->envid[0] != '\0')
		buf_print(&e->events, " ENVID=%s", p->envid);
	if (p->has_size)
		buf_print(
		    &e->events, " SIZE=%llu", (unsigned long long)p->size);
	if (p->has_digest)
		buf_text(&e->events, " DIGEST");
	if (p->has_expires)
		buf_print(&e->events, " EXPIRES=%lld", (long long)p->expires);
	if (p->from[0] != '\0')
		buf_print(&e->events, " FROM=%s", p->from);
	buf_char(&e->events, '\n');
}

static void
note_text(struct end *e, const char *word, struct span text)
{
	buf_text(&e->events, word);
	buf_char(&e->events, ' ');
	buf_put(&e->events, text);
}

static void
serve_mail(struct end *e, const struct smtp_server_event *event)
{
	if (!e->dialled)
		e->asked[0] = e->asked_to[0] = '\0';
	note_text(e, "MAIL", span_of(event->address->text));
	if (event->params->dmtp)
		note_params(e, event->params);
	else
		buf_char(&e->events, '\n');
	answer(e, event->kind, REPLY_SENDER_OK);
}

static void
serve_retr(struct end *e, const struct smtp_server_event *event)
{
	bool known = is_here(e, event->text, span_of(""));

	e->asked_gtml = false;
	note_text(e, "RETR", event->text);
	buf_char(&e->events, '\n');
	answer(e, event->kind, known ? REPLY_YOUR_TURN : REPLY_NOT_FOR_YOU);
}

static void
serve_gtml(struct end *e, const struct smtp_server_event *event)
{
	struct span to = span_of(event->address->text);
	bool known = is_here(e, event->text, to);

	e->asked_gtml = true;
	note_text(e, "GTML", event->text);
	note_text(e, "", to);
	buf_char(&e->events, '\n');
	answer(e, event->kind, known ? REPLY_YOUR_DATA : REPLY_NOT_FOR_YOU);
}

static void
serve_verdict(struct end *e, const struct smtp_server_event *event)
{
	struct span to =
	    span_of(event->address != NULL ? event->address->text : "");
	bool known = is_here(e, event->text, to);
	enum reply_name grant = REPLY_VERDICT_OK;

	e->asked_gtml = false;
	note_text(e, verdict_word(event->verdict), event->text);
	if (to.n > 0)
		note_text(e, "", to);
	buf_text(&e->events, event->have ? " HAVE\n" : "\n");
	if (verdict_turns(event->verdict))
		grant = event->have ? REPLY_HAVE_IT : REPLY_YOUR_TURN;
	answer(e, event->kind, known ? grant : REPLY_NOT_FOR_YOU);
}

static void
serve_msid(struct end *e, const struct smtp_server_event *event)
{
	note_text(e, "MSID", event->text);
	if (event->subject.n > 0)
		note_text(e, "", event->subject);
	buf_char(&e->events, '\n');
	answer(e, event->kind, REPLY_NOTED);
}

static void
serve_envelope(struct end *e, const struct smtp_server_event *event)
{
	struct span envid = span_of(event->params->envid);

	assert_int_equal(span_copy(envid, e->asked, sizeof(e->asked)), 0);
	e->asked_to[0] = '\0';
	note_text(e, "ENVELOPE", span_of(event->address->text));
	note_params(e, event->params);
	answer(e, event->kind, REPLY_SENDER_OK);
}

static void
serve_end(struct end *e, const struct smtp_server_event *event)
{
	assert_int_equal(event->size, last_copy(e)->content.n);
	buf_print(&e->events, "END %llu\n", (unsigned long long)event->size);
	answer(e, event->kind, e->in_envelope ? REPLY_SHOWN : REPLY_STORED);
}

static void
serve_turn_back(struct end *e)
{
	buf_text(&e->events, "TURN-BACK\n");
	/* After GTML the other side closes, and nothing comes back. */
	if (!e->asked_gtml)
		turn_back(e);
}

void
end_serve(struct end *e, const struct smtp_server_event *event)
{
	switch (event->kind) {
	case SMTP_SERVER_EHLO:
		buf_text(&e->events, event->extended ? "EHLO\n" : "HELO\n");
		return;
	case SMTP_SERVER_MAIL:
		serve_mail(e, event);
		return;
	case SMTP_SERVER_RCPT:
		buf_print(&e->events, "RCPT %s\n", event->address->text);
		answer(e, event->kind, REPLY_RECIPIENT_OK);
		return;
	case SMTP_SERVER_DATA:
		buf_text(&e->events, event->bdat ? "BDAT\n" : "DATA\n");
		answer(e, event->kind, REPLY_SEND_CONTENT);
		return;
	case SMTP_SERVER_CONTENT:
		buf_put(&last_copy(e)->content, event->text);
		return;
	case SMTP_SERVER_END:
		serve_end(e, event);
		return;
	case SMTP_SERVER_ABORT:
		buf_text(&e->events, "ABORT\n");
		e->in_envelope = false;
		return;
	case SMTP_SERVER_GDEL:
		note_text(e, "GDEL", event->text);
		note_params(e, event->params);
		answer(e, event->kind, REPLY_NOTED);
		return;
	case SMTP_SERVER_RETR:
		serve_retr(e, event);
		return;
	case SMTP_SERVER_GTML:
		serve_gtml(e, event);
		return;
	case SMTP_SERVER_MSID:
		serve_msid(e, event);
		return;
	case SMTP_SERVER_ENVELOPE:
		serve_envelope(e, event);
		return;
	case SMTP_SERVER_SIZE:
		buf_print(
		    &e->events, "SIZE %llu\n", (unsigned long long)event->size);
		return;
	case SMTP_SERVER_VERDICT:
		serve_verdict(e, event);
		return;
	case SMTP_SERVER_TURN:
		buf_text(&e->events, "TURN\n");
		turn_to_send(e);
		return;
	case SMTP_SERVER_TURN_BACK:
		serve_turn_back(e);
		return;
	case SMTP_SERVER_CLOSED:
		buf_text(&e->events, "CLOSED\n");
		return;
	case SMTP_SERVER_START_TLS:
	case SMTP_SERVER_AUTH:
		fail_msg("no test here offers TLS or AUTH");
		return;
	}
}

/* --- the client's side --- */

void
end_write_content(struct end *e)
{
	struct span content = e->sending->content;
	size_t room = smtp_client_room(e->client);

	while (room > 0) {
		if (room > e->piece)
			room = e->piece;
		assert_int_equal(smtp_client_write(e->client,
				     span_part(content, e->written, room)),
		    0);
		e->written += room;
		room = smtp_client_room(e->client);
	}
	if (e->written == content.n) {
		assert_int_equal(smtp_client_end(e->client), 0);
		e->writing = false;
	}
}

static void
hear_sent(struct end *e, const struct smtp_client_event *event)
{
	bool is_taken = event->final && event->reply.code / 100 == 2;

	buf_print(&e->events, "SENT %d%s\n", event->reply.code,
	    event->final ? " final" : "");
	if (e->sending != NULL) {
		e->sending->taken = is_taken;
		e->sending->takes += is_taken;
	}
	e->sending = NULL;
	if (e->dialled)
		return;
	if (e->asked_gtml) {
		assert_int_equal(smtp_client_finish(e->client), 0);
		return;
	}
	buf_text(&e->events, "TURN-BACK\n");
	turn_back(e);
}

/* Answers one event of the client machine. */
void
end_hear(struct end *e, const struct smtp_client_event *event)
{
	int code = event->reply.code;

	switch (event->kind) {
	case SMTP_CLIENT_READY:
		e->capabilities = event->capabilities;
		buf_text(&e->events, "READY\n");
		return;
	case SMTP_CLIENT_REPLY:
		buf_print(&e->events, "REPLY %d%s\n", code,
		    event->final ? " final" : "");
		prove(e);
		return;
	case SMTP_CLIENT_RECIPIENT:
		buf_print(&e->events, "RECIPIENT %zu %d\n", event->index, code);
		return;
	case SMTP_CLIENT_TURN:
		buf_text(&e->events, "TURN\n");
		prove(e);
		end_start_server(e, SMTP_SERVER_TURNED);
		/* Nobody asks whether content may come (WIRE 5). */
		if (e->asked_gtml)
			begin_copy(e);
		return;
	case SMTP_CLIENT_CONTENT:
		buf_text(&e->events, "CONTENT\n");
		e->writing = true;
		return;
	case SMTP_CLIENT_SENT:
		hear_sent(e, event);
		return;
	case SMTP_CLIENT_BROKEN:
		buf_print(&e->events, "BROKEN %d\n", code);
		e->writing = false;
		return;
	case SMTP_CLIENT_CLOSED:
		buf_text(&e->events, "CLOSED\n");
		prove(e);
		return;
	case SMTP_CLIENT_START_TLS:
		fail_msg("no test here offers TLS");
		return;
	}
}
