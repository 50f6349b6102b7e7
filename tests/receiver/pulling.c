/* A recording world for receiver/pull. */
#include "pulling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
make_call(void *owner, const struct pull_call *call)
{
	struct pulling *p = owner;
	struct pulling_call *c;

	if (p->nobody)
		return -E_CLOSED;
	assert_true(p->call_count < PULLING_CALLS);
	assert_in_range(call->count, 1, PULL_CALL_ITEMS);
	c = &p->calls[p->call_count++];
	c->number = call->call;
	c->address = call->address;
	c->count = call->count;
	c->over = false;
	for (unsigned i = 0; i < call->count; i++) {
		const struct store_notice *n = call->notices[i];

		assert_true(ip_equals(n->address, call->address));
		assert_span(n->domain, "a.test");
		/* not assert_span(): sanitizers do not look into cmocka */
		assert_true(span_equals(n->server, span_of("mx.a.test")));
		c->notices[i] = n->key;
		c->unconfirmed[i] = n->unconfirmed;
		assert_int_equal(
		    span_copy(n->id, c->ids[i], sizeof c->ids[i]), 0);
	}
	return 0;
}

static void
confirmed(void *owner, struct ip address, struct span domain)
{
	struct pulling *p = owner;

	assert_span(domain, "a.test");
	p->confirmed++;
	p->confirmed_last = address;
}

static void
ended(void *owner)
{
	struct pulling *p = owner;

	p->ended++;
}

void
pulling_open(struct pulling *p, const char *more, uint64_t seed)
{
	const struct pull_world world = {p, make_call, confirmed, ended};

	memset(p, 0, sizeof *p);
	side_open(&p->side, "b.test", more, seed);
	side_add_user(&p->side, "bob@b.test");
	assert_int_equal(
	    pull_new(p->side.store, p->side.settings, NODE, &world, &p->pull),
	    0);
}

void
pulling_close(struct pulling *p)
{
	side_assert_clean(&p->side);
	pull_free(&p->pull);
	side_close(&p->side);
}

void
pulling_clear(struct pulling *p)
{
	p->call_count = 0;
}

void
pulling_put(
    struct pulling *p, const char *id, const char *address, int64_t life)
{
	struct store_op *op = side_op(&p->side, STORE_NOTICE_PUT);
	const struct store_notice notice = {
	    .id = span_of(id),
	    .domain = span_of("a.test"),
	    .server = span_of("mx.a.test"),
	    .key = key_new(p->side.now),
	    .address = ip_of(address),
	    .dialect = ROUTE_GDEL,
	    .state = NOTICE_WANTED,
	    .created = p->side.now,
	    .next_at = p->side.now,
	    .expires_at = p->side.now + life,
	};

	op->notice_put.count = 1;
	op->notice_put.notices = &notice;
	assert_in_range(side_do(&p->side, op), STORE_OK, STORE_EXISTS);
	store_op_free(&op);
}

void
pulling_look(struct pulling *p)
{
	pull_look(p->pull, p->side.now);
	side_turn(&p->side);
}

struct pulling_call *
pulling_only(struct pulling *p)
{
	assert_int_equal(p->call_count, 1);
	assert_int_equal(p->calls[0].count, 1);
	return &p->calls[0];
}

void
pulling_over(struct pulling *p, struct pulling_call *call, bool reached)
{
	call->over = true;
	pull_over(p->pull, call->number, reached, span_of("why it ended"),
	    p->side.now);
	side_turn(&p->side);
}

void
pulling_end(struct pulling *p, struct pulling_call *call, unsigned at,
    enum pull_end end)
{
	pull_ended(p->pull, call->number, call->notices[at], end,
	    span_of("reply"), p->side.now);
	side_turn(&p->side);
	if (at + 1 == call->count)
		pulling_over(p, call, true);
}

enum reply_name
pulling_arrive(struct pulling *p, const char *id, const struct arrival *as)
{
	struct arrival a = *as;
	struct heard heard = {0};

	a.way = ARRIVAL_PULLED;
	a.notice_id = span_of(id);
	a.notice_domain = span_of("a.test");
	pull_arrived(p->pull, &a, p->side.now, hear_text, &heard);
	side_turn(&p->side);
	assert_int_equal(heard.times, 1);
	return heard.reply;
}

struct store_notice
pulling_get(struct pulling *p, const char *id)
{
	struct store_op *op = side_op(&p->side, STORE_NOTICE_GET);
	struct store_notice notice;

	op->notice_get.id = span_of(id);
	op->notice_get.domain = span_of("a.test");
	assert_int_equal(side_do(&p->side, op), STORE_OK);
	notice = op->notice_get.notice;
	notice.id = notice.domain = notice.reply = span_of("");
	store_op_free(&op);
	return notice;
}

int
set_up(void **state)
{
	struct pulling *p = malloc(sizeof *p);

	assert_non_null(p);
	pulling_open(p, "", 0);
	*state = p;
	return 0;
}

int
tear_down(void **state)
{
	pulling_close(*state);
	free(*state);
	return 0;
}

void
pull_once(struct pulling *p, int64_t at, enum pull_end end)
{
	p->side.now = at - 1;
	pulling_look(p);
	assert_int_equal(p->call_count, 0);
	p->side.now = at;
	pulling_look(p);
	pulling_end(p, pulling_only(p), 0, end);
	pulling_clear(p);
}

void
put_many(struct pulling *p, unsigned count, const char *address)
{
	char id[48];

	for (unsigned i = 0; i < count; i++) {
		snprintf(id, sizeof id, "%s-%u", address, i);
		pulling_put(p, id, address, 48 * HOUR);
	}
}

void
fetch(struct pulling *p, const char *id)
{
	struct arrival a = arrival_to("bob@b.test", NULL);

	assert_int_equal(pulling_arrive(p, id, &a), REPLY_STORED);
}
