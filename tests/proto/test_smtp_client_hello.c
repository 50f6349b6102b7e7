/*
 * How a dialled connection begins: greeting, EHLO, HELO, STARTTLS.
 */
#include "smtp_client_fixture.h"

static void
a_greeting_is_answered_with_ehlo(void **state)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);

	(void)state;
	machine_says(x, "");
	peer_says(x, "220-peer.test\r\n220 welcome\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	told_nothing(x);
	smtp_client_free(&x);
	assert_null(x);
}

static void
a_refused_greeting_breaks_with_its_reply(void **state)
{
	static const char *const greetings[] = {
	    "554 5.7.1 no\r\n", "421 4.3.2 later\r\n", "253 odd\r\n"};
	static const int codes[] = {554, 421, 253};
	struct smtp_client_setup setup = fixture_setup();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct smtp_client *x = fixture_dial(&setup);
		peer_says(x, greetings[i]);
		told_broken(x, codes[i]);
		smtp_client_free(&x);
	}
}

static void
capabilities_are_those_that_ehlo_lists(void **state)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);
	const struct smtp_client_event *event;

	(void)state;
	peer_says(x, "220 peer.test\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "250-GDEL is my name\r\n250-size 12345\r\n"
		     "250-Retr\r\n250-PULL have DIGEST later\r\n"
		     "250-XOTHER\r\n250 dsn\r\n");
	event = told(x, SMTP_CLIENT_READY);
	assert_int_equal(event->capabilities,
	    SMTP_CAN_SIZE | SMTP_CAN_RETR | SMTP_CAN_PULL_HAVE |
		SMTP_CAN_PULL_DIGEST | SMTP_CAN_DSN);
	assert_int_equal(event->size_limit, 12345);
	smtp_client_free(&x);
}

static void
helo_is_said_when_ehlo_is_not_known(void **state)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);

	(void)state;
	peer_says(x, "220 peer.test\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "502 what?\r\n");
	machine_says(x, "HELO mx.a.test\r\n");
	peer_says(x, "250 peer.test\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_READY)->capabilities, 0);
	smtp_client_free(&x);
}

static void
without_ehlo_and_helo_there_is_no_session(void **state)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);

	(void)state;
	peer_says(x, "220 peer.test\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "502 what?\r\n");
	machine_says(x, "HELO mx.a.test\r\n");
	peer_says(x, "550 no\r\n");
	told_broken(x, 550);
	smtp_client_free(&x);
}

static void
a_temporary_answer_to_ehlo_ends_the_attempt(void **state)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x = fixture_dial(&setup);

	(void)state;
	peer_says(x, "220 peer.test\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "451 later\r\n");
	told_broken(x, 451);
	smtp_client_free(&x);
}

/* A machine that has been offered STARTTLS, and says what it does. */
static struct smtp_client *
offered_starttls(bool required, const char *ehlo_reply)
{
	struct smtp_client_setup setup = fixture_setup();
	struct smtp_client *x;

	setup.use_starttls = true;
	setup.require_starttls = required;
	x = fixture_dial(&setup);
	peer_says(x, "220 peer.test\r\n");
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, ehlo_reply);
	return x;
}

static void
starttls_is_taken_and_all_said_before_is_forgotten(void **state)
{
	struct smtp_client *x = offered_starttls(true,
	    "250-peer.test\r\n250-GDEL\r\n250-SIZE 1\r\n250 STARTTLS\r\n");
	const struct smtp_client_event *event;

	(void)state;
	machine_says(x, "STARTTLS\r\n");
	peer_says(x, "220 2.0.0 go\r\n");
	told(x, SMTP_CLIENT_START_TLS);
	told_nothing(x);
	smtp_client_secured(x);
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "250-peer.test\r\n250-STARTTLS\r\n250 RETR\r\n");
	event = told(x, SMTP_CLIENT_READY);
	assert_int_equal(
	    event->capabilities, SMTP_CAN_RETR | SMTP_CAN_STARTTLS);
	assert_int_equal(event->size_limit, 0);
	smtp_client_free(&x);
}

/* RFC 3207 4.2 */
static void
after_tls_helo_leaves_no_capability_from_before(void **state)
{
	struct smtp_client *x = offered_starttls(true,
	    "250-peer.test\r\n250-GDEL\r\n250-SIZE 1\r\n250 STARTTLS\r\n");
	const struct smtp_client_event *event;

	(void)state;
	machine_says(x, "STARTTLS\r\n");
	peer_says(x, "220 2.0.0 go\r\n");
	told(x, SMTP_CLIENT_START_TLS);
	smtp_client_secured(x);
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "502 5.5.1 no\r\n");
	machine_says(x, "HELO mx.a.test\r\n");
	peer_says(x, "250 peer.test\r\n");
	event = told(x, SMTP_CLIENT_READY);
	assert_int_equal(event->capabilities, 0);
	assert_int_equal(event->size_limit, 0);
	smtp_client_free(&x);
}

/* AT-16 */
static void
octets_behind_the_answer_to_starttls_are_not_taken(void **state)
{
	struct smtp_client *x =
	    offered_starttls(true, "250-peer.test\r\n250 STARTTLS\r\n");
	struct machine m = smtp_client_machine(x);
	const char *injected = "220 go\r\n250-peer.test\r\n250 GDEL\r\n";

	(void)state;
	machine_says(x, "STARTTLS\r\n");
	assert_int_equal(
	    m.ops->feed(m.self, span_of(injected), fixture_now), 8);
	assert_int_equal(
	    m.ops->feed(m.self, span_of(injected + 8), fixture_now), 0);
	told(x, SMTP_CLIENT_START_TLS);
	told_nothing(x);
	smtp_client_secured(x);
	machine_says(x, "EHLO mx.a.test\r\n");
	peer_says(x, "250 peer.test\r\n");
	assert_int_equal(told(x, SMTP_CLIENT_READY)->capabilities, 0);
	smtp_client_free(&x);
}

static void
refused_starttls_goes_on_in_clear_unless_required(void **state)
{
	struct smtp_client *x =
	    offered_starttls(false, "250-peer.test\r\n250 STARTTLS\r\n");

	(void)state;
	machine_says(x, "STARTTLS\r\n");
	peer_says(x, "454 4.7.0 not now\r\n");
	told(x, SMTP_CLIENT_READY);
	smtp_client_free(&x);

	x = offered_starttls(true, "250-peer.test\r\n250 STARTTLS\r\n");
	machine_says(x, "STARTTLS\r\n");
	peer_says(x, "454 4.7.0 not now\r\n");
	told_broken(x, 0);
	smtp_client_free(&x);
}

static void
required_starttls_that_is_not_offered_breaks(void **state)
{
	struct smtp_client *x = offered_starttls(true, "250 peer.test\r\n");

	(void)state;
	told_broken(x, 0);
	smtp_client_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(after_tls_helo_leaves_no_capability_from_before),
	    cmocka_unit_test(a_greeting_is_answered_with_ehlo),
	    cmocka_unit_test(a_refused_greeting_breaks_with_its_reply),
	    cmocka_unit_test(capabilities_are_those_that_ehlo_lists),
	    cmocka_unit_test(helo_is_said_when_ehlo_is_not_known),
	    cmocka_unit_test(without_ehlo_and_helo_there_is_no_session),
	    cmocka_unit_test(a_temporary_answer_to_ehlo_ends_the_attempt),
	    cmocka_unit_test(
		starttls_is_taken_and_all_said_before_is_forgotten),
	    cmocka_unit_test(
		octets_behind_the_answer_to_starttls_are_not_taken),
	    cmocka_unit_test(refused_starttls_goes_on_in_clear_unless_required),
	    cmocka_unit_test(required_starttls_that_is_not_offered_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
