/*
 * The machine of the SMDP user service: octets in, events out, orders in,
 * replies out; its states and the moves on them. Not for commands
 * (smdp_user_verb.c), numbers and lists (smdp_user_list.c), content
 * (smdp_user_content.c) or time (smdp_user_clock.c). The contract is
 * smdp_user.h, the diagram of states smdp_user_inner.h.
 */
#include "proto/user/smdp_user.h"

#include "base/err.h"
#include "proto/user/smdp_user_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct span nothing = {NULL, 0};

/* --- states --- */

/* Where each state may go; OVER can follow on every one. */
static unsigned
legal_moves(enum smdp_user_state from)
{
	switch (from) {
	case SMDP_USER_WAITING:
		return SMDP_USER_FRESH;
	case SMDP_USER_FRESH:
		return SMDP_USER_NAMED;
	case SMDP_USER_NAMED:
		return SMDP_USER_NAMED | SMDP_USER_FRESH | SMDP_USER_LISTING;
	case SMDP_USER_READY:
		return SMDP_USER_READY | SMDP_USER_LISTING | SMDP_USER_TEXT |
		       SMDP_USER_WRITING;
	case SMDP_USER_WRITING:
		return SMDP_USER_READY | SMDP_USER_READING_CONTENT;
	case SMDP_USER_LISTING:
	case SMDP_USER_TEXT:
	case SMDP_USER_READING_CONTENT:
		return SMDP_USER_READY;
	case SMDP_USER_OVER:
		return 0;
	}
	return 0;
}

void
smdp_user_enter(struct smdp_user *x, enum smdp_user_state state)
{
	unsigned writes = SMDP_USER_WRITING | SMDP_USER_READING_CONTENT;

	assert((legal_moves(x->state) & state) != 0 || state == SMDP_USER_OVER);
	assert((state & writes) != 0 || x->recipients == 0);
	x->state = state;
	x->rate.is_running = false;
	smdp_user_clock_restart(x);
}

bool
smdp_user_listens(const struct smdp_user *x)
{
	unsigned reading = SMDP_USER_READS_LINES | SMDP_USER_READING_CONTENT;

	return (x->state & reading) != 0 && !x->is_asked && !x->event_is_due &&
	       !x->abort_is_due && !x->content.is_due &&
	       intake_has_room(&x->content) && x->out.n <= SMDP_USER_OUT_HIGH;
}

void
smdp_user_reply(struct smdp_user *x, enum reply_name reply, struct span text)
{
	if (x->is_signed_in)
		smdp_user_list_tell_new(x);
	reply_print(reply, text, &x->out);
	smdp_user_clock_restart(x);
	if (reply_code(reply) / 100 == 5)
		x->faults++;
	/* A reply that found no memory would leave the peer out of step. */
	if (reply_code(reply) == 421 || buf_bad(&x->out))
		smdp_user_close(x);
}

void
smdp_user_ask(struct smdp_user *x, enum smdp_user_event_kind kind)
{
	assert(!x->is_asked && !x->event_is_due);
	x->event.kind = kind;
	x->is_asked = x->event_is_due = true;
}

/* --- the end of a message, and of the session --- */

void
smdp_user_abort(struct smdp_user *x)
{
	x->recipients = 0;
	intake_forget(&x->content);
	x->abort_is_due = x->abort_is_due || x->has_message;
	x->has_message = false;
}

void
smdp_user_finish(struct smdp_user *x, enum reply_name reply, struct span text)
{
	smdp_user_abort(x);
	smdp_user_enter(x, SMDP_USER_READY);
	smdp_user_reply(x, reply, text);
}

void
smdp_user_forget_password(struct smdp_user *x)
{
	if (x->password.p != NULL)
		explicit_bzero(x->password.p, x->password.cap);
	buf_release(&x->password);
	x->password_is_given = false;
}

void
smdp_user_close(struct smdp_user *x)
{
	if (x->state == SMDP_USER_OVER)
		return;
	/* An END that was never given out: for the owner there was none. */
	if (x->event_is_due && x->event.kind == SMDP_USER_END)
		x->has_message = true;
	x->event_is_due = x->is_asked = false;
	x->closed_is_due = true;
	smdp_user_abort(x);
	smdp_user_forget_password(x);
	smdp_user_list_forget(x);
	line_forget(&x->line);
	if (buf_bad(&x->out))
		buf_release(&x->out);
	smdp_user_enter(x, SMDP_USER_OVER);
}

/* --- the machine --- */

/* What the last event lent goes: every call on the machine begins so. */
static void
take_back(struct smdp_user *x)
{
	intake_drop_lent(&x->content);
	if (x->password_is_given)
		smdp_user_forget_password(x);
}

/* A server that stops says so once it owes no reply. */
static void
settle(struct smdp_user *x)
{
	unsigned between = SMDP_USER_WAITING | SMDP_USER_READS_LINES;

	if (x->is_stopping && (x->state & between) != 0 && !x->is_asked)
		smdp_user_reply(x, REPLY_SHUTTING_DOWN, nothing);
}

static size_t
take_line(struct smdp_user *x, struct span in)
{
	struct span line;
	size_t used;

	/* All at once: growing would leave half a password behind. */
	if (x->line.text.cap == 0)
		(void)buf_room(&x->line.text, SMDP_USER_LINE_MAX);
	if (line_feed(&x->line, in, &used, &line) == 0)
		return used;
	smdp_user_clock_restart(x);
	x->verbs++;
	if (x->verbs > x->setup.verbs_max || x->faults >= SMDP_USER_FAULTS_MAX)
		smdp_user_reply(x, REPLY_TOO_MANY_VERBS, nothing);
	else
		smdp_user_verb_take(x, line);
	/* It may hold a password, even where none belongs. */
	line_forget(&x->line);
	return used;
}

static size_t
take_some(struct smdp_user *x, struct span in)
{
	if (x->state == SMDP_USER_READING_CONTENT)
		return smdp_user_content_take(x, in);
	return take_line(x, in);
}

static int64_t
deadline(const void *self)
{
	return smdp_user_clock_deadline(self);
}

static void
tick(void *self, int64_t now)
{
	take_back(self);
	smdp_user_clock_tick(self, now);
}

static size_t
feed(void *self, struct span in, int64_t now)
{
	struct smdp_user *x = self;
	size_t used = 0;

	take_back(x);
	smdp_user_clock_set(x, now);
	while (used < in.n && smdp_user_listens(x))
		used += take_some(x, span_skip(in, used));
	intake_offer(&x->content);
	if (x->state == SMDP_USER_OVER)
		used = in.n;
	if (x->state == SMDP_USER_READING_CONTENT && !x->is_asked) {
		if (used > 0)
			smdp_user_clock_restart(x);
		if (used < in.n)
			x->rate.was_held = true;
	}
	settle(x);
	smdp_user_clock_set(x, now);
	return used;
}

static struct span
out(const void *self)
{
	const struct smdp_user *x = self;

	return buf_span(&x->out);
}

static void
sent(void *self, size_t n)
{
	struct smdp_user *x = self;

	assert(n <= x->out.n);
	buf_drop(&x->out, n);
	smdp_user_clock_sent(x, n);
}

static int
wants(const void *self)
{
	const struct smdp_user *x = self;

	if (x->state == SMDP_USER_OVER)
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
smdp_user_machine(struct smdp_user *x)
{
	return (struct machine){.ops = &ops, .self = x};
}

struct smdp_user *
smdp_user_new(const struct smdp_user_setup *setup, int64_t now)
{
	struct smdp_user *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->setup = *setup;
	x->setup.hostname = x->hostname;
	(void)span_copy(
	    span_of(setup->hostname), x->hostname, sizeof x->hostname);
	x->now = x->since = now;
	x->state = SMDP_USER_WAITING;
	line_init(&x->line, SMDP_USER_LINE_MAX);
	buf_init(&x->out, SMDP_USER_OUT_MAX);
	buf_init(&x->password, SMDP_USER_LINE_MAX);
	intake_init(&x->content);
	return x;
}

void
smdp_user_free(struct smdp_user **x)
{
	if (*x == NULL)
		return;
	smdp_user_forget_password(*x);
	smdp_user_list_forget(*x);
	line_fini(&(*x)->line);
	buf_fini(&(*x)->out);
	intake_fini(&(*x)->content);
	free(*x);
	*x = NULL;
}

/* --- events --- */

static void
give_content(struct smdp_user *x, struct smdp_user_event *event_r)
{
	*event_r = (struct smdp_user_event){
	    .kind = SMDP_USER_CONTENT,
	    .text = intake_lend(&x->content),
	};
}

static void
give_event(struct smdp_user *x, struct smdp_user_event *event_r)
{
	*event_r = x->event;
	x->event_is_due = false;
	x->password_is_given = x->event.kind == SMDP_USER_PASSWORD;
	x->event.password = nothing;
}

int
smdp_user_next(struct smdp_user *x, struct smdp_user_event *event_r)
{
	take_back(x);
	*event_r = (struct smdp_user_event){.kind = SMDP_USER_ABORT};
	if (x->content.is_due) {
		give_content(x, event_r);
	} else if (x->abort_is_due) {
		x->abort_is_due = false;
	} else if (x->event_is_due) {
		give_event(x, event_r);
	} else if (x->closed_is_due) {
		event_r->kind = SMDP_USER_CLOSED;
		x->closed_is_due = false;
	} else {
		return 0;
	}
	return 1;
}

/* --- orders --- */

void
smdp_user_greet(struct smdp_user *x, enum reply_name reply)
{
	if (x->state == SMDP_USER_OVER)
		return;
	assert(reply == REPLY_USER_GREETING || reply_code(reply) == 421);
	if (reply == REPLY_USER_GREETING)
		smdp_user_enter(x, SMDP_USER_FRESH);
	smdp_user_reply(x, reply, span_of(x->hostname));
	settle(x);
}

static void
tell_password(struct smdp_user *x, enum reply_name reply, struct span text)
{
	assert(reply == REPLY_SIGNED_IN || reply_code(reply) >= 400);
	if (reply == REPLY_SIGNED_IN) {
		smdp_user_list_asked(x);
		smdp_user_enter(x, SMDP_USER_LISTING);
		smdp_user_reply(x, reply, text);
		x->is_signed_in = true;
		return;
	}
	smdp_user_enter(x, SMDP_USER_FRESH);
	if (reply_code(reply) >= 500)
		x->tries++;
	if (x->tries >= SMDP_USER_TRIES_MAX)
		reply = REPLY_TOO_MANY_TRIES;
	smdp_user_reply(x, reply, text);
}

/* LIST and RETR: 213 or 222 opens the way for what the owner gives. */
static void
tell_giving(struct smdp_user *x, enum reply_name reply, struct span text,
    enum smdp_user_state state)
{
	enum reply_name yes = state == SMDP_USER_LISTING ? REPLY_LIST_FOLLOWS
							 : REPLY_TEXT_FOLLOWS;

	assert(reply == yes || reply_code(reply) >= 400);
	content_reader_init(&x->given_check);
	content_writer_init(&x->given);
	if (reply == yes)
		smdp_user_enter(x, state);
	smdp_user_reply(x, reply, text);
}

static void
tell_data(struct smdp_user *x, enum reply_name reply, struct span text)
{
	if (reply != REPLY_SEND_CONTENT) {
		smdp_user_finish(x, reply, text);
		return;
	}
	intake_begin(&x->content, x->setup.message_size, REPLY_TOO_LARGE);
	smdp_user_enter(x, SMDP_USER_READING_CONTENT);
	smdp_user_reply(x, reply, text);
}

/* What was asked about one item: the answer may be that it has ended. */
static void
note_end(struct smdp_user *x, enum reply_name reply)
{
	struct smdp_user_entry *entry = smdp_user_list_find(x, x->event.number);
	bool is_deleted =
	    x->event.kind == SMDP_USER_DELETE && reply_code(reply) / 100 == 2;

	if (entry != NULL && (is_deleted || reply == REPLY_NO_SUCH_NUMBER))
		entry->has_ended = true;
}

static void
tell_yes_or_no(struct smdp_user *x, enum reply_name reply, struct span text)
{
	bool is_yes = reply_code(reply) / 100 == 2;

	if (is_yes && x->event.kind == SMDP_USER_MAIL) {
		x->has_message = true;
		smdp_user_enter(x, SMDP_USER_WRITING);
	}
	if (is_yes && x->event.kind == SMDP_USER_RCPT)
		x->recipients++;
	smdp_user_reply(x, reply, text);
}

void
smdp_user_tell(struct smdp_user *x, enum reply_name reply, struct span text)
{
	take_back(x);
	/* A late answer finds nobody who waits for it. */
	if (x->state == SMDP_USER_OVER)
		return;
	assert(x->is_asked && !x->event_is_due);
	x->is_asked = false;
	switch (x->event.kind) {
	case SMDP_USER_PASSWORD:
		tell_password(x, reply, text);
		break;
	case SMDP_USER_LIST:
		tell_giving(x, reply, text, SMDP_USER_LISTING);
		break;
	case SMDP_USER_RETR:
		note_end(x, reply);
		tell_giving(x, reply, text, SMDP_USER_TEXT);
		break;
	case SMDP_USER_VERDICT:
	case SMDP_USER_DELETE:
		note_end(x, reply);
		tell_yes_or_no(x, reply, text);
		break;
	case SMDP_USER_MAIL:
	case SMDP_USER_RCPT:
		tell_yes_or_no(x, reply, text);
		break;
	case SMDP_USER_DATA:
		tell_data(x, reply, text);
		break;
	case SMDP_USER_END:
		smdp_user_finish(x, reply, text);
		break;
	case SMDP_USER_CONTENT:
	case SMDP_USER_ABORT:
	case SMDP_USER_CLOSED:
		break; /* these are never asked */
	}
	settle(x);
}

size_t
smdp_user_room(const struct smdp_user *x)
{
	if ((x->state & SMDP_USER_GIVES) == 0 ||
	    x->out.n >= SMDP_USER_TEXT_HIGH)
		return 0;
	return SMDP_USER_TEXT_HIGH - x->out.n;
}

/* The last of what the owner gave is written: back to commands. */
static int
end_giving(struct smdp_user *x)
{
	smdp_user_enter(x, SMDP_USER_READY);
	if (buf_bad(&x->out))
		smdp_user_close(x);
	settle(x);
	return 0;
}

int
smdp_user_list_end(struct smdp_user *x)
{
	if (x->state != SMDP_USER_LISTING)
		return -E_STATE;
	smdp_user_list_close(x);
	return end_giving(x);
}

int
smdp_user_text(struct smdp_user *x, struct span octets)
{
	if (x->state != SMDP_USER_TEXT)
		return -E_STATE;
	if (octets.n > smdp_user_room(x))
		return -E_AGAIN;
	content_check(&x->given_check, octets);
	if (x->given_check.malformed) {
		smdp_user_close(x);
		return -E_SYNTAX;
	}
	smdp_user_clock_given(x);
	content_write(&x->given, octets, &x->out);
	if (buf_bad(&x->out))
		smdp_user_close(x);
	return 0;
}

int
smdp_user_text_end(struct smdp_user *x)
{
	if (x->state != SMDP_USER_TEXT)
		return -E_STATE;
	/* A CR at the very end is as bare as any. */
	if (x->given.saw_cr) {
		smdp_user_close(x);
		return -E_SYNTAX;
	}
	content_write_end(&x->given, &x->out);
	return end_giving(x);
}

void
smdp_user_break(struct smdp_user *x)
{
	smdp_user_close(x);
}

void
smdp_user_spoil(struct smdp_user *x, enum reply_name reply)
{
	if (x->state == SMDP_USER_OVER)
		return;
	if (!x->is_asked) {
		intake_spoil(&x->content, reply);
		return;
	}
	/* The content ended behind the run that the owner did not like. */
	assert(x->event.kind == SMDP_USER_END && x->event_is_due);
	x->event_is_due = x->is_asked = false;
	x->has_message = true;
	smdp_user_finish(x, reply, nothing);
	settle(x);
}

void
smdp_user_stop(struct smdp_user *x)
{
	x->is_stopping = true;
	settle(x);
}
