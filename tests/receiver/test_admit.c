/* Who may speak here, whose mail is taken, who is believed. Notices are in
   test_admit_notice.c. */
#include "admitting.h"

#include "proto/server/smtp_server.h"

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

	assert_int_equal(
	    admit_keywords(&f->admit, STANDING_STRANGER, span_of("")),
	    SMTP_KEYWORD_PULL | SMTP_KEYWORD_GDEL | SMTP_KEYWORD_MSID |
		SMTP_KEYWORD_ENVELOPE);
	assert_int_equal(
	    admit_keywords(&f->admit, STANDING_ALLOWED, span_of("")),
	    SMTP_KEYWORD_PULL);
	assert_int_equal(
	    admit_keywords(&f->admit, STANDING_DENIED, span_of("")), 0);
}

static void
what_is_not_in_the_setting_is_not_offered(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "offer = {}", 0);
	assert_int_equal(
	    admit_keywords(&f.admit, STANDING_STRANGER, span_of("")),
	    SMTP_KEYWORD_PULL);
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
	static const enum arrival_way ways[] = {ARRIVAL_PUSHED, ARRIVAL_PULLED};
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

	assert_int_equal(
	    ask(f, ARRIVAL_SUBMITTED, 0, "carol@c.test"), REPLY_RECIPIENT_OK);
	assert_int_equal(
	    ask(f, ARRIVAL_SUBMITTED, 0, "bob@b.test"), REPLY_RECIPIENT_OK);
	assert_int_equal(
	    ask(f, ARRIVAL_SUBMITTED, 0, "eve@b.test"), REPLY_NO_SUCH_USER);
	assert_int_equal(
	    ask(f, ARRIVAL_PUSHED, STANDING_ALLOWED, "carol@c.test"),
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
			assert_int_equal(admit_belief(f->side.settings,
					     cases[i].spf, (enum admit_mx)mx),
			    cases[i].reply);
}

/* GD-52: the domain's MX hosts speak for it when there is no record. */
static void
without_a_record_mx_hosts_are_believed(void **state)
{
	struct fixture *f = *state;
	const struct settings *s = f->side.settings;

	assert_int_equal(admit_belief(s, SPF_NONE, MX_IS_HOST), REPLY_NOTED);
	assert_int_equal(
	    admit_belief(s, SPF_NONE, MX_IS_NOT_HOST), REPLY_MAY_NOT_SPEAK);
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
		assert_int_equal(
		    admit_belief(f.side.settings, SPF_NONE, (enum admit_mx)mx),
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
	assert_int_equal(admit_belief(f.side.settings, SPF_PASS, MX_NOT_ASKED),
	    REPLY_MAY_NOT_SPEAK);
	assert_int_equal(admit_belief(f.side.settings, SPF_FAIL, MX_IS_HOST),
	    REPLY_MAY_NOT_SPEAK);
	close_all(&f);
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
	};

	return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}
