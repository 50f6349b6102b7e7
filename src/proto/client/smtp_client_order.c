/*
 * For: the orders of a session that are one line each: GDEL, RETR, GTML,
 * verdicts, NOOP, QUIT; their pipelined group, and what its answers mean.
 * Not for: transactions (smtp_client_send.c, smtp_client_notice.c).
 * More: smtp_client.h; docs/WIRE.md, sections 3, 5 and 6.
 */
#include "proto/client/smtp_client_inner.h"

#include "base/err.h"

/* Is it an answer that this command can have? */
static bool
is_fitting(const struct smtp_client_owed *owed, const struct reply *reply)
{
	if (reply->code / 100 == 3)
		return false;
	return !owed->gtml || reply->code == 0 || reply->code >= 400;
}

void
smtp_client_order_reply(struct smtp_client *x, const struct reply *reply)
{
	struct smtp_client_owed owed = x->owed[x->owed_first];
	bool turn = owed.turns && reply->code == 250;
	struct smtp_client_event *event;

	turn = turn || (owed.gtml && reply->code == 0);
	if (!is_fitting(&owed, reply)) {
		smtp_client_surprise(x, reply);
		return;
	}
	x->owed_first = (x->owed_first + 1) % SMTP_CLIENT_WINDOW;
	x->owed_count--;
	smtp_client_begin_wait(x);
	event = smtp_client_emit(
	    x, turn ? SMTP_CLIENT_TURN : SMTP_CLIENT_REPLY, reply);
	if (event == NULL)
		return;
	event->tag = owed.tag;
	if (turn)
		smtp_client_enter(x, CLIENT_AWAY);
}

/*
 * May an order join what is on its way? Nothing follows RETR
 * and its like (WIRE 3).
 */
static int
may_join(const struct smtp_client *x)
{
	unsigned last = x->owed_first + x->owed_count - 1, window = 1;

	if (x->state != CLIENT_READY || x->unasked)
		return -E_STATE;
	if (x->owed_count == 0)
		return 0;
	if (x->owed[last % SMTP_CLIENT_WINDOW].ends_group)
		return -E_STATE;
	if ((x->capabilities & SMTP_CAN_PIPELINING) != 0)
		window = SMTP_CLIENT_WINDOW;
	return x->owed_count < window ? 0 : -E_AGAIN;
}

/* The line that began at START is said; its answer is owed under TAG. */
static int
join(struct smtp_client *x, size_t start, struct smtp_client_owed owed)
{
	int rc = smtp_client_line_end(x, start);

	if (rc < 0)
		return rc;
	x->owed[(x->owed_first + x->owed_count) % SMTP_CLIENT_WINDOW] = owed;
	x->owed_count++;
	smtp_client_begin_wait(x);
	return 0;
}

void
smtp_client_order_print(
    const struct smtp_client *x, const struct params *params, struct buf *to)
{
	struct params said = *params;

	said.has_digest &= smtp_client_can(x, SMTP_CAN_PULL_DIGEST);
	said.has_expires &= smtp_client_can(x, SMTP_CAN_PULL_EXPIRES);
	said.from[0] = '\0';
	params_print_notice(&said, to);
}

int
smtp_client_gdel(struct smtp_client *x, struct span id,
    const struct params *params, uint64_t tag)
{
	size_t start = x->out.n;
	int rc = may_join(x);

	if (rc < 0)
		return rc;
	if (id.n == 0 || !smtp_client_may_say(id, false) ||
	    !smtp_client_may_say(span_of(params->from), false))
		return -E_SYNTAX;
	buf_text(&x->out, "GDEL ");
	buf_put(&x->out, id);
	smtp_client_order_print(x, params, &x->out);
	if (params->from[0] != '\0' && smtp_client_can(x, SMTP_CAN_PULL_FROM))
		buf_print(&x->out, " FROM=%s", params->from);
	return join(x, start, (struct smtp_client_owed){.tag = tag});
}

int
smtp_client_retr(struct smtp_client *x, struct span id, uint64_t tag)
{
	struct smtp_client_owed owed = {
	    .tag = tag, .turns = true, .ends_group = true};
	size_t start = x->out.n;
	int rc = may_join(x);

	if (rc < 0)
		return rc;
	if (id.n == 0 || !smtp_client_may_say(id, false))
		return -E_SYNTAX;
	buf_text(&x->out, "RETR ");
	buf_put(&x->out, id);
	return join(x, start, owed);
}

int
smtp_client_gtml(struct smtp_client *x, const struct smtp_client_gtml *order)
{
	struct smtp_client_owed owed = {
	    .tag = order->tag, .gtml = true, .ends_group = true};
	bool quoted = span_find(order->recipient, 0, '"') < order->recipient.n;
	size_t start = x->out.n;
	int rc = may_join(x);

	if (rc < 0)
		return rc;
	if (order->id.n == 0 || !smtp_client_may_say(order->id, false) ||
	    order->recipient.n == 0 ||
	    !smtp_client_may_say(order->recipient, quoted))
		return -E_SYNTAX;
	buf_text(&x->out, "GTML ");
	buf_put(&x->out, order->id);
	/* Bare, as DMTP prints it, where that can be read. */
	buf_text(&x->out, quoted ? " <" : " ");
	buf_put(&x->out, order->recipient);
	buf_text(&x->out, quoted ? ">" : "");
	return join(x, start, owed);
}

int
smtp_client_verdict(
    struct smtp_client *x, const struct smtp_client_verdict *order)
{
	bool turns = verdict_turns(order->verdict);
	struct smtp_client_owed owed = {
	    .tag = order->tag, .turns = turns, .ends_group = turns};
	size_t start = x->out.n;
	int rc = may_join(x);

	if (rc < 0)
		return rc;
	if (order->id.n == 0 || !smtp_client_may_say(order->id, false) ||
	    !smtp_client_may_say(order->to, true))
		return -E_SYNTAX;
	buf_print(&x->out, "%s ", verdict_word(order->verdict));
	buf_put(&x->out, order->id);
	if (order->to.n > 0) {
		buf_text(&x->out, " To:<");
		buf_put(&x->out, order->to);
		buf_char(&x->out, '>');
	}
	if (order->have && smtp_client_can(x, SMTP_CAN_PULL_HAVE))
		buf_text(&x->out, " HAVE");
	return join(x, start, owed);
}

int
smtp_client_noop(struct smtp_client *x, uint64_t tag)
{
	struct smtp_client_owed owed = {.tag = tag, .ends_group = true};
	size_t start = x->out.n;

	if (!smtp_client_is_at_rest(x))
		return -E_STATE;
	buf_text(&x->out, "NOOP");
	return join(x, start, owed);
}

int
smtp_client_quit(struct smtp_client *x)
{
	size_t start = x->out.n;
	int rc;

	if (!smtp_client_is_at_rest(x))
		return -E_STATE;
	buf_text(&x->out, "QUIT");
	rc = smtp_client_line_end(x, start);
	if (rc == 0)
		smtp_client_enter(x, CLIENT_QUIT);
	return rc;
}
