/*
 * For: the notices that take several commands: MSID (MAIL with DMTP, RCPT,
 * MSID) and ENVELOPE (RCPT for each recipient, DATA, the envelope text). Not
 * for: GDEL, which is one line (smtp_client_order.c); making the text; what a
 * refusal means. More: smtp_client.h; docs/WIRE.md, sections 5 and 6.
 *
 * A refusal before the last command is followed by RSET, as with SEND, so that
 * REPLY always means: ready for the next. All lines but the first are made when
 * the order is given, and said from LATER.
 */
#include "proto/client/smtp_client_inner.h"

#include "base/err.h"
#include "base/utf8.h"
#include "proto/subject.h"

/* Begins a line that is said later; it ends with line_end(). */
static size_t
line_begin(const struct smtp_client *x)
{
	return x->later.n;
}

static int
line_end(struct smtp_client *x, size_t start)
{
	bool is_good =
	    !buf_bad(&x->later) && x->later.n - start <= SMTP_CLIENT_LINE_MAX;

	return is_good ? 0 : -E_RANGE;
}

static void
begin(struct smtp_client *x, enum smtp_client_task task, uint64_t tag)
{
	x->task = task;
	x->tag = tag;
	buf_clear(&x->later);
	x->later_at = 0;
}

/* The order cannot be said: nothing of it stays. */
static int
forget(struct smtp_client *x, size_t start, int rc)
{
	x->out.n = start;
	buf_release(&x->later);
	buf_release(&x->text);
	return rc;
}

/* --- MSID --- */

static bool
may_say_msid(const struct smtp_client_msid *m)
{
	return m->id.n > 0 && smtp_client_may_say(m->id, false) &&
	       m->recipient.n > 0 && smtp_client_may_say(m->sender, true) &&
	       smtp_client_may_say(m->recipient, true) &&
	       smtp_client_may_say(span_of(m->params->envid), false) &&
	       smtp_client_may_say(span_of(m->params->orcpt), false);
}

static bool
needs_utf8(const struct smtp_client_msid *m)
{
	return m->params->smtputf8 || !utf8_is_ascii(m->sender) ||
	       !utf8_is_ascii(m->recipient);
}

static void
print_mail(struct smtp_client *x, const struct smtp_client_msid *m)
{
	bool utf8 = smtp_client_can(x, SMTP_CAN_UTF8) &&
		    (needs_utf8(m) || !utf8_is_ascii(m->subject));
	const struct smtp_client_mail mail = {.has_size = m->params->has_size,
	    .size = m->params->size,
	    .body_8bit = m->params->body_8bit,
	    .smtputf8 = utf8,
	    .ret = m->params->ret,
	    .envid = span_of(m->params->envid)};

	buf_text(&x->out, "MAIL FROM:<");
	buf_put(&x->out, m->sender);
	buf_text(&x->out, "> DMTP");
	smtp_client_send_print_mail(x, &mail, &x->out);
	smtp_client_order_print(x, m->params, &x->out);
}

/* RCPT and MSID. */
static int
print_later(struct smtp_client *x, const struct smtp_client_msid *m)
{
	const struct smtp_client_rcpt rcpt = {.recipient = m->recipient,
	    .notify = m->params->notify,
	    .orcpt = span_of(m->params->orcpt)};
	size_t start = line_begin(x);
	int rc;

	smtp_client_send_print_rcpt(x, &rcpt, &x->later);
	rc = line_end(x, start);
	if (rc < 0)
		return rc;
	start = line_begin(x);
	buf_text(&x->later, "MSID ");
	buf_put(&x->later, m->id);
	buf_char(&x->later, ' ');
	subject_print(m->subject, smtp_client_can(x, SMTP_CAN_UTF8), &x->later);
	if (!buf_bad(&x->later) && x->later.p[x->later.n - 1] == ' ')
		x->later.n--;
	buf_text(&x->later, "\r\n");
	return line_end(x, start);
}

int
smtp_client_msid(struct smtp_client *x, const struct smtp_client_msid *order)
{
	size_t start = x->out.n;
	int rc;

	if (!smtp_client_is_at_rest(x))
		return -E_STATE;
	if (!may_say_msid(order))
		return -E_SYNTAX;
	begin(x, CLIENT_NAMES, order->tag);
	if (needs_utf8(order) && !smtp_client_can(x, SMTP_CAN_UTF8)) {
		smtp_client_send_refuse_utf8(x);
		return 0;
	}
	print_mail(x, order);
	rc = smtp_client_line_end(x, start);
	if (rc == 0)
		rc = print_later(x, order);
	if (rc < 0)
		return forget(x, start, rc);
	smtp_client_enter(x, CLIENT_MAIL);
	return 0;
}

/* --- ENVELOPE --- */

static bool
may_say_envelope(const struct smtp_client_envelope *e)
{
	for (size_t i = 0; i < e->count; i++) {
		if (e->recipients[i].n == 0 ||
		    !smtp_client_may_say(e->recipients[i], true))
			return false;
	}
	return smtp_client_may_say(e->sender, true) &&
	       smtp_client_may_say(e->envid, false);
}

static bool
is_good_text(struct span text)
{
	struct content_reader checker;

	content_reader_init(&checker);
	content_check(&checker, text);
	/* What follows shows whether a CR at the end is a bare one. */
	content_check(&checker, span_of("\r\n"));
	return !checker.malformed;
}

static bool
is_all_ascii(const struct smtp_client_envelope *e)
{
	for (size_t i = 0; i < e->count; i++) {
		if (!utf8_is_ascii(e->recipients[i]))
			return false;
	}
	return utf8_is_ascii(e->sender);
}

static void
print_envelope(struct smtp_client *x, const struct smtp_client_envelope *e)
{
	buf_text(&x->out, "ENVELOPE From:<");
	buf_put(&x->out, e->sender);
	buf_char(&x->out, '>');
	if (e->is_plain)
		return;
	if (e->envid.n > 0) {
		buf_text(&x->out, " ENVID=");
		buf_put(&x->out, e->envid);
	}
	if (e->params->has_size)
		buf_print(
		    &x->out, " SIZE=%llu", (unsigned long long)e->params->size);
	smtp_client_order_print(x, e->params, &x->out);
}

/* RCPT for each, SIZE if it has a line, and the text. */
static int
keep(struct smtp_client *x, const struct smtp_client_envelope *e)
{
	int rc = 0;

	for (size_t i = 0; i < e->count && rc == 0; i++) {
		size_t start = line_begin(x);

		buf_text(&x->later, "RCPT To:<");
		buf_put(&x->later, e->recipients[i]);
		buf_text(&x->later, ">\r\n");
		rc = line_end(x, start);
	}
	x->has_size_line = e->is_plain && e->params->has_size;
	if (x->has_size_line)
		buf_print(&x->later, "SIZE=%llu\r\n",
		    (unsigned long long)e->params->size);
	buf_clear(&x->text);
	buf_put(&x->text, e->text);
	x->recipients = e->count;
	x->said = x->answered = x->accepted = 0;
	if (buf_bad(&x->text) || buf_bad(&x->later))
		rc = -E_RANGE;
	return rc;
}

int
smtp_client_envelope(
    struct smtp_client *x, const struct smtp_client_envelope *order)
{
	size_t start = x->out.n;
	int rc;

	if (!smtp_client_is_at_rest(x))
		return -E_STATE;
	if (order->count == 0 || order->count > SMTP_CLIENT_RECIPIENTS_MAX ||
	    order->text.n > SMTP_CLIENT_ENVELOPE_MAX)
		return -E_RANGE;
	if (!may_say_envelope(order) || !is_good_text(order->text))
		return -E_SYNTAX;
	begin(x, CLIENT_SHOWS, order->tag);
	if (!is_all_ascii(order) && !smtp_client_can(x, SMTP_CAN_UTF8)) {
		smtp_client_send_refuse_utf8(x);
		return 0;
	}
	print_envelope(x, order);
	rc = smtp_client_line_end(x, start);
	if (rc == 0)
		rc = keep(x, order);
	if (rc < 0)
		return forget(x, start, rc);
	smtp_client_enter(x, CLIENT_ENVELOPE);
	return 0;
}

/* --- answers --- */

/* As many RCPT as may be on their way at once. */
static void
say_recipients(struct smtp_client *x)
{
	size_t window =
	    smtp_client_can(x, SMTP_CAN_PIPELINING) ? SMTP_CLIENT_WINDOW : 1;

	while (x->state != CLIENT_BROKEN && x->said < x->recipients &&
	       x->said - x->answered < window &&
	       x->out.n + SMTP_CLIENT_LINE_MAX <= SMTP_CLIENT_OUT_MAX) {
		x->said++;
		smtp_client_send_next(x, CLIENT_RCPTS);
	}
}

static void
say_data(struct smtp_client *x)
{
	if (buf_text(&x->out, "DATA\r\n") < 0)
		smtp_client_fail(x, "no memory", NULL);
	else
		smtp_client_enter(x, CLIENT_DATA);
}

/* Every recipient has been answered, the last one with REPLY. */
static void
go_on_behind_recipients(struct smtp_client *x, const struct reply *reply)
{
	if (x->accepted == 0)
		smtp_client_send_refuse(x, reply);
	else if (x->has_size_line)
		smtp_client_send_next(x, CLIENT_SIZE);
	else
		say_data(x);
}

static void
recipient_reply(struct smtp_client *x, const struct reply *reply)
{
	struct smtp_client_event *event =
	    smtp_client_emit(x, SMTP_CLIENT_RECIPIENT, reply);

	if (event == NULL)
		return;
	event->tag = x->tag;
	event->index = x->answered;
	x->answered++;
	if (reply->code / 100 == 2)
		x->accepted++;
	smtp_client_begin_wait(x);
	if (x->answered == x->recipients)
		go_on_behind_recipients(x, reply);
	else
		say_recipients(x);
}

static void
msid_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 == 2)
		smtp_client_send_conclude(x, reply, true);
	else
		smtp_client_send_refuse(x, reply);
}

void
smtp_client_notice_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 == 3)
		smtp_client_surprise(x, reply);
	else if (x->state == CLIENT_MSID)
		msid_reply(x, reply);
	else if (x->state == CLIENT_RCPTS)
		recipient_reply(x, reply);
	else if (x->state == CLIENT_ENVELOPE && reply->code / 100 == 2)
		say_recipients(x);
	else if (x->state == CLIENT_SIZE && reply->code != 552)
		say_data(x);
	else
		smtp_client_send_refuse(x, reply);
}

void
smtp_client_notice_go_on(struct smtp_client *x)
{
	if (x->task == CLIENT_NAMES) {
		smtp_client_send_next(x, CLIENT_MSID);
		return;
	}
	content_writer_init(&x->writer);
	if (content_write(&x->writer, buf_span(&x->text), &x->out) < 0 ||
	    content_write_end(&x->writer, &x->out) < 0)
		smtp_client_fail(x, "no memory", NULL);
	else
		smtp_client_enter(x, CLIENT_FINAL);
}
