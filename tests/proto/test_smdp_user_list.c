/* Numbers, lists, texts and news of the SMDP user service. */
#include "user_talk.h"

#include "base/err.h"
#include "proto/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ONE                                                                \
	"1 E pending 2026-11-22T10:00:00Z 48213 alice@a.test 1 \"Minutes " \
	"of Monday\"\r\n"
#define REST " 2026-11-21T09:30:00Z 3120 carol@c.test 0 \"Re: lunch\"\r\n"
#define NONE "550 5.1.1 nothing has this number\r\n"

/* Asks for a list without an owner who gives it. */
static void
open_list(struct user_talk *t)
{
	user_init_signed_in(t, NULL);
	t->is_slow = true;
	pump_say(&t->pump, "list\r\n");
	user_expect_said(t, "213 list follows\r\n");
	t->gives = GIVES_NOTHING;
}

static void
expect_line(const struct smdp_user_item *item, const char *line)
{
	struct user_talk t;

	open_list(&t);
	assert_int_equal(smdp_user_item(t.user, item), 0);
	pump_run(&t.pump);
	user_expect_said(&t, line);
	user_fini(&t);
}

/* --- numbers --- */

static void
numbers_stay_and_new_ones_follow(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	/* The first is gone, and another stands in its place. */
	t.items[0] = t.items[1];
	t.items[0].key = user_key(3);
	pump_say(&t.pump, "list\r\nretr 1\r\n");
	user_expect_said(
	    &t, "213 list follows\r\n3 M new" REST "2 M new" REST ".\r\n" NONE);
	/* It comes back under its number. */
	t.items[1].kind = SMDP_USER_ENVELOPE;
	t.items[1].key = user_key(1);
	pump_say(&t.pump, "list\r\nretr 2\r\naccept 1\r\n");
	user_expect_said(&t, "213 list follows\r\n3 M new" REST "1 E new" REST
			     ".\r\n" NONE "250 2.0.0 verdict noted\r\n");
	user_fini(&t);
}

static void
an_envelope_and_a_message_of_one_key_are_two(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	user_put(&t, SMDP_USER_MESSAGE, 1);
	pump_say(&t.pump, "list\r\naccept 3\r\n");
	user_expect_said(&t,
	    "213 list follows\r\n" ONE "2 M new" REST "3 M new" REST ".\r\n"
	    "550 5.5.1 a message is here already: there is "
	    "nothing to accept\r\n");
	user_fini(&t);
}

static void
what_has_ended_has_no_number(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	pump_say(&t.pump, "del 2\r\nretr 2\r\ndel 2\r\nreject 2\r\n");
	user_expect_said(&t, "250 2.0.0 deleted\r\n" NONE NONE NONE);
	t.refusal = REPLY_NO_SUCH_NUMBER;
	pump_say(&t.pump, "accept 1\r\naccept 1\r\n");
	user_expect_said(&t, NONE NONE);
	user_expect_events(&t, "DELETE(2) ACCEPT(1)");
	user_fini(&t);
}

static void
a_refusal_ends_nothing(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.refusal = REPLY_DELIVERY_LATER;
	pump_say(&t.pump, "del 2\r\nretr 1\r\naccept 1\r\nlist\r\n");
	t.refusal = REPLY_TOO_LATE;
	pump_say(&t.pump, "accept 1\r\n");
	user_expect_said(&t, "451 4.3.0 try again later\r\n"
			     "451 4.3.0 try again later\r\n"
			     "451 4.3.0 try again later\r\n"
			     "451 4.3.0 try again later\r\n"
			     "550 5.5.1 too late: it was fetched, or has "
			     "ended otherwise\r\n");
	user_expect_events(&t, "DELETE(2) RETR(1) ACCEPT(1) LIST ACCEPT(1)");
	user_fini(&t);
}

/* A list of more than there are numbers says so in its last line. */
static void
numbers_have_a_ceiling(void **state)
{
	struct smdp_user_item item = {
	    .kind = SMDP_USER_MESSAGE, .state = span_of("new")};
	struct user_talk t;
	struct span said;

	(void)state;
	open_list(&t);
	for (unsigned i = 0; i < SMDP_USER_ITEMS_MAX + 5; i++) {
		item.key = user_key(i + 1);
		while (smdp_user_item(t.user, &item) == -E_AGAIN)
			pump_run(&t.pump);
	}
	assert_int_equal(smdp_user_list_end(t.user), 0);
	pump_run(&t.pump);
	/* Two were there before: one of them is the message of key 2. */
	said = buf_span(&t.pump.said);
	said = span_skip(said, span_search(said, 0, span_of("\r\n* ")));
	assert_true(
	    span_equals(said, span_of("\r\n* 6 more have no number\r\n.\r\n")));
	assert_int_equal(
	    smdp_user_announce(t.user, user_key(SMDP_USER_ITEMS_MAX + 5)),
	    -E_NOMEM);
	buf_clear(&t.pump.said);
	t.is_mute = true;
	pump_say(&t.pump, "retr 100001\r\nretr 1\r\nretr 100000\r\n");
	user_expect_said(&t, NONE NONE);
	user_expect_events(&t, "LIST RETR(100000)");
	user_fini(&t);
}

/* --- lines --- */

/* AT-27 */
static void
a_line_shows_nothing_harmful(void **state)
{
	struct smdp_user_item item = {.kind = SMDP_USER_MESSAGE,
	    .key = user_key(2),
	    .time = 1795253400,
	    .state = span_of("read-on"),
	    .sender = span_of("\"a b\"@c.test"),
	    .subject = span_of("say \"x\\y\"\r\n.\r\n\x1b[0m \xc2\x85\xff")};

	(void)state;
	expect_line(&item,
	    "2 M read-on 2026-11-21T09:30:00Z 0 \"a?b\"@c.test 0 "
	    "\"say \\\"x\\\\y\\\"?"
	    "?.?"
	    "?"
	    "?[0m ?"
	    "?\"\r\n");
	item.sender = span_of("");
	item.state = span_of("");
	item.time = -1;
	item.size = UINT64_MAX;
	item.attachments = 7;
	item.subject = span_of("r\xc3\xa9sum\xc3\xa9 \xe2\x80\xae"
			       "fdp \xe2\x81\xa6 \xe2\x80\xa8 \xd8\x9c");
	expect_line(&item, "2 M - 1970-01-01T00:00:00Z "
			   "18446744073709551615 <> 7 "
			   "\"r\xc3\xa9sum\xc3\xa9 ?fdp ? ? ?\"\r\n");
	item.sender = span_of("a\r\nb@c.test");
	item.state = span_of("NEW 1\r\n-and-much-too-long");
	item.time = INT64_MAX;
	item.size = item.attachments = 0;
	item.subject = span_of("");
	expect_line(&item, "2 M ?"
			   "?"
			   "?"
			   "?"
			   "?"
			   "?"
			   "?-and-much 9999-12-31T23:59:59Z 0 "
			   "a?"
			   "?b@c.test 0 \"\"\r\n");
}

static void
a_long_subject_is_cut_between_characters(void **state)
{
	char subject[2 * SUBJECT_MAX];
	char line[4 * SUBJECT_MAX];
	struct smdp_user_item item = {.kind = SMDP_USER_MESSAGE,
	    .key = user_key(2),
	    .state = span_of("new")};
	struct buf expected;

	(void)state;
	memset(subject, 'a', sizeof subject);
	memcpy(subject + SUBJECT_MAX - 1, "\xc3\xa9", 2);
	item.subject = span_make(subject, sizeof subject);
	buf_init(&expected, sizeof line);
	buf_text(&expected, "2 M new 1970-01-01T00:00:00Z 0 <> 0 \"");
	buf_put(&expected, span_make(subject, SUBJECT_MAX - 1));
	buf_text(&expected, "\"\r\n");
	expect_line(&item, buf_string(&expected));
	buf_fini(&expected);
}

static void
the_longest_line_is_a_line(void **state)
{
	char text[1000];
	struct smdp_user_item item = {.kind = SMDP_USER_MESSAGE,
	    .key = user_key(2),
	    .time = INT64_MAX,
	    .size = UINT64_MAX,
	    .attachments = UINT32_MAX};
	struct user_talk t;

	(void)state;
	memset(text, '"', sizeof text);
	item.subject = item.sender = item.state = span_make(text, sizeof text);
	open_list(&t);
	assert_int_equal(smdp_user_item(t.user, &item), 0);
	pump_run(&t.pump);
	assert_in_range(t.pump.said.n, 800, 1000);
	user_fini(&t);
}

/* --- given by pieces --- */

static void
a_list_waits_for_the_one_who_reads(void **state)
{
	struct smdp_user_item item = {
	    .kind = SMDP_USER_MESSAGE, .state = span_of("new")};
	struct user_talk t;
	unsigned given = 0;

	(void)state;
	open_list(&t);
	t.pump.is_deaf = true;
	item.key = user_key(given);
	while (smdp_user_item(t.user, &item) == 0)
		item.key = user_key(++given);
	assert_in_range(given, 100, 1000);
	assert_int_equal(smdp_user_room(t.user), 0);
	assert_in_range(
	    t.pump.machine.ops->out(t.pump.machine.self).n, 32768, 33768);
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	assert_int_equal(smdp_user_item(t.user, &item), 0);
	user_fini(&t);
}

static void
a_large_text_comes_whole(void **state)
{
	static const size_t lines = 50000;
	struct user_talk t;
	struct buf text;
	struct span said, line;
	size_t n = 0;

	(void)state;
	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < lines; i++)
		buf_text(&text, ".x\r\n");
	buf_text(&text, "no end");
	user_init_signed_in(&t, NULL);
	t.text = buf_span(&text);
	t.pump.is_deaf = true;
	pump_say(&t.pump, "retr 2\r\nnoop\r\n");
	/* It waits, and what stands behind it was not read. */
	assert_in_range(
	    t.pump.machine.ops->out(t.pump.machine.self).n, 30000, 44000);
	assert_int_equal(t.pump.unread.n, 6);
	t.pump.is_deaf = false;
	pump_run(&t.pump);
	said = buf_span(&t.pump.said);
	assert_true(span_cut(&said, '\n', &line));
	assert_true(span_equals(line, span_of("222 text follows\r")));
	while (
	    span_cut(&said, '\n', &line) && span_equals(line, span_of("..x\r")))
		n++;
	assert_int_equal(n, lines);
	assert_true(span_equals(line, span_of("no end\r")));
	assert_true(span_equals(said, span_of(".\r\n250 2.0.0 OK\r\n")));
	user_fini(&t);
	buf_fini(&text);
}

static void
only_what_was_asked_for_is_taken(void **state)
{
	struct smdp_user_item item = {.kind = SMDP_USER_MESSAGE};
	char text[40000] = "";
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	assert_int_equal(smdp_user_room(t.user), 0);
	assert_int_equal(smdp_user_item(t.user, &item), -E_STATE);
	assert_int_equal(smdp_user_list_end(t.user), -E_STATE);
	assert_int_equal(smdp_user_text(t.user, span_of("x")), -E_STATE);
	assert_int_equal(smdp_user_text_end(t.user), -E_STATE);
	t.is_slow = true;
	pump_say(&t.pump, "retr 1\r\n");
	t.gives = GIVES_NOTHING;
	assert_int_equal(smdp_user_item(t.user, &item), -E_STATE);
	assert_int_equal(
	    smdp_user_text(t.user, span_make(text, sizeof text)), -E_AGAIN);
	assert_int_equal(smdp_user_text(t.user, span_of("")), 0);
	assert_int_equal(smdp_user_text_end(t.user), 0);
	pump_run(&t.pump);
	user_expect_said(&t, "222 text follows\r\n.\r\n");
	user_fini(&t);
}

/* AT-16 */
static void
bare_line_ends_are_not_given(void **state)
{
	static const char *const texts[] = {"a\nb", "a\r\n.\n", "a\rb", "a\r"};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct user_talk t;

		user_init_signed_in(&t, NULL);
		t.text = span_of(texts[i]);
		pump_say(&t.pump, "retr 1\r\nnoop\r\n");
		assert_true(t.is_over);
		assert_int_equal(
		    span_search(buf_span(&t.pump.said), 0, span_of(".\r\n")),
		    t.pump.said.n);
		user_fini(&t);
	}
}

static void
what_cannot_be_given_whole_has_no_dot(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.is_slow = true;
	pump_say(&t.pump, "retr 1\r\n");
	assert_int_equal(smdp_user_text(t.user, span_of("half\r\n")), 0);
	smdp_user_break(t.user);
	t.gives = GIVES_NOTHING;
	pump_run(&t.pump);
	user_expect_said(&t, "222 text follows\r\nhalf\r\n");
	user_expect_events(&t, "RETR(1) CLOSED");
	assert_int_equal(t.pump.machine.ops->wants(t.pump.machine.self), 0);
	assert_int_equal(smdp_user_text(t.user, span_of("x")), -E_STATE);
	user_fini(&t);
}

/* --- news --- */

/* SM-18 */
static void
a_new_message_is_told_before_the_next_reply(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	user_put(&t, SMDP_USER_MESSAGE, 3);
	user_put(&t, SMDP_USER_MESSAGE, 4);
	assert_int_equal(smdp_user_announce(t.user, user_key(3)), 0);
	assert_int_equal(smdp_user_announce(t.user, user_key(4)), 0);
	assert_int_equal(smdp_user_announce(t.user, user_key(2)), 0);
	pump_run(&t.pump);
	user_expect_said(&t, "");
	pump_say(&t.pump, "noop\r\nnoop\r\ndel 4\r\n");
	user_expect_said(&t, "104 new message 3\r\n104 new message 4\r\n"
			     "250 2.0.0 OK\r\n250 2.0.0 OK\r\n"
			     "250 2.0.0 deleted\r\n");
	assert_int_equal(smdp_user_announce(t.user, user_key(3)), 0);
	pump_say(&t.pump, "list\r\n");
	user_expect_said(&t, "213 list follows\r\n" ONE "2 M new" REST
			     "3 M new" REST "4 M new" REST ".\r\n");
	user_fini(&t);
}

/* SM-18 */
static void
news_wait_for_the_end_of_what_is_said(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	t.is_slow = true;
	pump_say(&t.pump, "retr 1\r\n");
	assert_int_equal(smdp_user_announce(t.user, user_key(3)), 0);
	t.is_slow = false;
	pump_say(&t.pump, "mail\r\nrcpt to d@d.test\r\ndata\r\nte");
	assert_int_equal(smdp_user_announce(t.user, user_key(4)), 0);
	pump_say(&t.pump, "xt\r\n.\r\n");
	user_expect_said(&t,
	    "222 text follows\r\nFrom: alice@a.test\r\n"
	    "Subject: Minutes of Monday\r\n\r\n..hidden\r\n.\r\n"
	    "104 new message 3\r\n250 2.1.0 sender taken\r\n"
	    "250 2.1.5 recipient taken\r\n"
	    "354 send the message, end with a lone dot\r\n"
	    "104 new message 4\r\n250 2.0.0 held as id-7\r\n");
	user_fini(&t);
}

/* The list was made before the message came, or holds it: both are right. */
static void
news_within_a_list_are_kept(void **state)
{
	struct smdp_user_item item = {.kind = SMDP_USER_MESSAGE,
	    .key = user_key(4),
	    .state = span_of("new")};
	struct user_talk t;

	(void)state;
	open_list(&t);
	assert_int_equal(smdp_user_announce(t.user, user_key(3)), 0);
	assert_int_equal(smdp_user_announce(t.user, user_key(4)), 0);
	assert_int_equal(smdp_user_item(t.user, &item), 0);
	assert_int_equal(smdp_user_list_end(t.user), 0);
	user_put(&t, SMDP_USER_MESSAGE, 3);
	pump_say(&t.pump, "noop\r\ndel 3\r\n");
	user_expect_said(&t,
	    "4 M new 1970-01-01T00:00:00Z 0 <> 0 \"\"\r\n.\r\n"
	    "104 new message 3\r\n250 2.0.0 OK\r\n250 2.0.0 deleted\r\n");
	user_fini(&t);
}

static void
news_of_what_has_ended_are_not_told(void **state)
{
	struct user_talk t;

	(void)state;
	user_init_signed_in(&t, NULL);
	for (unsigned i = 3; i < 6; i++) {
		user_put(&t, SMDP_USER_MESSAGE, i);
		assert_int_equal(smdp_user_announce(t.user, user_key(i)), 0);
	}
	/* Who guesses its number may delete it before he hears of it. */
	pump_say(&t.pump, "del 4\r\n");
	user_expect_said(&t, "104 new message 3\r\n104 new message 5\r\n"
			     "250 2.0.0 deleted\r\n");
	/* It comes back, and is new again, once. */
	assert_int_equal(smdp_user_announce(t.user, user_key(4)), 0);
	assert_int_equal(smdp_user_announce(t.user, user_key(4)), 0);
	pump_say(&t.pump, "noop\r\nnoop\r\n");
	user_expect_said(&t, "104 new message 4\r\n250 2.0.0 OK\r\n"
			     "250 2.0.0 OK\r\n");
	user_fini(&t);
}

static void
news_are_for_who_is_signed_in(void **state)
{
	struct user_talk t;

	(void)state;
	user_init(&t, NULL);
	assert_int_equal(smdp_user_announce(t.user, user_key(3)), -E_STATE);
	pump_say(&t.pump, "noop\r\nquit\r\n");
	assert_int_equal(smdp_user_announce(t.user, user_key(3)), -E_STATE);
	user_expect_said(&t, "220 mx.b.test SMDP user service\r\n"
			     "250 2.0.0 OK\r\n221 2.0.0 goodbye\r\n");
	user_fini(&t);
}

static void
many_news_are_told_in_parts(void **state)
{
	struct user_talk t;
	struct span said;
	unsigned lines = 0;

	(void)state;
	user_init_signed_in(&t, NULL);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(
		    smdp_user_announce(t.user, user_key(10 + i)), 0);
	pump_say(&t.pump, "noop\r\n");
	said = buf_span(&t.pump.said);
	for (struct span line; span_cut(&said, '\n', &line);)
		lines++;
	assert_int_equal(lines, 33);
	for (unsigned i = 0; i < 40; i++)
		pump_say(&t.pump, "noop\r\n");
	said = buf_span(&t.pump.said);
	assert_int_equal(span_search(said, 0,
			     span_of("104 new message 1002\r\n250 2.0.0 "
				     "OK\r\n")) < said.n,
	    1);
	/* Bob's list names none of them. */
	t.item_count = 2;
	pump_say(&t.pump, "list\r\nretr 1002\r\n");
	assert_true(span_ends_nocase(buf_span(&t.pump.said), span_of(NONE)));
	user_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_stay_and_new_ones_follow),
	    cmocka_unit_test(an_envelope_and_a_message_of_one_key_are_two),
	    cmocka_unit_test(what_has_ended_has_no_number),
	    cmocka_unit_test(a_refusal_ends_nothing),
	    cmocka_unit_test(numbers_have_a_ceiling),
	    cmocka_unit_test(a_line_shows_nothing_harmful),
	    cmocka_unit_test(a_long_subject_is_cut_between_characters),
	    cmocka_unit_test(the_longest_line_is_a_line),
	    cmocka_unit_test(a_list_waits_for_the_one_who_reads),
	    cmocka_unit_test(a_large_text_comes_whole),
	    cmocka_unit_test(only_what_was_asked_for_is_taken),
	    cmocka_unit_test(bare_line_ends_are_not_given),
	    cmocka_unit_test(what_cannot_be_given_whole_has_no_dot),
	    cmocka_unit_test(a_new_message_is_told_before_the_next_reply),
	    cmocka_unit_test(news_wait_for_the_end_of_what_is_said),
	    cmocka_unit_test(news_within_a_list_are_kept),
	    cmocka_unit_test(news_of_what_has_ended_are_not_told),
	    cmocka_unit_test(news_are_for_who_is_signed_in),
	    cmocka_unit_test(many_news_are_told_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
