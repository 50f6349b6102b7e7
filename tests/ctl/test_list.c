/*
 * Users' lists on the command line, against a server that a second process
 * plays.
 */
#include "place.h"

#include <string.h>

#define BOB "bob@b.test"

static int
run(struct place *p, const char *line, const char *input,
    const char *const *script)
{
	int status;

	place_start_server(p, script);
	status =
	    input != NULL ? place_run_with(p, line, input) : place_run(p, line);
	place_end_server(p);
	return status;
}

#define ENTRIES                                                                \
	"{\"ok\": true, \"entries\": ["                                        \
	"{\"list\": \"allow\", \"address\": \"al@a.test\", \"server\": "       \
	"\"a.test\", \"by\": \"verdict\", \"since\": \"T1\"}, "                \
	"{\"list\": \"allow\", \"address\": \"c@a.test\", \"server\": null, "  \
	"\"by\": \"writing\", \"since\": \"T2\"}, "                            \
	"{\"list\": \"deny\", \"address\": \"@spam.test\", \"server\": null, " \
	"\"by\": \"hand\", \"since\": \"T3\"}], \"next\": null}"

static const char *const entries[] = {ENTRIES, NULL};

static void
a_list_is_shown(void **state)
{
	struct place *p = *state;

	assert_int_equal(
	    run(p, "list show " BOB " @spam.test", NULL, entries), CTL_DONE);
	assert_string_equal(p->requests,
	    "{\"do\":\"list-show\",\"user\":\"" BOB
	    "\",\"side\":\"incoming\",\"address\":\"@spam.test\",\"limit\":100}"
	    "\n");
	assert_string_equal(p->out,
	    "LIST   ADDRESS     SERVER  BY       SINCE\n"
	    "allow  al@a.test   a.test  verdict  T1\n"
	    "allow  c@a.test    -       writing  T2\n"
	    "deny   @spam.test  *       hand     T3\n");
}

static void
the_outgoing_list_has_no_servers(void **state)
{
	struct place *p = *state;

	assert_int_equal(
	    run(p, "list show --outgoing " BOB, NULL, entries), CTL_DONE);
	assert_non_null(strstr(p->requests, "\"side\":\"outgoing\""));
	assert_non_null(strstr(p->out, "LIST   ADDRESS     BY       SINCE\n"));
}

static void
an_entry_is_put_and_told_as_it_was_put(void **state)
{
	static const char *const put[] = {
	    "{\"ok\": true, \"put\": 1, \"entry\": {\"list\": \"deny\", "
	    "\"address\": \"@spam.test\", \"server\": null}}",
	    NULL};
	struct place *p = *state;

	assert_int_equal(
	    run(p, "list deny " BOB " *@Spam.test", NULL, put), CTL_DONE);
	assert_string_equal(p->requests,
	    "{\"do\":\"list-put\",\"user\":\"" BOB
	    "\",\"side\":\"incoming\",\"entries\":[{\"list\":\"deny\","
	    "\"address\":\"*@Spam.test\"}]}\n");
	assert_string_equal(p->out, "List:         deny\n"
				    "Address:      @spam.test\n"
				    "Server:       *\n");
	assert_int_equal(
	    run(p, "list allow " BOB " x@a.test --server a.test", NULL, put),
	    CTL_DONE);
	assert_non_null(strstr(p->requests, "\"server\":\"a.test\""));
}

static void
an_address_is_forgotten(void **state)
{
	static const char *const forgotten[] = {
	    "{\"ok\": true, \"forgotten\": \"x@a.test\"}", NULL};
	static const char *const none[] = {
	    "{\"ok\": false, \"error\": {\"code\": \"no-id\", \"text\": "
	    "\"there is no such entry on the list\"}}",
	    NULL};
	struct place *p = *state;

	assert_int_equal(
	    run(p, "list forget " BOB " X@a.test --outgoing", NULL, forgotten),
	    CTL_DONE);
	assert_string_equal(p->requests,
	    "{\"do\":\"list-forget\",\"user\":\"" BOB
	    "\",\"side\":\"outgoing\",\"address\":\"X@a.test\"}\n");
	assert_string_equal(p->out, "x@a.test is off the list.\n");
	assert_int_equal(
	    run(p, "list forget " BOB " X@a.test --server a.test", NULL, none),
	    CTL_NO_ID);
	assert_non_null(strstr(p->requests, "\"server\":\"a.test\"}"));
	/* as the list shows one without */
	assert_int_equal(
	    run(p, "list forget " BOB " X@a.test --server -", NULL, none),
	    CTL_NO_ID);
	assert_non_null(strstr(p->requests, "\"server\":\"\"}"));
}

static void
a_list_is_exported_as_lines(void **state)
{
	struct place *p = *state;

	assert_int_equal(run(p, "list export " BOB, NULL, entries), CTL_DONE);
	assert_string_equal(p->out, "allow al@a.test a.test\n"
				    "allow c@a.test -\n"
				    "deny @spam.test *\n");
	assert_int_equal(
	    run(p, "list export " BOB " --outgoing", NULL, entries), CTL_DONE);
	assert_string_equal(p->out, "allow al@a.test\n"
				    "allow c@a.test\n"
				    "deny @spam.test\n");
}

static void
lines_are_looked_at_before_they_are_put(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"put\": 0}", "{\"ok\": true, \"put\": 4}", NULL};
	struct place *p = *state;

#define LINES                                                             \
	"\"entries\":[{\"list\":\"allow\",\"address\":\"al@a.test\","     \
	"\"server\":\"a.test\"},{\"list\":\"allow\",\"address\":"         \
	"\"c@a.test\",\"server\":\"\"},{\"list\":\"deny\",\"address\":"   \
	"\"@spam.test\",\"server\":\"\"},{\"list\":\"deny\",\"address\":" \
	"\"\\\"a b\\\"@c.test\",\"server\":\"\"}]}\n"
	assert_int_equal(run(p, "list import " BOB,
			     "# of last year\n"
			     "allow al@a.test a.test\n"
			     "\n"
			     "  allow\tc@a.test  -\r\n"
			     "deny @spam.test *\n"
			     "deny \"a b\"@c.test",
			     script),
	    CTL_DONE);
	assert_string_equal(p->requests,
	    "{\"do\":\"list-put\",\"user\":\"" BOB
	    "\",\"side\":\"incoming\",\"check\":true," LINES
	    "{\"do\":\"list-put\",\"user\":\"" BOB
	    "\",\"side\":\"incoming\",\"check\":false," LINES);
	assert_string_equal(p->out, "4 entries are on the list.\n");
#undef LINES
}

/* Nothing is asked (nobody would answer) when a line is no line; then the
   server judges. */
static void
the_line_that_is_wrong_is_named(void **state)
{
	static const char *const wrong[][2] = {
	    {"allow x@a.test\nburn y@a.test\n", "line 2: a line begins"},
	    {"\n\nallow\n", "line 3: an address is missing"},
	    {"deny x@a.test * more\n", "line 1: there is too much"},
	    {"allow x@a.test *\n", "line 1: only deny is for any server"},
	    {"allow \xff@a.test\n", "line 1: that is not UTF-8"},
	};
	static const char *const refusal[] = {
	    "{\"ok\": false, \"error\": {\"code\": \"bad\", \"text\": \"that "
	    "is no mail address\", \"entry\": 1}}",
	    NULL};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(
		    place_run_with(p, "list import " BOB, wrong[i][0]),
		    CTL_BAD);
		assert_non_null(strstr(p->err, wrong[i][1]));
	}
	assert_int_equal(place_run_with(p, "list import --outgoing " BOB,
			     "allow x@a.test a.test\n"),
	    CTL_BAD);
	assert_int_equal(run(p, "list import " BOB,
			     "allow x@a.test\n# one\ndeny y@@\n", refusal),
	    CTL_BAD);
	assert_non_null(strstr(p->err, "line 3: that is no mail address"));
}

static void
a_list_that_is_full_says_how_many_were_put(void **state)
{
	static const char *const script[] = {"{\"ok\": true, \"put\": 0}",
	    "{\"ok\": false, \"error\": {\"code\": \"full\", \"text\": \"the "
	    "list is full\", \"put\": 1}}",
	    NULL};
	struct place *p = *state;

	assert_int_equal(run(p, "list import " BOB,
			     "allow x@a.test\nallow y@a.test\n", script),
	    CTL_BAD);
	assert_non_null(strstr(p->err, "the list is full; 1 entries were put"));
}

static void
a_file_that_is_not_there_is_told(void **state)
{
	struct place *p = *state;

	assert_int_equal(
	    place_run(p, "list import " BOB " /no/such/file"), CTL_BAD);
	assert_non_null(strstr(p->err, "/no/such/file"));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_list_is_shown),
	    TEST(the_outgoing_list_has_no_servers),
	    TEST(an_entry_is_put_and_told_as_it_was_put),
	    TEST(an_address_is_forgotten),
	    TEST(a_list_is_exported_as_lines),
	    TEST(lines_are_looked_at_before_they_are_put),
	    TEST(the_line_that_is_wrong_is_named),
	    TEST(a_list_that_is_full_says_how_many_were_put),
	    TEST(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
