/* Time, counts, memory, and the end of a server. */
#include "server_talk.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HELLO        "EHLO c.test\r\n"
#define START        HELLO "MAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
#define START_EVENTS "EHLO(c.test) MAIL(a@a.test) RCPT(b@b.test) "

static void
start(struct talk *t, const char *input)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	talk_init(t, &setup, 0);
	pump_say(&t->pump, input);
}

/* Ticks at each deadline until the session is over; how long that took. */
static int64_t
wait_until_over(struct talk *t)
{
	int64_t from = t->pump.now;

	for (unsigned i = 0; i < 100 && !t->is_over; i++)
		assert_true(pump_tick(&t->pump));
	assert_true(t->is_over);
	return t->pump.now - from;
}

/* RFC 5321 4.5.3.2.7 */
static void
a_peer_that_says_nothing_is_let_go(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "");
	assert_int_equal(wait_until_over(&t), 300);
	assert_true(talk_has_said(&t, "421 4.4.2 "));
	talk_fini(&t);
}

/* AT-25 */
static void
parts_of_a_line_do_not_buy_time(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO);
	t.pump.now += 200;
	pump_say(&t.pump, "NO");
	assert_int_equal(wait_until_over(&t), 100);
	talk_fini(&t);
	start(&t, HELLO);
	t.pump.now += 200;
	pump_say(&t.pump, "NOOP\r\n");
	assert_int_equal(wait_until_over(&t), 300);
	talk_fini(&t);
}

static void
our_own_thinking_is_not_held_against_the_peer(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO);
	t.is_mute = true;
	pump_say(&t.pump, "MAIL FROM:<a@a.test>\r\n");
	assert_int_equal(
	    t.pump.machine.ops->deadline(t.pump.machine.self), INT64_MAX);
	t.pump.now += 1000;
	smtp_server_tell(t.server, REPLY_SENDER_OK, span_of(""));
	t.has_transaction = true;
	pump_run(&t.pump);
	assert_int_equal(wait_until_over(&t), 300);
	assert_string_equal(
	    talk_events(&t), "EHLO(c.test) MAIL(a@a.test) ABORT CLOSED");
	talk_fini(&t);
}

static void
silence_within_content_ends_the_session(void **state)
{
	struct talk t;

	(void)state;
	start(&t, START "DATA\r\n");
	assert_int_equal(wait_until_over(&t), 180);
	assert_true(talk_has_said(&t, "421 4.4.2 waited"));
	assert_string_equal(talk_events(&t), START_EVENTS "DATA ABORT CLOSED");
	talk_fini(&t);
}

/* AT-25 */
static void
content_that_trickles_ends_the_session(void **state)
{
	struct talk t;

	(void)state;
	start(&t, START "DATA\r\n");
	pump_tick(&t.pump); /* the clock starts */
	for (unsigned i = 0; i < 59; i++) {
		t.pump.now++;
		pump_say(&t.pump, "0123456789");
	}
	assert_false(t.is_over);
	assert_int_equal(wait_until_over(&t), 1);
	assert_true(
	    talk_has_said(&t, "421 4.4.2 the message comes too slowly"));
	talk_fini(&t);
}

static void
content_that_flows_may_take_long(void **state)
{
	char block[2048];
	struct talk t;

	(void)state;
	memset(block, 'x', sizeof(block));
	start(&t, START "DATA\r\n");
	for (unsigned i = 0; i < 300; i++) {
		t.pump.now++;
		pump_send(&t.pump, span_make(block, sizeof(block)), PUMP_WHOLE);
		if (t.pump.machine.ops->deadline(t.pump.machine.self) <=
		    t.pump.now)
			t.pump.machine.ops->tick(
			    t.pump.machine.self, t.pump.now);
	}
	assert_false(t.is_over);
	pump_say(&t.pump, "\r\n.\r\n");
	assert_true(talk_has_said(&t, "250 2.0.0 stored"));
	talk_fini(&t);
}

/* What the owner does not take is not the peer's slowness. */
static void
content_that_we_hold_up_is_not_too_slow(void **state)
{
	struct talk t;
	int64_t deadline;

	(void)state;
	start(&t, START "DATA\r\n");
	t.pump.machine.ops->feed(
	    t.pump.machine.self, span_of("abc"), t.pump.now);
	for (unsigned i = 0; i < 10; i++) {
		deadline = t.pump.machine.ops->deadline(t.pump.machine.self);
		assert_true(deadline != INT64_MAX);
		t.pump.now = deadline > t.pump.now ? deadline : t.pump.now;
		t.pump.machine.ops->tick(t.pump.machine.self, t.pump.now);
	}
	assert_true(t.pump.now > 1500);
	pump_run(&t.pump);
	assert_false(t.is_over);
	talk_fini(&t);
}

static void
a_last_reply_that_nobody_takes_is_dropped(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "QUIT\r\n");
	assert_int_equal(t.pump.machine.ops->wants(t.pump.machine.self), 0);
	assert_true(t.pump.machine.ops->out(t.pump.machine.self).n > 0);
	while (pump_tick(&t.pump))
		assert_true(t.pump.now < 2000);
	assert_int_equal(t.pump.machine.ops->out(t.pump.machine.self).n, 0);
	talk_fini(&t);
}

static void
sessions_have_a_number_of_commands(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	setup.verbs_max = 3;
	talk_expect(&setup, span_of(HELLO "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n"),
	    "220 250 250 250 421", "EHLO(c.test) CLOSED");
}

static void
a_peer_that_only_errs_is_let_go(void **state)
{
	struct talk t;

	(void)state;
	start(&t, "");
	for (unsigned i = 0; i < SMTP_FAULTS_MAX; i++)
		pump_say(&t.pump, "XYZ\r\n");
	assert_false(t.is_over);
	pump_say(&t.pump, "NOOP\r\n");
	assert_true(t.is_over);
	assert_true(talk_has_said(&t, "421 4.7.0 "));
	talk_fini(&t);
}

/* Replies that nobody reads hold up reading. */
static void
a_deaf_peer_cannot_fill_memory(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO);
	t.pump.is_deaf = true;
	for (unsigned i = 0; i < 10000; i++)
		pump_say(&t.pump, "HELP\r\n");
	assert_true(t.pump.unread.n > 0);
	assert_true(t.pump.machine.ops->out(t.pump.machine.self).n <= 8192);
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_int_equal(t.pump.unread.n, 0);
	assert_false(t.is_over);
	talk_fini(&t);
}

static void
a_question_holds_up_reading(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO);
	t.is_mute = true;
	pump_say(&t.pump, "MAIL FROM:<a@a.test>\r\nNOOP\r\nXYZ\r\n");
	assert_int_equal(t.pump.unread.n, 11);
	smtp_server_tell(t.server, REPLY_DENIED, span_of(""));
	pump_run(&t.pump);
	assert_string_equal(talk_replies(&t), "220 250 550 250 500");
	talk_fini(&t);
}

static void
a_server_that_stops_says_so_when_it_owes_nothing(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO);
	smtp_server_stop(t.server);
	pump_run(&t.pump);
	assert_string_equal(talk_replies(&t), "220 250 421");
	assert_true(t.is_over);
	talk_fini(&t);
	start(&t, START "DATA\r\nabc");
	smtp_server_stop(t.server);
	pump_run(&t.pump);
	assert_false(t.is_over);
	pump_say(&t.pump, "\r\n.\r\n");
	assert_string_equal(talk_replies(&t), "220 250 250 250 354 250 421");
	assert_true(t.is_over);
	talk_fini(&t);
}

static void
a_server_that_stops_waits_for_the_turn_to_come_back(void **state)
{
	struct talk t;

	(void)state;
	start(&t, HELLO "RETR abc\r\n");
	smtp_server_stop(t.server);
	pump_run(&t.pump);
	assert_false(t.is_over);
	smtp_server_resume(t.server, t.pump.now);
	pump_run(&t.pump);
	assert_true(talk_has_said(&t, "421 4.3.2 "));
	assert_true(t.is_over);
	talk_fini(&t);
}

static void
a_greeting_may_be_a_421(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct smtp_server *server = smtp_server_new(&setup, 0);
	struct machine m = smtp_server_machine(server);

	(void)state;
	assert_int_equal(m.ops->feed(m.self, span_of("early"), 0), 0);
	smtp_server_greet(server, REPLY_TOO_MANY_SESSIONS, 0);
	assert_int_equal(m.ops->wants(m.self), 0);
	assert_true(span_starts_nocase(
	    m.ops->out(m.self), span_of("421 4.7.0 too many sessions")));
	smtp_server_free(&server);
}

#if !defined(__SANITIZE_ADDRESS__)
static void
an_idle_session_holds_little_memory(void **state)
{
	size_t before = mallinfo2().uordblks;
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct smtp_server *server = smtp_server_new(&setup, 0);

	(void)state;
	assert_non_null(server);
	smtp_server_greet(server, REPLY_GREETING, 0);
	assert_true(mallinfo2().uordblks - before < 16384);
	smtp_server_free(&server);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_says_nothing_is_let_go),
		cmocka_unit_test(parts_of_a_line_do_not_buy_time),
		cmocka_unit_test(our_own_thinking_is_not_held_against_the_peer),
		cmocka_unit_test(silence_within_content_ends_the_session),
		cmocka_unit_test(content_that_trickles_ends_the_session),
		cmocka_unit_test(content_that_flows_may_take_long),
		cmocka_unit_test(content_that_we_hold_up_is_not_too_slow),
		cmocka_unit_test(a_last_reply_that_nobody_takes_is_dropped),
		cmocka_unit_test(sessions_have_a_number_of_commands),
		cmocka_unit_test(a_peer_that_only_errs_is_let_go),
		cmocka_unit_test(a_deaf_peer_cannot_fill_memory),
		cmocka_unit_test(a_question_holds_up_reading),
		cmocka_unit_test(
		    a_server_that_stops_says_so_when_it_owes_nothing),
		cmocka_unit_test(
		    a_server_that_stops_waits_for_the_turn_to_come_back),
		cmocka_unit_test(a_greeting_may_be_a_421),
#if !defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test(an_idle_session_holds_little_memory),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
