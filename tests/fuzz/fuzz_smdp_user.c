/*
 * The SMDP user service with any input: an owner whose answers are drawn from
 * the first line, while the rest is what a user's program says. Promised are
 * lines that can be read, one END or ABORT for each MAIL, numbers that never
 * change hands, and the same whatever the pieces.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/utf8.h"
#include "proto/user/smdp_user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_MAX    (4u << 20)
#define STEPS_MAX   200000
#define TICKS_MAX   40
#define NUMBERS_MAX 64 /* more than there are keys, twice */

struct world {
	struct smdp_user *user;
	struct machine machine;
	struct fuzz_draws draws;
	struct span words; /* for subjects, senders, texts */
	struct buf unread, said, events, content;
	size_t content_at;
	int64_t now;
	bool is_over, has_message, is_to_be_spoiled;
	bool is_late; /* the question is answered after one more feed */
	struct smdp_user_event open;
	unsigned announced;
	unsigned items_left; /* of the open list */
	struct span text;    /* of the open text */
	size_t piece;
	bool gives_list, gives_text;
	struct {
		bool is_known;
		enum smdp_user_kind kind;
		struct key key;
	} numbers[NUMBERS_MAX];
};

static void
init(struct world *w, struct fuzz_draws draws, struct span words)
{
	struct smdp_user_setup setup = {.hostname = "mx.test",
	    .command_timeout = 300,
	    .content_timeout = 180,
	    .rate_min = 1024};
	bool is_narrow;

	*w = (struct world){.now = 1000, .draws = draws};
	w->words = span_part(words, 0, 500);
	buf_init(&w->unread, SAID_MAX);
	buf_init(&w->said, SAID_MAX);
	buf_init(&w->events, SAID_MAX);
	buf_init(&w->content, SAID_MAX);
	is_narrow = fuzz_draw(&w->draws, 2) == 1;
	setup.message_size = is_narrow ? 20 : 100000;
	setup.recipients_max = is_narrow ? 2 : 10;
	setup.verbs_max = is_narrow ? 12 : 1000;
	w->user = smdp_user_new(&setup, w->now);
	assert(w->user != NULL);
	w->machine = smdp_user_machine(w->user);
	smdp_user_greet(w->user, fuzz_draw(&w->draws, 16) == 15
				     ? REPLY_TOO_MANY_SESSIONS
				     : REPLY_USER_GREETING);
}

static void
fini(struct world *w)
{
	smdp_user_free(&w->user);
	buf_fini(&w->unread);
	buf_fini(&w->said);
	buf_fini(&w->events);
	buf_fini(&w->content);
}

/* --- the owner --- */

static struct key
draw_key(struct world *w)
{
	struct key key = {{1}};

	key.b[15] = (uint8_t)fuzz_draw(&w->draws, 8);
	return key;
}

static void
announce(struct world *w)
{
	int rc;

	if (fuzz_draw(&w->draws, 4) != 3)
		return;
	rc = smdp_user_announce(w->user, draw_key(w));
	assert(rc == 0 || rc == -E_STATE);
	w->announced++;
}

static void
answer(struct world *w, enum reply_name yes)
{
	static const enum reply_name others[] = {REPLY_DELIVERY_LATER,
	    REPLY_NO_SUCH_NUMBER, REPLY_AUTH_FAILED, REPLY_DENIED,
	    REPLY_SHUTTING_DOWN};
	unsigned other = fuzz_draw(&w->draws, 16);
	enum reply_name reply = other > 10 ? others[other - 11] : yes;

	if (w->open.kind == SMDP_USER_MAIL && reply == yes)
		w->has_message = true;
	w->gives_list = w->gives_text = false;
	if (reply == REPLY_SIGNED_IN || reply == REPLY_LIST_FOLLOWS)
		w->gives_list = true;
	if (reply == REPLY_TEXT_FOLLOWS)
		w->gives_text = true;
	w->items_left = fuzz_draw(&w->draws, 8);
	w->piece = 1 + fuzz_draw(&w->draws, 64);
	w->text =
	    fuzz_draw(&w->draws, 2) == 1 ? w->words : span_of(".\r\n..\r\nx");
	smdp_user_tell(w->user, reply, w->words);
	announce(w);
}

static void
answer_open(struct world *w)
{
	w->is_late = false;
	switch (w->open.kind) {
	case SMDP_USER_PASSWORD:
		answer(w, REPLY_SIGNED_IN);
		break;
	case SMDP_USER_LIST:
		answer(w, REPLY_LIST_FOLLOWS);
		break;
	case SMDP_USER_RETR:
		answer(w, REPLY_TEXT_FOLLOWS);
		break;
	case SMDP_USER_VERDICT:
		answer(w, REPLY_VERDICT_OK);
		break;
	case SMDP_USER_DELETE:
		answer(w, REPLY_DELETED);
		break;
	case SMDP_USER_MAIL:
		answer(w, REPLY_SENDER_OK);
		break;
	case SMDP_USER_RCPT:
		answer(w, REPLY_RECIPIENT_OK);
		break;
	case SMDP_USER_DATA:
		w->is_to_be_spoiled = fuzz_draw(&w->draws, 4) == 3;
		w->content_at = w->content.n;
		answer(w, REPLY_SEND_CONTENT);
		break;
	case SMDP_USER_END:
		answer(w, REPLY_HELD);
		break;
	case SMDP_USER_CONTENT:
	case SMDP_USER_ABORT:
	case SMDP_USER_CLOSED:
		abort(); /* these ask nothing */
	}
}

/* A number belongs to whom it belonged. */
static void
check_number(struct world *w, const struct smdp_user_event *e)
{
	assert(e->number > 0 && e->number < NUMBERS_MAX);
	if (w->numbers[e->number].is_known) {
		assert(w->numbers[e->number].kind == e->item_kind);
		assert(key_equals(w->numbers[e->number].key, e->key));
	}
	w->numbers[e->number].is_known = true;
	w->numbers[e->number].kind = e->item_kind;
	w->numbers[e->number].key = e->key;
	assert(
	    e->kind != SMDP_USER_DELETE || e->item_kind == SMDP_USER_MESSAGE);
	assert(e->kind != SMDP_USER_VERDICT || !verdict_turns(e->verdict) ||
	       e->item_kind == SMDP_USER_ENVELOPE);
}

static void
end_message(struct world *w)
{
	assert(w->has_message);
	w->has_message = false;
}

static void
take_event(struct world *w, const struct smdp_user_event *e)
{
	if (e->kind == SMDP_USER_CONTENT) {
		assert(w->has_message && e->text.n > 0);
		if (w->is_to_be_spoiled)
			smdp_user_spoil(w->user, REPLY_NO_ROOM);
		else
			buf_put(&w->content, e->text);
		return;
	}
	buf_print(&w->events, "%d %u %d ", (int)e->kind, (unsigned)e->number,
	    (int)e->verdict);
	if (e->address != NULL)
		buf_text(&w->events, e->address->text);
	buf_put(&w->events, e->text);
	buf_put(&w->events, e->password);
	buf_char(&w->events, '\n');
	if (e->kind == SMDP_USER_CLOSED) {
		assert(!w->is_over && !w->has_message);
		w->is_over = true;
		return;
	}
	if (e->kind == SMDP_USER_ABORT) {
		end_message(w);
		/* How much of it was told is a matter of the pieces. */
		w->content.n = w->content_at;
		return;
	}
	if (e->kind == SMDP_USER_PASSWORD)
		assert(e->text.n > 0 && e->text.n < ADDRESS_TEXT &&
		       e->password.n > 0);
	if (e->number > 0)
		check_number(w, e);
	if (e->kind == SMDP_USER_END) {
		assert(e->size == w->content.n - w->content_at);
		end_message(w);
	}
	w->open = *e;
	w->is_late = fuzz_draw(&w->draws, 8) == 7;
	if (!w->is_late)
		answer_open(w);
}

static bool
take_events(struct world *w)
{
	struct smdp_user_event event;
	bool any = false;

	while (smdp_user_next(w->user, &event) == 1) {
		/* What MAIL said is forgotten between two of them. */
		if (event.kind == SMDP_USER_MAIL)
			w->content_at = w->content.n;
		take_event(w, &event);
		any = true;
	}
	return any;
}

static void
give_item(struct world *w)
{
	struct smdp_user_item item = {
	    .kind = (enum smdp_user_kind)fuzz_draw(&w->draws, 2),
	    .key = draw_key(w),
	    .state = span_part(w->words, 0, fuzz_draw(&w->draws, 8)),
	    .time = (int64_t)fuzz_draw(&w->draws, 256) << 32,
	    .size = fuzz_draw(&w->draws, 256),
	    .sender = span_part(w->words, 8, fuzz_draw(&w->draws, 64)),
	    .attachments = fuzz_draw(&w->draws, 3),
	    .subject = span_skip(w->words, fuzz_draw(&w->draws, 32))};
	int rc = smdp_user_item(w->user, &item);

	assert(rc == 0 || rc == -E_STATE);
	if (fuzz_draw(&w->draws, 32) == 31)
		smdp_user_break(w->user);
}

static bool
give(struct world *w)
{
	struct span piece;

	if (w->gives_list && w->items_left > 0) {
		w->items_left--;
		give_item(w);
		announce(w);
		return true;
	}
	if (w->gives_list) {
		w->gives_list = false;
		(void)smdp_user_list_end(w->user);
		return true;
	}
	if (!w->gives_text)
		return false;
	piece = span_part(w->text, 0, w->piece);
	w->text = span_skip(w->text, piece.n);
	if (piece.n > 0) {
		w->gives_text = smdp_user_text(w->user, piece) == 0;
		return true;
	}
	w->gives_text = false;
	(void)smdp_user_text_end(w->user);
	return true;
}

/* --- the pump --- */

static bool
feed(struct world *w)
{
	struct span all = buf_span(&w->unread);
	char *exact;
	size_t used;

	if (all.n == 0)
		return false;
	exact = fuzz_exact(all);
	used = w->machine.ops->feed(
	    w->machine.self, span_make(exact, all.n), w->now);
	memset(exact, 'x', all.n);
	free(exact);
	assert(used <= all.n);
	assert(!w->is_late || used == 0 || w->is_over);
	buf_drop(&w->unread, used);
	return used > 0;
}

static bool
drain(struct world *w)
{
	struct span out = w->machine.ops->out(w->machine.self);
	bool any = out.n > 0;

	while (out.n > 0) {
		size_t n = out.n > 7 ? 7 : out.n;

		assert(buf_put(&w->said, span_part(out, 0, n)) == 0);
		w->machine.ops->sent(w->machine.self, n);
		out = w->machine.ops->out(w->machine.self);
	}
	return any;
}

static void
run(struct world *w)
{
	bool moved = true;

	for (unsigned steps = 0; moved; steps++) {
		assert(steps < STEPS_MAX);
		moved = feed(w);
		if (w->is_late) {
			answer_open(w);
			moved = true;
		}
		moved = take_events(w) || moved;
		moved = give(w) || moved;
		moved = drain(w) || moved;
	}
}

static void
play(struct world *w, struct span input, bool whole)
{
	struct fuzz_pieces pieces = fuzz_pieces(input);
	bool is_stopped = fuzz_draw(&w->draws, 4) == 3;

	run(w);
	for (size_t at = 0, n = 0; at < input.n && !w->is_over; at += n) {
		n = whole ? input.n : fuzz_piece(&pieces, input.n - at);
		assert(buf_put(&w->unread, span_part(input, at, n)) == 0);
		run(w);
	}
	if (is_stopped) {
		smdp_user_stop(w->user);
		run(w);
	}
	if (w->has_message)
		w->content.n = w->content_at;
}

/* Somebody is always waited for, who may not take for ever. */
static void
outlast(struct world *w)
{
	int64_t at = w->machine.ops->deadline(w->machine.self);

	for (unsigned ticks = 0; at != INT64_MAX; ticks++) {
		assert(ticks < TICKS_MAX);
		w->now = at > w->now ? at : w->now;
		w->machine.ops->tick(w->machine.self, w->now);
		run(w);
		at = w->machine.ops->deadline(w->machine.self);
	}
	assert(w->is_over);
	assert(w->machine.ops->wants(w->machine.self) == 0);
}

/* --- what was said --- */

static bool
starts(struct span line, const char *word)
{
	return span_starts_nocase(line, span_of(word));
}

/* Lines of a reply, or of what stands behind it up to a lone dot. */
static void
check_said(const struct world *w)
{
	struct span rest = buf_span(&w->said);
	struct span line;
	bool is_list = false, is_text = false;
	unsigned news = 0;

	while (span_find(rest, 0, '\n') < rest.n) {
		span_cut(&rest, '\n', &line);
		assert(line.n > 0 && line.p[line.n - 1] == '\r');
		line.n--;
		assert(span_find(line, 0, '\r') == line.n);
		assert(span_find(line, 0, '\0') == line.n);
		if (span_equals(line, span_of("."))) {
			assert(is_list || is_text);
			is_list = is_text = false;
			continue;
		}
		if (is_text) {
			assert(line.n == 0 || line.p[0] != '.' ||
			       starts(line, ".."));
			continue;
		}
		assert(line.n >= 2 && line.n < 1000);
		for (size_t i = 0; i < line.n; i++)
			assert((unsigned char)line.p[i] >= ' ');
		assert(utf8_is_valid(line));
		if (is_list)
			continue;
		assert(line.p[0] >= '1' && line.p[0] <= '5' && line.n > 4 &&
		       line.p[3] == ' ');
		news += starts(line, "104 new message ");
		is_list = starts(line, "213 ") || starts(line, "230 ");
		is_text = starts(line, "222 ");
	}
	/* Only what was broken off ends without its dot. */
	assert(rest.n == 0 || is_text);
	assert(news <= w->announced);
}

static void
show(const char *name, const struct world *w)
{
	fprintf(stderr, "--- %s: events, said\n", name);
	fwrite(w->events.p, 1, w->events.n, stderr);
	fwrite(w->said.p, 1, w->said.n, stderr);
}

static void
assert_alike(const struct world *a, const struct world *b)
{
	if (fuzz_same(&a->events, &b->events) &&
	    fuzz_same(&a->said, &b->said) &&
	    fuzz_same(&a->content, &b->content))
		return;
	show("whole", a);
	show("in pieces", b);
	abort();
}

void
fuzz_one(struct span input)
{
	struct fuzz_draws draws = fuzz_draw_line(&input);
	struct world whole, split;

	init(&whole, draws, input);
	init(&split, draws, input);
	play(&whole, input, true);
	play(&split, input, false);
	assert_alike(&whole, &split);
	outlast(&whole);
	outlast(&split);
	check_said(&whole);
	check_said(&split);
	fini(&whole);
	fini(&split);
}
