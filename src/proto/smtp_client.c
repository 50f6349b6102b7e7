/*
 * For: the client's side of SMTP as a pure machine: its states, its clock, the
 * answers it reads, and the orders of a session (GDEL, RETR, NOOP, QUIT).
 * Not for: what is said before READY (smtp_client_hello.c) and the steps of one
 * message (smtp_client_send.c); deciding whom to call or what to send.
 * More: smtp_client.h; docs/WIRE.md, sections 3 and 4; RFC 5321 4.1, 4.5.3.2.
 *
 *   DIALLED  GREETING -> EHLO [-> HELO] ------------------------> READY
 *                          \-> STARTTLS -> HANDSHAKE -> EHLO ...
 *            READY -> AWAY -> READY            the turn, and back
 *            READY -> MAIL -> RCPT -> DATA -> CONTENT -> FINAL -> READY
 *                       \_______\_______\--> RESET ------------> READY
 *            READY -> QUIT -> CLOSED
 *   TURNED   FLOOR -> MAIL -> RCPT -> DATA -> CONTENT -> FINAL -> BACK
 *               \_______\_______\--> RESET --------------------> BACK
 *   any but CLOSED -> BROKEN
 *
 * With BDAT there is no DATA: RCPT -> CONTENT. Must stay true:
 * - HANDSHAKE, AWAY and BACK take no input: it belongs to somebody else.
 * - an answer is taken only when every octet before it has been sent, but for
 *   the first answers to a group of GDEL;
 * - the end of content leaves only behind exactly the size that was announced.
 */
#include "proto/smtp_client_inner.h"

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
    [CLIENT_READY] = {.moves = TO(AWAY) | TO(MAIL) | TO(QUIT)},
    [CLIENT_AWAY] = {.moves = TO(READY), .deaf = true},
    [CLIENT_FLOOR] = {.moves = TO(MAIL) | TO(RESET)},
    [CLIENT_MAIL] = {.moves = TO(RCPT) | TO(RESET) | TO(BACK), .owed = true},
    [CLIENT_RCPT] = {.moves = TO(DATA) | TO(CONTENT) | TO(RESET) | TO(BACK),
	.owed = true},
    [CLIENT_DATA] = {.moves = TO(CONTENT) | TO(RESET) | TO(BACK), .owed = true},
    [CLIENT_CONTENT] = {.moves = TO(FINAL)},
    [CLIENT_FINAL] = {.moves = TO(READY) | TO(BACK), .owed = true},
    [CLIENT_RESET] = {.moves = TO(READY) | TO(BACK), .owed = true},
    [CLIENT_BACK] = {.moves = 0, .deaf = true},
    [CLIENT_QUIT] = {.moves = TO(CLOSED), .owed = true},
    [CLIENT_CLOSED] = {.moves = 0},
    [CLIENT_BROKEN] = {.moves = 0},
};

/* A wait begins now; if an order began it, the next step tells the time. */
static void
begin_wait(struct smtp_client *x)
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
	begin_wait(x);
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
	bool has_verdict = x->has_verdict;

	if (is_over(x))
		return;
	x->state = CLIENT_BROKEN;
	x->has_verdict = x->unasked = false;
	x->owed_count = 0;
	buf_release(&x->out);
	x->broken_untold = true;
	x->broken = (struct smtp_client_event){
	    .kind = SMTP_CLIENT_BROKEN, .reason = reason};
	if (reply != NULL)
		x->broken.reply = *reply;
	/* What the peer said about the message is true all the same. */
	if (has_verdict)
		smtp_client_emit(x, SMTP_CLIENT_SENT, &x->verdict);
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

/* Answers to the group of GDEL, RETR and NOOP that was said when READY. */
static void
group_reply(struct smtp_client *x, const struct reply *reply)
{
	struct smtp_client_owed owed = x->owed[x->owed_first];
	bool turn = owed.turns && reply->code == 250;
	struct smtp_client_event *event;

	if (reply->code / 100 == 3) {
		smtp_client_surprise(x, reply);
		return;
	}
	x->owed_first = (x->owed_first + 1) % SMTP_CLIENT_WINDOW;
	x->owed_count--;
	begin_wait(x);
	event = smtp_client_emit(
	    x, turn ? SMTP_CLIENT_TURN : SMTP_CLIENT_REPLY, reply);
	if (event == NULL)
		return;
	event->tag = owed.tag;
	if (turn)
		smtp_client_enter(x, CLIENT_AWAY);
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
		group_reply(x, reply);
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

static void
on_reply(struct smtp_client *x, const struct reply *reply)
{
	/* Only a group may be answered while its end is still to be sent. */
	bool group_goes_on = x->state == CLIENT_READY && x->owed_count > 1;

	if (reply->code == 421)
		smtp_client_fail(x, "the peer closes the connection", reply);
	else if (x->unasked)
		smtp_client_fail(x, "the peer spoke out of turn", reply);
	else if (x->out.n > 0 && !group_goes_on)
		smtp_client_fail(x, "an answer before its command", reply);
	else
		dispatch(x, reply);
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
	rc = reply_feed(&x->reader, in, &used, &line, &last, &reply);
	if (rc < 0)
		smtp_client_fail(x, "the answer is malformed", NULL);
	if (rc == 1 && x->state == CLIENT_EHLO)
		smtp_client_hello_line(x, line);
	if (rc == 1 && last)
		on_reply(x, &reply);
	return used;
}

static size_t
feed(void *self, struct span in, int64_t now)
{
	struct smtp_client *x = self;
	size_t taken = 0;

	x->now = now;
	while (taken < in.n && !traits[x->state].deaf && !is_over(x))
		taken += feed_line(x, span_skip(in, taken));
	settle_wait(x);
	return is_over(x) ? in.n : taken;
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
	if (x->state == CLIENT_CONTENT || x->state == CLIENT_FINAL)
		begin_wait(x);
}

/* How long the present wait may last; INT64_MAX: there is none. */
static int64_t
patience(const struct smtp_client *x)
{
	if (x->state == CLIENT_GREETING)
		return x->setup.greeting_timeout;
	if (x->state == CLIENT_CONTENT || x->state == CLIENT_FINAL) {
		if (x->out.n > 0)
			return x->setup.content_timeout;
		/* Without an end we wait for our own side, not the peer. */
		return x->state == CLIENT_FINAL ? SMTP_CLIENT_LAST_REPLY_TIMEOUT
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
	return x->restart ? x->now : x->since + seconds;
}

static void
tick(void *self, int64_t now)
{
	struct smtp_client *x = self;

	x->now = now;
	settle_wait(x);
	if (deadline(x) <= now)
		smtp_client_fail(x, "the peer took too long", NULL);
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
	x->state = turned ? CLIENT_FLOOR : CLIENT_GREETING;
	x->capabilities = turned ? setup->capabilities : 0;
	x->now = x->since = now;
	buf_init(&x->out, SMTP_CLIENT_OUT_MAX);
	buf_init(&x->rcpt_line, SMTP_CLIENT_LINE_MAX);
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
	smtp_client_send_fini(*x);
	reply_reader_fini(&(*x)->reader);
	buf_fini(&(*x)->out);
	free(*x);
	*x = NULL;
}

/* May an order join what is on its way? Nothing follows RETR (WIRE 2). */
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
	begin_wait(x);
	return 0;
}

int
smtp_client_gdel(struct smtp_client *x, struct span id,
    const struct params *params, uint64_t tag)
{
	struct params said = *params;
	size_t start = x->out.n;
	int rc = may_join(x);

	if (rc < 0)
		return rc;
	if (id.n == 0 || !smtp_client_may_say(id, false) ||
	    !smtp_client_may_say(span_of(params->from), false))
		return -E_SYNTAX;
	said.has_digest &= (x->capabilities & SMTP_CAN_PULL_DIGEST) != 0;
	said.has_expires &= (x->capabilities & SMTP_CAN_PULL_EXPIRES) != 0;
	said.from[0] = '\0';
	buf_text(&x->out, "GDEL ");
	buf_put(&x->out, id);
	params_print_notice(&said, &x->out);
	if (params->from[0] != '\0' &&
	    (x->capabilities & SMTP_CAN_PULL_FROM) != 0)
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

/* Is this machine at rest, so that a command in lock step may be said? */
static bool
is_at_rest(const struct smtp_client *x)
{
	return x->state == CLIENT_READY && x->owed_count == 0 && !x->unasked;
}

int
smtp_client_noop(struct smtp_client *x, uint64_t tag)
{
	struct smtp_client_owed owed = {.tag = tag, .ends_group = true};
	size_t start = x->out.n;

	if (!is_at_rest(x))
		return -E_STATE;
	buf_text(&x->out, "NOOP");
	return join(x, start, owed);
}

int
smtp_client_quit(struct smtp_client *x)
{
	size_t start = x->out.n;
	int rc;

	if (!is_at_rest(x))
		return -E_STATE;
	buf_text(&x->out, "QUIT");
	rc = smtp_client_line_end(x, start);
	if (rc == 0)
		smtp_client_enter(x, CLIENT_QUIT);
	return rc;
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
