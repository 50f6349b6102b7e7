/* Whose notices are kept, and whom we would call. */
#include "admitting.h"

#include <stdio.h>
#include <string.h>

/* ---- whom we call ---- */

/* AT-01 AT-24 */
static void
no_address_that_is_nobodys_is_called(void **state)
{
	static const char *const special[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1",
	    "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
	    "127.255.255.254", "169.254.1.1", "172.16.0.1", "172.31.255.255",
	    "192.0.0.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
	    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
	    "::", "::1", "::192.0.2.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
	    "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1",
	    "2002:a00:1::1", "fc00::1", "fdff::1", "fe80::1", "febf::1",
	    "fec0::1", "ff02::1", "ffff::1"};
	static const char *const public[] = {"1.1.1.1", "9.255.255.255",
	    "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.0.0.1",
	    "128.0.0.1", "169.253.0.1", "172.15.0.1", "172.32.0.1", "192.0.2.1",
	    "192.167.0.1", "192.169.0.1", "198.17.0.1", "198.20.0.1",
	    "223.255.255.254", "::ffff:192.0.2.1", "2001:db8::1", "2600::1",
	    "3fff::1"};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof special / sizeof special[0]; i++)
		if (admit_callable(&f->admit, ip_of(special[i])))
			fail_msg("%s would be called", special[i]);
	for (unsigned i = 0; i < sizeof public / sizeof public[0]; i++)
		if (!admit_callable(&f->admit, ip_of(public[i])))
			fail_msg("%s would not be called", public[i]);
	assert_false(admit_callable(&f->admit, (struct ip){0}));
}

static void
networks_that_the_operator_lists_are_called(void **state)
{
	struct fixture *f = *state;

	assert_true(admit_callable(&f->admit, ip_of("10.1.2.3")));
	assert_true(admit_callable(&f->admit, ip_of("::ffff:10.1.2.3")));
	assert_true(admit_callable(&f->admit, ip_of("fd00:1::25")));
	assert_false(admit_callable(&f->admit, ip_of("10.2.0.1")));
	assert_false(admit_callable(&f->admit, ip_of("fd00:2::1")));
}

static void
we_never_call_ourselves(void **state)
{
	struct fixture *f = *state;

	assert_false(admit_callable(&f->admit, ip_of("198.51.100.1")));
	assert_false(admit_callable(&f->admit, ip_of("::ffff:198.51.100.1")));
	assert_true(admit_callable(&f->admit, ip_of("198.51.100.2")));
	/* but for those that the operator lists: servers side by side */
	assert_true(admit_callable(&f->admit, ip_of("10.1.0.1")));
}

/* ---- notices ---- */

static struct admit_notice
notice_of(const char *id)
{
	struct admit_notice n = {
	    .address = ip_of("203.0.113.7"),
	    .id = span_of(id),
	    .domain = span_of("a.test"),
	    .spf = SPF_PASS,
	    .dialect = ROUTE_GDEL,
	    .has_digest = true,
	};

	memset(n.digest, 0xd1, sizeof n.digest);
	return n;
}

static enum reply_name
leave_after(struct fixture *f, const struct admit_notice *notice, int64_t delay)
{
	struct heard heard = {0};

	admit_notice(&f->admit, notice, delay, f->side.now, hear, &heard);
	side_turn(&f->side);
	assert_int_equal(heard.times, 1);
	return heard.reply;
}

static enum reply_name
leave(struct fixture *f, const struct admit_notice *notice)
{
	return leave_after(f, notice, 0);
}

/* GD-10 GD-11 GD-15 GD-25 JB-03 IM-11 */
static void
a_notice_is_kept_with_all_that_is_known(void **state)
{
	struct fixture *f = *state;
	struct admit_notice n = notice_of("opaque-id=+/@.");
	const struct store_notice *row;
	struct store_op *op;

	n.expires = 7200;
	assert_int_equal(leave_after(f, &n, 42), REPLY_NOTED);
	op = side_only_notice(&f->side);
	row = &op->notice_list.notices[0];
	assert_span(row->id, "opaque-id=+/@.");
	assert_span(row->domain, "a.test");
	assert_true(ip_equals(row->address, n.address));
	assert_int_equal(row->state, NOTICE_WANTED);
	assert_int_equal(row->dialect, ROUTE_GDEL);
	assert_true(row->has_digest);
	assert_memory_equal(row->digest, n.digest, STORE_DIGEST);
	assert_int_equal(row->created, NOW);
	assert_int_equal(row->next_at, NOW + 42);
	assert_int_equal(row->expires_at, NOW + 7200);
	assert_int_equal(row->tries, 0);
	store_op_free(&op);
}

static void
a_notice_is_answered_only_when_it_is_durable(void **state)
{
	struct fixture *f = *state;
	struct admit_notice n = notice_of("id");
	struct heard heard = {0};

	admit_notice(&f->admit, &n, 0, NOW, hear, &heard);
	assert_int_equal(heard.times, 0);
	side_turn(&f->side);
	assert_heard(heard, REPLY_NOTED);
}

/* WIRE 2: EXPIRES absent. */
static void
without_a_life_the_dialect_says_it(void **state)
{
	static const struct {
		enum store_route dialect;
		int64_t life;
	} cases[] = {{ROUTE_GDEL, 48 * HOUR}, {ROUTE_MSID, 14 * DAY},
	    {ROUTE_ENVELOPE, 14 * DAY}};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct admit_notice n = notice_of("id");
		struct fixture f;
		struct store_op *op;

		open_with(&f, "", 0);
		n.dialect = cases[i].dialect;
		assert_int_equal(leave(&f, &n), REPLY_NOTED);
		op = side_only_notice(&f.side);
		assert_int_equal(
		    op->notice_list.notices[0].expires_at, NOW + cases[i].life);
		store_op_free(&op);
		close_all(&f);
	}
}

/* ---- one that names its recipients ---- */

static struct admit_notice
envelope_for(const struct admit_notice_recipient *recipients, unsigned count)
{
	struct admit_notice n = notice_of("id");

	n.dialect = ROUTE_ENVELOPE;
	n.sender = span_of("alice@a.test");
	n.subject = span_of("minutes");
	n.envelope = span_of("Subject: minutes\r\n");
	n.attachments = 2;
	n.has_size = true;
	n.size = 4711;
	n.count = count;
	n.recipients = recipients;
	return n;
}

/* The row of RECIPIENT, whole. Free the operation. */
static struct store_op *
row_for(struct fixture *f, const char *recipient)
{
	struct store_op *op = side_op(&f->side, STORE_NOTICE_GET);

	op->notice_get.id = span_of("id");
	op->notice_get.domain = span_of("a.test");
	op->notice_get.named = span_of(recipient);
	op->notice_get.whole = true;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	return op;
}

static void
assert_row(struct fixture *f, const char *recipient,
    enum store_notice_state state, enum store_verdict verdict)
{
	struct store_op *op = row_for(f, recipient);

	assert_int_equal(op->notice_get.notice.state, state);
	assert_int_equal(op->notice_get.notice.verdict, verdict);
	store_op_free(&op);
}

static const struct admit_notice_recipient asks_and_does_not[] = {
    {.to = {"Bob@B.test", 10}, .mode = MODE_ASK},
    {.to = {"carol@b.test", 12}, .mode = MODE_SERVER},
};

/* WIRE 6, 10 */
static void
each_recipient_has_a_row_and_who_asks_is_asked(void **state)
{
	struct admit_notice n = envelope_for(asks_and_does_not, 2);
	struct fixture *f = *state;
	const struct store_notice *row;
	struct store_op *op;

	assert_int_equal(leave_after(f, &n, 42), REPLY_NOTED);
	assert_int_equal(side_each_notice(&f->side, NULL, NULL), 2);
	assert_row(f, "bob@b.test", NOTICE_PENDING, VERDICT_NONE);
	assert_row(f, "carol@b.test", NOTICE_WANTED, VERDICT_ACCEPT);
	op = row_for(f, "bob@b.test");
	row = &op->notice_get.notice;
	assert_span(row->recipient, "bob@b.test");
	assert_span(row->to, "Bob@B.test");
	assert_span(row->sender, "alice@a.test");
	assert_span(row->subject, "minutes");
	assert_span(row->envelope, "Subject: minutes\r\n");
	assert_int_equal(row->attachments, 2);
	assert_true(row->has_size);
	assert_int_equal(row->size, 4711);
	assert_int_equal(row->next_at, NOW + 42);
	store_op_free(&op);
}

/* MSID has no verb for a verdict: it is pulled without one. */
static void
only_an_envelope_is_accepted_by_a_verdict(void **state)
{
	struct admit_notice n = envelope_for(asks_and_does_not, 2);
	struct fixture *f = *state;

	n.dialect = ROUTE_MSID;
	assert_int_equal(leave(f, &n), REPLY_NOTED);
	assert_row(f, "bob@b.test", NOTICE_PENDING, VERDICT_NONE);
	assert_row(f, "carol@b.test", NOTICE_WANTED, VERDICT_NONE);
}

static void
a_further_recipient_of_a_known_notice_is_added(void **state)
{
	struct admit_notice one = envelope_for(asks_and_does_not, 1);
	struct admit_notice both = envelope_for(asks_and_does_not, 2);
	struct fixture *f = *state;

	assert_int_equal(leave(f, &one), REPLY_NOTED);
	assert_int_equal(leave(f, &both), REPLY_NOTED);
	assert_int_equal(leave(f, &both), REPLY_NOTED);
	assert_int_equal(side_each_notice(&f->side, NULL, NULL), 2);
}

/* AT-02: the ceiling is that of the recipient, and one that is reached does
   not cost another their notice. */
static void
a_notice_is_taken_when_it_is_taken_for_anybody(void **state)
{
	struct admit_notice bob = envelope_for(asks_and_does_not, 1);
	struct admit_notice both = envelope_for(asks_and_does_not, 2);
	struct fixture f;

	(void)state;
	open_with(&f, "pending-per-source = 1", 0);
	assert_int_equal(leave(&f, &bob), REPLY_NOTED);
	bob.id = both.id = span_of("another");
	assert_int_equal(leave(&f, &bob), REPLY_NO_ROOM);
	assert_int_equal(leave(&f, &both), REPLY_NOTED);
	assert_int_equal(side_each_notice(&f.side, NULL, NULL), 2);
	close_all(&f);
}

/* WIRE 3: the same again is 250, and changes nothing. */
static void
a_notice_that_is_left_twice_is_one(void **state)
{
	struct fixture *f = *state;
	struct admit_notice n = notice_of("id");
	struct store_op *op;

	assert_int_equal(leave(f, &n), REPLY_NOTED);
	f->side.now += DAY;
	n.address = ip_of("203.0.113.8");
	n.expires = 30 * DAY;
	assert_int_equal(leave(f, &n), REPLY_NOTED);
	op = side_only_notice(&f->side);
	assert_true(ip_equals(
	    op->notice_list.notices[0].address, ip_of("203.0.113.7")));
	assert_int_equal(
	    op->notice_list.notices[0].expires_at, NOW + 48 * HOUR);
	store_op_free(&op);
}

static void
one_identifier_of_two_domains_is_two_notices(void **state)
{
	struct fixture *f = *state;
	struct admit_notice n = notice_of("id");

	assert_int_equal(leave(f, &n), REPLY_NOTED);
	n.domain = span_of("c.test");
	assert_int_equal(leave(f, &n), REPLY_NOTED);
	assert_int_equal(side_each_notice(&f->side, NULL, NULL), 2);
}

/* GD-55 AT-01 AT-17 AT-27 */
static void
what_is_refused_is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct admit_notice n = notice_of("id");

	n.spf = SPF_FAIL;
	assert_int_equal(leave(f, &n), REPLY_MAY_NOT_SPEAK);
	n.spf = SPF_TEMPERROR;
	assert_int_equal(leave(f, &n), REPLY_DNS_LATER);
	n = notice_of("two words");
	assert_int_equal(leave(f, &n), REPLY_BAD_ARGUMENT);
	n = notice_of("");
	assert_int_equal(leave(f, &n), REPLY_BAD_ARGUMENT);
	n = notice_of("line\r\nend");
	assert_int_equal(leave(f, &n), REPLY_BAD_ARGUMENT);
	n = notice_of("id");
	n.domain = span_of("b.test"); /* our own */
	assert_int_equal(leave(f, &n), REPLY_MAY_NOT_SPEAK);
	n = notice_of("id");
	n.address = ip_of("127.0.0.1");
	assert_int_equal(leave(f, &n), REPLY_MAY_NOT_SPEAK);
	n.address = ip_of("198.51.100.1"); /* our own */
	assert_int_equal(leave(f, &n), REPLY_MAY_NOT_SPEAK);
	assert_int_equal(side_each_notice(&f->side, NULL, NULL), 0);
}

static void
an_identifier_may_be_128_characters(void **state)
{
	struct fixture *f = *state;
	char id[130];
	struct admit_notice n;

	memset(id, 'x', sizeof id);
	id[129] = '\0';
	n = notice_of(id);
	assert_int_equal(leave(f, &n), REPLY_BAD_ARGUMENT);
	id[128] = '\0';
	n = notice_of(id);
	assert_int_equal(leave(f, &n), REPLY_NOTED);
}

static enum reply_name
leave_numbered(struct fixture *f, unsigned number, const char *domain)
{
	char id[16];
	struct admit_notice n;

	snprintf(id, sizeof id, "id%u", number);
	n = notice_of(id);
	n.domain = span_of(domain);
	return leave(f, &n);
}

/* AT-02 */
static void
one_domain_may_leave_only_so_many(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "pending-per-domain = 3", 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(leave_numbered(&f, i, "a.test"), REPLY_NOTED);
	assert_int_equal(leave_numbered(&f, 3, "a.test"), REPLY_NO_ROOM);
	assert_int_equal(leave_numbered(&f, 3, "c.test"), REPLY_NOTED);
	/* known already: still 250 */
	assert_int_equal(leave_numbered(&f, 1, "a.test"), REPLY_NOTED);
	close_all(&f);
}

/* AT-02 */
static void
all_together_may_leave_only_so_many(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "pending-total = 2", 0);
	assert_int_equal(leave_numbered(&f, 0, "a.test"), REPLY_NOTED);
	assert_int_equal(leave_numbered(&f, 0, "c.test"), REPLY_NOTED);
	assert_int_equal(leave_numbered(&f, 0, "d.test"), REPLY_NO_ROOM);
	close_all(&f);
}

static void
in_any_weather_a_noted_notice_is_kept(void **state)
{
	unsigned later = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct admit_notice n = notice_of("id");
		struct fixture f;
		enum reply_name reply;

		open_with(&f, "", seed);
		reply = leave(&f, &n);
		later += reply == REPLY_DELIVERY_LATER;
		/* an origin that was told "later" comes again */
		while (reply == REPLY_DELIVERY_LATER)
			reply = leave(&f, &n);
		assert_int_equal(reply, REPLY_NOTED);
		assert_int_equal(side_each_notice(&f.side, NULL, NULL), 1);
		close_all(&f);
	}
	assert_true(later > 0);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(no_address_that_is_nobodys_is_called),
	    CASE(networks_that_the_operator_lists_are_called),
	    CASE(we_never_call_ourselves),
	    CASE(a_notice_is_kept_with_all_that_is_known),
	    CASE(a_notice_is_answered_only_when_it_is_durable),
	    cmocka_unit_test(without_a_life_the_dialect_says_it),
	    CASE(each_recipient_has_a_row_and_who_asks_is_asked),
	    CASE(only_an_envelope_is_accepted_by_a_verdict),
	    CASE(a_further_recipient_of_a_known_notice_is_added),
	    cmocka_unit_test(a_notice_is_taken_when_it_is_taken_for_anybody),
	    CASE(a_notice_that_is_left_twice_is_one),
	    CASE(one_identifier_of_two_domains_is_two_notices),
	    CASE(what_is_refused_is_not_kept),
	    CASE(an_identifier_may_be_128_characters),
	    cmocka_unit_test(one_domain_may_leave_only_so_many),
	    cmocka_unit_test(all_together_may_leave_only_so_many),
	    cmocka_unit_test(in_any_weather_a_noted_notice_is_kept),
	};

	return cmocka_run_group_tests_name("admit_notice", tests, NULL, NULL);
}
