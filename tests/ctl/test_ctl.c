/* Whole commands that ask no server, or find none. */
#include "ctl/control.h"
#include "place.h"

#include <string.h>
#include <unistd.h>

static void
without_words_it_tells_how_to_use_it(void **state)
{
	struct place *p = *state;

	assert_int_equal(place_run(p, ""), CTL_USAGE);
	assert_non_null(strstr(p->err, "usage: restante"));
	assert_int_equal(place_run(p, "--help"), CTL_DONE);
	assert_non_null(strstr(p->out, "  held list           list messages"));
	assert_string_equal(p->err, "");
}

static void
every_command_has_help_with_an_example(void **state)
{
	static const char *const commands[] = {
#define COMMAND(noun, verb, run, words, least, most, options, summary, help) \
	noun " " verb,
#include "ctl/commands.def"
#undef COMMAND
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		char line[64], example[64];

		snprintf(line, sizeof line, "%s%s--help", commands[i],
		    commands[i][strlen(commands[i]) - 1] == ' ' ? "" : " ");
		assert_int_equal(place_run(p, line), CTL_DONE);
		snprintf(example, sizeof example, "%.*s",
		    (int)strcspn(line, " "), line);
		assert_non_null(
		    strstr(p->out, "usage: restante [-c FILE] [--json] "));
		assert_non_null(strstr(p->out, example));
		assert_non_null(strstr(p->out, "\n  "));
	}
}

static void
what_does_not_exist_is_refused_with_a_hint(void **state)
{
	struct place *p = *state;

	assert_int_equal(place_run(p, "uesr list"), CTL_USAGE);
	assert_non_null(strstr(p->err, "there is no command \"uesr\""));
	assert_non_null(strstr(p->err, "user list"));
	assert_int_equal(place_run(p, "user lsit"), CTL_USAGE);
	assert_non_null(strstr(p->err, "there is no command \"user lsit\""));
	assert_int_equal(place_run(p, "user"), CTL_USAGE);
	assert_non_null(strstr(p->err, "user remove"));
	assert_int_equal(place_run(p, "user --help"), CTL_DONE);
	assert_int_equal(place_run(p, "status --loud"), CTL_USAGE);
	assert_non_null(strstr(p->err, "there is no option --loud"));
	assert_int_equal(place_run(p, "held list --mode ask"), CTL_USAGE);
	assert_non_null(strstr(p->err, "held list does not take --mode"));
	assert_int_equal(place_run(p, "status now"), CTL_USAGE);
	assert_int_equal(place_run(p, "user remove"), CTL_USAGE);
	assert_non_null(strstr(p->err, "ADDRESS is missing"));
	assert_int_equal(place_run(p, "user set a@a.test"), CTL_USAGE);
	assert_int_equal(place_run(p, "\x1b[2J"), CTL_USAGE);
	assert_null(strchr(p->err, '\x1b'));
}

static void
json_may_be_asked_for_anywhere_and_tells_of_faults_too(void **state)
{
	static const char *const lines[] = {"--json status --loud",
	    "status --loud --json", "--json uesr list", "--json",
	    "user add --json --mode maybe", "--json spf --ip 192.0.2.1"};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(place_run(p, lines[i]), CTL_USAGE);
		assert_non_null(strstr(p->out, "\"code\": \"usage\""));
		assert_non_null(strstr(p->out, "\"text\": \""));
	}
	assert_int_equal(place_run(p, "version --json"), CTL_DONE);
	assert_non_null(strstr(p->out, "\"version\": \""));
	assert_int_equal(place_run(p, "held list -- --json --loud"), CTL_USAGE);
	assert_string_equal(p->out, "");
}

static void
a_server_that_is_not_running_is_said_so(void **state)
{
	struct place *p = *state;
	char expected[160];

	unlink(p->path);
	snprintf(expected, sizeof expected,
	    "restante: restante is not running (no answer at %s)\n", p->path);
	assert_int_equal(place_run(p, "status"), CTL_NOT_RUNNING);
	assert_string_equal(p->err, expected);
	assert_string_equal(p->out, "");
	assert_int_equal(place_run(p, "status --json"), CTL_NOT_RUNNING);
	assert_non_null(strstr(p->out, "\"code\": \"not-running\""));
	assert_int_equal(place_run(p, "user remove b@a.test"), CTL_NOT_RUNNING);
}

static void
without_a_server_a_user_is_added_and_the_store_checked(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	place_stopped_answer = "{\"ok\": true, \"user\": {\"mode\": \"ask\"}}";
	assert_int_equal(
	    place_run_with(p, "user add b@a.test --json", "secret\n"),
	    CTL_DONE);
	assert_string_equal(p->out, "{\n  \"user\": {\n    \"mode\": "
				    "\"ask\"\n  }\n}\n");
	assert_string_equal(place_stopped_asked,
	    "{\"do\":\"user-add\",\"address\":\"b@a.test\","
	    "\"password\":\"secret\",\"mode\":\"server\","
	    "\"from_check\":\"both\",\"answers\":\"listed\",\"trash\":"
	    "\"nothing\"}");
	place_stopped_answer = "{\"ok\": true, \"problems\": 0, \"lines\": []}";
	assert_int_equal(place_run(p, "check --store"), CTL_DONE);
	assert_string_equal(p->out, "configuration is good\nstore is good\n");
	place_stopped_answer = "{\"ok\": true, \"problems\": 2, \"lines\": "
			       "[\"a hold\", \"\\u001b\"]}";
	assert_int_equal(place_run(p, "check --store"), CTL_BAD);
	assert_string_equal(
	    p->out, "configuration is good\na hold\n\xef\xbf\xbd\n");
	assert_int_equal(place_run(p, "check --store --json"), CTL_BAD);
	assert_non_null(strstr(p->out, "\"problems\": 2"));
	place_stopped_answer = "{\"ok\": false, \"error\": {\"code\": "
			       "\"exists\", \"text\": \"it exists\"}}";
	assert_int_equal(
	    place_run_with(p, "user add b@a.test", "x\n"), CTL_BAD);
	place_stopped_answer = NULL;
	assert_int_equal(
	    place_run_with(p, "user add b@a.test", "x\n"), CTL_LATER);
	assert_string_equal(p->err, "restante: another has it\n");
}

static void
each_refusal_has_its_exit_status(void **state)
{
	static const struct {
		const char *code;
		int status;
	} rows[] = {{"bad", 65}, {"exists", 65}, {"conflict", 65},
	    {"no-id", 66}, {"no-user", 67}, {"later", 75}, {"unheard-of", 75}};
	struct place *p = *state;
	char answer[80];

	unlink(p->path);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(answer, sizeof answer,
		    "{\"ok\": false, \"error\": {\"code\": \"%s\"}}",
		    rows[i].code);
		place_stopped_answer = answer;
		assert_int_equal(place_run(p, "check --store"), rows[i].status);
	}
	place_stopped_answer = "{}";
	assert_int_equal(place_run(p, "check --store"), 75);
	assert_string_equal(
	    p->err, "restante: the server refused without a reason\n");
}

static void
serve_gets_the_configuration_and_gives_the_status(void **state)
{
	place_served_with_status = 3;
	assert_int_equal(place_run(*state, "serve"), 3);
	place_served_with_status = 0;
	assert_int_equal(place_run(*state, "serve"), 0);
	assert_int_equal(place_run(*state, "serve fast"), CTL_USAGE);
}

static void
every_fault_of_the_configuration_is_told_with_its_line(void **state)
{
	struct place *p = *state;
	FILE *file;
	char expected[400];

	assert_int_equal(place_run(p, "check"), CTL_DONE);
	assert_string_equal(p->out, "configuration is good\n");
	assert_int_equal(place_run(p, "check --json"), CTL_DONE);
	assert_non_null(strstr(p->out, "\"faults\": []"));
	file = fopen(p->config, "a");
	fputs("certificate = '/c'\nmail = m\nsmtp-port = ssh\n", file);
	fclose(file);
	snprintf(expected, sizeof expected,
	    "restante: %s:5: mail: \"m\" must begin with /\n"
	    "restante: %s:6: smtp-port: must be a number\n"
	    "restante: %s: private-key: must be given, because certificate "
	    "is\n",
	    p->config, p->config, p->config);
	assert_int_equal(place_run(p, "check"), CTL_CONFIGURATION);
	assert_string_equal(p->err, expected);
	assert_int_equal(place_run(p, "serve"), CTL_CONFIGURATION);
	assert_string_equal(p->err, expected);
	assert_int_equal(place_run(p, "check --json"), CTL_CONFIGURATION);
	assert_non_null(strstr(p->out, "\"code\": \"configuration\""));
	assert_non_null(strstr(p->out, "\"line\": 6,\n      \"key\": "
				       "\"smtp-port\""));
	*strchr(expected, '\n') = '\0';
	assert_int_equal(place_run(p, "status"), CTL_CONFIGURATION);
	assert_non_null(strstr(p->err, expected));
	assert_int_equal(
	    place_run(p, "check -c /none/such"), CTL_CONFIGURATION);
	assert_non_null(strstr(p->err, "/none/such: No such file"));
}

static void
a_password_that_is_none_is_refused(void **state)
{
	struct place *p = *state;
	char line[1100] = "";

	assert_int_equal(place_run_with(p, "user add b@a.test", ""), CTL_BAD);
	assert_non_null(strstr(p->err, "no password on standard input"));
	assert_int_equal(
	    place_run_with(p, "user passwd b@a.test --password-stdin", "\n"),
	    CTL_BAD);
	assert_string_equal(p->err, "restante: the password is empty\n");
	memset(line, 'x', 1025);
	assert_int_equal(place_run_with(p, "user add b@a.test", line), CTL_BAD);
	assert_int_equal(
	    place_run_with(p, "user add b@a.test", "a\x01\n"), CTL_BAD);
	assert_int_equal(
	    place_run_with(p, "user add b@a.test", "\xff\n"), CTL_BAD);
	assert_string_equal(p->err, "restante: a word is not UTF-8 text\n");
	assert_int_equal(place_run(p, "user add b@a.test secret"), CTL_USAGE);
}

static void
the_sender_policy_is_told_without_a_configuration(void **state)
{
	struct place *p = *state;

	unlink(p->config);
	assert_int_equal(
	    place_run(p, "spf --ip 192.0.2.1 --from a@b.test --helo mx"),
	    CTL_DONE);
	assert_string_equal(
	    p->out, "Result:       softfail\nBecause:      a@b.test of mx\n");
	assert_int_equal(
	    place_run(p, "spf --ip=192.0.2.1 --from=<> --helo=mx --json"),
	    CTL_DONE);
	assert_string_equal(p->out, "{\n  \"result\": \"softfail\",\n  "
				    "\"explanation\": \"<> of mx\"\n}\n");
	assert_int_equal(
	    place_run(p, "spf --ip x --from a@b.test --helo mx"), 65);
	assert_string_equal(p->err, "restante: x is no address\n");
	assert_int_equal(
	    place_run(p, "spf --from a@b.test --helo mx"), CTL_USAGE);
}

static void
all_settings_are_listed_with_range_and_reason(void **state)
{
	static const char *const commands[] = {"check --settings", "settings"};
	struct place *p = *state;
	char line[64];

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(place_run(p, commands[i]), CTL_DONE);
		assert_non_null(
		    strstr(p->out, "smtp-port (count, default \"25\")\n"
				   "    range: 1 to 65535\n    the port"));
		snprintf(line, sizeof line, "%s --man", commands[i]);
		assert_int_equal(place_run(p, line), CTL_DONE);
		assert_non_null(strstr(p->out,
		    "*smtp-port* (count; 1 to 65535; default \"25\")\n"));
		snprintf(line, sizeof line, "%s --json", commands[i]);
		assert_int_equal(place_run(p, line), CTL_DONE);
		assert_non_null(strstr(p->out, "\"key\": \"smtp-port\""));
		assert_non_null(strstr(p->out, "\"range\": \"1 to 65535\""));
	}
}

static void
the_version_is_said(void **state)
{
	struct place *p = *state;

	assert_int_equal(place_run(p, "version"), CTL_DONE);
	assert_int_equal(strncmp(p->out, "restante ", 9), 0);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(without_words_it_tells_how_to_use_it),
	    TEST(every_command_has_help_with_an_example),
	    TEST(what_does_not_exist_is_refused_with_a_hint),
	    TEST(json_may_be_asked_for_anywhere_and_tells_of_faults_too),
	    TEST(a_server_that_is_not_running_is_said_so),
	    TEST(without_a_server_a_user_is_added_and_the_store_checked),
	    TEST(each_refusal_has_its_exit_status),
	    TEST(serve_gets_the_configuration_and_gives_the_status),
	    TEST(every_fault_of_the_configuration_is_told_with_its_line),
	    TEST(a_password_that_is_none_is_refused),
	    TEST(the_sender_policy_is_told_without_a_configuration),
	    TEST(all_settings_are_listed_with_range_and_reason),
	    TEST(the_version_is_said),
	};

	control_wipe_what_json_frees();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
