/*
 * For: one message on its way: MAIL, RCPT, DATA or BDAT in lock step, content
 * within exactly the announced size, the last answer, and RSET.
 * Not for: choosing the message, converting it, or what its refusal means.
 * More: smtp_client.h; docs/WIRE.md, section 4; RFC 5321 3.3, RFC 3030.
 *
 * A refusal before content ends the transaction. A TURNED machine has lost the
 * floor by it (WIRE 4.4); a DIALLED one says RSET first and tells SENT when
 * that was answered, so that SENT always means: ready for the next.
 */
#include "proto/smtp_client_inner.h"

#include "base/err.h"

#include <string.h>

/*
 * Dot-stuffing adds one octet to every "CRLF.", so at most a third, and one at
 * the very start; behind the last octet come at most "CRLF.CRLF".
 */
#define STUFFING_RESERVE 8

static bool
can(const struct smtp_client *x, enum smtp_capability capability)
{
	return (x->capabilities & (uint64_t)capability) != 0;
}

static bool
is_turned(const struct smtp_client *x)
{
	return x->setup.kind == SMTP_CLIENT_TURNED;
}

void
smtp_client_send_fini(struct smtp_client *x)
{
	buf_fini(&x->rcpt_line);
}

/* Says one command without arguments and enters the state that awaits it. */
static void
say(struct smtp_client *x, const char *line, enum smtp_client_state state)
{
	if (buf_text(&x->out, line) < 0)
		smtp_client_fail(x, "no memory", NULL);
	else
		smtp_client_enter(x, state);
}

void
smtp_client_send_reset(struct smtp_client *x)
{
	say(x, "RSET\r\n", CLIENT_RESET);
}

/* SEND is over: tells REPLY, and says whose turn it is now. */
static void
conclude(struct smtp_client *x, const struct reply *reply, bool final)
{
	struct smtp_client_event *event;

	x->has_verdict = false;
	event = smtp_client_emit(x, SMTP_CLIENT_SENT, reply);
	if (event == NULL)
		return;
	event->final = final;
	buf_release(&x->out);
	smtp_client_enter(x, is_turned(x) ? CLIENT_BACK : CLIENT_READY);
}

/* The message is refused for REPLY, and RSET must be said about it. */
static void
refuse(struct smtp_client *x, const struct reply *reply)
{
	x->verdict = *reply;
	x->has_verdict = true;
	smtp_client_send_reset(x);
}

static void
print_notify(struct buf *to, unsigned notify)
{
	const char *separator = " NOTIFY=";

	if (notify == NOTIFY_NEVER) {
		buf_text(to, " NOTIFY=NEVER");
		return;
	}
	if ((notify & NOTIFY_SUCCESS) != 0) {
		buf_print(to, "%sSUCCESS", separator);
		separator = ",";
	}
	if ((notify & NOTIFY_FAILURE) != 0) {
		buf_print(to, "%sFAILURE", separator);
		separator = ",";
	}
	if ((notify & NOTIFY_DELAY) != 0)
		buf_print(to, "%sDELAY", separator);
}

static void
print_word(struct buf *to, const char *key, struct span value)
{
	if (value.n == 0)
		return;
	buf_text(to, key);
	buf_put(to, value);
}

static int
print_mail(struct smtp_client *x, const struct smtp_client_send *s)
{
	struct buf *to = &x->out;
	size_t start = to->n;

	buf_text(to, "MAIL FROM:<");
	buf_put(to, s->sender);
	buf_char(to, '>');
	if (can(x, SMTP_CAN_SIZE))
		buf_print(to, " SIZE=%llu", (unsigned long long)s->size);
	if (s->body_8bit && can(x, SMTP_CAN_8BITMIME))
		buf_text(to, " BODY=8BITMIME");
	if (s->smtputf8)
		buf_text(to, " SMTPUTF8");
	if (can(x, SMTP_CAN_DSN)) {
		if (s->ret != RET_ABSENT)
			buf_text(
			    to, s->ret == RET_FULL ? " RET=FULL" : " RET=HDRS");
		print_word(to, " ENVID=", s->envid);
	}
	return smtp_client_line_end(x, start);
}

/* RCPT is said later, and S is not kept: its line is made now. */
static int
print_rcpt(struct smtp_client *x, const struct smtp_client_send *s)
{
	struct buf *to = &x->rcpt_line;

	buf_clear(to);
	buf_text(to, "RCPT TO:<");
	buf_put(to, s->recipient);
	buf_char(to, '>');
	if (can(x, SMTP_CAN_DSN)) {
		print_notify(to, s->notify);
		print_word(to, " ORCPT=", s->orcpt);
	}
	buf_text(to, "\r\n");
	return buf_bad(to) ? -E_RANGE : 0;
}

/* The peer cannot take this message at all; nothing has to be asked. */
static void
refuse_utf8(struct smtp_client *x)
{
	struct reply reply = {.code = 550,
	    .enhanced = "5.6.7",
	    .text = "the other server does not take SMTPUTF8"};

	if (is_turned(x)) {
		refuse(x, &reply);
		return;
	}
	/* Nothing was said, so the machine stays READY: no transaction. */
	smtp_client_emit(x, SMTP_CLIENT_SENT, &reply);
}

int
smtp_client_send(struct smtp_client *x, const struct smtp_client_send *s)
{
	bool at_rest = x->state == CLIENT_READY && x->owed_count == 0;
	size_t start = x->out.n;
	int rc;

	if ((x->state != CLIENT_FLOOR && !at_rest) || x->unasked)
		return -E_STATE;
	if (!smtp_client_may_say(s->sender, true) ||
	    !smtp_client_may_say(s->recipient, true) ||
	    !smtp_client_may_say(s->envid, false) ||
	    !smtp_client_may_say(s->orcpt, false))
		return -E_SYNTAX;
	if (s->smtputf8 && !can(x, SMTP_CAN_UTF8)) {
		refuse_utf8(x);
		return 0;
	}
	rc = print_mail(x, s);
	if (rc == 0)
		rc = print_rcpt(x, s);
	if (rc < 0) {
		x->out.n = start;
		return rc;
	}
	x->bdat = s->use_bdat && can(x, SMTP_CAN_CHUNKING);
	x->size = s->size;
	x->written = 0;
	content_reader_init(&x->checker);
	content_writer_init(&x->writer);
	smtp_client_enter(x, CLIENT_MAIL);
	return 0;
}

static void
begin_content(struct smtp_client *x)
{
	smtp_client_enter(x, CLIENT_CONTENT);
	smtp_client_emit(x, SMTP_CLIENT_CONTENT, NULL);
}

static void
say_rcpt(struct smtp_client *x)
{
	if (buf_put(&x->out, buf_span(&x->rcpt_line)) < 0)
		smtp_client_fail(x, "no memory", NULL);
	else
		smtp_client_enter(x, CLIENT_RCPT);
}

/* RCPT was taken: BDAT needs no leave, DATA does. */
static void
say_data(struct smtp_client *x)
{
	if (!x->bdat) {
		say(x, "DATA\r\n", CLIENT_DATA);
		return;
	}
	if (buf_print(
		&x->out, "BDAT %llu LAST\r\n", (unsigned long long)x->size) < 0)
		smtp_client_fail(x, "no memory", NULL);
	else
		begin_content(x);
}

/* The answer to MAIL, RCPT or DATA is not yes. */
static void
refused(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code < 400)
		smtp_client_surprise(x, reply);
	else if (is_turned(x))
		conclude(x, reply, false);
	else
		refuse(x, reply);
}

static void
reset_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 != 2)
		smtp_client_surprise(x, reply);
	else
		conclude(x, x->has_verdict ? &x->verdict : reply, false);
}

static void
final_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 == 3)
		smtp_client_surprise(x, reply);
	else
		conclude(x, reply, true);
}

void
smtp_client_send_reply(struct smtp_client *x, const struct reply *reply)
{
	bool yes = reply->code / 100 == 2;

	if (x->state == CLIENT_RESET)
		reset_reply(x, reply);
	else if (x->state == CLIENT_FINAL)
		final_reply(x, reply);
	else if (x->state == CLIENT_DATA && reply->code == 354)
		begin_content(x);
	else if (x->state == CLIENT_DATA || !yes)
		refused(x, reply);
	else if (x->giving_up)
		smtp_client_send_reset(x);
	else if (x->state == CLIENT_MAIL)
		say_rcpt(x);
	else
		say_data(x);
}

size_t
smtp_client_room(const struct smtp_client *x)
{
	size_t unused, room;

	if (x->state != CLIENT_CONTENT)
		return 0;
	unused = x->out.max - x->out.n;
	if (unused <= STUFFING_RESERVE)
		return 0;
	room = (unused - STUFFING_RESERVE) / 4 * 3;
	return x->size - x->written < room ? (size_t)(x->size - x->written)
					   : room;
}

int
smtp_client_write(struct smtp_client *x, struct span octets)
{
	int rc;

	if (x->state != CLIENT_CONTENT)
		return -E_STATE;
	if (octets.n > x->size - x->written) {
		smtp_client_fail(x, "more content than was announced", NULL);
		return -E_RANGE;
	}
	if (octets.n > smtp_client_room(x))
		return -E_AGAIN;
	content_check(&x->checker, octets);
	if (x->checker.malformed) {
		smtp_client_fail(x, "content has a bare CR, LF or NUL", NULL);
		return -E_SYNTAX;
	}
	x->written += octets.n;
	rc = x->bdat ? buf_put(&x->out, octets)
		     : content_write(&x->writer, octets, &x->out);
	if (rc < 0)
		smtp_client_fail(x, "no memory", NULL);
	return rc;
}

int
smtp_client_end(struct smtp_client *x)
{
	if (x->state != CLIENT_CONTENT)
		return -E_STATE;
	if (x->written != x->size) {
		smtp_client_fail(x, "less content than was announced", NULL);
		return -E_RANGE;
	}
	if (!x->bdat && content_write_end(&x->writer, &x->out) < 0) {
		smtp_client_fail(x, "no memory", NULL);
		return -E_NOMEM;
	}
	smtp_client_enter(x, CLIENT_FINAL);
	return 0;
}

int
smtp_client_give_up(struct smtp_client *x)
{
	if (!is_turned(x) || x->unasked)
		return -E_STATE;
	if (x->state == CLIENT_FLOOR) {
		smtp_client_send_reset(x);
		return 0;
	}
	if (x->state != CLIENT_MAIL && x->state != CLIENT_RCPT)
		return -E_STATE;
	/* Lock step: RSET goes when the answer at hand has come. */
	x->giving_up = true;
	return 0;
}
