/* One message on its way in: what is added and taken away, and what reaches the
   keeper in which order. Large bodies are in test_reception_spool.c. */
#include "../origin/scarce.h"
#include "receiving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is added and taken away ---- */

static void
a_submitted_message_gets_the_fields_it_lacks(void **state)
{
	struct fixture *f = *state;
	const struct message_arrival *a =
	    take(f, "From: alice@a.test\r\nSubject: Hi\r\n\r\nText.\r\n");
	char expected[512], key[KEY_TEXT];

	key_text(a->message, key);
	snprintf(expected, sizeof expected,
	    "Received: by mx.a.test with ESMTPSA id %s;\r\n"
	    "\tFri, 15 Jan 2027 08:00:00 +0000\r\n"
	    "Message-ID: <%s@mx.a.test>\r\n"
	    "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
	    "From: alice@a.test\r\nSubject: Hi\r\n\r\n",
	    key, key);
	assert_int_equal(a->head.n, strlen(expected));
	assert_memory_equal(a->head.p, expected, a->head.n);
	assert_true(span_equals(a->subject, span_of("Hi")));
}

static void
fields_that_are_there_stay(void **state)
{
	struct fixture *f = *state;
	const struct message_arrival *a =
	    take(f, "Date: yesterday\r\nMessage-Id: <1@x>\r\n"
		    "From: alice@a.test\r\n\r\n");

	assert_true(has(a->head, "\r\nDate: yesterday\r\n"));
	assert_true(has(a->head, "\r\nMessage-Id: <1@x>\r\n"));
	assert_false(has(a->head, "@mx.a.test>"));
}

/* SM-48 */
static void
what_declares_nothing_is_looked_at_and_gets_its_from(void **state)
{
	struct fixture *f = *state;
	const struct message_arrival *a;

	f->setup.plain = true;
	a = take(f, "Subject: Hi\r\n\r\ncaf\xc3\xa9\r\n");
	assert_true(has(a->head, "\r\nFrom: <alice@a.test>\r\n"));
	assert_true(a->body_8bit);
	assert_false(a->smtputf8);
}

/* WIRE 6 */
static void
bcc_does_not_leave(void **state)
{
	struct fixture *f = *state;
	const struct message_arrival *a = take(f,
	    "From: alice@a.test\r\nBcc: secret@b.test,\r\n more@b.test\r\n"
	    "To: bob@b.test\r\n\r\n");

	assert_false(has(a->head, "secret"));
	assert_false(has(a->head, "more@"));
	assert_true(has(a->head, "\r\nTo: bob@b.test\r\n"));
}

static void
what_comes_from_outside_is_not_changed(void **state)
{
	static const char text[] =
	    "From: x@y.test\r\nBcc: z@y.test\r\n\r\nText.\r\n";
	struct fixture *f = *state;
	const struct message_arrival *a;
	struct span body;
	uint8_t sum[DIGEST_SIZE];

	as_from_outside(f);
	a = take(f, text);
	body = keeper.sent[2].arrival_body.octets;
	assert_int_equal(a->head.n + body.n, strlen(text));
	assert_memory_equal(a->head.p, text, a->head.n);
	assert_memory_equal(body.p, text + a->head.n, body.n);
	assert_int_equal(a->size, strlen(text));
	sum_of(span_of(text), sum);
	assert_memory_equal(a->digest.b, sum, DIGEST_SIZE);
	assert_true(span_equals(a->notice_id, span_of("some-id")));
}

/* SM-10 */
static void
from_must_be_the_users_own(void **state)
{
	static const char *const others[] = {
	    "From: mallory@a.test\r\n\r\n",
	    "From: alice@a.test, mallory@a.test\r\n\r\n",
	    "From: alice@a.test\r\nFrom: mallory@a.test\r\n\r\n",
	    "From: alice@a.test\r\nFrom: alice@a.test\r\n\r\n",
	    "From: \"alice@a.test\" <mallory@b.test>\r\n\r\n",
	    "From: sales@a.test, mallory@a.test\r\n\r\n",
	    "From: ales@a.test\r\n\r\n",
	    "From: alice\r\n\r\n",
	    "From:\r\n\r\n",
	    "Subject: no author\r\n\r\n",
	    "no head at all\r\n",
	    "",
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
		expect_refusal(f, others[i], REPLY_NOT_YOUR_FROM);
}

/* GD-03: a head that could not be kept whole says nothing of its author. */
static void
a_head_without_memory_is_to_come_again(void **state)
{
	struct fixture *f = *state;
	unsigned n = 0, later = 0;
	bool hit;

	do {
		int result;

		begin(f);
		scarce(++n);
		result = feed(f, span_of("From: alice@a.test\r\n"
					 "Subject: minutes\r\n\r\nHere.\r\n"));
		hit = scarce_end();
		if (result == 0)
			result = reception_end(f->reception, &f->fault);
		assert_true(result == 0 || hit);
		if (result < 0)
			assert_int_equal(f->fault, REPLY_DELIVERY_LATER);
		later += result < 0;
		reception_free(&f->reception);
	} while (hit);
	assert_true(later > 1);
}

static void
the_users_own_from_is_taken_in_any_spelling(void **state)
{
	static const char *const own[] = {
	    "From: alice@a.test\r\n\r\n",
	    "FROM: Alice <ALICE@A.test>\r\n\r\n",
	    "From: \"Mallory, Eve\" <alice@a.test> (not me)\r\n\r\n",
	    "From: The sales <Sales@a.test>\r\n\r\n",
	    "From: sales@a.test, alice@a.test\r\n\r\n",
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++) {
		begin(f);
		assert_int_equal(feed(f, span_of(own[i])), 0);
		assert_int_equal(reception_end(f->reception, &f->fault), 0);
	}
}

static void
where_it_is_allowed_from_may_be_anybody(void **state)
{
	struct fixture *f = *state;

	f->setup.check_from = false;
	assert_true(
	    has(take(f, "From: mallory@x.test\r\n\r\n")->head, "mallory"));
}

/* AT-23 */
static void
a_message_that_went_in_circles_is_refused(void **state)
{
	struct fixture *f = *state;
	struct buf text;

	as_from_outside(f);
	buf_init(&text, 65536);
	for (unsigned i = 0; i <= RECEPTION_LOOP; i++)
		buf_text(&text, "Received: from x by y;\r\n");
	buf_text(&text, "\r\n");
	expect_refusal(f, buf_string(&text), REPLY_LOOP);
	/* one less is none */
	begin(f);
	assert_int_equal(feed(f, span_skip(buf_span(&text),
				     strlen("Received: from x by y;\r\n"))),
	    0);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	buf_fini(&text);
}

/* A Bcc might hide beyond the ceiling of what is looked at. */
static void
a_submitted_head_that_is_too_long_is_refused(void **state)
{
	struct fixture *f = *state;
	struct buf text;

	buf_init(&text, 1u << 17);
	buf_text(&text, "From: alice@a.test\r\n");
	while (text.n < 62 * 1024)
		buf_text(&text, "X-Field: and so on and so on\r\n");
	buf_text(&text, "Bcc: secret@b.test\r\n\r\n");
	expect_refusal(f, buf_string(&text), REPLY_HEAD_TOO_LARGE);
	buf_fini(&text);
}

/* ---- octets as they come ---- */

static void
any_split_gives_the_same_message(void **state)
{
	static const char text[] = "From: x@y.test\r\nSubject: a\r\n b\r\n\r\n"
				   "Text.\r\n..\r\nEnd.\r\n";
	struct fixture *f = *state;
	uint8_t sum[DIGEST_SIZE], whole[DIGEST_SIZE];

	as_from_outside(f);
	sum_of(span_of(text), whole);
	for (size_t at = 0; at <= strlen(text); at++) {
		begin(f);
		assert_int_equal(feed(f, span_part(span_of(text), 0, at)), 0);
		assert_int_equal(feed(f, span_skip(span_of(text), at)), 0);
		assert_int_equal(reception_digest(f->reception, sum), 0);
		assert_memory_equal(sum, whole, DIGEST_SIZE);
	}
	begin(f);
	for (size_t at = 0; at < strlen(text); at++)
		assert_int_equal(feed(f, span_part(span_of(text), at, 1)), 0);
	assert_int_equal(reception_digest(f->reception, sum), 0);
	assert_memory_equal(sum, whole, DIGEST_SIZE);
}

static void
an_empty_message_is_a_message(void **state)
{
	struct fixture *f = *state;

	as_from_outside(f);
	begin(f);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	assert_int_equal(sent(3, MESSAGE_ARRIVAL)->arrival.size, 0);
}

static void
recipients_come_before_the_message_and_in_order(void **state)
{
	const struct address_rules rules = {.utf8 = true};
	struct fixture *f = *state;
	struct address carol;

	as_from_outside(f);
	begin(f);
	assert_int_equal(
	    address_parse(span_of("carol@b.test"), rules, &carol), 0);
	f->params.notify = NOTIFY_NEVER;
	snprintf(f->params.orcpt, sizeof f->params.orcpt, "rfc822;c@b.test");
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(reception_recipient(
				     f->reception, &carol, &f->params, false),
		    0);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	assert_int_equal(keeper.count, 13);
	for (unsigned i = 0; i < 10; i++) {
		const struct message_arrival_recipient *r =
		    &sent(i, MESSAGE_ARRIVAL_RECIPIENT)->arrival_recipient;

		assert_int_equal(r->session, 77);
		assert_true(span_equals(r->recipient,
		    span_of(i == 0 ? "bob@b.test" : "carol@b.test")));
		assert_int_equal(r->notify, i == 0 ? 0 : NOTIFY_NEVER);
	}
	sent(10, MESSAGE_ARRIVAL_ENVELOPE);
	sent(11, MESSAGE_ARRIVAL_BODY);
	sent(12, MESSAGE_ARRIVAL);
}

static void
add_recipients(struct fixture *f, unsigned n)
{
	const struct address_rules rules = {.utf8 = true};
	struct address carol;

	assert_int_equal(
	    address_parse(span_of("carol@b.test"), rules, &carol), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(reception_recipient(
				     f->reception, &carol, &f->params, false),
		    0);
}

/* More recipients than the channel takes at once: the rest goes when there is
   room, and nothing of another message comes in between. */
static void
recipients_wait_for_room_and_others_for_them(void **state)
{
	struct fixture *f = *state;
	struct reception *other;

	as_from_outside(f);
	begin(f);
	other = f->reception;
	f->reception = NULL;
	f->setup.number++;
	begin(f);
	add_recipients(f, 9);
	keeper.full_at = 4;
	assert_int_equal(reception_end(f->reception, &f->fault), -E_AGAIN);
	assert_int_equal(keeper.count, 4);
	assert_true(reception_is_on_its_way());
	keeper.full_at = 8;
	assert_int_equal(reception_end(other, &f->fault), -E_AGAIN);
	assert_int_equal(keeper.count, 4);
	assert_int_equal(reception_end(f->reception, &f->fault), -E_AGAIN);
	keeper.full_at = 0;
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	assert_false(reception_is_on_its_way());
	assert_int_equal(keeper.count, 13);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(sent(i, MESSAGE_ARRIVAL_RECIPIENT)
				     ->arrival_recipient.session,
		    78);
	sent(12, MESSAGE_ARRIVAL);
	assert_int_equal(reception_end(other, &f->fault), 0);
	reception_free(&other);
}

/* Its session ended on the way: nobody waits for it any more. */
static void
who_goes_while_handed_over_holds_nobody_up(void **state)
{
	struct fixture *f = *state;

	as_from_outside(f);
	begin(f);
	add_recipients(f, 9);
	keeper.full_at = 4;
	assert_int_equal(reception_end(f->reception, &f->fault), -E_AGAIN);
	reception_free(&f->reception);
	assert_false(reception_is_on_its_way());
	keeper.full_at = 0;
	begin(f);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
}

/* ---- the envelope ---- */

/* WIRE 6 */
static void
an_envelope_is_told_before_the_message(void **state)
{
	struct fixture *f = *state;
	const struct message_arrival_envelope *e;

	take(f, "From: alice@a.test\r\nTo: bob@b.test\r\n"
		"Subject: minutes\r\nBcc: secret@b.test\r\n\r\nText.\r\n");
	e = &sent(1, MESSAGE_ARRIVAL_ENVELOPE)->arrival_envelope;
	assert_int_equal(e->session, 77);
	assert_int_equal(e->attachments, 0);
	assert_true(has(e->text, "alice@a.test"));
	assert_true(has(e->text, "minutes"));
	assert_false(has(e->text, "secret"));
}

static void
a_push_tells_no_envelope(void **state)
{
	struct fixture *f = *state;

	as_from_outside(f);
	f->setup.way = ARRIVAL_PUSHED;
	begin(f);
	assert_int_equal(feed(f, span_of("From: x@y.test\r\n\r\n")), 0);
	assert_int_equal(reception_end(f->reception, &f->fault), 0);
	assert_int_equal(keeper.count, 3);
	sent(0, MESSAGE_ARRIVAL_RECIPIENT);
	sent(1, MESSAGE_ARRIVAL_BODY);
	sent(2, MESSAGE_ARRIVAL);
}

static void
who_is_named_in_to_or_cc_is_visible(void **state)
{
	static const struct {
		const char *field;
		bool visible;
	} cases[] = {
	    {"To: bob@b.test\r\n", true},
	    {"Cc: Carol <carol@b.test>,\r\n \"B\" <Bob@B.test>\r\n", true},
	    {"To: carol@b.test\r\nTo: bob@b.test\r\n", true},
	    {"Bcc: bob@b.test\r\n", false},
	    {"To: \"bob@b.test\" <carol@b.test>\r\n", false},
	    {"Reply-To: bob@b.test\r\n", false},
	    {"", false},
	};
	struct fixture *f = *state;
	char text[256];

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned at = keeper.count;

		snprintf(text, sizeof text, "From: alice@a.test\r\n%s\r\n",
		    cases[i].field);
		begin(f);
		assert_int_equal(feed(f, span_of(text)), 0);
		assert_int_equal(reception_end(f->reception, &f->fault), 0);
		assert_int_equal(sent(at, MESSAGE_ARRIVAL_RECIPIENT)
				     ->arrival_recipient.visible,
		    cases[i].visible);
	}
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_submitted_message_gets_the_fields_it_lacks),
	    CASE(fields_that_are_there_stay),
	    CASE(what_declares_nothing_is_looked_at_and_gets_its_from),
	    CASE(bcc_does_not_leave),
	    CASE(what_comes_from_outside_is_not_changed),
	    CASE(from_must_be_the_users_own),
	    CASE(a_head_without_memory_is_to_come_again),
	    CASE(the_users_own_from_is_taken_in_any_spelling),
	    CASE(where_it_is_allowed_from_may_be_anybody),
	    CASE(a_message_that_went_in_circles_is_refused),
	    CASE(a_submitted_head_that_is_too_long_is_refused),
	    CASE(any_split_gives_the_same_message),
	    CASE(an_empty_message_is_a_message),
	    CASE(recipients_come_before_the_message_and_in_order),
	    CASE(recipients_wait_for_room_and_others_for_them),
	    CASE(who_goes_while_handed_over_holds_nobody_up),
	    CASE(an_envelope_is_told_before_the_message),
	    CASE(a_push_tells_no_envelope),
	    CASE(who_is_named_in_to_or_cc_is_visible),
	};

	return cmocka_run_group_tests_name("reception", tests, NULL, NULL);
}
