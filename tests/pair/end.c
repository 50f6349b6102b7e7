#include "end.h"

#include "base/err.h"

#include <string.h>

#define HOSTNAME "mx.test"

static void
init(struct end *e)
{
	*e = (struct end){.now = 1000, .piece = 1000, .chunking = true};
	buf_init(&e->inbox, END_OCTETS_MAX);
	buf_init(&e->events, END_OCTETS_MAX);
}

static void
start_client(struct end *e, enum smtp_client_kind kind)
{
	struct smtp_client_setup setup = {.kind = kind,
	    .hostname = HOSTNAME,
	    .greeting_timeout = 300,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .capabilities = e->capabilities};

	e->client = smtp_client_new(&setup, e->now);
	assert_non_null(e->client);
	e->machine = smtp_client_machine(e->client);
}

static void
start_server(struct end *e, enum smtp_server_kind kind)
{
	struct smtp_server_setup setup = {.kind = kind,
	    .hostname = HOSTNAME,
	    .message_size = END_OCTETS_MAX,
	    .recipients_max = 10,
	    .verbs_max = 1000,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .chunking = e->chunking};

	e->server = smtp_server_new(&setup, e->now);
	assert_non_null(e->server);
	e->machine = smtp_server_machine(e->server);
}

void
end_init_dialled(struct end *e, const char *const *orders)
{
	init(e);
	e->dialled = true;
	e->orders = orders;
	start_client(e, SMTP_CLIENT_DIALLED);
}

void
end_init_called(struct end *e, unsigned keywords)
{
	init(e);
	start_server(e, SMTP_SERVER_PEER);
	smtp_server_greet(e->server, REPLY_GREETING, keywords);
}

void
end_fini(struct end *e)
{
	smtp_client_free(&e->client);
	smtp_server_free(&e->server);
	buf_fini(&e->inbox);
	buf_fini(&e->events);
	for (size_t i = 0; i < e->copy_count; i++)
		buf_fini(&e->copies[i].content);
}

void
end_hold_add(struct end *e, const struct end_hold *hold)
{
	assert_true(e->hold_count < END_HOLDS_MAX);
	e->holds[e->hold_count++] = *hold;
}

static struct end_hold *
find_hold(struct end *e, struct span id)
{
	for (size_t i = 0; i < e->hold_count; i++)
		if (span_equals(span_of(e->holds[i].id), id))
			return &e->holds[i];
	return NULL;
}

static int
send_hold(struct end *e, struct end_hold *hold)
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
	struct end_hold *hold = find_hold(e, span_of(e->asked));

	start_client(e, SMTP_CLIENT_TURNED);
	if (hold != NULL)
		assert_int_equal(send_hold(e, hold), 0);
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

static struct end_copy *
last_copy(struct end *e)
{
	assert_true(e->copy_count > 0);
	return &e->copies[e->copy_count - 1];
}

static void
begin_copy(struct end *e)
{
	assert_true(e->copy_count < END_COPIES_MAX);
	e->copy_count++;
	buf_init(&last_copy(e)->content, END_OCTETS_MAX);
	memcpy(last_copy(e)->id, e->asked, sizeof(e->asked));
}

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
	if (kind == SMTP_SERVER_END) {
		last_copy(e)->whole = true;
		last_copy(e)->stored = reply == grant;
	}
	smtp_server_tell(e->server, reply, span_of(""));
}

static void
answer_retr(struct end *e, struct span id)
{
	bool known = find_hold(e, id) != NULL;

	assert_int_equal(span_copy(id, e->asked, sizeof(e->asked)), 0);
	answer(
	    e, SMTP_SERVER_RETR, known ? REPLY_YOUR_TURN : REPLY_NOT_FOR_YOU);
}

static void
note_gdel(struct end *e, const struct smtp_server_event *event)
{
	const struct params *p = event->params;

	buf_text(&e->events, "GDEL ");
	buf_put(&e->events, event->text);
	if (p->has_digest)
		buf_text(&e->events, " DIGEST");
	if (p->has_expires)
		buf_print(&e->events, " EXPIRES=%lld", (long long)p->expires);
	if (p->from[0] != '\0')
		buf_print(&e->events, " FROM=%s", p->from);
	buf_text(&e->events, "\n");
}

/* Answers one event of the server machine. */
static void
serve(struct end *e, const struct smtp_server_event *event)
{
	switch (event->kind) {
	case SMTP_SERVER_EHLO:
		buf_text(&e->events, event->extended ? "EHLO\n" : "HELO\n");
		return;
	case SMTP_SERVER_MAIL:
		buf_print(&e->events, "MAIL %s\n", event->address->text);
		answer(e, event->kind, REPLY_SENDER_OK);
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
		assert_int_equal(event->size, last_copy(e)->content.n);
		buf_print(
		    &e->events, "END %llu\n", (unsigned long long)event->size);
		answer(e, event->kind, REPLY_STORED);
		return;
	case SMTP_SERVER_ABORT:
		buf_text(&e->events, "ABORT\n");
		return;
	case SMTP_SERVER_GDEL:
		note_gdel(e, event);
		answer(e, event->kind, REPLY_NOTED);
		return;
	case SMTP_SERVER_RETR:
		buf_print(&e->events, "RETR %.*s\n", (int)event->text.n,
		    event->text.p);
		answer_retr(e, event->text);
		return;
	case SMTP_SERVER_TURN:
		buf_text(&e->events, "TURN\n");
		turn_to_send(e);
		return;
	case SMTP_SERVER_TURN_BACK:
		buf_text(&e->events, "TURN-BACK\n");
		turn_back(e);
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

/* As much content as there is room for now. */
static void
write_content(struct end *e)
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
	buf_print(&e->events, "SENT %d%s\n", event->reply.code,
	    event->final ? " final" : "");
	if (e->sending != NULL)
		e->sending->taken =
		    event->final && event->reply.code / 100 == 2;
	e->sending = NULL;
	if (!e->dialled) {
		buf_text(&e->events, "TURN-BACK\n");
		turn_back(e);
	}
}

/* Answers one event of the client machine. */
static void
hear(struct end *e, const struct smtp_client_event *event)
{
	int code = event->reply.code;

	switch (event->kind) {
	case SMTP_CLIENT_READY:
		e->capabilities = event->capabilities;
		buf_text(&e->events, "READY\n");
		return;
	case SMTP_CLIENT_REPLY:
		buf_print(&e->events, "REPLY %d\n", code);
		return;
	case SMTP_CLIENT_TURN:
		buf_text(&e->events, "TURN\n");
		start_server(e, SMTP_SERVER_TURNED);
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
		return;
	case SMTP_CLIENT_START_TLS:
		fail_msg("no test here offers TLS");
		return;
	}
}

/* Gives the next order of the list, if the machine will take it now. */
static bool
give_order(struct end *e)
{
	if (e->orders == NULL || *e->orders == NULL || e->client == NULL)
		return false;
	if (end_order(e, *e->orders) != 0)
		return false;
	e->orders++;
	return true;
}

/* The owner's part of a step. Was there anything to do? */
static bool
progress(struct end *e)
{
	struct smtp_server_event served;
	struct smtp_client_event heard;
	bool acted = false;

	while (e->server != NULL && smtp_server_next(e->server, &served) == 1) {
		serve(e, &served);
		acted = true;
	}
	while (e->client != NULL && smtp_client_next(e->client, &heard) == 1) {
		hear(e, &heard);
		acted = true;
	}
	if (e->writing)
		write_content(e);
	while (give_order(e))
		acted = true;
	return acted;
}

/* Offers what has arrived until the machine takes no more of it. */
static void
pump(struct end *e)
{
	bool acted;
	size_t used;

	do {
		struct span in = buf_span(&e->inbox);
		used = e->machine.ops->feed(e->machine.self, in, e->now);
		assert_true(used <= in.n);
		buf_drop(&e->inbox, used);
		acted = progress(e);
	} while (acted || used > 0);
	e->closed = e->machine.ops->wants(e->machine.self) == 0;
}

void
end_arrive(struct end *e, struct span in)
{
	if (e->closed)
		return;
	assert_int_equal(buf_put(&e->inbox, in), 0);
	pump(e);
}

struct span
end_waiting(const struct end *e)
{
	return e->machine.ops->out(e->machine.self);
}

void
end_depart(struct end *e, size_t n)
{
	e->machine.ops->sent(e->machine.self, n);
	pump(e);
}

void
end_tick(struct end *e, int64_t seconds)
{
	e->now += seconds;
	e->machine.ops->tick(e->machine.self, e->now);
	pump(e);
}

static int
order_client(struct end *e, struct span verb, struct span id)
{
	if (span_equals(verb, span_of("GDEL")))
		return smtp_client_gdel(e->client, id, &e->notice, 0);
	if (span_equals(verb, span_of("NOOP")))
		return smtp_client_noop(e->client, 0);
	if (span_equals(verb, span_of("QUIT")))
		return smtp_client_quit(e->client);
	if (span_equals(verb, span_of("GIVE-UP")))
		return smtp_client_give_up(e->client);
	if (span_equals(verb, span_of("SEND"))) {
		struct end_hold *hold = find_hold(e, id);
		assert_non_null(hold);
		return send_hold(e, hold);
	}
	if (span_equals(verb, span_of("RETR"))) {
		int rc = smtp_client_retr(e->client, id, 0);
		if (rc == 0)
			rc = span_copy(id, e->asked, sizeof(e->asked));
		return rc;
	}
	fail_msg("no such order: %.*s", (int)verb.n, verb.p);
	return -E_NONE;
}

int
end_order(struct end *e, const char *order)
{
	struct span rest = span_of(order), verb;

	span_cut(&rest, ' ', &verb);
	if (!span_equals(verb, span_of("BREAK")))
		return order_client(e, verb, rest);
	smtp_client_break(e->client);
	return 0;
}
