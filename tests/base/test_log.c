/* The log: one harmless line an event, and never a wait. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error is a pipe during a test; what cmocka writes is not lost. */
static int kept, reading;

static int
set_up(void **state)
{
	int ends[2];

	(void)state;
	kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	if (kept < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	reading = ends[0];
	if (fcntl(reading, F_SETFL, O_NONBLOCK) < 0 ||
	    dup2(ends[1], STDERR_FILENO) < 0)
		return -1;
	log_never_block();
	return close(ends[1]);
}

static int
tear_down(void **state)
{
	(void)state;
	if (dup2(kept, STDERR_FILENO) < 0)
		return -1;
	(void)close(kept);
	return close(reading);
}

/* What was logged since the last time. */
static const char *
logged(void)
{
	static char text[1 << 17];
	const ssize_t n = read(reading, text, sizeof text - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void
a_line_says_when_who_and_what(void **state)
{
	char expected[100];
	const char *line;

	(void)state;
	log_open("keeper");
	errno = ENOENT;
	log_event("hold_sealed", "id=%s size=%d", "abc", 7);
	assert_int_equal(errno, ENOENT);
	line = logged();
	(void)snprintf(expected, sizeof expected,
	    " keeper[%ld] hold_sealed id=abc size=7\n", (long)getpid());
	assert_string_equal(
	    line + strlen("2026-11-22T10:00:00.000Z"), expected);
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[23], 'Z');
}

static void
an_event_without_facts_ends_with_its_name(void **state)
{
	const char *line;

	(void)state;
	log_event("ready", "%s", "");
	line = logged();
	assert_string_equal(
	    line + strlen(line) - strlen(" ready\n"), " ready\n");
}

/* AT-27 */
static void
quoted_octets_cannot_forge_a_line(void **state)
{
	(void)state;
	assert_string_equal(log_quote(span_of("a@b.test")), "a@b.test");
	assert_string_equal(log_quote(span_of("a b\r\n\"'\\\x1b\x7f\xc3")),
	    "\"a b\\x0d\\x0a\\x22'\\x5c\\x1b\\x7f\\xc3\"");
	assert_string_equal(log_quote(span_make("\0", 1)), "\\x00");
	assert_string_equal(log_quote(span_of("")), "\"\"");
}

/* AT-27 */
static void
forgotten_quotes_cannot_forge_a_line_either(void **state)
{
	const char *line;

	(void)state;
	log_event("careless", "text=%s", "a\r\nb\x1b[2J");
	line = logged();
	assert_non_null(strstr(line, "text=a??b?[2J\n"));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void
quotes_are_cut_and_their_rooms_are_used_in_turn(void **state)
{
	char text[300];
	const char *quotes[8];

	(void)state;
	memset(text, '\n', sizeof text);
	assert_int_equal(strlen(log_quote(span_make(text, 300))), 800);
	for (size_t i = 0; i < 8; i++)
		quotes[i] = log_quote(span_make(&"01234567"[i], 1));
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(quotes[i][0], '0' + (int)i);
}

static void
long_lines_are_cut_but_end(void **state)
{
	char text[5000];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	log_event("long", "%s", text);
	line = logged();
	assert_int_equal(strlen(line), 2000);
	assert_int_equal(line[1999], '\n');
}

static void
lines_that_do_not_fit_are_dropped_and_counted(void **state)
{
	const int size = fcntl(reading, F_GETPIPE_SZ);
	char text[1500];
	const char *all;
	int lines = 0;

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	/* More than the pipe holds, and nobody reads: this must come back. */
	for (int octets = 0; octets < 2 * size; octets += (int)sizeof text) {
		log_event("flood", "%s", text);
		lines++;
	}
	all = logged();
	assert_int_equal(all[strlen(all) - 1], '\n');
	for (const char *p = all; (p = strchr(p, '\n')) != NULL; p++)
		lines--;
	assert_true(lines > 0);
	log_event("after", "%s", "");
	all = logged();
	assert_non_null(strstr(all, " dropped-lines="));
	assert_int_equal(
	    strtol(strstr(all, " dropped-lines=") + 15, NULL, 10), lines);
	log_event("later", "%s", "");
	assert_null(strstr(logged(), "dropped-lines"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_line_says_when_who_and_what, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		an_event_without_facts_ends_with_its_name, set_up, tear_down),
	    cmocka_unit_test(quoted_octets_cannot_forge_a_line),
	    cmocka_unit_test_setup_teardown(
		forgotten_quotes_cannot_forge_a_line_either, set_up, tear_down),
	    cmocka_unit_test(quotes_are_cut_and_their_rooms_are_used_in_turn),
	    cmocka_unit_test_setup_teardown(
		long_lines_are_cut_but_end, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		lines_that_do_not_fit_are_dropped_and_counted, set_up,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
