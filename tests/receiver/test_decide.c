/* From an arrival to deliveries, and the exact octets of their trace fields;
   and what a person's word does to a notice. */
#include "steps.h"

#include "receiver/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The time of the case, as a date. */
#define DATE "Fri, 15 Jan 2027 08:00:00 +0000"

struct fixture {
	struct side side;
	struct arena arena;
};

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	side_open(&f->side, "b.test", "", 0);
	arena_init(&f->arena, 1u << 20);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	arena_fini(&f->arena);
	side_close(&f->side);
	free(f);
	return 0;
}

/* Pulled from a.test for whoever TO names. */
static struct arrival
pulled(const char *to)
{
	struct arrival a = arrival_to(to, NULL);

	a.way = ARRIVAL_PULLED;
	a.user = span_of("");
	a.with = span_of("GDEL");
	a.helo = span_of("mx.a.test");
	a.address = ip_of("203.0.113.7");
	a.results = span_of("spf=pass smtp.mailfrom=a.test");
	a.notice_id = span_of("some-id");
	a.notice_domain = span_of("a.test");
	return a;
}

/* The deliveries of A. */
static const struct store_delivery *
deliver(struct fixture *f, const struct arrival *a)
{
	const struct store_delivery *d;

	assert_int_equal(
	    decide_deliveries(f->side.settings, a, NOW, &f->arena, &d), 0);
	return d;
}

static void
assert_trace(
    const struct arrival *a, const struct store_delivery *d, const char *form)
{
	char expected[1024], key[KEY_TEXT];

	key_text(a->message, key);
	/* FORM is a literal of this file with one %s for the key */
	assert_true(
	    span_search(span_of(form), 0, span_of("KEY")) < strlen(form));
	snprintf(expected, sizeof expected, "%.*s%s%s",
	    (int)span_search(span_of(form), 0, span_of("KEY")), form, key,
	    strstr(form, "KEY") + 3);
	assert_int_equal(d->trace.n, strlen(expected));
	assert_memory_equal(d->trace.p, expected, d->trace.n);
}

static void
a_pulled_message_bears_whence_it_came(void **state)
{
	struct fixture *f = *state;
	struct arrival a = pulled("Bob@B.test");
	const struct store_delivery *d = deliver(f, &a);

	assert_trace(&a, d,
	    "Return-Path: <alice@a.test>\r\n"
	    "Authentication-Results: mx.b.test; "
	    "spf=pass smtp.mailfrom=a.test\r\n"
	    "Received: from mx.a.test ([203.0.113.7])\r\n"
	    "\tby mx.b.test with GDEL id KEY;\r\n"
	    "\t" DATE "\r\n");
	assert_span(d->user, "bob@b.test");
	assert_span(d->recipient, "Bob@b.test");
	assert_span(d->notice_id, "some-id");
	assert_span(d->notice_domain, "a.test");
	assert_int_equal(d->created, NOW);
	assert_int_equal(d->next_at, NOW);
	assert_true(key_equals(d->message, a.message));
}

static void
an_address_of_ipv6_is_written_as_one(void **state)
{
	struct fixture *f = *state;
	struct arrival a = pulled("bob@b.test");

	a.address = ip_of("2001:db8::7");
	a.results = span_of("");
	assert_trace(&a, deliver(f, &a),
	    "Return-Path: <alice@a.test>\r\n"
	    "Received: from mx.a.test ([IPv6:2001:db8::7])\r\n"
	    "\tby mx.b.test with GDEL id KEY;\r\n"
	    "\t" DATE "\r\n");
}

static void
a_report_has_an_empty_return_path(void **state)
{
	struct fixture *f = *state;
	struct arrival a = pulled("bob@b.test");

	a.sender = a.results = span_of("");
	assert_trace(&a, deliver(f, &a),
	    "Return-Path: <>\r\n"
	    "Received: from mx.a.test ([203.0.113.7])\r\n"
	    "\tby mx.b.test with GDEL id KEY;\r\n"
	    "\t" DATE "\r\n");
}

/* Where a user of ours was is nobody's business. */
static void
a_submitted_message_does_not_say_from_where(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	assert_trace(&a, deliver(f, &a),
	    "Return-Path: <alice@a.test>\r\n"
	    "Received: by mx.b.test with ESMTPSA id KEY;\r\n"
	    "\t" DATE "\r\n");
}

/* WIRE 6: a Bcc stays unseen, so no field names any recipient. */
static void
no_field_names_a_recipient(void **state)
{
	struct fixture *f = *state;
	struct arrival a =
	    arrival_to("bob@b.test", "carol@b.test", "secret@b.test", NULL);
	const struct store_delivery *d;

	a.way = ARRIVAL_PUSHED;
	a.with = span_of("ESMTPS");
	d = deliver(f, &a);
	for (unsigned i = 0; i < 3; i++) {
		struct span trace = d[i].trace;

		assert_int_equal(
		    span_search(trace, 0, span_of(" for ")), trace.n);
		assert_int_equal(
		    span_search(trace, 0, span_of("@b.test")), trace.n);
		for (unsigned j = 0; j < i; j++) {
			assert_true(span_equals(trace, d[j].trace));
			assert_false(key_equals(d[i].key, d[j].key));
		}
	}
	assert_span(d[2].user, "secret@b.test");
}

/* RFC 5321 4.5.1 */
static void
postmaster_without_a_domain_is_that_of_the_first(void **state)
{
	struct fixture *f = *state;
	struct arrival a = pulled("PostMaster");
	const struct store_delivery *d = deliver(f, &a);

	assert_span(d->user, "postmaster@b.test");
	assert_span(d->recipient, "postmaster");
}

static void
the_record_of_a_message_is_that_of_its_arrival(void **state)
{
	struct arrival a = pulled("bob@b.test");
	struct store_message m;

	(void)state;
	a.ret = 2;
	a.body_8bit = a.smtputf8 = a.spooled = true;
	decide_message(&a, NOW, &m);
	assert_true(key_equals(m.key, a.message));
	assert_span(m.sender, "alice@a.test");
	assert_span(m.user, "");
	assert_span(m.envid, "QQ314159");
	assert_int_equal(m.ret, 2);
	assert_true(m.body_8bit && m.smtputf8 && m.spooled);
	assert_true(span_equals(m.head, a.head));
	assert_true(span_equals(m.body, a.body));
	assert_int_equal(m.size, a.size);
	assert_memory_equal(m.digest, a.digest, STORE_DIGEST);
	assert_int_equal(m.created, NOW);
}

static void
a_pushed_message_becomes_ours_with_all_its_deliveries(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", "carol@b.test", NULL);
	struct store_op *op = side_op(&f->side, STORE_MESSAGE_PUT);

	a.way = ARRIVAL_PUSHED;
	assert_int_equal(decide_pushed(f->side.settings, &a, op), 0);
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
	assert_int_equal(side_count(&f->side).deliveries, 2);
	side_assert_clean(&f->side);
}

static void
a_recipient_that_is_none_is_a_fault(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", "carol@", NULL);
	const struct store_delivery *d;

	assert_int_equal(
	    decide_deliveries(f->side.settings, &a, NOW, &f->arena, &d),
	    -E_SYNTAX);
}

static void
trace_fields_have_a_ceiling(void **state)
{
	struct fixture *f = *state;
	struct arrival a = pulled("bob@b.test");
	char *long_text = calloc(1, DECIDE_TRACE_MAX + 1);
	const struct store_delivery *d;

	assert_non_null(long_text);
	memset(long_text, 'x', DECIDE_TRACE_MAX);
	a.results = span_of(long_text);
	assert_int_equal(
	    decide_deliveries(f->side.settings, &a, NOW, &f->arena, &d),
	    -E_NOMEM);
	free(long_text);
}

/* ---- what a person decides ---- */

struct decided {
	unsigned times, freed;
	enum store_outcome outcome;
	struct store_notice notice; /* without texts */
};

static void
note_decided(
    void *owner, enum store_outcome outcome, const struct store_notice *notice)
{
	struct decided *d = owner;

	d->times++;
	d->outcome = outcome;
	assert_int_equal(notice != NULL, outcome == STORE_OK);
	if (notice != NULL)
		d->notice = *notice;
}

static void
note_freed(void *owner, struct key message)
{
	assert_false(key_is_zero(message));
	((struct decided *)owner)->freed++;
}

static struct decided
decide(struct fixture *f, struct key notice, const char *user,
    enum store_verdict verdict)
{
	const struct decide_ask ask = {
	    .notice = notice, .user = span_of(user), .verdict = verdict};
	struct decided d = {0};
	const struct decide_world world = {&d, note_freed, NULL};

	decide_verdict(f->side.store, &f->side.settings, &ask, f->side.now,
	    &world, note_decided, &d);
	side_turn(&f->side);
	assert_int_equal(d.times, 1);
	return d;
}

/* An envelope of a.test for TO, in STATE. */
static struct key
put_notice(struct fixture *f, const char *to, enum store_notice_state state)
{
	struct store_op *op = side_op(&f->side, STORE_NOTICE_PUT);
	const struct store_notice notice = {
	    .id = span_of("id"),
	    .domain = span_of("a.test"),
	    .named = span_of(to),
	    .key = key_new(NOW),
	    .to = span_of(to),
	    .sender = span_of("alice@a.test"),
	    .address = ip_of("203.0.113.7"),
	    .dialect = ROUTE_ENVELOPE,
	    .state = state,
	    .created = NOW,
	    .next_at = NOW,
	    .expires_at = NOW + 14 * DAY,
	};

	op->notice_put.count = 1;
	op->notice_put.notices = &notice;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
	return notice.key;
}

/* The message of "id" comes for TO: delivered, or KEPT. */
static void
fetch(struct fixture *f, const char *to, bool keep)
{
	struct store_op *claim = side_op(&f->side, STORE_NOTICE_CLAIM);
	struct store_op *op = side_op(&f->side, STORE_NOTICE_FETCHED);
	struct store_notice_fetched *fetched = &op->notice_fetched;
	struct arrival a = pulled(to);

	claim->notice_claim.claim.node = NODE;
	claim->notice_claim.claim.lease_until = NOW + HOUR;
	claim->notice_claim.claim.limit = STORE_PAGE_MAX;
	assert_int_equal(side_do(&f->side, claim), STORE_OK);
	assert_int_equal(claim->notice_claim.count, 1);
	store_op_free(&claim);
	a.spooled = true;
	a.body = span_of("");
	fetched->id = span_of("id");
	fetched->domain = span_of("a.test");
	fetched->named = span_of(to);
	fetched->next_at = NOW + HOUR;
	fetched->keep = keep;
	decide_message(&a, NOW, &fetched->message);
	if (!keep) {
		fetched->deliveries = deliver(f, &a);
		fetched->delivery_count = 1;
	}
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

/* SM-20 SM-21 */
static void
what_is_accepted_is_pulled(void **state)
{
	static const enum store_verdict verdicts[] = {
	    VERDICT_ACCEPT, VERDICT_AUTHORIZE};
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		struct key key = put_notice(
		    f, i == 0 ? "bob@b.test" : "carol@b.test", NOTICE_PENDING);
		struct decided d = decide(f, key, "", verdicts[i]);

		assert_int_equal(d.outcome, STORE_OK);
		assert_int_equal(d.notice.state, NOTICE_WANTED);
		assert_int_equal(d.notice.verdict, verdicts[i]);
		assert_int_equal(d.notice.next_at, NOW);
		assert_false(d.notice.verdict_due);
	}
}

/* SM-22 SM-23 SM-24 */
static void
what_is_refused_is_told_to_the_origin(void **state)
{
	static const enum store_verdict verdicts[] = {
	    VERDICT_REJECT, VERDICT_SPAM, VERDICT_SPAMMER};
	static const char *const users[] = {
	    "bob@b.test", "carol@b.test", "dave@b.test"};
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct key key = put_notice(f, users[i], NOTICE_PENDING);
		struct decided d = decide(f, key, users[i], verdicts[i]);

		assert_int_equal(d.outcome, STORE_OK);
		assert_int_equal(d.notice.state, NOTICE_REFUSED);
		assert_true(d.notice.verdict_due);
		assert_int_equal(d.notice.verdict, verdicts[i]);
		assert_int_equal(d.notice.next_at, NOW);
	}
	assert_int_equal(side_count(&f->side).verdicts_due, 3);
	assert_int_equal(side_count(&f->side).deliveries, 0);
	side_assert_clean(&f->side);
}

static void
what_is_kept_is_delivered_when_it_is_accepted(void **state)
{
	struct fixture *f = *state;
	struct key key = put_notice(f, "bob@b.test", NOTICE_WANTED);
	struct store_op *op;
	struct decided d;

	fetch(f, "bob@b.test", true);
	assert_int_equal(side_count(&f->side).deliveries, 0);
	d = decide(f, key, "bob@b.test", VERDICT_ACCEPT);
	assert_int_equal(d.outcome, STORE_OK);
	assert_int_equal(d.notice.state, NOTICE_FETCHED);
	assert_false(d.notice.verdict_due);
	op = side_op(&f->side, STORE_DELIVERY_CLAIM);
	op->delivery_claim.claim.node = NODE;
	op->delivery_claim.claim.lease_until = NOW + HOUR;
	op->delivery_claim.claim.limit = 2;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	assert_int_equal(op->delivery_claim.count, 1);
	assert_span(op->delivery_claim.rows[0].delivery.user, "bob@b.test");
	assert_true(
	    span_starts_nocase(op->delivery_claim.rows[0].delivery.trace,
		span_of("Return-Path: <alice@a.test>\r\n"
			"Received: from a.test ([203.0.113.7])\r\n"
			"\tby mx.b.test with ENVELOPE id ")));
	store_op_free(&op);
	/* the same word again changes nothing, another comes too late */
	d = decide(f, key, "bob@b.test", VERDICT_ACCEPT);
	assert_int_equal(d.outcome, STORE_OK);
	d = decide(f, key, "bob@b.test", VERDICT_AUTHORIZE);
	assert_int_equal(d.outcome, STORE_CONFLICT);
	assert_int_equal(side_count(&f->side).deliveries, 1);
	side_assert_clean(&f->side);
}

static void
what_is_kept_is_given_back_when_it_is_refused(void **state)
{
	struct fixture *f = *state;
	struct key key = put_notice(f, "bob@b.test", NOTICE_WANTED);
	struct decided d;

	fetch(f, "bob@b.test", true);
	d = decide(f, key, "bob@b.test", VERDICT_REJECT);
	assert_int_equal(d.outcome, STORE_OK);
	assert_int_equal(d.notice.state, NOTICE_REFUSED);
	assert_true(d.notice.verdict_due);
	assert_int_equal(d.freed, 1);
	assert_int_equal(side_count(&f->side).deliveries, 0);
	side_assert_clean(&f->side);
}

/* One of two recipients had it fetched: the other's copy is here already. */
static void
a_copy_that_is_here_is_delivered_without_a_pull(void **state)
{
	struct fixture *f = *state;
	struct key carol = put_notice(f, "carol@b.test", NOTICE_PENDING);
	struct decided d;

	put_notice(f, "bob@b.test", NOTICE_WANTED);
	fetch(f, "bob@b.test", false);
	d = decide(f, carol, "carol@b.test", VERDICT_AUTHORIZE);
	assert_int_equal(d.outcome, STORE_OK);
	assert_int_equal(d.notice.state, NOTICE_FETCHED);
	assert_true(d.notice.verdict_due); /* with HAVE */
	assert_int_equal(side_count(&f->side).deliveries, 2);
	side_assert_clean(&f->side);
}

/* SM-25 */
static void
what_is_here_can_still_be_refused(void **state)
{
	struct fixture *f = *state;
	struct key key = put_notice(f, "bob@b.test", NOTICE_WANTED);
	struct decided d;

	fetch(f, "bob@b.test", false);
	d = decide(f, key, "bob@b.test", VERDICT_SPAM);
	assert_int_equal(d.outcome, STORE_OK);
	assert_int_equal(d.notice.state, NOTICE_FETCHED);
	assert_true(d.notice.verdict_due);
	assert_int_equal(side_count(&f->side).deliveries, 1);
	assert_int_equal(d.freed, 0);
}

static void
nobody_decides_for_another(void **state)
{
	struct fixture *f = *state;
	struct key key = put_notice(f, "bob@b.test", NOTICE_PENDING);

	assert_int_equal(
	    decide(f, key, "carol@b.test", VERDICT_ACCEPT).outcome, STORE_NONE);
	assert_int_equal(
	    decide(f, key_new(NOW), "", VERDICT_ACCEPT).outcome, STORE_NONE);
	assert_int_equal(side_count(&f->side).notices[NOTICE_PENDING], 1);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_pulled_message_bears_whence_it_came),
	    CASE(an_address_of_ipv6_is_written_as_one),
	    CASE(a_report_has_an_empty_return_path),
	    CASE(a_submitted_message_does_not_say_from_where),
	    CASE(no_field_names_a_recipient),
	    CASE(postmaster_without_a_domain_is_that_of_the_first),
	    cmocka_unit_test(the_record_of_a_message_is_that_of_its_arrival),
	    CASE(a_pushed_message_becomes_ours_with_all_its_deliveries),
	    CASE(a_recipient_that_is_none_is_a_fault),
	    CASE(trace_fields_have_a_ceiling),
	    CASE(what_is_accepted_is_pulled),
	    CASE(what_is_refused_is_told_to_the_origin),
	    CASE(what_is_kept_is_delivered_when_it_is_accepted),
	    CASE(what_is_kept_is_given_back_when_it_is_refused),
	    CASE(a_copy_that_is_here_is_delivered_without_a_pull),
	    CASE(what_is_here_can_still_be_refused),
	    CASE(nobody_decides_for_another),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
