/*
 * For: one message on its way: MAIL, RCPT, DATA or BDAT in lock step, content
 * within exactly the announced size, the last answer, and RSET; and how any
 * transaction ends.
 * Not for: notices (smtp_client_notice.c); choosing the message, converting it,
 * or what its refusal means.
 * More: smtp_client.h; docs/WIRE.md, section 4; RFC 5321 3.3, RFC 3030.
 *
 * A refusal before content ends the transaction. A TURNED machine has lost the
 * floor by it (WIRE 4.4); a DIALLED one says RSET first and tells SENT when
 * that was answered, so that SENT always means: ready for the next.
 */
#include "proto/client/smtp_client_inner.h"

#include "base/err.h"

#include <string.h>

/*
 * Dot-stuffing adds one octet to every "CRLF.", so at most a third, and one at
 * the very start; behind the last octet come at most "CRLF.CRLF".
 */
#define STUFFING_RESERVE 8

static bool
is_turned(const struct smtp_client *x)
{
	return x->setup.kind == SMTP_CLIENT_TURNED;
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

struct smtp_client_event *
smtp_client_send_tell(
    struct smtp_client *x, const struct reply *reply, bool final)
{
	enum smtp_client_event_kind kind =
	    x->task == CLIENT_SENDS ? SMTP_CLIENT_SENT : SMTP_CLIENT_REPLY;
	struct smtp_client_event *event = smtp_client_emit(x, kind, reply);

	if (event == NULL)
		return NULL;
	event->tag = x->tag;
	event->final = final;
	return event;
}

void
smtp_client_send_conclude(
    struct smtp_client *x, const struct reply *reply, bool final)
{
	x->has_refusal = false;
	if (smtp_client_send_tell(x, reply, final) == NULL)
		return;
	buf_release(&x->out);
	buf_release(&x->later);
	buf_release(&x->text);
	smtp_client_enter(x, is_turned(x) ? CLIENT_BACK : CLIENT_READY);
}

void
smtp_client_send_refuse(struct smtp_client *x, const struct reply *reply)
{
	x->refusal = *reply;
	x->has_refusal = true;
	smtp_client_send_reset(x);
}

void
smtp_client_send_next(struct smtp_client *x, enum smtp_client_state state)
{
	struct span rest = span_skip(buf_span(&x->later), x->later_at);
	size_t n = span_search(rest, 0, span_of("\r\n")) + 2;

	x->later_at += n;
	if (buf_put(&x->out, span_part(rest, 0, n)) < 0)
		smtp_client_fail(x, "no memory", NULL);
	else
		smtp_client_enter(x, state);
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

void
smtp_client_send_print_mail(const struct smtp_client *x,
    const struct smtp_client_mail *mail, struct buf *to)
{
	if (mail->has_size && smtp_client_can(x, SMTP_CAN_SIZE))
		buf_print(to, " SIZE=%llu", (unsigned long long)mail->size);
	if (mail->body_8bit && smtp_client_can(x, SMTP_CAN_8BITMIME))
		buf_text(to, " BODY=8BITMIME");
	if (mail->smtputf8)
		buf_text(to, " SMTPUTF8");
	if (!smtp_client_can(x, SMTP_CAN_DSN))
		return;
	if (mail->ret != RET_ABSENT)
		buf_text(to, mail->ret == RET_FULL ? " RET=FULL" : " RET=HDRS");
	print_word(to, " ENVID=", mail->envid);
}

void
smtp_client_send_print_rcpt(const struct smtp_client *x,
    const struct smtp_client_rcpt *rcpt, struct buf *to)
{
	buf_text(to, "RCPT TO:<");
	buf_put(to, rcpt->recipient);
	buf_char(to, '>');
	if (smtp_client_can(x, SMTP_CAN_DSN)) {
		print_notify(to, rcpt->notify);
		print_word(to, " ORCPT=", rcpt->orcpt);
	}
	buf_text(to, "\r\n");
}

/* RCPT is said later, and S is not kept: its line is made now. */
static int
print_commands(struct smtp_client *x, const struct smtp_client_send *s)
{
	const struct smtp_client_mail mail = {.has_size = true,
	    .size = s->size,
	    .body_8bit = s->body_8bit,
	    .smtputf8 = s->smtputf8,
	    .ret = s->ret,
	    .envid = s->envid};
	const struct smtp_client_rcpt rcpt = {
	    .recipient = s->recipient, .notify = s->notify, .orcpt = s->orcpt};
	size_t start = x->out.n;
	int rc;

	buf_clear(&x->later);
	x->later_at = 0;
	smtp_client_send_print_rcpt(x, &rcpt, &x->later);
	if (buf_bad(&x->later) || x->later.n > SMTP_CLIENT_LINE_MAX)
		return -E_RANGE;
	buf_text(&x->out, "MAIL FROM:<");
	buf_put(&x->out, s->sender);
	buf_char(&x->out, '>');
	smtp_client_send_print_mail(x, &mail, &x->out);
	rc = smtp_client_line_end(x, start);
	if (rc == 0)
		smtp_client_enter(x, CLIENT_MAIL);
	return rc;
}

void
smtp_client_send_refuse_utf8(struct smtp_client *x)
{
	struct reply reply = {.code = 550,
	    .enhanced = "5.6.7",
	    .text = "the other server does not take SMTPUTF8"};

	if (is_turned(x)) {
		smtp_client_send_refuse(x, &reply);
		return;
	}
	/* Nothing was said, so the machine stays READY: no transaction. */
	smtp_client_send_tell(x, &reply, false);
}

int
smtp_client_send(struct smtp_client *x, const struct smtp_client_send *s)
{
	bool gtml = x->setup.after_gtml;
	int rc = 0;

	if ((x->state != CLIENT_FLOOR || x->unasked) &&
	    !smtp_client_is_at_rest(x))
		return -E_STATE;
	if (!smtp_client_may_say(s->sender, true) ||
	    !smtp_client_may_say(s->recipient, true) ||
	    !smtp_client_may_say(s->envid, false) ||
	    !smtp_client_may_say(s->orcpt, false))
		return -E_SYNTAX;
	x->task = CLIENT_SENDS;
	if (!gtml && s->smtputf8 && !smtp_client_can(x, SMTP_CAN_UTF8)) {
		smtp_client_send_refuse_utf8(x);
		return 0;
	}
	/* Who says GTML has everything but the content. */
	if (gtml)
		smtp_client_enter(x, CLIENT_DATA);
	else
		rc = print_commands(x, s);
	if (rc < 0)
		return rc;
	x->bdat = !gtml && s->use_bdat && smtp_client_can(x, SMTP_CAN_CHUNKING);
	x->size = s->size;
	x->written = 0;
	content_reader_init(&x->checker);
	content_writer_init(&x->writer);
	return 0;
}

static void
begin_content(struct smtp_client *x)
{
	smtp_client_enter(x, CLIENT_CONTENT);
	smtp_client_emit(x, SMTP_CLIENT_CONTENT, NULL);
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
		smtp_client_send_conclude(x, reply, false);
	else
		smtp_client_send_refuse(x, reply);
}

static void
reset_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 != 2)
		smtp_client_surprise(x, reply);
	else
		smtp_client_send_conclude(
		    x, x->has_refusal ? &x->refusal : reply, false);
}

static void
final_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code / 100 == 3)
		smtp_client_surprise(x, reply);
	else
		smtp_client_send_conclude(x, reply, true);
}

void
smtp_client_send_reply(struct smtp_client *x, const struct reply *reply)
{
	bool yes = reply->code / 100 == 2;

	if (x->state == CLIENT_RESET)
		reset_reply(x, reply);
	else if (x->state == CLIENT_FINAL)
		final_reply(x, reply);
	else if (x->state == CLIENT_DATA && reply->code == 354 &&
		 x->task == CLIENT_SHOWS)
		smtp_client_notice_go_on(x);
	else if (x->state == CLIENT_DATA && reply->code == 354)
		begin_content(x);
	else if (x->state == CLIENT_DATA || !yes)
		refused(x, reply);
	else if (x->giving_up)
		smtp_client_send_reset(x);
	else if (x->state == CLIENT_MAIL)
		smtp_client_send_next(x, CLIENT_RCPT);
	else if (x->task == CLIENT_NAMES)
		smtp_client_notice_go_on(x);
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
	if (!is_turned(x) || x->unasked || x->setup.after_gtml)
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

int
smtp_client_finish(struct smtp_client *x)
{
	if (x->state != CLIENT_BACK || !x->setup.after_gtml)
		return -E_STATE;
	smtp_client_enter(x, CLIENT_CLOSED);
	return 0;
}
