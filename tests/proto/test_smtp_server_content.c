/* Content by DATA and by BDAT: its end, its faults, its limits. */
#include "server_talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START         "EHLO c.test\r\nMAIL FROM:<a@a.test>\r\nRCPT TO:<b@b.test>\r\n"
#define START_REPLIES "220 250 250 250 "
#define START_EVENTS  "EHLO(c.test) MAIL(a@a.test) RCPT(b@b.test) "

static void
expect(const char *input, const char *replies, const char *events)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct buf all_input, all_replies, all_events;

	buf_init(&all_input, 10000);
	buf_init(&all_replies, 10000);
	buf_init(&all_events, 10000);
	buf_print(&all_input, START "%s", input);
	buf_print(&all_replies, START_REPLIES "%s", replies);
	buf_print(&all_events, START_EVENTS "%s", events);
	talk_expect(&setup, buf_span(&all_input), buf_string(&all_replies),
	    buf_string(&all_events));
	buf_fini(&all_input);
	buf_fini(&all_replies);
	buf_fini(&all_events);
}

/* After START, what INPUT leaves as content. */
static void
expect_content(const char *input, const char *content)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	talk_init(&t, &setup, 0);
	pump_send(&t.pump, span_of(START), PUMP_WHOLE);
	pump_send(&t.pump, span_of(input), PUMP_RANDOM);
	assert_string_equal(buf_string(&t.content), content);
	assert_true(talk_has_said(&t, "stored"));
	talk_fini(&t);
}

static void
dots_are_taken_off(void **state)
{
	(void)state;
	expect_content(
	    "DATA\r\n..a\r\n.b\r\n...\r\n.\r\n", ".a\r\nb\r\n..\r\n");
	expect_content("DATA\r\n.\r\n", "");
}

static void
chunks_are_taken_as_they_are(void **state)
{
	(void)state;
	expect_content("BDAT 5\r\n.\r\n.\rBDAT 0\r\nBDAT 4 LAST\r\n\na\r\n",
	    ".\r\n.\r\na\r\n");
}

/* RFC 2920 3.1: behind the final dot the next group may follow */
static void
another_message_may_follow_in_the_same_segment(void **state)
{
	(void)state;
	expect("DATA\r\na\r\n.\r\nMAIL FROM:<c@a.test>\r\nRCPT TO:<d@b.test>"
	       "\r\nDATA\r\nbc\r\n.\r\nQUIT\r\n",
	    "354 250 250 250 354 250 221",
	    "DATA END(3) MAIL(c@a.test) RCPT(d@b.test) DATA END(4) CLOSED");
}

/* AT-16 */
static void
nothing_but_crlf_dot_crlf_ends_content(void **state)
{
	const char *const forms[] = {"\n.\n", "\n.\r", "\n.\r\n", "\r.\n",
	    "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n",
	    "\r\n\r.\r\n", "\r\r\n.\n"};
	struct buf input;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		buf_init(&input, 1000);
		buf_print(&input,
		    "DATA\r\nx%sMAIL FROM:<evil@a.test>\r\n.\r\nNOOP\r\n",
		    forms[i]);
		expect(buf_string(&input), "354 554 250", "DATA ABORT");
		buf_fini(&input);
	}
}

/* AT-16 */
static void
bare_line_ends_are_refused_in_chunks_too(void **state)
{
	(void)state;
	expect("BDAT 4 LAST\r\na\nb\nNOOP\r\n", "554 250", "DATA(bdat) ABORT");
	expect(
	    "BDAT 5 LAST\r\na\rb\r\nNOOP\r\n", "554 250", "DATA(bdat) ABORT");
	expect("BDAT 2\r\na\rBDAT 2 LAST\r\nb\nNOOP\r\n", "250 554 250",
	    "DATA(bdat) ABORT");
}

static void
a_nul_in_content_is_refused(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	const char data[] = START "DATA\r\na\0b\r\n.\r\nNOOP\r\n";
	const char bdat[] = START "BDAT 5 LAST\r\na\0b\r\nNOOP\r\n";

	(void)state;
	talk_expect(&setup, span_make(data, sizeof(data) - 1),
	    START_REPLIES "354 554 250", START_EVENTS "DATA ABORT");
	talk_expect(&setup, span_make(bdat, sizeof(bdat) - 1),
	    START_REPLIES "554 250", START_EVENTS "DATA(bdat) ABORT");
}

static void
chunks_must_end_with_a_whole_line(void **state)
{
	(void)state;
	expect("BDAT 3 LAST\r\na\r\nNOOP\r\n", "250 250", "DATA(bdat) END(3)");
	expect("BDAT 2 LAST\r\nabNOOP\r\n", "554 250", "DATA(bdat) ABORT");
	expect("BDAT 2 LAST\r\na\rNOOP\r\n", "554 250", "DATA(bdat) ABORT");
	expect("BDAT 3\r\na\r\nBDAT 0 LAST\r\nNOOP\r\n", "250 250 250",
	    "DATA(bdat) END(3)");
	expect("BDAT 0 LAST\r\nNOOP\r\n", "250 250", "DATA(bdat) END(0)");
}

/* RFC 3030 2 */
static void
octets_of_a_refused_chunk_are_never_commands(void **state)
{
	(void)state;
	expect(
	    "RSET\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", "250 503 250", "ABORT");
	expect("RSET\r\nMAIL FROM:<>\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n",
	    "250 250 554 250", "ABORT MAIL()");
	expect("RSET\r\nMAIL FROM:<nodata@a.test>\r\nRCPT TO:<b@b.test>\r\n"
	       "BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
	    "250 250 250 554 503 250",
	    "ABORT MAIL(nodata@a.test) RCPT(b@b.test) DATA(bdat) ABORT");
}

static void
a_chunk_without_a_length_closes(void **state)
{
	(void)state;
	expect("BDAT x\r\nNOOP\r\n", "501", "ABORT CLOSED");
	expect("BDAT\r\nNOOP\r\n", "501", "ABORT CLOSED");
	expect("BDAT 5 FIRST\r\nNOOP\r\n", "501", "ABORT CLOSED");
	expect("BDAT 99999999999999999999\r\nNOOP\r\n", "501", "ABORT CLOSED");
}

static void
between_chunks_only_a_few_verbs_are_legal(void **state)
{
	(void)state;
	expect("BDAT 3\r\na\r\nDATA\r\nMAIL FROM:<>\r\nRCPT TO:<c@b.test>\r\n"
	       "GDEL x\r\nNOOP\r\nBDAT 0 LAST\r\n",
	    "250 503 503 503 503 250 250", "DATA(bdat) END(3)");
	expect("BDAT 3\r\na\r\nRSET\r\nBDAT 0 LAST\r\n", "250 250 503",
	    "DATA(bdat) ABORT");
	expect("BDAT 3\r\na\r\nQUIT\r\n", "250 221", "DATA(bdat) ABORT CLOSED");
}

static void
the_owner_may_refuse_content_before_and_after(void **state)
{
	(void)state;
	expect("RSET\r\nMAIL FROM:<nodata@a.test>\r\nRCPT TO:<b@b.test>\r\n"
	       "DATA\r\nMAIL FROM:<noend@a.test>\r\nRCPT TO:<b@b.test>\r\n"
	       "DATA\r\na\r\n.\r\nNOOP\r\n",
	    "250 250 250 554 250 250 354 554 250",
	    "ABORT MAIL(nodata@a.test) RCPT(b@b.test) DATA ABORT "
	    "MAIL(noend@a.test) RCPT(b@b.test) DATA END(3)");
}

static void
spoiled_content_is_read_to_its_end(void **state)
{
	(void)state;
	expect("RSET\r\nMAIL FROM:<spoil@a.test>\r\nRCPT TO:<b@b.test>\r\n"
	       "DATA\r\nabc\r\ndef\r\n.\r\nNOOP\r\n",
	    "250 250 250 354 452 250",
	    "ABORT MAIL(spoil@a.test) RCPT(b@b.test) DATA ABORT");
}

static void
a_spoiled_chunk_is_told_at_the_end_of_the_next_one(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	(void)state;
	talk_init(&t, &setup, 0);
	pump_say(&t.pump,
	    "EHLO c.test\r\nMAIL FROM:<spoil@a.test>\r\nRCPT TO:<b@b.test>"
	    "\r\nBDAT 3\r\na\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n");
	assert_string_equal(talk_replies(&t), "220 250 250 250 250 452 250");
	assert_string_equal(talk_events(&t),
	    "EHLO(c.test) MAIL(spoil@a.test) RCPT(b@b.test) DATA(bdat) ABORT");
	talk_fini(&t);
}

static void
too_large_content_is_read_to_its_end(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	setup.message_size = 8;
	talk_expect(&setup,
	    span_of(START "DATA\r\n123456\r\n.\r\n" START
			  "DATA\r\n1234567\r\n.\r\nNOOP\r\n"),
	    START_REPLIES "354 250 250 250 250 354 552 250",
	    START_EVENTS "DATA END(8) " START_EVENTS "DATA ABORT");
	talk_expect(&setup,
	    span_of(START "BDAT 6\r\n123456BDAT 6\r\nNOOP\r\nNOOP\r\n"),
	    START_REPLIES "250 552 250", START_EVENTS "DATA(bdat) ABORT");
}

/* However it is split: which of two faults was found first must not show. */
static void
malformed_content_is_called_that_even_if_it_is_too_large(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);

	(void)state;
	setup.message_size = 8;
	talk_expect(&setup,
	    span_of(START "DATA\r\n12\n3456789\r\n.\r\n" START
			  "DATA\r\n123456789\n\r\n.\r\n"),
	    START_REPLIES "354 554 250 250 250 354 554",
	    START_EVENTS "DATA ABORT " START_EVENTS "DATA ABORT");
	talk_expect(&setup, span_of(START "BDAT 12 LAST\r\n123456789\n\r\n"),
	    START_REPLIES "554", START_EVENTS "DATA(bdat) ABORT");
	talk_expect(&setup, span_of(START "BDAT 9 LAST\r\n123456789"),
	    START_REPLIES "552", START_EVENTS "DATA(bdat) ABORT");
}

/* Sends OCTETS of content, 1 KiB of full lines at a time. */
static void
send_content(struct talk *t, uint64_t octets)
{
	char block[1024];

	memset(block, 'x', sizeof(block));
	for (size_t i = 78; i + 1 < sizeof(block); i += 79)
		memcpy(block + i, "\r\n", 2);
	memcpy(block + sizeof(block) - 2, "\r\n", 2);
	for (uint64_t sent = 0; sent < octets; sent += sizeof(block))
		pump_send(
		    &t->pump, span_make(block, sizeof(block)), PUMP_WHOLE);
}

static void
content_that_never_ends_is_cut_off(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	struct talk t;

	(void)state;
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, START "DATA\r\n");
	send_content(&t, 60u << 20);
	assert_false(t.is_over);
	send_content(&t, 6u << 20);
	assert_true(t.is_over);
	assert_true(talk_has_said(&t, "421 4.3.1 "));
	assert_string_equal(talk_events(&t), START_EVENTS "DATA ABORT CLOSED");
	talk_fini(&t);
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, START "BDAT 70000000000\r\n");
	assert_true(t.is_over);
	talk_fini(&t);
}

static void
large_content_comes_in_runs_that_are_whole(void **state)
{
	struct smtp_server_setup setup = talk_setup(SMTP_SERVER_PEER);
	const size_t length = 300000;
	char *block = malloc(length);
	struct talk t;

	(void)state;
	assert_non_null(block);
	for (size_t i = 0; i < length; i++)
		block[i] = (char)('a' + i % 26);
	memcpy(block + length - 2, "\r\n", 2);
	talk_init(&t, &setup, 0);
	pump_say(&t.pump, START "DATA\r\n");
	pump_send(&t.pump, span_make(block, length), PUMP_WHOLE);
	pump_say(&t.pump, ".\r\n");
	assert_int_equal(t.content.n, length);
	assert_memory_equal(t.content.p, block, length);
	free(block);
	talk_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dots_are_taken_off),
	    cmocka_unit_test(chunks_are_taken_as_they_are),
	    cmocka_unit_test(another_message_may_follow_in_the_same_segment),
	    cmocka_unit_test(nothing_but_crlf_dot_crlf_ends_content),
	    cmocka_unit_test(bare_line_ends_are_refused_in_chunks_too),
	    cmocka_unit_test(a_nul_in_content_is_refused),
	    cmocka_unit_test(chunks_must_end_with_a_whole_line),
	    cmocka_unit_test(octets_of_a_refused_chunk_are_never_commands),
	    cmocka_unit_test(a_chunk_without_a_length_closes),
	    cmocka_unit_test(between_chunks_only_a_few_verbs_are_legal),
	    cmocka_unit_test(the_owner_may_refuse_content_before_and_after),
	    cmocka_unit_test(spoiled_content_is_read_to_its_end),
	    cmocka_unit_test(
		a_spoiled_chunk_is_told_at_the_end_of_the_next_one),
	    cmocka_unit_test(too_large_content_is_read_to_its_end),
	    cmocka_unit_test(
		malformed_content_is_called_that_even_if_it_is_too_large),
	    cmocka_unit_test(content_that_never_ends_is_cut_off),
	    cmocka_unit_test(large_content_comes_in_runs_that_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
