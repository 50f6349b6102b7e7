/*
 * For: the client's side of SMTP as a pure machine: its states, its clock, and
 * the answers it reads.
 * Not for: what is said before READY (smtp_client_hello.c), the orders of one
 * line (smtp_client_order.c), the steps of one message (smtp_client_send.c) or
 * of one notice that takes several (smtp_client_notice.c); deciding whom to
 * call or what to send.
 * More: smtp_client.h; docs/WIRE.md, sections 3 to 6; RFC 5321 4.1, 4.5.3.2.
 *
 *   DIALLED  GREETING -> EHLO [-> HELO] ------------------------> READY
 *                          \-> STARTTLS -> HANDSHAKE -> EHLO ...
 *            READY -> AWAY -> READY            the turn, and back
 *            READY -> MAIL -> RCPT -> DATA -> CONTENT -> FINAL -> READY
 *                       \_______\_______\--> RESET ------------> READY
 *            READY -> MAIL -> RCPT -> MSID --------------------> READY
 *            READY -> ENVELOPE -> RCPTS [-> SIZE] -> DATA -> FINAL -> READY
 *                       \_________\__________\_____\--> RESET -> READY
 *            READY -> QUIT -> CLOSED
 *   TURNED   FLOOR -> MAIL -> RCPT -> DATA -> CONTENT -> FINAL -> BACK
 *               \_______\_______\--> RESET --------------------> BACK
 *            FLOOR -> DATA -> CONTENT -> FINAL -> BACK -> CLOSED   after GTML
 *   any but CLOSED -> BROKEN
 *
 * With BDAT there is no DATA: RCPT -> CONTENT. Must stay true:
 * - HANDSHAKE, AWAY and BACK take no input: it belongs to somebody else.
 * - an answer is taken only when every octet before it has been sent, but for
 *   the first answers to a group of GDEL, or of an envelope's RCPT;
 * - the end of content leaves only behind exactly the size that was announced.
 */
#include "proto/client/smtp_client_inner.h"

#include "base/err.h"

#include <assert.h>
#include <stdlib.h>

struct told {
	struct list node;
	struct smtp_client_event event;
};

/* What is true of each state, whatever is said in it. */
struct traits {
	unsigned moves; /* the states that may follow, BROKEN apart */
	bool owed;      /* the peer owes an answer (READY: if the group does) */
	bool deaf;      /* input is somebody else's */
};

#define TO(state) (1u << CLIENT_##state)

static const struct traits traits[] = {
    [CLIENT_GREETING] = {.moves = TO(EHLO), .owed = true},
    [CLIENT_EHLO] = {.moves = TO(HELO) | TO(STARTTLS) | TO(READY),
	.owed = true},
    [CLIENT_HELO] = {.moves = TO(READY), .owed = true},
    [CLIENT_STARTTLS] = {.moves = TO(HANDSHAKE) | TO(READY), .owed = true},
    [CLIENT_HANDSHAKE] = {.moves = TO(EHLO), .deaf = true},
    [CLIENT_READY] = {.moves = TO(AWAY) | TO(MAIL) | TO(ENVELOPE) | TO(QUIT)},
    [CLIENT_AWAY] = {.moves = TO(READY), .deaf = true},
    [CLIENT_FLOOR] = {.moves = TO(MAIL) | TO(DATA) | TO(RESET)},
    [CLIENT_MAIL] = {.moves = TO(RCPT) | TO(RESET) | TO(BACK), .owed = true},
    [CLIENT_RCPT] = {.moves = TO(DATA) | TO(CONTENT) | TO(MSID) | TO(RESET) |
			      TO(BACK),
	.owed = true},
    [CLIENT_MSID] = {.moves = TO(READY) | TO(RESET), .owed = true},
    [CLIENT_ENVELOPE] = {.moves = TO(RCPTS) | TO(RESET), .owed = true},
    [CLIENT_RCPTS] = {.moves = TO(RCPTS) | TO(SIZE) | TO(DATA) | TO(RESET),
	.owed = true},
    [CLIENT_SIZE] = {.moves = TO(DATA) | TO(RESET), .owed = true},
    [CLIENT_DATA] = {.moves = TO(CONTENT) | TO(FINAL) | TO(RESET) | TO(BACK),
	.owed = true},
    [CLIENT_CONTENT] = {.moves = TO(FINAL)},
    [CLIENT_FINAL] = {.moves = TO(READY) | TO(BACK), .owed = true},
    [CLIENT_RESET] = {.moves = TO(READY) | TO(BACK), .owed = true},
    [CLIENT_BACK] = {.moves = TO(CLOSED), .deaf = true},
    [CLIENT_QUIT] = {.moves = TO(CLOSED), .owed = true},
    [CLIENT_CLOSED] = {.moves = 0},
    [CLIENT_BROKEN] = {.moves = 0},
};

void
smtp_client_begin_wait(struct smtp_client *x)
{
	x->restart = true;
}

static void
settle_wait(struct smtp_client *x)
{
	if (x->restart)
		x->since = x->now;
	x->restart = false;
}

void
smtp_client_enter(struct smtp_client *x, enum smtp_client_state state)
{
	assert((traits[x->state].moves & (1u << state)) != 0);
	x->state = state;
	smtp_client_begin_wait(x);
}

static bool
is_over(const struct smtp_client *x)
{
	return x->state == CLIENT_BROKEN || x->state == CLIENT_CLOSED;
}

void
smtp_client_fail(
    struct smtp_client *x, const char *reason, const struct reply *reply)
{
	/* Who was turned to says SENT only as the turn goes back. */
	bool has_refusal =
	    x->has_refusal && x->setup.kind == SMTP_CLIENT_DIALLED;

	if (is_over(x))
		return;
	x->left_at_mail = x->state == CLIENT_MAIL && reply == NULL;
	x->state = CLIENT_BROKEN;
	x->has_refusal = x->unasked = false;
	x->owed_count = 0;
	buf_release(&x->out);
	x->broken_untold = true;
	x->broken = (struct smtp_client_event){
	    .kind = SMTP_CLIENT_BROKEN, .reason = reason};
	if (reply != NULL)
		x->broken.reply = *reply;
	/* What the peer said about the message is true all the same. */
	if (has_refusal)
		smtp_client_send_tell(x, &x->refusal, false);
}

void
smtp_client_surprise(struct smtp_client *x, const struct reply *reply)
{
	smtp_client_fail(x, "an answer that this command cannot have", reply);
}

struct smtp_client_event *
smtp_client_emit(struct smtp_client *x, enum smtp_client_event_kind kind,
    const struct reply *reply)
{
	struct told *told = calloc(1, sizeof(*told));

	if (told == NULL) {
		smtp_client_fail(x, "no memory", NULL);
		return NULL;
	}
	told->event.kind = kind;
	if (reply != NULL)
		told->event.reply = *reply;
	list_append(&x->events, &told->node);
	return &told->event;
}

int
smtp_client_next(struct smtp_client *x, struct smtp_client_event *event_r)
{
	struct list *node = list_shift(&x->events);

	if (node != NULL) {
		struct told *told = LIST_OF(node, struct told, node);
		*event_r = told->event;
		free(told);
		return 1;
	}
	if (!x->broken_untold)
		return 0;
	x->broken_untold = false;
	*event_r = x->broken;
	return 1;
}

bool
smtp_client_may_say(struct span s, bool spaces)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < ' ' || c == 127 || (c == ' ' && !spaces))
			return false;
	}
	return true;
}

bool
smtp_client_can(const struct smtp_client *x, enum smtp_capability capability)
{
	return (x->capabilities & (uint64_t)capability) != 0;
}

bool
smtp_client_is_at_rest(const struct smtp_client *x)
{
	return x->state == CLIENT_READY && x->owed_count == 0 && !x->unasked;
}

int
smtp_client_line_end(struct smtp_client *x, size_t start)
{
	buf_text(&x->out, "\r\n");
	if (!buf_bad(&x->out) && x->out.n - start <= SMTP_CLIENT_LINE_MAX)
		return 0;
	x->out.n = start;
	x->out.bad = false;
	return -E_RANGE;
}

static void
quit_reply(struct smtp_client *x, const struct reply *reply)
{
	smtp_client_enter(x, CLIENT_CLOSED);
	smtp_client_emit(x, SMTP_CLIENT_CLOSED, reply);
}

/* Does the peer owe us an answer, so that its octets are legal? */
static bool
is_owed(const struct smtp_client *x)
{
	return traits[x->state].owed || x->owed_count > 0;
}

/* Gives a complete and legal reply to the state that waits for it. */
static void
dispatch(struct smtp_client *x, const struct reply *reply)
{
	switch (x->state) {
	case CLIENT_GREETING:
	case CLIENT_EHLO:
	case CLIENT_HELO:
	case CLIENT_STARTTLS:
		smtp_client_hello_reply(x, reply);
		return;
	case CLIENT_READY:
		smtp_client_order_reply(x, reply);
		return;
	case CLIENT_MSID:
	case CLIENT_ENVELOPE:
	case CLIENT_RCPTS:
	case CLIENT_SIZE:
		smtp_client_notice_reply(x, reply);
		return;
	case CLIENT_MAIL:
	case CLIENT_RCPT:
	case CLIENT_DATA:
	case CLIENT_FINAL:
	case CLIENT_RESET:
		smtp_client_send_reply(x, reply);
		return;
	case CLIENT_QUIT:
		quit_reply(x, reply);
		return;
	case CLIENT_HANDSHAKE:
	case CLIENT_AWAY:
	case CLIENT_FLOOR:
	case CLIENT_CONTENT:
	case CLIENT_BACK:
	case CLIENT_CLOSED:
	case CLIENT_BROKEN:
		return;
	}
}

/* Only a group may be answered while its end is still to be sent. */
static bool
is_group_longer(const struct smtp_client *x)
{
	if (x->state == CLIENT_RCPTS)
		return x->said - x->answered > 1;
	return x->state == CLIENT_READY && x->owed_count > 1;
}

static void
on_reply(struct smtp_client *x, const struct reply *reply)
{
	if (reply->code == 421)
		smtp_client_fail(x, "the peer closes the connection", reply);
	else if (x->unasked)
		smtp_client_fail(x, "the peer spoke out of turn", reply);
	else if (x->out.n > 0 && !is_group_longer(x))
		smtp_client_fail(x, "an answer before its command", reply);
	else
		dispatch(x, reply);
}

/* GTML is the one order whose answer may be a command. */
static bool
awaits_command(const struct smtp_client *x)
{
	return x->state == CLIENT_READY && x->owed_count > 0 &&
	       x->owed[x->owed_first].gtml;
}

/* Takes at most one line of a reply; says how many octets that was. */
static size_t
feed_line(struct smtp_client *x, struct span in)
{
	struct span line = {NULL, 0};
	struct reply reply = {0};
	size_t used = 0;
	bool last = false;
	int rc;

	if (!is_owed(x))
		x->unasked = true;
	x->reader.command = awaits_command(x) ? "DATA" : NULL;
	rc = reply_feed(&x->reader, in, &used, &line, &last, &reply);
	if (rc < 0)
		smtp_client_fail(x, "the answer is malformed", NULL);
	if (rc == 1 && x->state == CLIENT_EHLO)
		smtp_client_hello_line(x, line);
	if (rc == 1 && last)
		on_reply(x, &reply);
	return used;
}

/* After GTML the 354 may be there before we know what to send. */
static bool
is_deaf(const struct smtp_client *x)
{
	return traits[x->state].deaf ||
	       (x->state == CLIENT_FLOOR && x->setup.after_gtml);
}

static size_t
feed(void *self, struct span in, int64_t now)
{
	struct smtp_client *x = self;
	size_t taken = 0;

	x->now = now;
	while (taken < in.n && !is_deaf(x) && !is_over(x))
		taken += feed_line(x, span_skip(in, taken));
	settle_wait(x);
	return is_over(x) ? in.n : taken;
}

static bool
in_content(const struct smtp_client *x)
{
	return x->state == CLIENT_CONTENT || x->state == CLIENT_FINAL;
}

/* Has the peer content to take, at some least rate? */
static bool
has_rate(const struct smtp_client *x)
{
	return in_content(x) && x->out.n > 0 && x->setup.rate_min != 0;
}

static struct span
out(const void *self)
{
	const struct smtp_client *x = self;

	return buf_span(&x->out);
}

static void
sent(void *self, size_t n)
{
	struct smtp_client *x = self;

	buf_drop(&x->out, n);
	if (!in_content(x))
		return;
	smtp_client_begin_wait(x);
	x->rate.octets += n;
	if (x->out.n == 0)
		x->rate.was_held = true;
}

static int64_t
last_reply_timeout(const struct smtp_client *x)
{
	return x->setup.last_reply_timeout != 0
		   ? x->setup.last_reply_timeout
		   : SMTP_CLIENT_LAST_REPLY_TIMEOUT;
}

/* How long the present wait may last; INT64_MAX: there is none. */
static int64_t
patience(const struct smtp_client *x)
{
	if (x->state == CLIENT_GREETING)
		return x->setup.greeting_timeout;
	if (in_content(x)) {
		if (x->out.n > 0)
			return x->setup.content_timeout;
		/* Without an end we wait for our own side, not the peer. */
		return x->state == CLIENT_FINAL ? last_reply_timeout(x)
						: INT64_MAX;
	}
	if (is_owed(x) || x->unasked)
		return x->setup.command_timeout;
	return INT64_MAX;
}

static int64_t
deadline(const void *self)
{
	const struct smtp_client *x = self;
	int64_t seconds = patience(x);

	if (seconds == INT64_MAX)
		return INT64_MAX;
	/* At once: orders bring no time, so the tick tells when a wait began.
	 */
	if (x->restart)
		return x->now;
	return has_rate(x) ? rate_deadline(&x->rate, x->since + seconds)
			   : x->since + seconds;
}

/* Does the peer take too little of what is there for it? */
static bool
takes_too_little(struct smtp_client *x)
{
	if (!has_rate(x)) {
		x->rate.is_running = false;
		return false;
	}
	rate_run(&x->rate, x->now);
	return rate_is_low(&x->rate, x->now, x->setup.rate_min);
}

static void
tick(void *self, int64_t now)
{
	struct smtp_client *x = self;

	x->now = now;
	settle_wait(x);
	if (takes_too_little(x))
		smtp_client_fail(x, "the peer takes too little", NULL);
	else if (deadline(x) <= now)
		smtp_client_fail(x, "the peer took too long", NULL);
	else
		return;
	x->left_at_mail = false; /* it was silent: we leave */
}

static int
wants(const void *self)
{
	const struct smtp_client *x = self;

	if (is_over(x))
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
smtp_client_machine(struct smtp_client *x)
{
	return (struct machine){.ops = &ops, .self = x};
}

struct smtp_client *
smtp_client_new(const struct smtp_client_setup *setup, int64_t now)
{
	struct smtp_client *x = calloc(1, sizeof(*x));
	bool turned = setup->kind == SMTP_CLIENT_TURNED;

	if (x == NULL)
		return NULL;
	x->setup = *setup;
	x->setup.hostname = x->hostname;
	if (setup->hostname != NULL)
		(void)span_copy(
		    span_of(setup->hostname), x->hostname, sizeof x->hostname);
	x->state = turned ? CLIENT_FLOOR : CLIENT_GREETING;
	x->capabilities = turned ? setup->capabilities : 0;
	x->now = x->since = now;
	buf_init(&x->out, SMTP_CLIENT_OUT_MAX);
	buf_init(&x->later, SMTP_CLIENT_LATER_MAX);
	buf_init(&x->text, SMTP_CLIENT_ENVELOPE_MAX);
	reply_reader_init(&x->reader);
	list_init(&x->events);
	return x;
}

void
smtp_client_free(struct smtp_client **x)
{
	struct smtp_client_event event;

	if (*x == NULL)
		return;
	while (smtp_client_next(*x, &event) == 1)
		continue;
	buf_fini(&(*x)->later);
	buf_fini(&(*x)->text);
	reply_reader_fini(&(*x)->reader);
	buf_fini(&(*x)->out);
	free(*x);
	*x = NULL;
}

bool
smtp_client_is_left_at_mail(const struct smtp_client *x, bool hung_up)
{
	return x->left_at_mail || (hung_up && x->state == CLIENT_MAIL);
}

void
smtp_client_break(struct smtp_client *x)
{
	smtp_client_fail(x, "given up on our side", NULL);
}

void
smtp_client_secured(struct smtp_client *x)
{
	if (x->state != CLIENT_HANDSHAKE)
		return;
	x->setup.secure = true;
	x->capabilities = x->size_limit = 0;
	smtp_client_enter(x, CLIENT_EHLO);
	smtp_client_hello_say(x);
}

void
smtp_client_resume(struct smtp_client *x, int64_t now)
{
	if (x->state != CLIENT_AWAY)
		return;
	x->now = now;
	smtp_client_enter(x, CLIENT_READY);
	settle_wait(x);
}
