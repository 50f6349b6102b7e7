/* A user's message becomes ours: holds, deliveries, all or nothing. */
#include "steps.h"

#include "origin/accept.h"
#include "origin/hold.h"
#include "proto/identifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 2500 /* recipients: three parts */

struct fixture {
	struct side side;
	struct accept accept;
	struct heard heard;
};

static void
open_at(struct fixture *f, uint64_t seed)
{
	memset(f, 0, sizeof *f);
	side_open(&f->side, "a.test", "", seed);
	side_add_user(&f->side, "alice@a.test");
	f->accept = (struct accept){f->side.store, f->side.settings,
	    f->side.local, f->side.secret, NULL, NULL};
}

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	side_close(&f->side);
	free(f);
	return 0;
}

static void
begin(struct fixture *f, const struct arrival *arrival)
{
	memset(&f->heard, 0, sizeof f->heard);
	accept_message(&f->accept, arrival, f->side.now, hear_text, &f->heard);
}

static void
submit(
    struct fixture *f, const struct arrival *arrival, enum reply_name expected)
{
	begin(f, arrival);
	side_turn(&f->side);
	assert_heard(f->heard, expected);
}

/* SM-02 IM-03 */
static void
a_message_of_nobody_here_is_not_taken(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	a.user = span_of("mallory@a.test");
	submit(f, &a, REPLY_NOT_YOUR_ADDRESS);
	assert_int_equal(side_each_hold(&f->side, NULL, NULL), 0);
	side_assert_clean(&f->side);
}

/* GD-06 GD-08 DM-02 IM-01 */
static void
one_recipient_elsewhere_becomes_one_hold(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("Bob@B.Test", NULL);
	const struct store_hold_row *row;
	struct store_op *op;
	char key[KEY_TEXT];

	submit(f, &a, REPLY_HELD);
	key_text(a.message, key);
	assert_string_equal(f->heard.text, key);
	op = side_only_hold(&f->side);
	row = &op->hold_list.rows[0];
	assert_int_equal(row->hold.state, HOLD_HELD);
	assert_int_equal(row->hold.route, ROUTE_UNKNOWN);
	assert_int_equal(row->hold.next_at, NOW);
	assert_true(row->hold.expires_at == INT64_MAX);
	assert_int_equal(row->hold.tries, 0);
	assert_int_equal(row->hold.notify, 2);
	assert_span(row->hold.recipient, "Bob@B.Test");
	assert_span(row->hold.domain, "b.test");
	assert_span(row->hold.orcpt, "rfc822;somebody");
	assert_true(key_equals(row->hold.message, a.message));
	assert_span(row->message.sender, "alice@a.test");
	assert_span(row->message.envid, "QQ314159");
	assert_int_equal(row->message.size, a.size);
	assert_memory_equal(row->message.digest, a.digest, STORE_DIGEST);
	store_op_free(&op);
	side_assert_clean(&f->side);
}

/* GD-19 DM-05 DM-18 */
static void
an_identifier_is_made_of_secrets_message_and_recipient(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);
	uint8_t user_secret[STORE_SECRET];
	char expected[IDENTIFIER_TEXT];
	struct identifier_parts parts = {.server_secret = f->side.secret,
	    .user_secret = user_secret,
	    .sender = span_of("alice@a.test"),
	    .recipient = span_of("bob@b.test"),
	    .domain = span_of("b.test"),
	    .digest = a.digest};
	struct store_op *op;
	struct key key;

	memset(user_secret, 0x5a, sizeof user_secret);
	submit(f, &a, REPLY_HELD);
	op = side_only_hold(&f->side);
	parts.key = op->hold_list.rows[0].hold.key;
	identifier_make(&parts, expected);
	assert_span(op->hold_list.rows[0].hold.id, expected);
	assert_int_equal(
	    identifier_check(span_of(expected), f->side.secret, &key), 0);
	assert_true(key_equals(key, parts.key));
	store_op_free(&op);
}

struct seen {
	unsigned count;
	char ids[16][IDENTIFIER_TEXT];
};

static void
see_id(void *arg, const struct store_hold_row *row)
{
	struct seen *seen = arg;

	assert_true(seen->count < 16);
	assert_true(identifier_is_legal(row->hold.id));
	for (unsigned i = 0; i < seen->count; i++)
		assert_false(span_equals(row->hold.id, span_of(seen->ids[i])));
	assert_int_equal(
	    span_copy(row->hold.id, seen->ids[seen->count++], IDENTIFIER_TEXT),
	    0);
}

/* GD-21 AT-08 */
static void
every_message_and_recipient_has_an_identifier_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct arrival a =
	    arrival_to("bob@b.test", "carol@b.test", "bob@c.test", NULL);
	struct seen seen = {0};

	submit(f, &a, REPLY_HELD);
	a.message = key_new(NOW); /* the same text once more */
	submit(f, &a, REPLY_HELD);
	assert_int_equal(side_each_hold(&f->side, see_id, &seen), 6);
}

static struct store_op *
claim_deliveries(struct side *s)
{
	struct store_op *op = side_op(s, STORE_DELIVERY_CLAIM);

	op->delivery_claim.claim.node = NODE;
	op->delivery_claim.claim.lease_until = s->now + HOUR;
	op->delivery_claim.claim.limit = STORE_PAGE_MAX;
	op->delivery_claim.octets = 1u << 20;
	assert_int_equal(side_do(s, op), STORE_OK);
	return op;
}

static void
recipients_here_become_deliveries_with_trace_fields(void **state)
{
	struct fixture *f = *state;
	struct arrival a =
	    arrival_to("bob@b.test", "Carol@A.test", "postmaster", NULL);
	const struct store_delivery_row *rows;
	struct store_op *op;

	submit(f, &a, REPLY_HELD);
	assert_int_equal(side_each_hold(&f->side, NULL, NULL), 1);
	op = claim_deliveries(&f->side);
	rows = op->delivery_claim.rows;
	assert_int_equal(op->delivery_claim.count, 2);
	assert_span(rows[0].delivery.user, "carol@a.test");
	assert_span(rows[1].delivery.user, "postmaster@a.test");
	for (unsigned i = 0; i < 2; i++) {
		struct span trace = rows[i].delivery.trace;

		assert_true(span_starts_nocase(trace,
		    span_of("Return-Path: <alice@a.test>\r\nReceived: by "
			    "mx.a.test with ESMTPSA id ")));
		assert_span(rows[i].delivery.notice_id, "");
		assert_span(rows[i].message.head,
		    "From: alice@a.test\r\nSubject: minutes\r\n\r\n");
		assert_span(rows[i].message.body, "Here they are.\r\n");
	}
	store_op_free(&op);
	side_assert_clean(&f->side);
}

/* IM-05 */
static void
a_message_only_for_users_here_needs_no_hold(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("carol@a.test", NULL);

	submit(f, &a, REPLY_HELD);
	assert_int_equal(side_each_hold(&f->side, NULL, NULL), 0);
	assert_int_equal(side_count(&f->side).deliveries, 1);
	assert_int_equal(side_count(&f->side).messages, 1);
}

static void
a_domain_is_kept_as_labels_of_letters(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@B\xc3\xbc"
				      "cher.test",
	    NULL);
	struct store_op *op;

	submit(f, &a, REPLY_HELD);
	op = side_only_hold(&f->side);
	assert_span(op->hold_list.rows[0].hold.domain, "xn--bcher-kva.test");
	store_op_free(&op);
}

static void
a_recipient_that_is_none_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", "carol@", NULL);

	submit(f, &a, REPLY_DELIVERY_LATER);
	assert_int_equal(side_each_hold(&f->side, NULL, NULL), 0);
	assert_int_equal(side_count(&f->side).messages, 0);
	side_assert_clean(&f->side);
}

static void
the_same_message_again_is_held_once(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", "carol@a.test", NULL);

	submit(f, &a, REPLY_HELD);
	submit(f, &a, REPLY_HELD);
	assert_int_equal(side_each_hold(&f->side, NULL, NULL), 1);
	assert_int_equal(side_count(&f->side).deliveries, 1);
	side_assert_clean(&f->side);
}

/* AT-12 */
static void
what_the_store_cannot_hold_gets_no_room(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);
	char *head = calloc(1, STORE_HEAD_MAX + 1);

	assert_non_null(head);
	a.head = span_make(head, STORE_HEAD_MAX + 1);
	submit(f, &a, REPLY_NO_ROOM);
	assert_int_equal(side_count(&f->side).messages, 0);
	free(head);
}

/* IM-02 AT-12 */
static void
what_a_user_has_waiting_has_a_quota(void **state)
{
	struct arrival a = arrival_to("bob@b.test", NULL);
	struct arrival mine = arrival_to("bob@b.test", NULL);
	char more[40];
	struct fixture f;

	(void)state;
	snprintf(more, sizeof more, "hold-quota = \"%llu\"",
	    2 * (unsigned long long)a.size + 1);
	side_open(&f.side, "a.test", more, 0);
	side_add_user(&f.side, "alice@a.test");
	side_add_user(&f.side, "zoe@a.test");
	f.accept = (struct accept){f.side.store, f.side.settings, f.side.local,
	    f.side.secret, NULL, NULL};
	for (unsigned i = 0; i < 3; i++) {
		a.message = key_new(NOW);
		submit(&f, &a, i < 2 ? REPLY_HELD : REPLY_NO_ROOM);
	}
	mine.user = span_of("zoe@a.test");
	submit(&f, &mine, REPLY_HELD);
	side_close(&f.side);
}

/* ---- envelopes ---- */

struct announced {
	char recipient[32];
	struct key key, envelope;
	bool visible;
};
struct all_announced {
	unsigned count;
	struct announced at[8];
};

static void
see_envelope(void *arg, const struct store_hold_row *row)
{
	struct all_announced *all = arg;
	struct announced *a = &all->at[all->count++];

	assert_true(all->count <= 8);
	a->key = row->hold.key;
	a->envelope = row->hold.envelope;
	a->visible = row->hold.visible;
	assert_int_equal(
	    span_copy(row->hold.recipient, a->recipient, sizeof a->recipient),
	    0);
}

static const struct announced *
announced_to(const struct all_announced *all, const char *recipient)
{
	unsigned i = 0;

	while (i < all->count && strcmp(all->at[i].recipient, recipient) != 0)
		i++;
	assert_true(i < all->count);
	return &all->at[i];
}

static void
assert_announced(const struct all_announced *all, const char *recipient,
    const char *leader, bool visible)
{
	const struct announced *a = announced_to(all, recipient);

	assert_true(key_equals(a->envelope, announced_to(all, leader)->key));
	assert_int_equal(a->visible, visible);
}

/* WIRE 6: who may see each other is told together, a Bcc by itself. */
static void
visible_holds_of_one_domain_share_the_envelope_of_the_first(void **state)
{
	const struct arrival_recipient recipients[] = {
	    {.recipient = span_of("secret@b.test")},
	    {.recipient = span_of("bob@b.test"), .visible = true},
	    {.recipient = span_of("eve@c.test"), .visible = true},
	    {.recipient = span_of("carol@B.Test"), .visible = true},
	    {.recipient = span_of("hidden@b.test")},
	    {.recipient = span_of("frank@c.test"), .visible = true},
	    {.recipient = span_of("zoe@a.test"), .visible = true},
	    {.recipient = span_of("dave@b.test"), .visible = true},
	};
	struct fixture *f = *state;
	struct arrival a = arrival_for(recipients, 8);
	struct all_announced all = {0};

	submit(f, &a, REPLY_HELD);
	assert_int_equal(side_each_hold(&f->side, see_envelope, &all), 7);
	assert_announced(&all, "bob@b.test", "bob@b.test", true);
	assert_announced(&all, "carol@B.Test", "bob@b.test", true);
	assert_announced(&all, "dave@b.test", "bob@b.test", true);
	assert_announced(&all, "eve@c.test", "eve@c.test", true);
	assert_announced(&all, "frank@c.test", "eve@c.test", true);
	assert_announced(&all, "secret@b.test", "secret@b.test", false);
	assert_announced(&all, "hidden@b.test", "hidden@b.test", false);
	side_assert_clean(&f->side);
}

/* ---- more recipients than one operation takes ---- */

struct many {
	struct arrival_recipient recipients[MANY];
	char texts[MANY][32];
};

/* Every fifth is here, the others are in seven domains. */
static struct many *
many_recipients(void)
{
	struct many *m = calloc(1, sizeof *m);

	assert_non_null(m);
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 5 == 0)
			snprintf(m->texts[i], sizeof m->texts[i],
			    "user%u@a.test", i);
		else
			snprintf(m->texts[i], sizeof m->texts[i],
			    "user%u@d%u.test", i, i % 7);
		m->recipients[i].recipient = span_of(m->texts[i]);
	}
	return m;
}

struct glance {
	unsigned holds, deliveries, claimed;
};

static void
note_list(struct store_op *op, void *arg)
{
	((struct glance *)arg)->holds = op->hold_list.count;
	store_op_free(&op);
}

static void
note_claim(struct store_op *op, void *arg)
{
	((struct glance *)arg)->claimed = op->hold_claim.count;
	store_op_free(&op);
}

static void
note_deliveries(struct store_op *op, void *arg)
{
	((struct glance *)arg)->deliveries = op->delivery_claim.count;
	store_op_free(&op);
}

/* Looks from another operation's eyes, in the same turn as what is queued. */
static void
glance(struct side *s, struct glance *g)
{
	struct store_op *list = side_op(s, STORE_HOLD_LIST);
	struct store_op *claim = side_op(s, STORE_HOLD_CLAIM);
	struct store_op *deliver = side_op(s, STORE_DELIVERY_CLAIM);

	list->hold_list.limit = 1;
	list->done = note_list;
	claim->hold_claim.claim.limit = 1;
	claim->done = note_claim;
	deliver->delivery_claim.claim.limit = 1;
	deliver->done = note_deliveries;
	list->arg = claim->arg = deliver->arg = g;
	store_submit(s->store, list);
	store_submit(s->store, claim);
	store_submit(s->store, deliver);
}

static void
nothing_is_seen_before_the_last_part(void **state)
{
	struct fixture *f = *state;
	struct many *m = many_recipients();
	struct arrival a = arrival_for(m->recipients, MANY);
	unsigned turns = 0;

	begin(f, &a);
	for (;;) {
		struct glance g = {0};

		/* in front of the part that is queued, so seen before it */
		glance(&f->side, &g);
		assert_true(store_turn(f->side.store, NULL) > 0);
		if (f->heard.times > 0)
			break;
		turns++;
		assert_int_equal(g.holds + g.claimed + g.deliveries, 0);
	}
	assert_int_equal(turns, 3); /* the user, and two parts */
	assert_heard(f->heard, REPLY_HELD);
	assert_int_equal(side_each_hold(&f->side, NULL, NULL), MANY - MANY / 5);
	assert_int_equal(side_count(&f->side).deliveries, MANY / 5);
	side_assert_clean(&f->side);
	free(m);
}

struct tally {
	const struct fixture *f;
	unsigned domains[7];
};

static void
tally_hold(void *arg, const struct store_hold_row *row)
{
	struct tally *t = arg;
	struct key key;

	assert_int_equal(
	    identifier_check(row->hold.id, t->f->side.secret, &key), 0);
	assert_true(key_equals(key, row->hold.key));
	assert_int_equal(row->hold.domain.n, strlen("d0.test"));
	t->domains[row->hold.domain.p[1] - '0']++;
}

static void
each_of_2500_recipients_has_a_valid_identifier(void **state)
{
	struct fixture *f = *state;
	struct many *m = many_recipients();
	struct arrival a = arrival_for(m->recipients, MANY);
	struct tally t = {.f = f};
	unsigned sum = 0;

	submit(f, &a, REPLY_HELD);
	side_each_hold(&f->side, tally_hold, &t);
	for (unsigned i = 0; i < 7; i++) {
		assert_true(t.domains[i] > 280);
		sum += t.domains[i];
	}
	assert_int_equal(sum, MANY - MANY / 5);
	free(m);
}

/* ---- a store that is not sure ---- */

static void
in_any_weather_a_message_is_held_whole_or_not_at_all(void **state)
{
	struct many *m = many_recipients();
	struct arrival a = arrival_for(m->recipients, 1005);

	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct fixture f;
		unsigned holds;

		open_at(&f, seed);
		begin(&f, &a);
		side_turn(&f.side);
		assert_int_equal(f.heard.times, 1);
		holds = side_each_hold(&f.side, NULL, NULL);
		if (f.heard.reply == REPLY_HELD)
			assert_int_equal(holds, 804);
		else
			assert_int_equal(f.heard.reply, REPLY_DELIVERY_LATER);
		assert_true(holds == 804 || holds == 0);
		side_assert_clean(&f.side);
		side_close(&f.side);
	}
	free(m);
}

static void
a_store_that_closes_answers_later(void **state)
{
	struct fixture f;
	struct arrival a = arrival_to("bob@b.test", NULL);

	(void)state;
	open_at(&f, 0);
	begin(&f, &a);
	side_close(&f.side);
	assert_heard(f.heard, REPLY_DELIVERY_LATER);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_message_of_nobody_here_is_not_taken),
	    CASE(one_recipient_elsewhere_becomes_one_hold),
	    CASE(an_identifier_is_made_of_secrets_message_and_recipient),
	    CASE(every_message_and_recipient_has_an_identifier_of_its_own),
	    CASE(recipients_here_become_deliveries_with_trace_fields),
	    CASE(a_message_only_for_users_here_needs_no_hold),
	    CASE(a_domain_is_kept_as_labels_of_letters),
	    CASE(a_recipient_that_is_none_leaves_nothing_behind),
	    CASE(the_same_message_again_is_held_once),
	    CASE(what_the_store_cannot_hold_gets_no_room),
	    cmocka_unit_test(what_a_user_has_waiting_has_a_quota),
	    CASE(visible_holds_of_one_domain_share_the_envelope_of_the_first),
	    CASE(nothing_is_seen_before_the_last_part),
	    CASE(each_of_2500_recipients_has_a_valid_identifier),
	    cmocka_unit_test(
		in_any_weather_a_message_is_held_whole_or_not_at_all),
	    cmocka_unit_test(a_store_that_closes_answers_later),
	};

	return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
