/* Telling authors: who gets a report, what it says, and that it comes once. */
#include "held.h"
#include "scarce.h"

#include "message/dsn.h"
#include "origin/accept.h"
#include "origin/hold.h"
#include "origin/tell.h"
#include "proto/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct side side;
	struct tell tell;
	struct hold_expiry expiry;
	struct held held;
	unsigned told, freed;
};

static void
told(void *owner)
{
	((struct fixture *)owner)->told++;
}

static void
free_body(void *owner, struct key message)
{
	assert_false(key_is_zero(message));
	((struct fixture *)owner)->freed++;
}

static void
open_at(struct fixture *f, uint64_t seed)
{
	memset(f, 0, sizeof *f);
	side_open(&f->side, "a.test", "", seed);
	side_add_user(&f->side, "alice@a.test");
	f->tell = (struct tell){.store = f->side.store,
	    .settings = f->side.settings,
	    .node = NODE,
	    .owner = f,
	    .told = told,
	    .free_body = free_body};
	f->expiry = (struct hold_expiry){.store = f->side.store,
	    .settings = f->side.settings,
	    .owner = f,
	    .free_body = free_body};
}

static void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	side_close(&f->side);
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
	close_all(*state);
	free(*state);
	return 0;
}

/* ---- a hold, and its ends ---- */

static void
take_newest(void *arg, const struct store_hold_row *row)
{
	struct held *h = arg;

	h->key = row->hold.key;
	assert_int_equal(span_copy(row->hold.id, h->id, sizeof h->id), 0);
}

/* AS, for bob@b.test with these NOTIFY bits, becomes the hold of the case. */
static void
hold_as(struct fixture *f, const struct arrival *as, unsigned notify)
{
	const struct accept accept = {f->side.store, f->side.settings,
	    f->side.local, f->side.secret, NULL, NULL};
	const struct arrival_recipient bob = {
	    .recipient = span_of("bob@b.test"), .notify = notify};
	struct arrival a = *as;
	struct heard heard = {0};

	a.count = 1;
	a.recipients = &bob;
	accept_message(&accept, &a, f->side.now, hear_text, &heard);
	side_turn(&f->side);
	assert_int_equal(heard.times, 1);
	side_each_hold(&f->side, take_newest, &f->held);
}

static void
hold(struct fixture *f, unsigned notify)
{
	struct arrival a = arrival_to("bob@b.test", NULL);

	hold_as(f, &a, notify);
}

static void
run(struct fixture *f, struct store_op *op)
{
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
}

static void
end(struct fixture *f, enum store_hold_state state, const char *reply)
{
	struct store_op *op = side_op(&f->side, STORE_HOLD_END);

	op->hold_end.key = f->held.key;
	op->hold_end.state = state;
	op->hold_end.reply = span_of(reply);
	run(f, op);
}

static void
refuse(struct fixture *f)
{
	end(f, HOLD_REFUSED, "550 5.1.1 nobody of that name");
}

/* An envelope was left; its author hears of it when REPORT_AT has come. */
static void
leave_envelope(struct fixture *f, int64_t report_at)
{
	struct store_op *op = side_op(&f->side, STORE_HOLD_NOTICED);

	held_aim(&f->side, &f->held);
	op->hold_noticed.key = f->held.key;
	op->hold_noticed.route = ROUTE_ENVELOPE;
	op->hold_noticed.expires_at = f->side.now + 14 * DAY;
	op->hold_noticed.report_at = report_at;
	op->hold_noticed.reply = span_of("250 2.0.0 noted");
	run(f, op);
}

static void
look_at(struct fixture *f, int64_t now)
{
	f->side.now = now;
	hold_expire(&f->expiry, now);
	side_turn(&f->side);
	tell_look(&f->tell, now);
	side_turn(&f->side);
	assert_false(f->tell.running);
}

/* ---- what came of it ---- */

static void
assert_has(struct span text, const char *part)
{
	if (span_search(text, 0, span_of(part)) == text.n)
		fail_msg("no \"%s\" in\n%.*s", part, (int)text.n, text.p);
}

static void
assert_has_not(struct span text, const char *part)
{
	assert_int_equal(span_search(text, 0, span_of(part)), text.n);
}

/* The only delivery that is due; it counts as made. Free the operation. */
static struct store_op *
only_report(struct fixture *f)
{
	struct store_op *op = side_op(&f->side, STORE_DELIVERY_CLAIM);
	struct store_op *settle = side_op(&f->side, STORE_DELIVERY_SETTLE);

	op->delivery_claim.claim.node = NODE;
	op->delivery_claim.claim.lease_until = f->side.now + HOUR;
	op->delivery_claim.claim.limit = STORE_PAGE_MAX;
	op->delivery_claim.octets = 1u << 20;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	assert_int_equal(op->delivery_claim.count, 1);
	settle->delivery_settle.key = op->delivery_claim.rows[0].delivery.key;
	settle->delivery_settle.done = true;
	run(f, settle);
	return op;
}

static void
assert_report(struct fixture *f, const char *action, const char *status)
{
	struct store_op *op = only_report(f);
	const struct store_delivery_row *row = &op->delivery_claim.rows[0];

	assert_span(row->delivery.user, "alice@a.test");
	assert_true(span_starts_nocase(row->delivery.trace,
	    span_of("Return-Path: <>\r\nReceived: by mx.a.test with LOCAL ")));
	assert_span(row->message.sender, "");
	assert_span(row->message.user, "");
	assert_int_equal(
	    row->message.size, row->message.head.n + row->message.body.n);
	assert_has(row->message.head, "report-type=delivery-status");
	assert_has(row->message.head, "alice@a.test");
	assert_has(row->message.body, action);
	assert_has(row->message.body, status);
	assert_has(row->message.body, "bob@b.test");
	store_op_free(&op);
}

/* What the hold says of it; and that nothing more is due. */
static void
assert_says(struct fixture *f, unsigned reported, const char *report)
{
	struct store_op *op = held_get(&f->side, &f->held);

	assert_int_equal(op->hold_get.row.hold.reported, reported);
	assert_span(op->hold_get.row.hold.report, report);
	assert_true(op->hold_get.row.hold.report_at == INT64_MAX);
	store_op_free(&op);
}

static void
assert_no_report(struct fixture *f, unsigned reported, const char *why)
{
	assert_says(f, reported, why);
	assert_int_equal(f->told, 0);
	assert_int_equal(side_count(&f->side).deliveries, 0);
	assert_int_equal(side_count(&f->side).reports_due, 0);
}

/* ---- failed ---- */

/* GD-14 RF-08 */
static void
a_refused_hold_gets_one_report_to_its_author(void **state)
{
	struct fixture *f = *state;

	hold(f, 0);
	refuse(f);
	look_at(f, NOW);
	assert_int_equal(f->told, 1);
	assert_report(f, "Action: failed", "Status: 5.1.1");
	assert_says(f, REPORT_FAILED, "failed report sent");
	look_at(f, NOW + DAY);
	assert_int_equal(f->told, 1);
	assert_int_equal(side_count(&f->side).deliveries, 0);
}

static void
a_withdrawn_hold_gets_none(void **state)
{
	struct fixture *f = *state;

	hold(f, 0);
	end(f, HOLD_WITHDRAWN, "");
	look_at(f, NOW);
	assert_no_report(f, 0, "");
}

/* RF-08 */
static void
who_asked_for_no_report_gets_none_and_the_hold_says_why(void **state)
{
	static const unsigned bits[] = {
	    NOTIFY_NEVER, NOTIFY_SUCCESS, NOTIFY_DELAY};

	(void)state;
	for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
		struct fixture f;

		open_at(&f, 0);
		hold(&f, bits[i]);
		refuse(&f);
		look_at(&f, NOW);
		assert_no_report(
		    &f, REPORT_FAILED, "no report: NOTIFY did not ask for one");
		close_all(&f);
	}
}

/* AT-22 */
static void
the_null_sender_gets_none(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	a.sender = span_of("");
	hold_as(f, &a, 0);
	refuse(f);
	look_at(f, NOW);
	assert_no_report(f, 0, "");
}

static void
an_automatic_reply_gets_none(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	a.head = span_of("Auto-Submitted: auto-replied\r\n\r\n");
	a.size = a.head.n + a.body.n;
	hold_as(f, &a, 0);
	refuse(f);
	look_at(f, NOW);
	assert_no_report(
	    f, REPORT_FAILED, "no report: the message is itself automatic");
}

/* GD-14 DM-26: told or not, its time is over. */
static void
an_expired_hold_is_reported_as_one(void **state)
{
	(void)state;
	for (int noticed = 0; noticed < 2; noticed++) {
		struct fixture f;

		open_at(&f, 0);
		hold(&f, NOTIFY_FAILURE);
		if (noticed)
			held_notice(&f.side, &f.held, 48 * HOUR);
		look_at(&f, NOW + 15 * DAY);
		assert_int_equal(held_state(&f.side, &f.held), HOLD_EXPIRED);
		assert_int_equal(f.told, 1);
		assert_report(&f, "Action: failed", "Status: 5.4.7");
		assert_says(&f, REPORT_FAILED, "failed report sent");
		close_all(&f);
	}
}

/* Authors do not learn which of the refusals it was. */
static void
all_verdicts_against_a_message_are_told_alike(void **state)
{
	static const enum store_verdict verdicts[] = {
	    VERDICT_REJECT, VERDICT_SPAM, VERDICT_SPAMMER};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct store_op *op;
		struct fixture f;

		open_at(&f, 0);
		hold(&f, 0);
		held_notice(&f.side, &f.held, 14 * DAY);
		op = side_op(&f.side, STORE_HOLD_VERDICT);
		op->hold_verdict.key = f.held.key;
		op->hold_verdict.id = span_of(f.held.id);
		op->hold_verdict.asker = ip_of(PEER);
		op->hold_verdict.verdict = verdicts[i];
		op->hold_verdict.reply = span_of("SPAM it said");
		run(&f, op);
		look_at(&f, NOW);
		op = only_report(&f);
		assert_has(
		    op->delivery_claim.rows[0].message.body, "Status: 5.7.1");
		assert_has_not(op->delivery_claim.rows[0].message.body, "SPAM");
		store_op_free(&op);
		close_all(&f);
	}
}

/* ---- what it gives back ---- */

static void
a_spooled_body_goes_when_its_report_is_made(void **state)
{
	struct fixture *f = *state;
	struct arrival a = arrival_to("bob@b.test", NULL);

	a.spooled = true;
	a.body = span_of("");
	hold_as(f, &a, 0);
	refuse(f);
	assert_int_equal(f->freed, 0);
	look_at(f, NOW);
	assert_int_equal(f->freed, 1);
	assert_report(f, "Action: failed", "Subject: minutes");
}

/* A report lies in the store itself, so it must fit. */
static void
however_large_the_message_its_author_is_told(void **state)
{
	static const unsigned heads[] = {100, STORE_HEAD_MAX};
	char *octets = malloc(STORE_HEAD_MAX);

	(void)state;
	assert_non_null(octets);
	memset(octets, 'x', STORE_HEAD_MAX);
	for (size_t i = 70; i < STORE_HEAD_MAX; i += 70)
		memcpy(octets + i - 2, "\r\nX: ", 5);
	memcpy(octets, "X: ", 3);
	for (unsigned i = 0; i < 2; i++) {
		struct arrival a = arrival_to("bob@b.test", NULL);
		struct fixture f;

		open_at(&f, 0);
		a.head = span_make(octets, heads[i]);
		a.body = span_make(octets, STORE_INLINE_MAX);
		a.size = a.head.n + a.body.n;
		a.ret = RET_FULL;
		hold_as(&f, &a, 0);
		refuse(&f);
		look_at(&f, NOW);
		assert_report(&f, "Action: failed", "Status: 5.1.1");
		close_all(&f);
	}
	free(octets);
}

/* ---- delayed ---- */

static void
of_one_that_waits_for_a_person_is_told_once(void **state)
{
	struct fixture *f = *state;

	hold(f, 0);
	leave_envelope(f, NOW + DAY);
	look_at(f, NOW + DAY - 1);
	assert_int_equal(f->told, 0);
	look_at(f, NOW + DAY);
	assert_int_equal(f->told, 1);
	assert_report(f, "Action: delayed", "Status: 4.4.7");
	assert_says(f, REPORT_DELAYED, "delayed report sent");
	look_at(f, NOW + 5 * DAY);
	assert_int_equal(f->told, 1);
	assert_int_equal(held_state(&f->side, &f->held), HOLD_NOTICED);
	/* and of its end */
	look_at(f, NOW + 15 * DAY);
	assert_int_equal(f->told, 2);
	assert_report(f, "Action: failed", "Status: 5.4.7");
	assert_says(f, REPORT_DELAYED | REPORT_FAILED, "failed report sent");
}

/* Neither noticed nor pushed; and it says how to take it back (DM-08). */
static void
of_one_that_nobody_could_be_told_of_is_told_as_well(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;
	char address[80];

	hold(f, 0);
	look_at(f, NOW + DAY);
	op = only_report(f);
	assert_has(op->delivery_claim.rows[0].message.body, "taken neither");
	snprintf(address, sizeof address, "<withdraw+%s@a.test>", f->held.id);
	assert_has(op->delivery_claim.rows[0].message.body, address);
	store_op_free(&op);
}

static void
who_asked_only_for_failures_hears_of_no_delay(void **state)
{
	struct fixture *f = *state;

	hold(f, NOTIFY_FAILURE);
	leave_envelope(f, NOW + DAY);
	look_at(f, NOW + DAY);
	assert_no_report(
	    f, REPORT_DELAYED, "no report: NOTIFY did not ask for one");
	refuse(f);
	look_at(f, NOW + DAY);
	assert_report(f, "Action: failed", "Status: 5.1.1");
}

/* ---- many, and a store that is not sure ---- */

static void
all_pages_are_reported_by_one_look(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2 * TELL_PAGE + 3; i++) {
		hold(f, 0);
		refuse(f);
	}
	tell_look(&f->tell, NOW);
	assert_true(f->tell.running);
	tell_look(&f->tell, NOW); /* one page at a time */
	side_turn(&f->side);
	assert_int_equal(f->told, 2 * TELL_PAGE + 3);
	assert_int_equal(side_count(&f->side).deliveries, 2 * TELL_PAGE + 3);
}

static void
in_any_weather_each_author_is_told_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct fixture f;
		unsigned holds;

		open_at(&f, seed);
		for (unsigned i = 0; i < 5; i++) {
			unsigned before = side_each_hold(&f.side, NULL, NULL);

			hold(&f, 0);
			if (side_each_hold(&f.side, NULL, NULL) > before)
				refuse(&f);
		}
		holds = side_each_hold(&f.side, NULL, NULL);
		for (unsigned i = 1; i <= 30; i++)
			look_at(
			    &f, NOW + i * (f.side.settings->lease_time + 1));
		assert_int_equal(side_count(&f.side).deliveries, holds);
		assert_int_equal(side_count(&f.side).reports_due, 0);
		assert_true(f.told <= holds);
		close_all(&f);
	}
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* GD-14: whichever allocation fails. */
static void
a_report_that_finds_no_memory_is_made_later(void **state)
{
	bool met = true;

	(void)state;
	for (unsigned n = 1; met; n++) {
		struct fixture f;

		open_at(&f, 0);
		hold(&f, 0);
		refuse(&f);
		scarce(n);
		look_at(&f, NOW);
		met = scarce_end();
		look_at(&f, NOW + f.side.settings->lease_time + 1);
		assert_int_equal(f.told, 1);
		assert_report(&f, "Action: failed", "Status: 5.1.1");
		close_all(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_refused_hold_gets_one_report_to_its_author),
	    cmocka_unit_test(a_report_that_finds_no_memory_is_made_later),
	    CASE(a_withdrawn_hold_gets_none),
	    cmocka_unit_test(
		who_asked_for_no_report_gets_none_and_the_hold_says_why),
	    CASE(the_null_sender_gets_none),
	    CASE(an_automatic_reply_gets_none),
	    cmocka_unit_test(an_expired_hold_is_reported_as_one),
	    cmocka_unit_test(all_verdicts_against_a_message_are_told_alike),
	    CASE(a_spooled_body_goes_when_its_report_is_made),
	    cmocka_unit_test(however_large_the_message_its_author_is_told),
	    CASE(of_one_that_waits_for_a_person_is_told_once),
	    CASE(of_one_that_nobody_could_be_told_of_is_told_as_well),
	    CASE(who_asked_only_for_failures_hears_of_no_delay),
	    CASE(all_pages_are_reported_by_one_look),
	    cmocka_unit_test(in_any_weather_each_author_is_told_once),
	};

	return cmocka_run_group_tests_name("tell", tests, NULL, NULL);
}
