/* Two servers, their posters and restarts. */
#include "life.h"

#include "store/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
life_happens(struct life *l, unsigned percent)
{
	uint64_t z = l->luck += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % 100 < percent;
}

struct letter *
life_letter(struct life *l, struct span id)
{
	for (unsigned i = 0; i < l->letter_count; i++)
		if (span_equals(span_of(l->letters[i].id), id))
			return &l->letters[i];
	return NULL;
}

/* ---- the worlds of the steps ---- */

static struct life_call *
call_new(struct life *l, enum life_call_kind kind, uint64_t number)
{
	struct life_call *c;

	assert_true(l->call_count < LIFE_CALLS);
	c = &l->calls[l->call_count++];
	memset(c, 0, sizeof *c);
	c->kind = kind;
	c->number = number;
	return c;
}

static struct life_item *
call_add(struct life_call *c, struct key key, struct span id)
{
	struct life_item *item;

	assert_true(c->count < LIFE_CALL_MOST);
	item = &c->items[c->count++];
	item->key = key;
	assert_int_equal(span_copy(id, item->id, sizeof item->id), 0);
	return item;
}

static void
resolve(void *owner, uint64_t question, struct span domain)
{
	assert_span(domain, "b.test");
	call_new(owner, LIFE_QUESTION, question);
}

static int
call_notices(void *owner, const struct notify_call *call)
{
	struct life *l = owner;
	struct life_call *c;

	if (life_happens(l, l->chances.crash))
		return -E_CLOSED;
	c = call_new(l, LIFE_NOTICES, call->call);
	for (unsigned i = 0; i < call->count; i++)
		memcpy(
		    call_add(c, call->items[i].hold, call->items[i].id)->digest,
		    call->items[i].digest, STORE_DIGEST);
	return 0;
}

static int
call_pulls(void *owner, const struct pull_call *call)
{
	struct life *l = owner;
	struct life_call *c;

	if (life_happens(l, l->chances.crash))
		return -E_CLOSED;
	assert_true(ip_equals(call->address, ip_of(ORIGIN_ADDRESS)));
	c = call_new(l, LIFE_PULLS, call->call);
	for (unsigned i = 0; i < call->count; i++) {
		const struct store_notice *n = call->notices[i];

		call_add(c, n->key, n->id)->confirm = n->unconfirmed;
	}
	return 0;
}

static int
deliver(void *owner, const struct put_delivery *d)
{
	struct life *l = owner;
	struct letter *letter = life_letter(l, d->delivery->notice_id);
	struct life_call *c;

	if (life_happens(l, l->chances.crash))
		return -E_AGAIN;
	assert_non_null(letter);
	assert_span(d->message->body, letter->body);
	c = call_new(l, LIFE_POST, 0);
	call_add(c, d->delivery->key, d->delivery->notice_id);
	assert_int_equal(
	    span_copy(span_of(d->name), c->name, sizeof c->name), 0);
	c->repeated = d->repeated;
	return 0;
}

static void
free_body(void *owner, struct key message)
{
	(void)owner;
	(void)message;
	fail_msg("a body that was never spooled is to be freed");
}

/* ---- processes that end ---- */

static void
start_origin(struct life *l)
{
	const struct notify_world world = {l, resolve, call_notices, free_body};

	assert_int_equal(notify_new(l->origin.store, l->origin.settings, NODE,
			     &world, &l->notify),
	    0);
}

/* What it is good for is in the receiver's tests. */
static void
confirmed(void *owner, struct ip address, struct span domain)
{
	(void)owner;
	(void)address;
	(void)domain;
}

static void
start_destination(struct life *l)
{
	const struct pull_world pull = {l, call_pulls, confirmed, NULL};
	const struct put_world put = {l, deliver, free_body, NULL, NULL};
	const struct side *s = &l->destination;

	assert_int_equal(
	    pull_new(s->store, s->settings, NODE, &pull, &l->pull), 0);
	assert_int_equal(
	    put_new(s->store, s->settings, NODE, &put, &l->put), 0);
}

/* What was handed out by a keeper that is gone finds nobody. */
static void
forget(struct life *l, enum life_call_kind one, enum life_call_kind other)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < l->call_count; i++)
		if (l->calls[i].kind != one && l->calls[i].kind != other)
			l->calls[kept++] = l->calls[i];
	l->call_count = kept;
}

static void
free_leases(struct side *s)
{
	struct store_op *op = side_op(s, STORE_LEASE_FREE);

	op->lease_free.node = NODE;
	assert_int_equal(side_do(s, op), STORE_OK);
	store_op_free(&op);
}

static void
restart_origin(struct life *l)
{
	side_turn(&l->origin);
	notify_free(&l->notify);
	forget(l, LIFE_QUESTION, LIFE_NOTICES);
	l->expiry.running = false;
	start_origin(l);
	free_leases(&l->origin);
}

static void
restart_destination(struct life *l)
{
	side_turn(&l->destination);
	pull_free(&l->pull);
	put_free(&l->put);
	forget(l, LIFE_PULLS, LIFE_POST);
	start_destination(l);
	free_leases(&l->destination);
}

/* ---- life ---- */

void
life_open(struct life *l, struct life_chances chances, uint64_t seed)
{
	struct side *o = &l->origin, *d = &l->destination;

	memset(l, 0, sizeof *l);
	l->chances = chances;
	l->luck = seed;
	side_open(o, "a.test", "", chances.weather);
	side_open(
	    d, "b.test", "", chances.weather == 0 ? 0 : chances.weather + 1000);
	side_add_user(o, "alice@a.test");
	side_add_user(d, "bob@b.test");
	side_add_user(d, "carol@b.test");
	l->none = hosts_of(NULL);
	l->accept = (struct accept){
	    o->store, o->settings, o->local, o->secret, NULL, NULL};
	l->serve = (struct serve_setup){.store = o->store,
	    .settings = o->settings,
	    .server_secret = o->secret,
	    .node = NODE};
	l->admit = (struct admit){d->store, d->settings, d->local, l->none,
	    l->none, l->none, l->none, NULL};
	l->expiry =
	    (struct hold_expiry){o->store, o->settings, l, free_body, false};
	start_origin(l);
	start_destination(l);
}

void
life_close(struct life *l)
{
	side_turn(&l->origin);
	side_turn(&l->destination);
	side_assert_clean(&l->origin);
	side_assert_clean(&l->destination);
	notify_free(&l->notify);
	pull_free(&l->pull);
	put_free(&l->put);
	hosts_free(&l->none);
	side_close(&l->origin);
	side_close(&l->destination);
}

struct writing {
	struct life *life;
	const char *body;
	struct key message;
};

static void
note_letter(void *arg, const struct store_hold_row *row)
{
	struct writing *w = arg;
	struct life *l = w->life;
	struct letter *letter;

	if (!key_equals(row->hold.message, w->message))
		return;
	assert_true(l->letter_count < LIFE_LETTERS);
	letter = &l->letters[l->letter_count++];
	span_copy(row->hold.id, letter->id, sizeof letter->id);
	span_copy(
	    row->hold.recipient, letter->recipient, sizeof letter->recipient);
	span_copy(span_of(w->body), letter->body, sizeof letter->body);
}

void
life_write(struct life *l, const char *const *recipients)
{
	struct arrival_recipient to[8] = {0};
	struct heard heard;
	struct arrival a;
	char body[64];
	unsigned n = 0;

	for (; recipients[n] != NULL; n++)
		to[n].recipient = span_of(recipients[n]);
	do {
		struct writing w = {.life = l, .body = body};

		snprintf(body, sizeof body, "letter %u\r\n", l->letter_count);
		a = arrival_for(to, n);
		a.body = span_of(body);
		w.message = a.message;
		memset(&heard, 0, sizeof heard);
		accept_message(
		    &l->accept, &a, l->origin.now, hear_text, &heard);
		side_turn(&l->origin);
		assert_int_equal(heard.times, 1);
		/* "later" may have been held all the same */
		side_each_hold(&l->origin, note_letter, &w);
	} while (heard.reply != REPLY_HELD);
}

/* ---- a poster ---- */

static bool
has_file(const struct life *l, const char *name)
{
	for (unsigned i = 0; i < l->file_count; i++)
		if (strcmp(l->files[i], name) == 0)
			return true;
	return false;
}

/* The user moves every message at once: only who looks finds it again. */
static void
post(struct life *l, const struct life_call *c)
{
	struct letter *letter = life_letter(l, span_of(c->items[0].id));
	bool done = !life_happens(l, l->chances.loss);
	int64_t now = l->destination.now;

	assert_non_null(letter);
	if (done && !(c->repeated && has_file(l, c->name))) {
		assert_true(l->file_count < LIFE_FILES);
		memcpy(l->files[l->file_count++], c->name, sizeof c->name);
		letter->files++;
	}
	if (life_happens(l, l->chances.crash))
		put_lost(l->put, 0, now);
	else
		put_ended(l->put, c->items[0].key, done, span_of("why"), now);
}

/* ---- time ---- */

static void
answer_question(struct life *l, const struct life_call *c)
{
	char target[STORE_TARGET];
	bool known = !life_happens(l, l->chances.dns);

	target_write(ip_of(DESTINATION_ADDRESS), target);
	if (life_happens(l, l->chances.crash))
		notify_unresolved(l->notify, l->origin.now);
	else
		notify_resolved(l->notify, c->number,
		    known ? MX_FOUND : MX_TEMPORARY,
		    known ? span_make(target, sizeof target) : span_of(""),
		    l->origin.now);
}

static void
play(struct life *l, const struct life_call *c)
{
	switch (c->kind) {
	case LIFE_QUESTION:
		answer_question(l, c);
		return;
	case LIFE_NOTICES:
		life_calls_notices(l, c);
		return;
	case LIFE_PULLS:
		life_calls_pulls(l, c);
		return;
	case LIFE_POST:
		post(l, c);
		return;
	}
}

static void
look(struct life *l)
{
	hold_expire(&l->expiry, l->origin.now);
	notify_look(l->notify, l->origin.now);
	pull_look(l->pull, l->destination.now);
	put_look(l->put, l->destination.now);
	side_turn(&l->origin);
	side_turn(&l->destination);
}

void
life_tick(struct life *l, int64_t seconds)
{
	if (life_happens(l, l->chances.crash))
		restart_origin(l);
	if (life_happens(l, l->chances.crash))
		restart_destination(l);
	look(l);
	while (l->call_count > 0) {
		struct life_call c = l->calls[0];

		l->call_count--;
		memmove(
		    l->calls, l->calls + 1, l->call_count * sizeof l->calls[0]);
		play(l, &c);
		side_turn(&l->origin);
		side_turn(&l->destination);
	}
	l->origin.now += seconds;
	l->destination.now += seconds;
}

bool
life_is_over(struct life *l)
{
	struct store_count o = side_count(&l->origin);
	struct store_count d = side_count(&l->destination);

	return o.holds[HOLD_HELD] + o.holds[HOLD_NOTICED] +
		   o.holds[HOLD_LEASED] + d.notices[NOTICE_WANTED] +
		   d.notices[NOTICE_PULLING] + d.deliveries + d.unconfirmed ==
	       0;
}
