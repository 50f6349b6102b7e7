/*
 * What MAIL and RCPT say beside the addresses: only what the peer lists, and
 * nothing that could be read as another command.
 */
#include "smtp_client_fixture.h"

#include <string.h>

static struct smtp_client_send
rich_send(void)
{
	struct smtp_client_send send = plain_send(12);

	send.body_8bit = send.smtputf8 = true;
	send.ret = RET_HDRS;
	send.envid = span_of("QQ314159");
	send.notify = NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY;
	send.orcpt = span_of("rfc822;bob@b.test");
	return send;
}

static void
parameters_are_said_to_a_peer_that_lists_them(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_send send = rich_send();

	(void)state;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "MAIL FROM:<alice@a.test> SIZE=12 BODY=8BITMIME "
			"SMTPUTF8 RET=HDRS ENVID=QQ314159\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test> NOTIFY=SUCCESS,FAILURE,DELAY "
			"ORCPT=rfc822;bob@b.test\r\n");
	smtp_client_free(&x);
}

static void
parameters_are_kept_from_a_peer_that_does_not_list_them(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct smtp_client_send send = rich_send();

	(void)state;
	send.smtputf8 = false;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "MAIL FROM:<alice@a.test>\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test>\r\n");
	smtp_client_free(&x);
}

static void
the_null_sender_and_never_are_said_as_such(void **state)
{
	struct smtp_client *x = fixture_turned(SMTP_CAN_DSN);
	struct smtp_client_send send = plain_send(0);

	(void)state;
	send.sender = span_of("");
	send.notify = NOTIFY_NEVER;
	send.ret = RET_FULL;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "MAIL FROM:<> RET=FULL\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test> NOTIFY=NEVER\r\n");
	smtp_client_free(&x);
}

static void
smtputf8_to_a_peer_without_it_is_refused_here(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct smtp_client_send send = rich_send();

	(void)state;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "");
	told_sent(x, 550, false);
	send.smtputf8 = false;
	assert_int_equal(smtp_client_send(x, &send), 0);
	smtp_client_free(&x);
}

/* WIRE 4.3: RSET is how an origin gives the turn back */
static void
smtputf8_refused_here_gives_the_turn_back(void **state)
{
	struct smtp_client *x = fixture_turned(0);
	struct smtp_client_send send = rich_send();

	(void)state;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "RSET\r\n");
	told_nothing(x);
	peer_says(x, "250 reset\r\n");
	told_sent(x, 550, false);
	smtp_client_free(&x);
}

static void
addresses_and_words_cannot_inject_commands(void **state)
{
	struct smtp_client *x = fixture_ready(ALL_KEYWORDS);
	struct smtp_client_send send = plain_send(1);
	char huge[1200];

	(void)state;
	send.sender = span_of("a@a.test>\r\nRSET");
	assert_int_equal(smtp_client_send(x, &send), -E_SYNTAX);
	send = plain_send(1);
	send.orcpt = span_of("rfc822;b NOTIFY=NEVER");
	assert_int_equal(smtp_client_send(x, &send), -E_SYNTAX);
	memset(huge, 'a', sizeof(huge));
	send = plain_send(1);
	send.recipient = span_make(huge, sizeof(huge));
	assert_int_equal(smtp_client_send(x, &send), -E_RANGE);
	send = plain_send(1);
	send.sender = span_make(huge, sizeof(huge));
	assert_int_equal(smtp_client_send(x, &send), -E_RANGE);
	machine_says(x, "");
	smtp_client_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_are_said_to_a_peer_that_lists_them),
	    cmocka_unit_test(
		parameters_are_kept_from_a_peer_that_does_not_list_them),
	    cmocka_unit_test(the_null_sender_and_never_are_said_as_such),
	    cmocka_unit_test(smtputf8_to_a_peer_without_it_is_refused_here),
	    cmocka_unit_test(smtputf8_refused_here_gives_the_turn_back),
	    cmocka_unit_test(addresses_and_words_cannot_inject_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
