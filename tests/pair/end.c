#include "end_inner.h"

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

void
end_start_client(struct end *e, enum smtp_client_kind kind)
{
	struct smtp_client_setup setup = {.kind = kind,
	    .hostname = HOSTNAME,
	    .greeting_timeout = 300,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .capabilities = e->capabilities,
	    .after_gtml = kind == SMTP_CLIENT_TURNED && e->asked_gtml};

	e->client = smtp_client_new(&setup, e->now);
	assert_non_null(e->client);
	e->machine = smtp_client_machine(e->client);
}

void
end_start_server(struct end *e, enum smtp_server_kind kind)
{
	struct smtp_server_setup setup = {.kind = kind,
	    .hostname = HOSTNAME,
	    .message_size = END_OCTETS_MAX,
	    .recipients_max = 10,
	    .verbs_max = 1000,
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .chunking = e->chunking,
	    .after_gtml = kind == SMTP_SERVER_TURNED && e->asked_gtml};

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
	end_start_client(e, SMTP_CLIENT_DIALLED);
}

void
end_init_called(struct end *e, unsigned keywords)
{
	init(e);
	end_start_server(e, SMTP_SERVER_PEER);
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

struct end_hold *
end_find_hold(struct end *e, struct span id, struct span to)
{
	for (size_t i = 0; i < e->hold_count; i++) {
		struct end_hold *hold = &e->holds[i];

		if (span_equals(span_of(hold->id), id) &&
		    (to.n == 0 || span_equals(span_of(hold->recipient), to)))
			return hold;
	}
	return NULL;
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
		end_serve(e, &served);
		acted = true;
	}
	while (e->client != NULL && smtp_client_next(e->client, &heard) == 1) {
		end_hear(e, &heard);
		acted = true;
	}
	if (e->writing)
		end_write_content(e);
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

void
end_hung_up(struct end *e)
{
	if (e->closed)
		return;
	buf_text(&e->events, "HUNG-UP\n");
	/* After GTML the orderly close is the answer (WIRE 4.7). */
	if (e->unproved != NULL && e->asked_gtml)
		e->unproved->confirmed = true;
	e->unproved = NULL;
	e->closed = true;
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

/* --- orders --- */

/* What the asked-for message will be kept under. */
static int
remember(struct end *e, int rc, struct span id, struct span to, bool gtml)
{
	if (rc != 0)
		return rc;
	e->asked_gtml = gtml;
	assert_int_equal(span_copy(id, e->asked, sizeof(e->asked)), 0);
	assert_int_equal(span_copy(to, e->asked_to, sizeof(e->asked_to)), 0);
	return 0;
}

/* A copy of the notice's parameters that tells this hold's size. */
static struct params
params_of(const struct end *e, const struct end_hold *hold)
{
	struct params params = e->notice;

	params.has_size = true;
	params.size = hold->content.n;
	return params;
}

static int
order_msid(struct end *e, const struct end_hold *hold)
{
	struct params params = params_of(e, hold);
	const struct smtp_client_msid order = {.sender = span_of(hold->sender),
	    .recipient = span_of(hold->recipient),
	    .id = span_of(hold->id),
	    .subject = span_of(hold->subject),
	    .params = &params};

	return smtp_client_msid(e->client, &order);
}

static int
order_envelope(struct end *e, const struct end_hold *hold, bool is_plain)
{
	struct params params = params_of(e, hold);
	struct span recipients[END_RECIPIENTS_MAX];
	struct span rest = span_of(hold->recipient);
	struct smtp_client_envelope order = {.sender = span_of(hold->sender),
	    .envid = span_of(hold->id),
	    .params = &params,
	    .recipients = recipients,
	    .text = hold->content,
	    .is_plain = is_plain};

	while (order.count < END_RECIPIENTS_MAX &&
	       span_cut(&rest, ',', &recipients[order.count]))
		order.count++;
	return smtp_client_envelope(e->client, &order);
}

static int
order_gtml(struct end *e, struct span rest)
{
	struct smtp_client_gtml order = {.tag = 0};

	span_cut(&rest, ' ', &order.id);
	order.recipient = rest;
	return remember(e, smtp_client_gtml(e->client, &order), order.id,
	    order.recipient, true);
}

static bool
is_verdict(struct span verb, enum verdict *verdict_r)
{
	for (unsigned i = 0; i < SMTP_VERDICT_COUNT; i++) {
		*verdict_r = (enum verdict)i;
		if (span_equals(verb, span_of(verdict_word(*verdict_r))))
			return true;
	}
	return false;
}

/* "id [address] [HAVE]" */
static int
order_verdict(struct end *e, enum verdict verdict, struct span rest)
{
	struct smtp_client_verdict order = {.verdict = verdict};
	struct span word;

	span_cut(&rest, ' ', &order.id);
	while (span_cut(&rest, ' ', &word)) {
		order.have = span_equals(word, span_of("HAVE"));
		if (!order.have)
			order.to = word;
	}
	return remember(e, smtp_client_verdict(e->client, &order), order.id,
	    order.to, false);
}

/* Orders about a message that is at this end. */
static int
order_hold(struct end *e, struct span verb, struct span id)
{
	struct end_hold *hold = end_find_hold(e, id, span_of(""));

	assert_non_null(hold);
	if (span_equals(verb, span_of("MSID")))
		return order_msid(e, hold);
	if (span_equals(verb, span_of("ENVELOPE")))
		return order_envelope(e, hold, false);
	if (span_equals(verb, span_of("ENVELOPE-PLAIN")))
		return order_envelope(e, hold, true);
	if (span_equals(verb, span_of("SEND")))
		return end_send_hold(e, hold);
	fail_msg("no such order: %.*s", (int)verb.n, verb.p);
	return -E_NONE;
}

static int
order_client(struct end *e, struct span verb, struct span rest)
{
	enum verdict verdict;

	if (span_equals(verb, span_of("GDEL")))
		return smtp_client_gdel(e->client, rest, &e->notice, 0);
	if (span_equals(verb, span_of("NOOP")))
		return smtp_client_noop(e->client, 0);
	if (span_equals(verb, span_of("QUIT")))
		return smtp_client_quit(e->client);
	if (span_equals(verb, span_of("GIVE-UP")))
		return smtp_client_give_up(e->client);
	if (span_equals(verb, span_of("RETR")))
		return remember(e, smtp_client_retr(e->client, rest, 0), rest,
		    span_of(""), false);
	if (span_equals(verb, span_of("GTML")))
		return order_gtml(e, rest);
	if (is_verdict(verb, &verdict))
		return order_verdict(e, verdict, rest);
	return order_hold(e, verb, rest);
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
