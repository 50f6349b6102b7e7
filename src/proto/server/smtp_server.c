/*
 * The machine of the server's side: octets in, events out, orders in, replies
 * out. Not for the state itself (smtp_session.c), time (smtp_clock.c), the
 * verbs (verb_*.c) or the content (smtp_content.c). The contract is
 * smtp_server.h, the diagram of states smtp_session.h; docs/WIRE.md 1 to 6 is
 * what it follows.
 *
 * One command is one step: split, look up, legal here? (this file), well
 * formed? (the verb's check), do it or ask (the verb's proceed). Nothing more
 * is read until the owner has taken the events and answered the question.
 */
#include "proto/server/smtp_server.h"

#include "proto/command.h"
#include "proto/server/smtp_clock.h"
#include "proto/server/smtp_content.h"
#include "proto/server/smtp_session.h"

#include <assert.h>
#include <stdlib.h>

static const struct span nothing = {NULL, 0};

/* --- commands --- */

/* Does this kind of server, as it is set up, know the verb at all? */
static bool
is_served(const struct smtp_server *x, enum verb verb)
{
	if (verb == VERB_COUNT)
		return false;
	if (verb == VERB_BDAT && smtp_session_is_turned(x) &&
	    !x->setup.chunking)
		return false;
	return (verb_row(verb)->kinds & 1u << x->setup.kind) != 0;
}

static const char *
sequence_text(const struct smtp_server *x)
{
	if (x->state == SMTP_DENIED)
		return "only QUIT is served";
	if (x->state == SMTP_FRESH)
		return "EHLO first";
	if (x->state == SMTP_IDLE)
		return "MAIL first";
	if (x->state == SMTP_CHUNKS)
		return "BDAT or RSET is expected";
	return "not within a transaction";
}

/* Is the verb known to this server and legal in this state? */
static bool
is_legal(const struct smtp_server *x, enum verb verb, size_t line,
    struct verb_refusal *refusal_r)
{
	/* Lines within AUTH are longer, and so may its command be. */
	if (line > SMTP_LINE_MAX && verb != VERB_AUTH)
		return verb_refuse(refusal_r, REPLY_LINE_TOO_LONG, "");
	if (x->state == SMTP_DENIED && verb != VERB_QUIT)
		return verb_refuse(
		    refusal_r, REPLY_BAD_SEQUENCE, sequence_text(x));
	if (smtp_session_is_turned(x) && !is_served(x, verb))
		return verb_refuse(
		    refusal_r, REPLY_BAD_SEQUENCE, "not while turned");
	if (verb == VERB_COUNT)
		return verb_refuse(refusal_r, REPLY_UNKNOWN_COMMAND, "");
	if (!is_served(x, verb))
		return verb_refuse(refusal_r, REPLY_NOT_OFFERED, "");
	if ((verb_row(verb)->states & x->state) == 0)
		return verb_refuse(
		    refusal_r, REPLY_BAD_SEQUENCE, sequence_text(x));
	return true;
}

/* While turned, these carry the transaction; refused, they end it (WIRE 4.4) */
static bool
carries_transaction(enum verb verb)
{
	return verb == VERB_MAIL || verb == VERB_RCPT || verb == VERB_DATA ||
	       verb == VERB_BDAT;
}

static void
refuse_command(struct smtp_server *x, enum verb verb, struct span argument,
    struct verb_refusal refusal)
{
	bool ends = smtp_session_is_turned(x) && is_served(x, verb) &&
		    carries_transaction(verb);

	if (verb == VERB_BDAT)
		verb_bdat_discard(x, argument, refusal, ends);
	else if (ends)
		smtp_session_end(x, refusal.reply, span_of(refusal.text));
	else
		smtp_session_refuse(x, refusal);
}

static void
take_command(struct smtp_server *x, struct span line)
{
	struct verb_refusal refusal;
	struct span word, argument;
	enum verb verb;

	if (x->line.fault != LINE_GOOD) {
		smtp_session_reply(x, reply_to_fault(x->line.fault), nothing);
		return;
	}
	command_verb(line, &word, &argument);
	verb = verb_find(word);
	x->verb = verb;
	if (is_legal(x, verb, line.n, &refusal) &&
	    verb_row(verb)->check(x, argument, &refusal))
		verb_row(verb)->proceed(x);
	else
		refuse_command(x, verb, argument, refusal);
}

static size_t
take_line(struct smtp_server *x, struct span in)
{
	bool within_auth = x->state == SMTP_DIALOGUE;
	struct span line;
	size_t used;

	if (line_feed(&x->line, in, &used, &line) == 0)
		return used;
	smtp_session_restart_clock(x);
	x->verbs++;
	if (x->verbs > x->setup.verbs_max || x->faults >= SMTP_FAULTS_MAX)
		smtp_session_reply(x, REPLY_TOO_MANY_VERBS, nothing);
	else if (within_auth)
		verb_auth_line(x, line);
	else
		take_command(x, line);
	/* What may hold a password does not stay, nor does much memory. */
	if (within_auth || x->state == SMTP_DIALOGUE ||
	    x->line.text.cap > SMTP_LINE_MAX + 1)
		line_forget(&x->line);
	return used;
}

static size_t
take_some(struct smtp_server *x, struct span in)
{
	if (x->state == SMTP_CONTENT)
		return smtp_content_take(x, in);
	if (x->state == SMTP_CHUNK)
		return verb_bdat_take(x, in);
	return take_line(x, in);
}

/* --- the machine --- */

/* A server that stops says so once it owes no reply. */
static void
settle(struct smtp_server *x)
{
	unsigned between = SMTP_WAITING | SMTP_READS_LINES;

	if (x->is_stopping && (x->state & between) != 0 &&
	    x->question == ASKED_NOTHING)
		smtp_session_reply(x, REPLY_SHUTTING_DOWN, nothing);
}

static int64_t
deadline(const void *self)
{
	return smtp_clock_deadline(self);
}

static void
tick(void *self, int64_t now)
{
	smtp_clock_tick(self, now);
}

static size_t
feed(void *self, struct span in, int64_t now)
{
	struct smtp_server *x = self;
	size_t used = 0;

	intake_drop_lent(&x->content);
	smtp_clock_set(x, now);
	while (used < in.n && smtp_session_listens(x))
		used += take_some(x, span_skip(in, used));
	if (used < in.n && smtp_session_holds_floor(x))
		smtp_session_interrupt(x);
	intake_offer(&x->content);
	if (x->state == SMTP_CLOSED)
		used = in.n;
	if (used > 0 && smtp_clock_runs_in_content(x))
		smtp_session_restart_clock(x);
	if (used < in.n)
		x->rate.was_held = true;
	settle(x);
	smtp_clock_set(x, now);
	return used;
}

static struct span
out(const void *self)
{
	const struct smtp_server *x = self;

	return buf_span(&x->out);
}

static void
sent(void *self, size_t n)
{
	struct smtp_server *x = self;

	assert(n <= x->out.n);
	buf_drop(&x->out, n);
	x->floor_is_begun = x->floor_is_begun || n > x->floor_at;
	x->floor_at = n < x->floor_at ? x->floor_at - n : 0;
}

static int
wants(const void *self)
{
	const struct smtp_server *x = self;

	if (x->state == SMTP_CLOSED)
		return 0;
	return MACHINE_READ | (x->out.n > 0 ? MACHINE_WRITE : 0);
}

static const struct machine_ops ops = {
    .feed = feed,
    .out = out,
    .sent = sent,
    .deadline = deadline,
    .tick = tick,
    .wants = wants,
};

struct machine
smtp_server_machine(struct smtp_server *x)
{
	return (struct machine){.ops = &ops, .self = x};
}

struct smtp_server *
smtp_server_new(const struct smtp_server_setup *setup, int64_t now)
{
	struct smtp_server *x = malloc(sizeof(*x));

	if (x == NULL)
		return NULL;
	smtp_session_init(x, setup, now);
	if (setup->kind == SMTP_SERVER_SUBMISSION)
		line_ceiling(&x->line, SMTP_AUTH_LINE_MAX);
	if (x->setup.after_gtml)
		verb_gtml_receive(x);
	return x;
}

void
smtp_server_free(struct smtp_server **x)
{
	if (*x == NULL)
		return;
	smtp_session_fini(*x);
	free(*x);
	*x = NULL;
}

/* --- events --- */

static void
give_content(struct smtp_server *x, struct smtp_server_event *event_r)
{
	*event_r = (struct smtp_server_event){
	    .kind = SMTP_SERVER_CONTENT,
	    .text = intake_lend(&x->content),
	};
}

static void
give_event(struct smtp_server *x, struct smtp_server_event *event_r)
{
	*event_r = x->event;
	x->event = (struct smtp_server_event){.kind = SMTP_SERVER_EHLO};
	x->event_is_due = false;
}

static int
give_bare(bool *is_due, enum smtp_server_event_kind kind,
    struct smtp_server_event *event_r)
{
	*event_r = (struct smtp_server_event){.kind = kind};
	*is_due = false;
	return 1;
}

static int
give_abort(struct smtp_server *x, struct smtp_server_event *event_r)
{
	give_bare(&x->abort_is_due, SMTP_SERVER_ABORT, event_r);
	event_r->refused = x->abort_refused;
	event_r->refusal = x->abort_refusal;
	x->abort_refused = false;
	return 1;
}

int
smtp_server_next(struct smtp_server *x, struct smtp_server_event *event_r)
{
	intake_drop_lent(&x->content);
	if (x->content.is_due) {
		give_content(x, event_r);
		return 1;
	}
	if (x->abort_is_due)
		return give_abort(x, event_r);
	if (x->event_is_due) {
		give_event(x, event_r);
		return 1;
	}
	if (x->state == SMTP_FLOOR && x->out.n == 0) {
		*event_r = (struct smtp_server_event){.kind = x->floor_event};
		smtp_session_enter(
		    x, x->setup.after_gtml ? SMTP_PARTING : SMTP_AWAY);
		return 1;
	}
	if (x->closed_is_due)
		return give_bare(
		    &x->closed_is_due, SMTP_SERVER_CLOSED, event_r);
	return 0;
}

/* --- orders --- */

void
smtp_server_greet(
    struct smtp_server *x, enum reply_name reply, unsigned keywords)
{
	int code = reply_code(reply);

	if (x->state == SMTP_CLOSED)
		return;
	assert(code == 220 || code == 554 || code == 421);
	x->keywords = keywords;
	if (code != 421)
		smtp_session_enter(x, code == 220 ? SMTP_FRESH : SMTP_DENIED);
	smtp_session_reply(x, reply, span_of(x->setup.hostname));
	settle(x);
}

void
smtp_server_tell(
    struct smtp_server *x, enum reply_name reply, struct span argument)
{
	enum smtp_question question = x->question;

	/* A late answer finds nobody who waits for it. */
	if (x->state == SMTP_CLOSED)
		return;
	assert(question != ASKED_NOTHING && !x->event_is_due);
	x->question = ASKED_NOTHING;
	switch (question) {
	case ASKED_NOTHING:
		break;
	case ASKED_AUTH:
		verb_auth_answer(x, reply, argument);
		break;
	case ASKED_MAIL:
		verb_mail_answer(x, reply, argument);
		break;
	case ASKED_RCPT:
		verb_rcpt_answer(x, reply, argument);
		break;
	case ASKED_DATA:
		verb_data_answer(x, reply, argument);
		break;
	case ASKED_BDAT:
		verb_bdat_answer(x, reply, argument);
		break;
	case ASKED_END:
		smtp_session_end(x, reply, argument);
		break;
	case ASKED_GDEL:
		smtp_session_reply(x, reply, argument);
		break;
	case ASKED_RETR:
		verb_retr_answer(x, reply, argument);
		break;
	case ASKED_GTML:
		verb_gtml_answer(x, reply, argument);
		break;
	case ASKED_MSID:
		smtp_session_end(x, reply, argument);
		break;
	case ASKED_ENVELOPE:
		verb_envelope_answer(x, reply, argument);
		break;
	case ASKED_VERDICT:
		verb_verdict_answer(x, reply, argument);
		break;
	}
	settle(x);
}

void
smtp_server_spoil(struct smtp_server *x, enum reply_name reply)
{
	if (x->state == SMTP_CLOSED)
		return;
	if (x->question == ASKED_NOTHING) {
		intake_spoil(&x->content, reply);
		return;
	}
	/* The content ended behind the run that the owner did not like. */
	assert(x->question == ASKED_END && x->event_is_due);
	x->event_is_due = false;
	x->question = ASKED_NOTHING;
	x->has_transaction = true;
	smtp_session_end(x, reply, nothing);
	settle(x);
}

void
smtp_server_secured(struct smtp_server *x)
{
	if (x->state == SMTP_CLOSED)
		return;
	x->setup.secure = true;
	x->is_authenticated = false;
	x->name[0] = '\0';
	line_forget(&x->line);
	smtp_session_enter(x, SMTP_FRESH);
	settle(x);
}

void
smtp_server_resume(struct smtp_server *x, int64_t now)
{
	if (x->state == SMTP_CLOSED)
		return;
	smtp_session_enter(x, SMTP_IDLE);
	settle(x);
	smtp_clock_set(x, now);
}

void
smtp_server_stop(struct smtp_server *x)
{
	x->is_stopping = true;
	settle(x);
}
