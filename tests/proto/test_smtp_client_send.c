/*
 * One message on its way: lock step, content within its size, and every way in
 * which it can be refused, cut or given up.
 */
#include "smtp_client_fixture.h"

#include <stdlib.h>
#include <string.h>

/* Orders a plain SEND of a peer that lists nothing; MAIL is on its way. */
static void
play_to_mail(struct smtp_client *x)
{
	struct smtp_client_send send = plain_send(1);

	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "MAIL FROM:<alice@a.test>\r\n");
}

/* Orders a plain SEND and plays it up to CONTENT. */
static void
play_to_content(struct smtp_client *x, uint64_t size)
{
	struct smtp_client_send send = plain_send(size);
	struct machine m = smtp_client_machine(x);

	assert_int_equal(smtp_client_send(x, &send), 0);
	m.ops->sent(m.self, m.ops->out(m.self).n);
	peer_says(x, "250 2.1.0 sender taken\r\n");
	machine_says(x, "RCPT TO:<bob@b.test>\r\n");
	peer_says(x, "250 2.1.5 recipient taken\r\n");
	machine_says(x, "DATA\r\n");
	told_nothing(x);
	peer_says(x, "354 go on\r\n");
	told(x, SMTP_CLIENT_CONTENT);
	told_nothing(x);
}

static void
write_all(struct smtp_client *x, const char *text)
{
	assert_int_equal(smtp_client_write(x, span_of(text)), 0);
	assert_int_equal(smtp_client_end(x), 0);
}

/* A whole message has been sent; its answer is owed. */
static void
play_to_final(struct smtp_client *x)
{
	play_to_content(x, 3);
	write_all(x, "a\r\n");
	machine_says(x, "a\r\n.\r\n");
}

static void
a_message_goes_in_lock_step_with_its_dots_stuffed(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");

	(void)state;
	play_to_content(x, 6);
	assert_int_equal(smtp_client_room(x), 6);
	write_all(x, ".a\r\n\r\n");
	machine_says(x, "..a\r\n\r\n.\r\n");
	told_nothing(x);
	peer_says(x, "250 2.0.0 stored\r\n");
	told_sent(x, 250, true);
	assert_int_equal(smtp_client_noop(x, 1), 0);
	machine_says(x, "NOOP\r\n");
	smtp_client_free(&x);
}

static void
a_refused_sender_or_recipient_is_reset_before_it_is_told(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");
	struct smtp_client_send send = plain_send(1);

	(void)state;
	play_to_mail(x);
	peer_says(x, "550 5.7.23 no\r\n");
	machine_says(x, "RSET\r\n");
	told_nothing(x);
	peer_says(x, "250 reset\r\n");
	told_sent(x, 550, false);

	play_to_mail(x);
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test>\r\n");
	peer_says(x, "450 4.2.1 later\r\n");
	machine_says(x, "RSET\r\n");
	assert_int_equal(smtp_client_send(x, &send), -E_STATE);
	peer_says(x, "250 reset\r\n");
	told_sent(x, 450, false);
	assert_int_equal(smtp_client_send(x, &send), 0);
	smtp_client_free(&x);
}

/* What the peer said of the message is not lost with the connection. */
static void
a_refusal_is_told_even_if_the_reset_breaks(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");

	(void)state;
	play_to_mail(x);
	peer_says(x, "550 5.7.1 no\r\n");
	machine_says(x, "RSET\r\n");
	peer_says(x, "421 bye\r\n");
	told_sent(x, 550, false);
	told_broken(x, 421);
	smtp_client_free(&x);
}

/*
 * SENT of a turned machine is what brings the turn back: who breaks instead
 * must not say it, or the other machine takes a connection that is lost.
 */
static void
a_turned_machine_that_breaks_does_not_turn_back(void **state)
{
	static const char *const answers[] = {
	    "421 bye\r\n", "500 what\r\n", "?\r\n"};
	static const int codes[] = {421, 500, 0};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct smtp_client *x = fixture_turned(0);
		struct smtp_client_send send = plain_send(5);

		send.smtputf8 = true;
		assert_int_equal(smtp_client_send(x, &send), 0);
		machine_says(x, "RSET\r\n");
		peer_says(x, answers[i]);
		told_broken(x, codes[i]);
		told_nothing(x);
		smtp_client_free(&x);
	}
}

/* WIRE 4.4: no RSET, the refusal itself turns back */
static void
a_refusal_ends_the_turn_by_itself(void **state)
{
	static const char *const dialogue[] = {"MAIL FROM:<alice@a.test>\r\n",
	    "RCPT TO:<bob@b.test>\r\n", "DATA\r\n"};
	struct smtp_client_send send = plain_send(1);

	(void)state;
	for (size_t refused = 0; refused < 3; refused++) {
		struct smtp_client *x = fixture_turned(0);
		struct machine m = smtp_client_machine(x);
		assert_int_equal(smtp_client_send(x, &send), 0);
		for (size_t i = 0; i < refused; i++) {
			machine_says(x, dialogue[i]);
			peer_says(x, "250 ok\r\n");
		}
		machine_says(x, dialogue[refused]);
		peer_says(x, "550 5.7.1 no\r\n");
		told_sent(x, 550, false);
		machine_says(x, "");
		/* The asker's next command may stand behind its refusal. */
		assert_int_equal(
		    m.ops->feed(m.self, span_of("RETR next\r\n"), fixture_now),
		    0);
		assert_int_equal(smtp_client_send(x, &send), -E_STATE);
		assert_int_equal(smtp_client_give_up(x), -E_STATE);
		smtp_client_free(&x);
	}
}

/* WIRE 4.2, 4.4: reply and next command may arrive in one segment */
static void
the_answer_to_the_content_is_the_last_thing_taken(void **state)
{
	struct smtp_client *x = fixture_turned(0);
	struct machine m = smtp_client_machine(x);
	const char *input = "250 2.0.0 stored\r\nRETR next\r\n";

	(void)state;
	play_to_final(x);
	assert_int_equal(m.ops->feed(m.self, span_of(input), fixture_now), 18);
	told_sent(x, 250, true);
	assert_int_equal(
	    m.ops->feed(m.self, span_of(input + 18), fixture_now), 0);
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
	smtp_client_free(&x);
}

static void
a_refused_content_is_final_but_not_taken(void **state)
{
	struct smtp_client *x = fixture_ready("250 peer.test\r\n");

	(void)state;
	play_to_final(x);
	peer_says(x, "554 5.6.0 no\r\n");
	told_sent(x, 554, true);
	machine_says(x, "");
	assert_int_equal(smtp_client_noop(x, 1), 0);
	smtp_client_free(&x);
}

static void
bdat_sends_the_content_as_it_is(void **state)
{
	struct smtp_client *x =
	    fixture_turned(SMTP_CAN_SIZE | SMTP_CAN_CHUNKING);
	struct smtp_client_send send = plain_send(8);

	(void)state;
	send.use_bdat = true;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "MAIL FROM:<alice@a.test> SIZE=8\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test>\r\n");
	peer_says(x, "250 ok\r\n");
	told(x, SMTP_CLIENT_CONTENT);
	machine_says(x, "BDAT 8 LAST\r\n");
	assert_int_equal(smtp_client_write(x, span_of(".\r\n..")), 0);
	assert_int_equal(smtp_client_room(x), 3);
	write_all(x, "b\r\n");
	machine_says(x, ".\r\n..b\r\n");
	peer_says(x, "250 stored\r\n");
	told_sent(x, 250, true);
	smtp_client_free(&x);
}

static void
without_chunking_data_is_said_for_bdat(void **state)
{
	struct smtp_client *x = fixture_turned(0);
	struct smtp_client_send send = plain_send(3);

	(void)state;
	send.use_bdat = true;
	assert_int_equal(smtp_client_send(x, &send), 0);
	machine_says(x, "MAIL FROM:<alice@a.test>\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RCPT TO:<bob@b.test>\r\n");
	peer_says(x, "250 ok\r\n");
	machine_says(x, "DATA\r\n");
	smtp_client_free(&x);
}

static void
content_of_another_size_never_looks_whole(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	play_to_content(x, 4);
	assert_int_equal(smtp_client_write(x, span_of("a\r\n")), 0);
	assert_int_equal(smtp_client_end(x), -E_RANGE);
	told_broken(x, 0);
	smtp_client_free(&x);

	x = fixture_turned(0);
	play_to_content(x, 2);
	assert_int_equal(smtp_client_write(x, span_of("a\r\n")), -E_RANGE);
	told_broken(x, 0);
	assert_int_equal(smtp_client_write(x, span_of("a\r\n")), -E_STATE);
	assert_int_equal(smtp_client_end(x), -E_STATE);
	smtp_client_free(&x);
}

/* AT-16: we never send one */
static void
bare_line_ends_are_never_sent(void **state)
{
	static const char *const texts[] = {"a\nb\r\n", "a\rb\r\n", "\n.\r\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct smtp_client *x = fixture_turned(0);
		play_to_content(x, 100);
		assert_int_equal(
		    smtp_client_write(x, span_of(texts[i])), -E_SYNTAX);
		told_broken(x, 0);
		smtp_client_free(&x);
	}
}

/* The worst text for stuffing fits into what room() promised, and its end. */
static void
room_is_always_enough_for_the_dots(void **state)
{
	static char worst[200000];
	struct smtp_client *x = fixture_turned(0);
	struct machine m = smtp_client_machine(x);
	size_t written = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(worst); i++)
		worst[i] = ".\r\n"[i % 3];
	play_to_content(x, sizeof(worst));
	while (written < sizeof(worst)) {
		size_t room = smtp_client_room(x);
		if (room == 0) {
			m.ops->sent(m.self, 1 + written % 30000);
			continue;
		}
		assert_int_equal(
		    smtp_client_write(x, span_make(worst + written, room)), 0);
		written += room;
	}
	assert_int_equal(smtp_client_end(x), 0);
	assert_true(m.ops->out(m.self).n <= 65536);
	smtp_client_free(&x);
}

static void
more_than_room_is_not_taken(void **state)
{
	struct smtp_client *x = fixture_turned(0);
	size_t size = 100000;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', size);
	play_to_content(x, size);
	assert_int_equal(smtp_client_write(x, span_make(text, size)), -E_AGAIN);
	assert_int_equal(
	    smtp_client_write(x, span_make(text, smtp_client_room(x))), 0);
	free(text);
	smtp_client_free(&x);
}

static void
an_answer_before_the_end_of_content_breaks(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	play_to_content(x, 3);
	peer_says(x, "250 st");
	write_all(x, "a\r\n");
	machine_says(x, "a\r\n.\r\n");
	peer_says(x, "ored\r\n");
	told_broken(x, 250);
	smtp_client_free(&x);
}

static void
an_answer_to_content_that_is_still_to_be_sent_breaks(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	play_to_content(x, 3);
	write_all(x, "a\r\n");
	peer_says(x, "250 stored\r\n");
	told_broken(x, 250);
	smtp_client_free(&x);
}

static void
answers_that_fit_no_command_break(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	play_to_mail(x);
	peer_says(x, "354 go\r\n");
	told_broken(x, 354);
	smtp_client_free(&x);

	x = fixture_turned(0);
	play_to_final(x);
	peer_says(x, "354 more\r\n");
	told_broken(x, 354);
	smtp_client_free(&x);
}

/* AT-16 */
static void
octets_before_mail_break_a_turned_machine(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	peer_says(x, "250 ok\r\n");
	told_broken(x, 250);
	smtp_client_free(&x);
}

/* WIRE 4.3 */
static void
giving_up_says_rset_and_turns_back(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	assert_int_equal(smtp_client_give_up(x), 0);
	machine_says(x, "RSET\r\n");
	peer_says(x, "250 reset\r\n");
	told_sent(x, 250, false);
	smtp_client_free(&x);

	x = fixture_turned(0);
	play_to_mail(x);
	assert_int_equal(smtp_client_give_up(x), 0);
	peer_says(x, "250 ok\r\n");
	machine_says(x, "RSET\r\n");
	peer_says(x, "250 reset\r\n");
	told_sent(x, 250, false);
	smtp_client_free(&x);
}

/* The refusal turned back already: RSET would come out of turn. */
static void
giving_up_what_is_refused_says_nothing(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	play_to_mail(x);
	assert_int_equal(smtp_client_give_up(x), 0);
	peer_says(x, "550 no\r\n");
	machine_says(x, "");
	told_sent(x, 550, false);
	smtp_client_free(&x);
}

static void
from_data_on_only_breaking_is_left(void **state)
{
	struct smtp_client *x = fixture_turned(0);

	(void)state;
	play_to_content(x, 6);
	assert_int_equal(smtp_client_give_up(x), -E_STATE);
	assert_int_equal(smtp_client_write(x, span_of("a\r\n")), 0);
	smtp_client_break(x);
	told_broken(x, 0);
	smtp_client_free(&x);
}

/* RFC 5321 4.5.3.2.5, 4.5.3.2.6 */
static void
content_has_its_own_timeouts(void **state)
{
	struct smtp_client *x = fixture_turned(0);
	struct machine m = smtp_client_machine(x);

	(void)state;
	play_to_content(x, 6);
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
	assert_int_equal(smtp_client_write(x, span_of("a\r\nb\r\n")), 0);
	m.ops->tick(m.self, fixture_now + 50);
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 180);
	m.ops->sent(m.self, 1);
	m.ops->tick(m.self, fixture_now + 100);
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 280);
	assert_int_equal(smtp_client_end(x), 0);
	machine_says(x, "\r\nb\r\n.\r\n");
	m.ops->tick(m.self, fixture_now + 200);
	assert_int_equal(m.ops->deadline(m.self),
	    fixture_now + 200 + SMTP_CLIENT_LAST_REPLY_TIMEOUT);
	m.ops->tick(m.self, fixture_now + 800);
	told_broken(x, 0);
	smtp_client_free(&x);
}

static struct smtp_client *
fixture_with_rate(uint64_t rate)
{
	struct smtp_client_setup setup = fixture_setup();

	setup.kind = SMTP_CLIENT_TURNED;
	setup.rate_min = rate;
	return fixture_dial(&setup);
}

/* AT-25: parts of it do not buy time for ever */
static void
who_takes_content_too_slowly_is_given_up(void **state)
{
	struct smtp_client *x = fixture_with_rate(1);
	struct machine m = smtp_client_machine(x);
	char text[202];

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text + 200, "\r\n", 2);
	play_to_content(x, sizeof text);
	assert_int_equal(smtp_client_write(x, span_make(text, sizeof text)), 0);
	m.ops->tick(m.self, fixture_now);
	m.ops->sent(m.self, 60); /* enough */
	m.ops->tick(m.self, fixture_now + 60);
	m.ops->sent(m.self, 59); /* one less */
	m.ops->tick(m.self, fixture_now + 119);
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 120);
	m.ops->tick(m.self, fixture_now + 120);
	told_broken(x, 0);
	smtp_client_free(&x);
}

static void
who_waited_for_us_was_not_slow(void **state)
{
	struct smtp_client *x = fixture_with_rate(1024);
	struct machine m = smtp_client_machine(x);

	(void)state;
	play_to_content(x, 6);
	assert_int_equal(smtp_client_write(x, span_of("a\r\n")), 0);
	m.ops->tick(m.self, fixture_now);
	m.ops->sent(m.self, 3); /* all there was */
	assert_int_equal(smtp_client_write(x, span_of("b\r\n")), 0);
	m.ops->tick(m.self, fixture_now + 60);
	m.ops->sent(m.self, 3);
	m.ops->tick(m.self, fixture_now + 61);
	assert_true(m.ops->deadline(m.self) == INT64_MAX);
	smtp_client_free(&x);
}

/* Who takes nothing at all has the time that RFC 5321 gives for a block. */
static void
silence_is_not_slowness(void **state)
{
	struct smtp_client *x = fixture_with_rate(1024);
	struct machine m = smtp_client_machine(x);

	(void)state;
	play_to_content(x, 6);
	assert_int_equal(smtp_client_write(x, span_of("a\r\nb\r\n")), 0);
	m.ops->tick(m.self, fixture_now);
	m.ops->tick(m.self, fixture_now + 60);
	m.ops->tick(m.self, fixture_now + 179);
	assert_int_equal(m.ops->deadline(m.self), fixture_now + 180);
	m.ops->tick(m.self, fixture_now + 180);
	told_broken(x, 0);
	smtp_client_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_goes_in_lock_step_with_its_dots_stuffed),
	    cmocka_unit_test(
		a_refused_sender_or_recipient_is_reset_before_it_is_told),
	    cmocka_unit_test(a_refusal_is_told_even_if_the_reset_breaks),
	    cmocka_unit_test(a_turned_machine_that_breaks_does_not_turn_back),
	    cmocka_unit_test(a_refusal_ends_the_turn_by_itself),
	    cmocka_unit_test(the_answer_to_the_content_is_the_last_thing_taken),
	    cmocka_unit_test(a_refused_content_is_final_but_not_taken),
	    cmocka_unit_test(bdat_sends_the_content_as_it_is),
	    cmocka_unit_test(without_chunking_data_is_said_for_bdat),
	    cmocka_unit_test(content_of_another_size_never_looks_whole),
	    cmocka_unit_test(bare_line_ends_are_never_sent),
	    cmocka_unit_test(room_is_always_enough_for_the_dots),
	    cmocka_unit_test(more_than_room_is_not_taken),
	    cmocka_unit_test(an_answer_before_the_end_of_content_breaks),
	    cmocka_unit_test(
		an_answer_to_content_that_is_still_to_be_sent_breaks),
	    cmocka_unit_test(answers_that_fit_no_command_break),
	    cmocka_unit_test(octets_before_mail_break_a_turned_machine),
	    cmocka_unit_test(giving_up_says_rset_and_turns_back),
	    cmocka_unit_test(giving_up_what_is_refused_says_nothing),
	    cmocka_unit_test(from_data_on_only_breaking_is_left),
	    cmocka_unit_test(content_has_its_own_timeouts),
	    cmocka_unit_test(who_takes_content_too_slowly_is_given_up),
	    cmocka_unit_test(who_waited_for_us_was_not_slow),
	    cmocka_unit_test(silence_is_not_slowness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
