/* Late answers, ceilings and time of the SMDP user service; random sessions. */
#include "user_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GREETING  "220 mx.b.test SMDP user service\r\n"
#define WRONG     "user bob@b.test\r\npwd guess\r\n"
#define MAIL_TO_D "mail\r\nrcpt to d@d.test\r\ndata\r\n"
#define TIMED_OUT "421 4.4.2 waited too long\r\n"
#define INPUTS    20000

static void
expect_over(struct user_talk *t, const char *said)
{
	user_expect_said(t, said);
	assert_true(t->is_over);
	assert_int_equal(t->pump.machine.ops->wants(t->pump.machine.self), 0);
}

/* --- answers that come late --- */

static void
a_late_answer_is_waited_for(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	t.is_mute = true;
	pump_say(&t.pump, WRONG "noop\r\n");
	user_expect_said(&t, GREETING "331 2.0.0 password\r\n");
	/* The pause is ours: nobody is timed out meanwhile. */
	assert_false(pump_tick(&t.pump));
	t.pump.now += 100000;
	user_answer(&t, REPLY_AUTH_FAILED);
	pump_run(&t.pump);
	user_expect_said(&t, "535 5.7.8 address or password is wrong\r\n"
			     "250 2.0.0 OK\r\n");
	assert_int_equal(t.pump.machine.ops->deadline(t.pump.machine.self),
	    t.pump.now + 300);
	user_fini(&t);
}

static void
an_answer_after_the_end_is_ignored(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.is_mute = true;
	pump_say(&t.pump, "retr 1\r\n");
	smdp_user_break(t.user);
	smdp_user_tell(t.user, REPLY_TEXT_FOLLOWS, span_of(""));
	smdp_user_spoil(t.user, REPLY_NO_ROOM);
	smdp_user_greet(t.user, REPLY_USER_GREETING);
	smdp_user_stop(t.user);
	pump_run(&t.pump);
	expect_over(&t, "");
	user_fini(&t);
}

/* END that nobody saw is none: the owner hears ABORT. */
static void
an_end_that_was_not_told_is_an_abort(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, MAIL_TO_D);
	t.is_late = true;
	pump_say(&t.pump, "text\r\n.\r\n");
	smdp_user_break(t.user);
	smdp_user_break(t.user);
	t.is_late = false;
	pump_run(&t.pump);
	user_expect_events(&t, "MAIL() RCPT(d@d.test) DATA ABORT CLOSED");
	user_fini(&t);
}

static void
the_password_is_wiped_when_it_was_seen(void **state)
{
	struct smdp_user_event e;
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	t.is_late = true;
	pump_say(&t.pump, "user bob@b.test\r\npwd correct horse\r\n");
	assert_int_equal(smdp_user_next(t.user, &e), 1);
	assert_int_equal(e.password.n, 13);
	/* The next call gives the memory back: the sanitizer knows. */
	assert_int_equal(smdp_user_next(t.user, &e), 0);
	assert_int_equal(e.password.n, 0);
	user_fini(&t);
}

static void
events_that_are_not_taken_hold_up_content(void **state)
{
	struct smdp_user_setup setup = user_setup();
	struct user_talk t;
	struct buf text;

	(void)state;
	setup.message_size = 1000000;
	buf_init(&text, 1000000);
	for (unsigned i = 0; i < 10000; i++)
		buf_text(&text, "ten octets\r\n");
	user_init_signed_in(&t, &setup);
	pump_say(&t.pump, MAIL_TO_D);
	t.is_late = true;
	pump_send(&t.pump, buf_span(&text), PUMP_WHOLE);
	assert_true(t.pump.unread.n > text.n - 16384 - 100);
	assert_int_equal(t.content.n, 0);
	t.is_late = false;
	pump_say(&t.pump, ".\r\n");
	assert_true(span_equals(buf_span(&t.content), buf_span(&text)));
	user_expect_events(&t, "MAIL() RCPT(d@d.test) DATA END(120000)");
	user_fini(&t);
	buf_fini(&text);
}

static void
who_does_not_read_is_not_read(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.pump.is_deaf = true;
	for (unsigned i = 0; i < 900; i++)
		pump_say(&t.pump, "noop\r\n");
	assert_in_range(
	    t.pump.machine.ops->out(t.pump.machine.self).n, 4000, 4200);
	assert_true(t.pump.unread.n > 3000);
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_int_equal(t.pump.unread.n, 0);
	assert_int_equal(t.pump.said.n, 900 * 14);
	user_fini(&t);
}

/* --- ceilings --- */

static void
so_many_wrong_passwords_end_it(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	pump_say(&t.pump, WRONG WRONG WRONG WRONG);
	user_expect_events(&t, "PASSWORD(bob@b.test) PASSWORD(bob@b.test)"
			       " PASSWORD(bob@b.test) CLOSED");
	expect_over(&t,
	    GREETING "331 2.0.0 password\r\n"
		     "535 5.7.8 address or password is wrong\r\n"
		     "331 2.0.0 password\r\n"
		     "535 5.7.8 address or password is wrong\r\n"
		     "331 2.0.0 password\r\n"
		     "421 4.7.0 wrong, and too often in one session\r\n");
	user_fini(&t);
}

static void
what_could_not_be_checked_is_no_wrong_password(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	t.is_mute = true;
	for (unsigned i = 0; i < 10; i++) {
		pump_say(&t.pump, WRONG);
		user_answer(&t, REPLY_AUTH_LATER);
		pump_run(&t.pump);
	}
	assert_false(t.is_over);
	user_fini(&t);
}

static void
so_many_commands_end_it(void **state)
{
	struct smdp_user_setup setup = user_setup();
	struct user_talk t;

	(void)state;
	setup.verbs_max = 4;
	user_init_signed_in(&t, &setup);
	pump_say(&t.pump, "noop\r\nmail\r\nnoop\r\nnoop\r\n");
	user_expect_events(&t, "MAIL() ABORT CLOSED");
	expect_over(&t, "250 2.0.0 OK\r\n250 2.1.0 sender taken\r\n"
			"421 4.7.0 too many commands in one session\r\n");
	user_fini(&t);
}

static void
so_many_faults_end_it(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	for (unsigned i = 0; i < SMDP_USER_FAULTS_MAX; i++)
		pump_say(&t.pump, "nonsense\r\n");
	assert_false(t.is_over);
	pump_say(&t.pump, "noop\r\n");
	assert_true(t.is_over);
	assert_true(span_ends_nocase(buf_span(&t.pump.said),
	    span_of("421 4.7.0 too many commands in one session\r\n")));
	user_fini(&t);
}

static void
endless_content_is_broken_off(void **state)
{
	static char block[1u << 20];
	struct user_talk t;

	(void)state;
	memset(block, 'x', sizeof block);
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, MAIL_TO_D);
	buf_clear(&t.pump.said);
	for (unsigned i = 0; i < 66 && !t.is_over; i++)
		pump_send(&t.pump, span_make(block, sizeof block), PUMP_WHOLE);
	expect_over(
	    &t, "421 4.3.1 far more than this server takes, and no end\r\n");
	user_expect_events(&t, "MAIL() RCPT(d@d.test) DATA ABORT CLOSED");
	user_fini(&t);
}

/* --- time --- */

static void
silence_ends_every_state(void **state)
{
	static const char *const ways[] = {"", "user bob@b.test\r\n",
	    "user bob@b.test\r\npwd correct horse\r\n",
	    "user bob@b.test\r\npwd correct horse\r\nmail\r\n", "half a li"};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		struct user_talk t;

		user_init(&t, NULL);
		pump_say(&t.pump, ways[i]);
		buf_clear(&t.pump.said);
		t.pump.machine.ops->tick(t.pump.machine.self, t.pump.now);
		assert_int_equal(
		    t.pump.machine.ops->deadline(t.pump.machine.self),
		    t.pump.now + 300);
		t.pump.machine.ops->tick(t.pump.machine.self, t.pump.now + 299);
		assert_true(pump_tick(&t.pump));
		expect_over(&t, TIMED_OUT);
		assert_false(pump_tick(&t.pump));
		user_fini(&t);
	}
}

static void
content_must_come(void **state)
{
	struct user_talk t;
	unsigned ticks = 0;

	(void)state;
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, MAIL_TO_D);
	buf_clear(&t.pump.said);
	while (!t.is_over && pump_tick(&t.pump))
		ticks++;
	assert_int_equal(t.pump.now, 1000 + 180);
	assert_in_range(ticks, 1, 4);
	expect_over(&t, TIMED_OUT);
	user_fini(&t);
}

/* AT-25 */
static void
content_must_come_fast_enough(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, MAIL_TO_D);
	buf_clear(&t.pump.said);
	for (unsigned i = 0; i < 10; i++) {
		t.pump.now += 7;
		t.pump.machine.ops->tick(t.pump.machine.self, t.pump.now);
		pump_say(&t.pump, "x");
	}
	expect_over(&t, "421 4.4.2 the message comes too slowly\r\n");
	user_fini(&t);
}

/* It is the owner who does not take what came. */
static void
content_that_we_do_not_take_is_waited_for(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, MAIL_TO_D);
	t.is_late = true;
	pump_say(&t.pump, "text\r\n");
	for (unsigned i = 0; i < 100; i++)
		assert_true(pump_tick(&t.pump));
	assert_true(t.pump.now > 1000 + 5000);
	t.is_late = false;
	pump_say(&t.pump, ".\r\n");
	user_expect_events(&t, "MAIL() RCPT(d@d.test) DATA END(6)");
	user_fini(&t);
}

/* A text of more than fits, to somebody who takes N octets each 50 seconds. */
static void
read_slowly(struct user_talk *t, size_t n)
{
	static char text[200000];
	struct smdp_user_setup setup = user_setup();

	memset(text, 'x', sizeof text);
	setup.rate_min = 100;
	user_init_signed_in(t, &setup);
	t->text = span_make(text, sizeof text);
	t->pump.is_deaf = true;
	pump_say(&t->pump, "retr 1\r\n");
	for (unsigned i = 0; i < 20 && !t->is_over; i++) {
		t->pump.machine.ops->tick(t->pump.machine.self, t->pump.now);
		t->pump.now += 50;
		if (n > 0)
			t->pump.machine.ops->sent(t->pump.machine.self, n);
		t->pump.machine.ops->tick(t->pump.machine.self, t->pump.now);
		pump_run(&t->pump);
	}
}

/* AT-25: a reply within the text would be taken for a part of it */
static void
a_text_must_be_taken(void **state)
{
	static const struct {
		size_t n;
		bool is_over;
	} cases[] = {{0, true}, {100, true}, {7500, false}};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct user_talk t;

		read_slowly(&t, cases[i].n);
		assert_int_equal(t.is_over, cases[i].is_over);
		t.pump.is_deaf = false;
		pump_run(&t.pump);
		assert_int_equal(
		    span_search(buf_span(&t.pump.said), 0, span_of("421")),
		    t.pump.said.n);
		user_fini(&t);
	}
}

static void
a_text_that_we_are_slow_with_is_waited_for(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.is_slow = true;
	pump_say(&t.pump, "retr 1\r\n");
	assert_false(pump_tick(&t.pump));
	t.pump.now += 100000;
	t.is_slow = false;
	pump_say(&t.pump, "noop\r\n");
	assert_true(span_ends_nocase(buf_span(&t.pump.said),
	    span_of("hidden\r\n.\r\n250 2.0.0 OK\r\n")));
	user_fini(&t);
}

static void
a_last_reply_is_not_waited_for_long(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "quit\r\n");
	assert_int_equal(
	    t.pump.machine.ops->deadline(t.pump.machine.self), t.pump.now + 30);
	assert_true(pump_tick(&t.pump));
	assert_int_equal(t.pump.machine.ops->out(t.pump.machine.self).n, 0);
	user_fini(&t);
}

/* --- the server stops --- */

static void
a_server_that_stops_says_so_when_it_owes_nothing(void **state)
{
	static const char stopping[] =
	    "421 4.3.2 this server is stopping, come back soon\r\n";
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.is_slow = true;
	pump_say(&t.pump, "retr 1\r\n");
	smdp_user_stop(t.user);
	user_expect_said(&t, "222 text follows\r\n");
	t.is_slow = false;
	pump_run(&t.pump);
	expect_over(&t,
	    "From: alice@a.test\r\nSubject: Minutes of Monday\r\n\r\n"
	    "..hidden\r\n.\r\n"
	    "421 4.3.2 this server is stopping, come back soon\r\n");
	user_fini(&t);

	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, MAIL_TO_D "text\r\n");
	buf_clear(&t.pump.said);
	smdp_user_stop(t.user);
	pump_say(&t.pump, ".\r\n");
	expect_over(&t, "250 2.0.0 held as id-7\r\n"
			"421 4.3.2 this server is stopping, come back "
			"soon\r\n");
	user_fini(&t);

	user_init(&t, NULL);
	smdp_user_stop(t.user);
	pump_run(&t.pump);
	assert_true(
	    span_ends_nocase(buf_span(&t.pump.said), span_of(stopping)));
	user_fini(&t);
}

static void
who_is_too_many_is_not_greeted(void **state)
{
	struct smdp_user_setup setup = user_setup();
	struct smdp_user *user = smdp_user_new(&setup, 1000);
	struct machine machine = smdp_user_machine(user);

	(void)state;
	assert_int_equal(
	    machine.ops->feed(machine.self, span_of("x"), 1000), 0);
	smdp_user_greet(user, REPLY_TOO_MANY_SESSIONS);
	assert_true(span_equals(machine.ops->out(machine.self),
	    span_of("421 4.7.0 too many sessions from this address\r\n")));
	assert_int_equal(machine.ops->wants(machine.self), 0);
	smdp_user_free(&user);
	smdp_user_free(&user);
}

/* --- whatever comes --- */

static const char *const pieces[] = {"user bob@b.test\r\n",
    "pwd correct horse\r\n", "pass wrong\r\n", "list\r\n", "retr 1\r\n",
    "retr 2\r\n", "retr 3\r\n", "accept 1\r\n", "accept&auth 2\r\n",
    "reject 1\r\n", "reject&spam 2\r\n", "reject&spammer 9\r\n", "del 2\r\n",
    "del 1\r\n", "mail\r\n", "mail From:<robert@b.test>\r\n",
    "mail From:<x@x.test>\r\n", "rcpt to d@d.test\r\n",
    "rcpt to:<no@d.test>\r\n", "data\r\n", "text\r\n", "..\r\n", ".\r\n",
    "\n.\r\n", "rset\r\n", "noop\r\n", "help\r\n", "help list\r\n", "quit\r\n",
    "\r\n", "\r", "\n", "\xc3\xa9", " "};
#define PIECES (sizeof pieces / sizeof *pieces)

static unsigned
draw(uint32_t *seed, unsigned limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

static void
play(uint32_t *seed, struct buf *input)
{
	const enum pump_slices slices[4] = {PUMP_OCTETS, PUMP_RANDOM};
	struct user_talk t;

	if (draw(seed, 2) == 0)
		user_init(&t, NULL);
	else
		user_init_signed_in(&t, NULL);
	t.pump.seed = *seed;
	t.spoils = draw(seed, 8) == 0;
	pump_send(&t.pump, buf_span(input), slices[draw(seed, 4)]);
	(void)smdp_user_announce(t.user, user_key(draw(seed, 4)));
	pump_say(&t.pump, "\r\nnoop\r\n");
	if (draw(seed, 2) == 0)
		smdp_user_stop(t.user);
	while (!t.is_over && pump_tick(&t.pump))
		;
	assert_true(t.is_over);
	user_fini(&t);
}

/* What holds for all of them is looked at by user_talk.c. */
static void
no_input_breaks_it(void **state)
{
	uint32_t seed = 1;
	struct buf input;

	(void)state;
	buf_init(&input, 10000);
	for (unsigned i = 0; i < INPUTS; i++) {
		unsigned n = 1 + draw(&seed, 12);

		buf_clear(&input);
		while (n-- > 0)
			buf_text(&input, pieces[draw(&seed, PIECES)]);
		if (draw(&seed, 3) == 0)
			input.p[draw(&seed, (unsigned)input.n)] =
			    (char)draw(&seed, 256);
		play(&seed, &input);
	}
	buf_fini(&input);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_late_answer_is_waited_for),
	    cmocka_unit_test(an_answer_after_the_end_is_ignored),
	    cmocka_unit_test(an_end_that_was_not_told_is_an_abort),
	    cmocka_unit_test(the_password_is_wiped_when_it_was_seen),
	    cmocka_unit_test(events_that_are_not_taken_hold_up_content),
	    cmocka_unit_test(who_does_not_read_is_not_read),
	    cmocka_unit_test(so_many_wrong_passwords_end_it),
	    cmocka_unit_test(what_could_not_be_checked_is_no_wrong_password),
	    cmocka_unit_test(so_many_commands_end_it),
	    cmocka_unit_test(so_many_faults_end_it),
	    cmocka_unit_test(endless_content_is_broken_off),
	    cmocka_unit_test(silence_ends_every_state),
	    cmocka_unit_test(content_must_come),
	    cmocka_unit_test(content_must_come_fast_enough),
	    cmocka_unit_test(content_that_we_do_not_take_is_waited_for),
	    cmocka_unit_test(a_text_must_be_taken),
	    cmocka_unit_test(a_text_that_we_are_slow_with_is_waited_for),
	    cmocka_unit_test(a_last_reply_is_not_waited_for_long),
	    cmocka_unit_test(a_server_that_stops_says_so_when_it_owes_nothing),
	    cmocka_unit_test(who_is_too_many_is_not_greeted),
	    cmocka_unit_test(no_input_breaks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
