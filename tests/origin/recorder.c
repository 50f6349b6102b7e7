/* A recording world for origin/notify. */
#include "recorder.h"

#include "store/target.h"

#include <stdlib.h>
#include <string.h>

struct span
target_of(const char *address)
{
	static char target[STORE_TARGET];

	target_write(ip_of(address), target);
	return span_make(target, sizeof target);
}

static void
resolve(void *owner, uint64_t question, struct span domain)
{
	struct recorder *r = owner;
	struct recorded_question *q;

	assert_true(r->question_count < RECORDER_MAX);
	q = &r->questions[r->question_count++];
	q->number = question;
	assert_int_equal(span_copy(domain, q->domain, sizeof q->domain), 0);
}

/* What the store would say to a pull that comes at this very moment. */
static void
assert_aimed(struct recorder *r, const struct notify_call *call)
{
	for (unsigned i = 0; i < call->count; i++) {
		struct store_op *op = side_op(r->side, STORE_HOLD_GET);

		op->hold_get.key = call->items[i].hold;
		assert_int_equal(side_do(r->side, op), STORE_OK);
		assert_true(
		    span_equals(op->hold_get.row.hold.targets, call->targets));
		store_op_free(&op);
	}
}

static void
keep_item(struct recorded_item *to, const struct notify_item *from)
{
	to->hold = from->hold;
	to->envelope = from->envelope;
	to->size = from->size;
	to->push = from->push;
	memcpy(to->digest, from->digest, STORE_DIGEST);
	assert_int_equal(span_copy(from->id, to->id, sizeof to->id), 0);
	assert_int_equal(
	    span_copy(from->envid, to->envid, sizeof to->envid), 0);
	assert_int_equal(
	    span_copy(from->sender, to->sender, sizeof to->sender), 0);
	assert_int_equal(
	    span_copy(from->recipient, to->recipient, sizeof to->recipient), 0);
	assert_int_equal(
	    span_copy(from->subject, to->subject, sizeof to->subject), 0);
	assert_int_equal(span_copy(from->text, to->text, sizeof to->text), 0);
}

static void
keep(struct recorded_call *c, const struct notify_call *call)
{
	c->number = call->call;
	c->count = call->count;
	assert_int_equal(
	    span_copy(call->domain, c->domain, sizeof c->domain), 0);
	assert_true(call->targets.n <= sizeof c->targets);
	memcpy(c->targets, call->targets.p, call->targets.n);
	c->targets_size = call->targets.n;
	c->items = calloc(call->count, sizeof *c->items);
	assert_non_null(c->items);
	for (unsigned i = 0; i < call->count; i++)
		keep_item(&c->items[i], &call->items[i]);
}

static int
make_call(void *owner, const struct notify_call *call)
{
	struct recorder *r = owner;

	if (r->nobody)
		return -E_CLOSED;
	assert_true(r->call_count < RECORDER_MAX);
	keep(&r->calls[r->call_count++], call);
	if (r->look_first)
		assert_aimed(r, call);
	return 0;
}

static void
free_body(void *owner, struct key message)
{
	struct recorder *r = owner;

	assert_false(key_is_zero(message));
	r->freed++;
}

void
recorder_open(struct recorder *r, struct side *side)
{
	const struct notify_world world = {r, resolve, make_call, free_body};

	memset(r, 0, sizeof *r);
	r->side = side;
	r->dialect = ROUTE_GDEL;
	assert_int_equal(
	    notify_new(side->store, side->settings, NODE, &world, &r->notify),
	    0);
}

void
recorder_clear(struct recorder *r)
{
	for (unsigned i = 0; i < r->call_count; i++)
		free(r->calls[i].items);
	r->call_count = r->question_count = 0;
}

void
recorder_close(struct recorder *r)
{
	recorder_clear(r);
	notify_free(&r->notify);
}

void
recorder_look(struct recorder *r)
{
	notify_look(r->notify, r->side->now);
	side_turn(r->side);
}

void
recorder_resolve(
    struct recorder *r, enum mx_outcome outcome, const char *target)
{
	/* answering may bring further questions: they are answered too */
	for (unsigned i = 0; i < r->question_count; i++) {
		struct span targets =
		    outcome == MX_FOUND ? target_of(target) : span_of("");

		notify_resolved(r->notify, r->questions[i].number, outcome,
		    targets, r->side->now);
		side_turn(r->side);
	}
	r->question_count = 0;
}

struct recorded_call *
recorder_call(struct recorder *r, const char *domain)
{
	for (unsigned i = 0; i < r->call_count; i++)
		if (strcmp(r->calls[i].domain, domain) == 0)
			return &r->calls[i];
	fail_msg("no call to %s", domain);
	return NULL;
}

void
recorder_answer(struct recorder *r, uint64_t number, struct key hold, int code,
    const char *reply)
{
	const struct notify_reply answer = {
	    .code = code,
	    .dialect = r->dialect,
	    .reply = span_of(reply),
	    .capabilities = 33,
	};

	notify_answered(r->notify, number, hold, &answer, r->side->now);
}

void
recorder_reply(struct recorder *r, const struct recorded_call *call, int code,
    const char *reply)
{
	for (unsigned i = 0; i < call->count; i++)
		recorder_answer(
		    r, call->number, call->items[i].hold, code, reply);
	recorder_over(r, call);
}

void
recorder_over(struct recorder *r, const struct recorded_call *call)
{
	notify_over(
	    r->notify, call->number, span_of("why it ended"), r->side->now);
	side_turn(r->side);
}
