/* Words and options of a command line, and what is refused. */
#include "ctl/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Splits LINE at its spaces, as a shell would. */
static int
parse(const char *line, struct arguments *arguments, struct err *err)
{
	static char room[256];
	char *argv[16];
	int argc = 0;

	snprintf(room, sizeof room, "restante %s", line);
	argv[argc++] = room;
	for (char *p = room; *p != '\0'; p++)
		if (*p == ' ') {
			*p = '\0';
			assert_true(argc < 16);
			argv[argc++] = p + 1;
		}
	return arguments_parse(argc, argv, arguments, err);
}

static void
expect_fault(const char *line, const char *expected)
{
	struct arguments a;
	struct err err;

	assert_int_equal(parse(line, &a, &err), -E_SYNTAX);
	assert_string_equal(err.text, expected);
}

static void
options_may_stand_anywhere(void **state)
{
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(
	    parse("-c f user --mode=ask add --json u", &a, &err), 0);
	assert_string_equal(a.config, "f");
	assert_string_equal(a.mode, "ask");
	assert_null(a.from_check);
	assert_int_equal(a.n, 3);
	assert_string_equal(a.words[0], "user");
	assert_string_equal(a.words[2], "u");
	assert_int_equal(
	    a.seen, ARGUMENTS_CONFIG | ARGUMENTS_MODE | ARGUMENTS_JSON);
	assert_true(a.limit == UINT64_MAX);
}

static void
two_hyphens_end_the_options(void **state)
{
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(parse("held show -- -id --json", &a, &err), 0);
	assert_int_equal(a.n, 4);
	assert_string_equal(a.words[2], "-id");
	assert_int_equal(a.seen, 0);
}

static void
a_limit_is_a_number(void **state)
{
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(parse("--limit 20", &a, &err), 0);
	assert_int_equal(a.limit, 20);
	expect_fault("--limit 0", "--limit takes a number from 1");
	expect_fault("--limit -1", "--limit takes a number from 1");
	expect_fault("--limit all", "--limit takes a number from 1");
}

static void
a_time_has_a_unit(void **state)
{
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(parse("--for 24h", &a, &err), 0);
	assert_int_equal(a.for_time, 86400);
	expect_fault("--for 0", "--for takes a time, such as 90s, 24h or 7d");
	expect_fault(
	    "--for ever", "--for takes a time, such as 90s, 24h or 7d");
}

static void
a_wish_for_json_is_seen_behind_a_fault(void **state)
{
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(parse("--nonsense --json", &a, &err), -E_SYNTAX);
	assert_true(arguments_has(&a, ARGUMENTS_JSON));
	assert_int_equal(parse("--nonsense -- --json", &a, &err), -E_SYNTAX);
	assert_false(arguments_has(&a, ARGUMENTS_JSON));
}

static void
faults_are_told_in_words(void **state)
{
	(void)state;
	expect_fault("--colour=red", "there is no option --colour");
	expect_fault("-x", "there is no option -x");
	expect_fault("-", "there is no option -");
	expect_fault("user --mode", "--mode needs a value");
	expect_fault("--json=yes", "--json takes no value");
	expect_fault("--mode maybe", "--mode takes one of: server ask");
	expect_fault("--dir a --dir b", "--dir is given twice");
	expect_fault("1 2 3 4 5 6 7 8 9", "too many words");
}

static void
every_option_has_a_name(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit <= ARGUMENTS_DNS; bit <<= 1)
		assert_int_equal(strncmp(arguments_name(bit), "--", 2), 0);
	assert_string_equal(arguments_name(0), "");
	assert_string_equal(arguments_placeholder(ARGUMENTS_LIMIT), " N");
}

static void
a_place_is_a_host_and_a_port(void **state)
{
	static const char *const wrong[] = {"--imap 127.0.0.1", "--imap :143",
	    "--imap a:0", "--imap a:65536", "--imap a:x", "--imaps a/b:993",
	    "--submit a;b:587", "--submit a:"};
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(parse("selftest --imap mx.b.test:143 "
			       "--submit=[2001:db8::1]:587",
			     &a, &err),
	    0);
	assert_string_equal(a.imap, "mx.b.test:143");
	assert_string_equal(a.submit, "[2001:db8::1]:587");
	assert_null(a.imaps);
	for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(wrong[i], &a, &err), -E_SYNTAX);
}

static void
a_timeout_is_a_second_to_an_hour(void **state)
{
	struct arguments a;
	struct err err;

	(void)state;
	assert_int_equal(parse("selftest --timeout 2m", &a, &err), 0);
	assert_true(a.timeout == 120);
	assert_int_equal(parse("selftest", &a, &err), 0);
	assert_true(a.timeout == 0);
	expect_fault("selftest --timeout 0s",
	    "--timeout takes a time from 1s to 1h, such as 30s");
	expect_fault("selftest --timeout 2h",
	    "--timeout takes a time from 1s to 1h, such as 30s");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_may_stand_anywhere),
	    cmocka_unit_test(two_hyphens_end_the_options),
	    cmocka_unit_test(a_limit_is_a_number),
	    cmocka_unit_test(a_time_has_a_unit),
	    cmocka_unit_test(a_wish_for_json_is_seen_behind_a_fault),
	    cmocka_unit_test(faults_are_told_in_words),
	    cmocka_unit_test(every_option_has_a_name),
	    cmocka_unit_test(a_place_is_a_host_and_a_port),
	    cmocka_unit_test(a_timeout_is_a_second_to_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
