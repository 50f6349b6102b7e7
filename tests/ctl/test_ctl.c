/*
 * Whole commands against a server that a second process plays: it answers
 * each line with the next text of a script.
 */
#include "ctl/ctl.h"

#include "base/span.h"
#include "ctl/control.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUESTS_MAX 4096 /* octets of all that a command asks */

struct place {
	char folder[64], path[80], config[80];
	int listener, report[2]; /* the requests come back through a pipe */
	pid_t server;
	char *out, *err;
	size_t out_n, err_n;
	char requests[REQUESTS_MAX];
};

static int served_with_status;

static int
serve(const char *config_path)
{
	assert_non_null(config_path);
	return served_with_status;
}

static void
write_config(struct place *p)
{
	FILE *file = fopen(p->config, "w");

	assert_non_null(file);
	fprintf(file, "hostname = \"mx.a.test\"\ndomains = \"a.test\"\n");
	fprintf(file, "control = \"%s\"\n", p->path);
	fclose(file);
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert_non_null(p);
	snprintf(p->folder, sizeof p->folder, "/tmp/restante-ctl-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof p->path, "%s/control", p->folder);
	snprintf(p->config, sizeof p->config, "%s/conf", p->folder);
	write_config(p);
	span_copy(span_of(p->path), address.sun_path, sizeof address.sun_path);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(p->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(p->listener, 1), 0);
	assert_int_equal(pipe(p->report), 0);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	close(p->listener);
	close(p->report[0]);
	close(p->report[1]);
	unlink(p->path);
	unlink(p->config);
	rmdir(p->folder);
	free(p->out);
	free(p->err);
	free(p);
	return 0;
}

/* In the second process: a line in, the next line of SCRIPT out. */
static void
play(const struct place *p, const char *const *script)
{
	int fd = accept(p->listener, NULL, NULL);
	char c;

	for (; *script != NULL; script++) {
		do {
			if (read(fd, &c, 1) != 1)
				_exit(1);
			if (write(p->report[1], &c, 1) != 1)
				_exit(1);
		} while (c != '\n');
		if (write(fd, *script, strlen(*script)) < 0 ||
		    write(fd, "\n", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void
start_server(struct place *p, const char *const *script)
{
	p->server = fork();
	assert_true(p->server >= 0);
	if (p->server == 0)
		play(p, script);
}

/* Keeps what was asked in p->requests. */
static void
end_server(struct place *p)
{
	ssize_t n;

	assert_int_equal(waitpid(p->server, NULL, 0), p->server);
	close(p->report[1]);
	p->report[1] = -1;
	n = read(p->report[0], p->requests, REQUESTS_MAX - 1);
	assert_true(n >= 0);
	p->requests[n] = '\0';
}

/* Runs `restante LINE` (words parted by single spaces) with INPUT. */
static int
run_with(struct place *p, const char *line, const char *input)
{
	struct ctl ctl = {.config = p->config, .serve = serve};
	char room[512];
	char *argv[16];
	int argc = 0, status;

	snprintf(room, sizeof room, "restante %s", line);
	argv[argc++] = room;
	for (char *at = room; *at != '\0'; at++)
		if (*at == ' ' && at[1] != '\0') {
			*at = '\0';
			assert_true(argc < 16);
			argv[argc++] = at + 1;
		}
	free(p->out);
	free(p->err);
	ctl.in = tmpfile();
	ctl.out = open_memstream(&p->out, &p->out_n);
	ctl.err = open_memstream(&p->err, &p->err_n);
	assert_true(ctl.in != NULL && ctl.out != NULL && ctl.err != NULL);
	fputs(input, ctl.in);
	fflush(ctl.in);
	assert_int_equal(lseek(fileno(ctl.in), 0, SEEK_SET), 0);
	status = ctl_command(&ctl, argc, argv);
	control_free(&ctl.control);
	fclose(ctl.in);
	fclose(ctl.out);
	fclose(ctl.err);
	return status;
}

static int
run(struct place *p, const char *line)
{
	return run_with(p, line, "");
}

static void
without_words_it_tells_how_to_use_it(void **state)
{
	struct place *p = *state;

	assert_int_equal(run(p, ""), CTL_USAGE);
	assert_non_null(strstr(p->err, "usage: restante"));
	assert_int_equal(run(p, "--help"), CTL_DONE);
	assert_non_null(strstr(p->out, "  held list        list messages"));
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
		assert_int_equal(run(p, line), CTL_DONE);
		snprintf(example, sizeof example, "%.*s",
		    (int)strcspn(line, " "), line);
		assert_non_null(strstr(p->out, "usage: restante [-c FILE] "));
		assert_non_null(strstr(p->out, example));
		assert_non_null(strstr(p->out, "\n  "));
	}
}

static void
what_does_not_exist_is_refused_with_a_hint(void **state)
{
	struct place *p = *state;

	assert_int_equal(run(p, "uesr list"), CTL_USAGE);
	assert_non_null(strstr(p->err, "there is no command \"uesr\""));
	assert_non_null(strstr(p->err, "user list"));
	assert_int_equal(run(p, "user lsit"), CTL_USAGE);
	assert_non_null(strstr(p->err, "there is no command \"user lsit\""));
	assert_int_equal(run(p, "user"), CTL_USAGE);
	assert_non_null(strstr(p->err, "user remove"));
	assert_int_equal(run(p, "user --help"), CTL_DONE);
	assert_int_equal(run(p, "status --loud"), CTL_USAGE);
	assert_non_null(strstr(p->err, "there is no option --loud"));
	assert_int_equal(run(p, "held list --mode ask"), CTL_USAGE);
	assert_non_null(strstr(p->err, "held list does not take --mode"));
	assert_int_equal(run(p, "status now"), CTL_USAGE);
	assert_int_equal(run(p, "user remove"), CTL_USAGE);
	assert_non_null(strstr(p->err, "ADDRESS is missing"));
	assert_int_equal(run(p, "user change a@a.test"), CTL_USAGE);
	assert_int_equal(run(p, "\x1b[2J"), CTL_USAGE);
	assert_null(strchr(p->err, '\x1b'));
}

static void
a_server_that_is_not_running_is_said_so(void **state)
{
	struct place *p = *state;
	char expected[160];

	unlink(p->path);
	snprintf(expected, sizeof expected,
	    "restante: restante is not running (no answer at %s)\n", p->path);
	assert_int_equal(run(p, "status"), CTL_FAILED);
	assert_string_equal(p->err, expected);
	assert_string_equal(p->out, "");
	assert_int_equal(run(p, "status --json"), CTL_FAILED);
	assert_non_null(strstr(p->out, "\"ok\": false"));
}

static void
serve_gets_the_configuration_and_gives_the_status(void **state)
{
	served_with_status = 3;
	assert_int_equal(run(*state, "serve"), 3);
	served_with_status = 0;
	assert_int_equal(run(*state, "serve"), 0);
	assert_int_equal(run(*state, "serve fast"), CTL_USAGE);
}

static void
the_configuration_is_checked(void **state)
{
	struct place *p = *state;
	FILE *file;
	char expected[160];

	assert_int_equal(run(p, "check-config"), CTL_DONE);
	assert_string_equal(p->out, "configuration is good\n");
	file = fopen(p->config, "a");
	fputs("smtp-port = ssh\n", file);
	fclose(file);
	snprintf(expected, sizeof expected,
	    "restante: %s:4: smtp-port: must be a number or \"unlimited\"\n",
	    p->config);
	assert_int_equal(run(p, "check-config"), CTL_FAILED);
	assert_string_equal(p->err, expected);
	assert_int_equal(run(p, "status"), CTL_FAILED);
	assert_string_equal(p->err, expected);
}

static void
a_user_is_added_with_a_password_from_input(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"user\": {}}", NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(
	    run_with(p, "user add b@a.test --mode ask --password-stdin",
		"a \"pass\" word\r\nmore\n"),
	    CTL_DONE);
	end_server(p);
	assert_string_equal(p->out, "b@a.test is a user now\n");
	assert_string_equal(p->requests,
	    "{\"do\":\"user-add\",\"address\":\"b@a.test\","
	    "\"password\":\"a \\\"pass\\\" word\",\"mode\":\"ask\","
	    "\"from_check\":\"both\"}\n");
}

static void
a_password_that_is_none_is_refused(void **state)
{
	struct place *p = *state;
	char line[1100] = "";

	assert_int_equal(
	    run_with(p, "user add b@a.test --password-stdin", ""), CTL_FAILED);
	assert_non_null(strstr(p->err, "no password on standard input"));
	assert_int_equal(
	    run_with(p, "user password b@a.test --password-stdin", "\n"),
	    CTL_FAILED);
	assert_string_equal(p->err, "restante: the password is empty\n");
	memset(line, 'x', 1025);
	assert_int_equal(
	    run_with(p, "user add b@a.test --password-stdin", line),
	    CTL_FAILED);
	assert_int_equal(
	    run_with(p, "user add b@a.test --password-stdin", "a\x01\n"),
	    CTL_FAILED);
	assert_int_equal(
	    run_with(p, "user add b@a.test --password-stdin", "\xff\n"),
	    CTL_FAILED);
	assert_string_equal(p->err, "restante: a word is not UTF-8 text\n");
	assert_int_equal(run(p, "user add b@a.test secret"), CTL_USAGE);
}

static void
a_refusal_is_shown_harmless(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": false, \"code\": \"exists\", "
	    "\"error\": \"b\\u001b[2J is there\\u202e already\"}",
	    NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "user remove b@a.test --json"), CTL_FAILED);
	end_server(p);
	assert_string_equal(p->err, "restante: b?[2J is there? already\n");
	assert_non_null(strstr(p->out, "\"code\": \"exists\""));
}

static void
pages_are_followed_to_their_end(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"users\": [{\"address\": \"a@a.test\", \"mode\": "
	    "\"ask\", \"from_check\": \"both\", \"created\": \"T\"}], "
	    "\"next\": \"a@a.test\"}",
	    "{\"ok\": true, \"users\": [{\"address\": \"bob@a.test\"}], "
	    "\"next\": null}",
	    NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "user list"), CTL_DONE);
	end_server(p);
	assert_string_equal(p->out, "ADDRESS     MODE  FROM-CHECK  CREATED\n"
				    "a@a.test    ask   both        T\n"
				    "bob@a.test  -     -           -\n");
	assert_string_equal(p->requests,
	    "{\"do\":\"user-list\",\"limit\":100}\n"
	    "{\"do\":\"user-list\",\"limit\":100,\"after\":\"a@a.test\"}\n");
}

static void
a_limit_ends_the_pages(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"holds\": [{\"id\": \"1\", \"size\": 2048, "
	    "\"route\": \"push\"}], \"next\": \"1\"}",
	    NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(
	    run(p, "held list u@a.test --all --limit 1"), CTL_DONE);
	end_server(p);
	assert_non_null(strstr(p->out, "2.0 KiB"));
	assert_non_null(strstr(p->out, "--limit is reached"));
	assert_non_null(strstr(p->out, "the destination takes no notices"));
	assert_string_equal(p->requests,
	    "{\"do\":\"held-list\",\"user\":\"u@a.test\",\"all\":true,"
	    "\"limit\":1}\n");
}

static void
pages_that_never_end_are_left(void **state)
{
	static const char page[] = "{\"ok\": true, \"notices\": [{\"id\": "
				   "\"1\"}], \"next\": \"1\"}";
	static const char *const script[] = {page, page, NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "notice list --json"), CTL_DONE);
	end_server(p);
	assert_non_null(strstr(p->out, "\"next\": null"));
}

static void
an_answer_without_its_list_is_refused(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"notices\": [7]}", NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "notice list"), CTL_FAILED);
	end_server(p);
	assert_string_equal(
	    p->err, "restante: the answer of restante cannot be understood\n");
}

static void
one_hold_is_shown_whole(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"hold\": {\"id\": \"i\", \"state\": \"noticed\", "
	    "\"route\": \"gdel\", \"size\": 7, \"reply\": \"250 \\u0007\", "
	    "\"targets\": [\"127.0.2.1\", 5]}}",
	    NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "held show i"), CTL_DONE);
	end_server(p);
	assert_non_null(strstr(p->out, "Identifier:   i\n"));
	assert_non_null(strstr(p->out, "Last reply:   250 ?\n"));
	assert_non_null(strstr(p->out, "Told to:      127.0.2.1\n"));
	assert_non_null(strstr(p->out, "Ended:        -\n"));
}

static void
the_status_shows_numbers_of_any_depth(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"hostname\": \"mx.a.test\", \"version\": \"0\", "
	    "\"uptime\": 90061, \"pids\": {\"front\": [7, 8]}, \"counts\": "
	    "{\"users\": 3, \"holds\": {\"noticed\": 12}}, "
	    "\"counters\": {\"octets_pulls\": 5}}",
	    NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "status"), CTL_DONE);
	end_server(p);
	assert_non_null(strstr(p->out, "Up for:       1 d 01:01:01\n"));
	assert_non_null(strstr(p->out, "  front:        7 8\n"));
	assert_non_null(strstr(p->out, "\nholds noticed  12\n"));
	assert_non_null(strstr(p->out, "octets_pulls"));
}

static void
a_status_of_the_wrong_types_is_survived(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"hostname\": [], \"uptime\": {}, \"pids\": "
	    "{\"a\": {\"b\": []}}, \"counts\": [1], \"counters\": "
	    "{\"x\": {\"x\": {\"x\": {\"x\": {\"x\": {}}}}}}}",
	    NULL};
	struct place *p = *state;

	start_server(p, script);
	assert_int_equal(run(p, "status"), CTL_DONE);
	end_server(p);
	assert_non_null(strstr(p->out, "Server:       -\n"));
}

static void
all_settings_are_listed(void **state)
{
	struct place *p = *state;

	assert_int_equal(run(p, "settings"), CTL_DONE);
	assert_non_null(strstr(p->out, "smtp-port (count, default \"25\")\n"));
	assert_int_equal(run(p, "settings --man"), CTL_DONE);
	assert_non_null(
	    strstr(p->out, "*smtp-port* (count, default \"25\")\n"));
	assert_int_equal(run(p, "settings --json"), CTL_DONE);
	assert_non_null(strstr(p->out, "\"key\": \"smtp-port\""));
}

static void
the_version_is_said(void **state)
{
	struct place *p = *state;

	assert_int_equal(run(p, "version"), CTL_DONE);
	assert_int_equal(strncmp(p->out, "restante ", 9), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(without_words_it_tells_how_to_use_it),
	    TEST(every_command_has_help_with_an_example),
	    TEST(what_does_not_exist_is_refused_with_a_hint),
	    TEST(a_server_that_is_not_running_is_said_so),
	    TEST(serve_gets_the_configuration_and_gives_the_status),
	    TEST(the_configuration_is_checked),
	    TEST(a_user_is_added_with_a_password_from_input),
	    TEST(a_password_that_is_none_is_refused),
	    TEST(a_refusal_is_shown_harmless),
	    TEST(pages_are_followed_to_their_end),
	    TEST(a_limit_ends_the_pages),
	    TEST(pages_that_never_end_are_left),
	    TEST(an_answer_without_its_list_is_refused),
	    TEST(one_hold_is_shown_whole),
	    TEST(the_status_shows_numbers_of_any_depth),
	    TEST(a_status_of_the_wrong_types_is_survived),
	    TEST(all_settings_are_listed),
	    TEST(the_version_is_said),
	};

	control_wipe_what_json_frees();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
