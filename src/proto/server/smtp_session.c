/*
 * The state of one session of the server's side and the moves on it. Not for
 * reading commands (smtp_server.c) nor for what they mean (verb_*.c). The
 * diagram and the invariants are in smtp_session.h.
 */
#include "proto/server/smtp_session.h"

#include <assert.h>
#include <string.h>

/* So many sessions wait at once that each octet counts (README.md, Memory). */
_Static_assert(sizeof(struct smtp_server) <= 4096, "a session is 4 KiB");

void
smtp_session_init(
    struct smtp_server *x, const struct smtp_server_setup *setup, int64_t now)
{
	memset(x, 0, sizeof(*x));
	x->setup = *setup;
	x->setup.hostname = x->hostname;
	if (setup->hostname != NULL)
		(void)span_copy(
		    span_of(setup->hostname), x->hostname, sizeof x->hostname);
	x->setup.after_gtml &= smtp_session_is_turned(x);
	x->now = x->since = now;
	x->state = smtp_session_is_turned(x) ? SMTP_IDLE : SMTP_WAITING;
	line_init(&x->line, SMTP_LINE_MAX);
	buf_init(&x->out, SMTP_OUT_MAX);
	intake_init(&x->content);
	buf_init(&x->login.identity, SMTP_AUTH_LINE_MAX);
	buf_init(&x->login.password, SMTP_AUTH_LINE_MAX);
	buf_init(&x->login.response, SMTP_AUTH_LINE_MAX);
}

void
smtp_session_fini(struct smtp_server *x)
{
	verb_auth_forget(x);
	line_fini(&x->line);
	buf_fini(&x->out);
	intake_fini(&x->content);
}

bool
smtp_session_is_turned(const struct smtp_server *x)
{
	return x->setup.kind == SMTP_SERVER_TURNED;
}

bool
smtp_session_may_start_tls(const struct smtp_server *x)
{
	bool possible =
	    x->setup.starttls || (x->keywords & SMTP_KEYWORD_STARTTLS) != 0;

	return possible && !x->setup.secure;
}

/* --- states --- */

/* Where each state may go; CLOSED can follow on every one. */
static unsigned
legal_moves(enum smtp_state from)
{
	switch (from) {
	case SMTP_WAITING:
		return SMTP_FRESH | SMTP_DENIED;
	case SMTP_FRESH:
		return SMTP_IDLE | SMTP_CHUNK;
	case SMTP_IDLE:
		return SMTP_IDLE | SMTP_TRANSACTION | SMTP_DIALOGUE |
		       SMTP_CHUNK | SMTP_FLOOR;
	case SMTP_TRANSACTION: /* MSID and refusals: IDLE */
		return SMTP_IDLE | SMTP_CONTENT | SMTP_CHUNK | SMTP_FLOOR;
	case SMTP_CHUNKS:
		return SMTP_IDLE | SMTP_CHUNK | SMTP_FLOOR;
	case SMTP_DIALOGUE:
		return SMTP_IDLE;
	case SMTP_CONTENT:
		return SMTP_IDLE | SMTP_FLOOR;
	case SMTP_CHUNK:
		return SMTP_FRESH | SMTP_IDLE | SMTP_TRANSACTION | SMTP_CHUNKS |
		       SMTP_DENIED | SMTP_FLOOR;
	case SMTP_FLOOR:
		return SMTP_AWAY | SMTP_PARTING;
	case SMTP_AWAY:
		return SMTP_FRESH | SMTP_IDLE;
	case SMTP_DENIED:
		return SMTP_CHUNK;
	case SMTP_PARTING:
	case SMTP_CLOSED:
		return 0;
	}
	return 0;
}

void
smtp_session_enter(struct smtp_server *x, enum smtp_state state)
{
	assert((legal_moves(x->state) & state) != 0 || state == SMTP_CLOSED);
	x->state = state;
	smtp_session_restart_clock(x);
	smtp_session_check(x);
}

void
smtp_session_check(const struct smtp_server *x)
{
	unsigned with_recipients =
	    SMTP_TRANSACTION | SMTP_CHUNKS | SMTP_READS_CONTENT;

	if (x->state == SMTP_CLOSED)
		assert(x->question == ASKED_NOTHING);
	if ((x->state & with_recipients) == 0)
		assert(x->recipients == 0);
	if ((x->state & (SMTP_READS_CONTENT | SMTP_CHUNKS)) == 0)
		assert(x->content.run.n == 0 || x->content.is_lent);
	if (x->state == SMTP_CONTENT)
		assert(x->recipients > 0);
}

bool
smtp_session_listens(const struct smtp_server *x)
{
	unsigned reading = SMTP_READS_LINES | SMTP_READS_CONTENT;

	return (x->state & reading) != 0 && x->question == ASKED_NOTHING &&
	       !x->event_is_due && !x->abort_is_due && !x->content.is_due &&
	       intake_has_room(&x->content) && x->out.n <= SMTP_OUT_HIGH;
}

bool
smtp_session_holds_floor(const struct smtp_server *x)
{
	if (x->question == ASKED_RETR || x->question == ASKED_GTML)
		return true;
	if (x->question == ASKED_VERDICT)
		return verdict_turns(x->verdict);
	if (x->question == ASKED_END)
		return smtp_session_is_turned(x);
	return x->state == SMTP_PARTING ||
	       (x->state == SMTP_FLOOR && x->out.n > 0);
}

void
smtp_session_restart_clock(struct smtp_server *x)
{
	/*
	 * Orders carry no time. So that a long wait for our own decision is
	 * not held against the peer, its time begins at the next known NOW.
	 */
	x->is_unclocked = true;
}

/* --- replies --- */

void
smtp_session_reply(
    struct smtp_server *x, enum reply_name reply, struct span text)
{
	reply_print(reply, text, &x->out);
	smtp_session_restart_clock(x);
	if (reply_code(reply) / 100 == 5)
		x->faults++;
	/* A reply that found no memory would leave the peer out of step. */
	if (reply_code(reply) == 421 || buf_bad(&x->out))
		smtp_session_close(x);
}

void
smtp_session_refuse(struct smtp_server *x, struct verb_refusal refusal)
{
	smtp_session_reply(x, refusal.reply, span_of(refusal.text));
}

static void
give_floor(struct smtp_server *x, enum reply_name reply, struct span text,
    enum smtp_server_event_kind kind)
{
	x->floor_event = kind;
	x->floor_at = x->out.n;
	x->floor_is_begun = false;
	smtp_session_enter(x, SMTP_FLOOR);
	smtp_session_reply(x, reply, text);
}

void
smtp_session_give_floor(struct smtp_server *x, enum reply_name reply,
    enum smtp_server_event_kind kind)
{
	give_floor(x, reply, (struct span){NULL, 0}, kind);
}

void
smtp_session_interrupt(struct smtp_server *x)
{
	/*
	 * A last reply that nobody has seen is taken back: the 421 stands in
	 * its place, and no turn happens.
	 */
	if (x->state == SMTP_FLOOR && !x->floor_is_begun)
		x->out.n = x->floor_at;
	smtp_session_reply(x, REPLY_OUT_OF_TURN, (struct span){NULL, 0});
}

/* --- events and questions --- */

void
smtp_session_ask(struct smtp_server *x, enum smtp_question question,
    enum smtp_server_event_kind kind)
{
	assert(x->question == ASKED_NOTHING);
	x->question = question;
	smtp_session_tell(x, kind);
	smtp_session_check(x);
}

void
smtp_session_tell(struct smtp_server *x, enum smtp_server_event_kind kind)
{
	assert(!x->event_is_due);
	x->event.kind = kind;
	x->event_is_due = true;
}

/* --- the end of a transaction, and of the session --- */

static void
forget_transaction(struct smtp_server *x)
{
	x->recipients = 0;
	x->has_utf8 = x->has_dmtp = x->is_envelope = x->has_size = false;
	intake_forget(&x->content);
	x->rate.is_running = false;
}

void
smtp_session_abort(struct smtp_server *x)
{
	forget_transaction(x);
	x->abort_is_due = x->abort_is_due || x->has_transaction;
	x->has_transaction = false;
}

void
smtp_session_end(struct smtp_server *x, enum reply_name reply, struct span text)
{
	smtp_session_abort(x);
	if (smtp_session_is_turned(x) && reply_code(reply) != 421) {
		give_floor(x, reply, text, SMTP_SERVER_TURN_BACK);
		return;
	}
	smtp_session_enter(x, SMTP_IDLE);
	smtp_session_reply(x, reply, text);
}

void
smtp_session_close(struct smtp_server *x)
{
	if (x->state == SMTP_CLOSED)
		return;
	/* An END that was never given out: for the owner there was none. */
	if (x->event_is_due && (x->event.kind == SMTP_SERVER_END ||
				   x->event.kind == SMTP_SERVER_MSID))
		x->has_transaction = true;
	x->event_is_due = false;
	x->question = ASKED_NOTHING;
	x->closed_is_due = true;
	smtp_session_abort(x);
	verb_auth_forget(x);
	line_forget(&x->line);
	if (buf_bad(&x->out))
		buf_release(&x->out);
	smtp_session_enter(x, SMTP_CLOSED);
}
