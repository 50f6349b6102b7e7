/* Who may speak here, whose mail is taken, whose notice is believed. */
#include "steps.h"

#include "proto/smtp_server.h"
#include "receiver/admit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
	struct side side;
	struct hosts *allowed, *denied, *callable, *ourselves;
	struct admit admit;
};

static void
open_with(struct fixture *f, const char *more, uint64_t seed)
{
	side_open(&f->side, "b.test", more, seed);
	side_add_user(&f->side, "bob@b.test");
	f->allowed = hosts_of("192.0.2.16/28", "mx.good.test", NULL);
	f->denied = hosts_of("192.0.2.0/27", ".bad.test", NULL);
	f->callable = hosts_of("10.1.0.0/16", "fd00:1::/32", NULL);
	f->ourselves = hosts_of("198.51.100.1", "10.1.0.1", NULL);
	f->admit = (struct admit){.store = f->side.store,
	    .settings = f->side.settings,
	    .local = f->side.local,
	    .allowed = f->allowed,
	    .denied = f->denied,
	    .callable = f->callable,
	    .ourselves = f->ourselves};
}

static void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	hosts_free(&f->allowed);
	hosts_free(&f->denied);
	hosts_free(&f->callable);
	hosts_free(&f->ourselves);
	side_close(&f->side);
}

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_with(f, "", 0);
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

/* ---- hosts ---- */

static enum admit_standing
standing(struct fixture *f, const char *address, const char *name)
{
	return admit_host(&f->admit, ip_of(address), span_of(name));
}

/* GD-36 DM-09 */
static void
hosts_are_sorted_by_address_and_by_name(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(standing(f, "203.0.113.1", ""), STANDING_STRANGER);
	assert_int_equal(standing(f, "192.0.2.1", ""), STANDING_DENIED);
	assert_int_equal(
	    standing(f, "203.0.113.1", "mail.bad.test"), STANDING_DENIED);
	assert_int_equal(
	    standing(f, "203.0.113.1", "bad.test"), STANDING_STRANGER);
	assert_int_equal(
	    standing(f, "203.0.113.1", "mx.good.test"), STANDING_ALLOWED);
	assert_int_equal(standing(f, "2001:db8::1", ""), STANDING_STRANGER);
}

/* DM-11: an entry in both lists denies. */
static void
denied_comes_before_allowed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(standing(f, "192.0.2.17", ""), STANDING_DENIED);
	assert_int_equal(
	    standing(f, "192.0.2.17", "mx.good.test"), STANDING_DENIED);
	assert_int_equal(
	    standing(f, "192.0.2.1", "mx.good.test"), STANDING_DENIED);
}

/* GD-22 GD-30 GD-37 DM-12 DM-13 */
static void
strangers_see_the_notice_keyword_and_friends_push(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(admit_keywords(&f->admit, STANDING_STRANGER),
	    SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL);
	assert_int_equal(admit_keywords(&f->admit, STANDING_ALLOWED),
	    SMTP_KEYWORD_PULL);
	assert_int_equal(admit_keywords(&f->admit, STANDING_DENIED), 0);
}

static void
what_is_not_in_the_setting_is_not_offered(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "offer = {}", 0);
	assert_int_equal(
	    admit_keywords(&f.admit, STANDING_STRANGER), SMTP_KEYWORD_PULL);
	close_all(&f);
}

/* ---- recipients ---- */

static enum reply_name
ask(struct fixture *f, enum arrival_way way, enum admit_standing standing,
    const char *recipient)
{
	const struct admit_recipient asked = {.way = way,
	    .standing = standing,
	    .sender = span_of("alice@a.test"),
	    .recipient = span_of(recipient)};
	struct heard heard = {0};

	admit_recipient(&f->admit, &asked, f->side.now, hear, &heard);
	side_turn(&f->side);
	assert_int_equal(heard.times, 1);
	return heard.reply;
}

static enum reply_name
push(struct fixture *f, const char *recipient)
{
	return ask(f, ARRIVAL_PUSHED, STANDING_STRANGER, recipient);
}

/* GD-58 */
static void
only_users_of_ours_get_mail_from_outside(void **state)
{
	static const enum arrival_way ways[] = {
	    ARRIVAL_PUSHED, ARRIVAL_PULLED};
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
		    ask(f, ways[i], STANDING_STRANGER, "bob@b.test"),
		    REPLY_RECIPIENT_OK);
		assert_int_equal(
		    ask(f, ways[i], STANDING_STRANGER, "BOB@B.Test"),
		    REPLY_RECIPIENT_OK);
		assert_int_equal(
		    ask(f, ways[i], STANDING_STRANGER, "eve@b.test"),
		    REPLY_NO_SUCH_USER);
		assert_int_equal(
		    ask(f, ways[i], STANDING_STRANGER, "bob@c.test"),
		    REPLY_NO_RELAY);
		assert_int_equal(
		    ask(f, ways[i], STANDING_STRANGER, "bob@sub.b.test"),
		    REPLY_NO_RELAY);
		assert_int_equal(ask(f, ways[i], STANDING_STRANGER, "bob@"),
		    REPLY_BAD_RECIPIENT);
	}
}

/* GD-66 IM-03: no open relay, but for those who signed in. */
static void
only_users_of_ours_may_write_to_elsewhere(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, ARRIVAL_SUBMITTED, 0, "carol@c.test"),
	    REPLY_RECIPIENT_OK);
	assert_int_equal(
	    ask(f, ARRIVAL_SUBMITTED, 0, "bob@b.test"), REPLY_RECIPIENT_OK);
	assert_int_equal(
	    ask(f, ARRIVAL_SUBMITTED, 0, "eve@b.test"), REPLY_NO_SUCH_USER);
	assert_int_equal(ask(f, ARRIVAL_PUSHED, STANDING_ALLOWED,
			     "carol@c.test"),
	    REPLY_NO_RELAY);
}

static void
postmaster_is_always_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(push(f, "postmaster"), REPLY_RECIPIENT_OK);
	assert_int_equal(push(f, "PostMaster@b.test"), REPLY_RECIPIENT_OK);
	assert_int_equal(push(f, "postmaster@c.test"), REPLY_NO_RELAY);
	assert_false(store_pending(f->side.store));
}

/* WIRE 9 */
static void
strangers_may_be_kept_from_pushing(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "strangers = \"reject\"", 0);
	assert_int_equal(push(&f, "bob@b.test"), REPLY_STRANGER);
	assert_int_equal(push(&f, "bob@c.test"), REPLY_NO_RELAY);
	assert_int_equal(
	    ask(&f, ARRIVAL_PUSHED, STANDING_ALLOWED, "bob@b.test"),
	    REPLY_RECIPIENT_OK);
	assert_int_equal(
	    ask(&f, ARRIVAL_PULLED, STANDING_STRANGER, "bob@b.test"),
	    REPLY_RECIPIENT_OK);
	close_all(&f);
}

static void
in_any_weather_a_user_is_not_said_to_be_missing(void **state)
{
	unsigned later = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct fixture f;
		enum reply_name reply;

		open_with(&f, "", seed);
		reply = push(&f, "bob@b.test");
		later += reply == REPLY_DELIVERY_LATER;
		assert_true(reply == REPLY_RECIPIENT_OK ||
			    reply == REPLY_DELIVERY_LATER);
		close_all(&f);
	}
	assert_true(later > 0);
}

/* ---- belief ---- */

/* GD-51 GD-53 GD-55 AT-17 */
static void
a_notice_is_believed_only_after_a_pass(void **state)
{
	static const struct {
		enum spf_result spf;
		enum reply_name reply;
	} cases[] = {
	    {SPF_PASS, REPLY_NOTED},
	    {SPF_FAIL, REPLY_MAY_NOT_SPEAK},
	    {SPF_SOFTFAIL, REPLY_MAY_NOT_SPEAK},
	    {SPF_NEUTRAL, REPLY_MAY_NOT_SPEAK},
	    {SPF_TEMPERROR, REPLY_DNS_LATER},
	    {SPF_PERMERROR, REPLY_SPF_BROKEN},
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int mx = MX_NOT_ASKED; mx <= MX_NOT_KNOWN; mx++)
			assert_int_equal(
			    admit_belief(f->side.settings, cases[i].spf,
				(enum admit_mx)mx),
			    cases[i].reply);
}

/* GD-52: the domain's MX hosts speak for it when there is no record. */
static void
without_a_record_mx_hosts_are_believed(void **state)
{
	struct fixture *f = *state;
	const struct settings *s = f->side.settings;

	assert_int_equal(admit_belief(s, SPF_NONE, MX_IS_HOST), REPLY_NOTED);
	assert_int_equal(admit_belief(s, SPF_NONE, MX_IS_NOT_HOST),
	    REPLY_MAY_NOT_SPEAK);
	assert_int_equal(
	    admit_belief(s, SPF_NONE, MX_NOT_KNOWN), REPLY_DNS_LATER);
	assert_int_equal(
	    admit_belief(s, SPF_NONE, MX_NOT_ASKED), REPLY_MAY_NOT_SPEAK);
}

static void
the_fallback_to_mx_hosts_can_be_switched_off(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "spf-mx-fallback = false", 0);
	for (int mx = MX_NOT_ASKED; mx <= MX_NOT_KNOWN; mx++)
		assert_int_equal(admit_belief(f.side.settings, SPF_NONE,
				     (enum admit_mx)mx),
		    REPLY_MAY_NOT_SPEAK);
	close_all(&f);
}

/* GD-55: policy for each result. */
static void
the_operator_says_which_results_are_believed(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "spf-accept = {\"softfail\", \"neutral\"}", 0);
	assert_int_equal(
	    admit_belief(f.side.settings, SPF_SOFTFAIL, MX_NOT_ASKED),
	    REPLY_NOTED);
	assert_int_equal(
	    admit_belief(f.side.settings, SPF_NEUTRAL, MX_NOT_ASKED),
	    REPLY_NOTED);
	assert_int_equal(
	    admit_belief(f.side.settings, SPF_PASS, MX_NOT_ASKED),
	    REPLY_MAY_NOT_SPEAK);
	assert_int_equal(
	    admit_belief(f.side.settings, SPF_FAIL, MX_IS_HOST),
	    REPLY_MAY_NOT_SPEAK);
	close_all(&f);
}

/* ---- whom we call ---- */

/* AT-01 AT-24 */
static void
no_address_that_is_nobodys_is_called(void **state)
{
	static const char *const special[] = {"0.0.0.0", "0.1.2.3",
	    "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
	    "127.0.0.1", "127.255.255.254", "169.254.1.1", "172.16.0.1",
	    "172.31.255.255", "192.0.0.1", "192.168.0.1", "198.18.0.1",
	    "198.19.255.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
	    "255.255.255.255", "::", "::1", "::192.0.2.1", "::ffff:10.0.0.1",
	    "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1",
	    "2001::1", "2002:a00:1::1", "fc00::1", "fdff::1", "fe80::1",
	    "febf::1", "fec0::1", "ff02::1", "ffff::1"};
	static const char *const public[] = {"1.1.1.1", "9.255.255.255",
	    "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.0.0.1",
	    "128.0.0.1", "169.253.0.1", "172.15.0.1", "172.32.0.1",
	    "192.0.2.1", "192.167.0.1", "192.169.0.1", "198.17.0.1",
	    "198.20.0.1", "223.255.255.254", "::ffff:192.0.2.1",
	    "2001:db8::1", "2600::1", "3fff::1"};
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
leave_after(
    struct fixture *f, const struct admit_notice *notice, int64_t delay)
{
	struct heard heard = {0};

	admit_notice(
	    &f->admit, notice, delay, f->side.now, hear, &heard);
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
		assert_int_equal(op->notice_list.notices[0].expires_at,
		    NOW + cases[i].life);
		store_op_free(&op);
		close_all(&f);
	}
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
	open_with(&f, "pending-per-source = 3", 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
		    leave_numbered(&f, i, "a.test"), REPLY_NOTED);
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
	    CASE(hosts_are_sorted_by_address_and_by_name),
	    CASE(denied_comes_before_allowed),
	    CASE(strangers_see_the_notice_keyword_and_friends_push),
	    cmocka_unit_test(what_is_not_in_the_setting_is_not_offered),
	    CASE(only_users_of_ours_get_mail_from_outside),
	    CASE(only_users_of_ours_may_write_to_elsewhere),
	    CASE(postmaster_is_always_there),
	    cmocka_unit_test(strangers_may_be_kept_from_pushing),
	    cmocka_unit_test(in_any_weather_a_user_is_not_said_to_be_missing),
	    CASE(a_notice_is_believed_only_after_a_pass),
	    CASE(without_a_record_mx_hosts_are_believed),
	    cmocka_unit_test(the_fallback_to_mx_hosts_can_be_switched_off),
	    cmocka_unit_test(the_operator_says_which_results_are_believed),
	    CASE(no_address_that_is_nobodys_is_called),
	    CASE(networks_that_the_operator_lists_are_called),
	    CASE(we_never_call_ourselves),
	    CASE(a_notice_is_kept_with_all_that_is_known),
	    CASE(a_notice_is_answered_only_when_it_is_durable),
	    cmocka_unit_test(without_a_life_the_dialect_says_it),
	    CASE(a_notice_that_is_left_twice_is_one),
	    CASE(one_identifier_of_two_domains_is_two_notices),
	    CASE(what_is_refused_is_not_kept),
	    CASE(an_identifier_may_be_128_characters),
	    cmocka_unit_test(one_domain_may_leave_only_so_many),
	    cmocka_unit_test(all_together_may_leave_only_so_many),
	    cmocka_unit_test(in_any_weather_a_noted_notice_is_kept),
	};

	return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}
