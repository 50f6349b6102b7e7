/* The client of the control socket against answers good and bad. */
#include "ctl/control.h"

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Both ends of one connection; the server's end is played by the test. */
struct place {
	char folder[64], path[80];
	int listener, server;
	struct control *control;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct err err;

	assert_non_null(p);
	snprintf(p->folder, sizeof p->folder, "/tmp/restante-control-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof p->path, "%s/control", p->folder);
	assert_int_equal(span_copy(span_of(p->path), address.sun_path,
			     sizeof address.sun_path),
	    0);
	p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(p->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(p->listener, 1), 0);
	assert_int_equal(control_open(p->path, &p->control, &err), 0);
	p->server = accept(p->listener, NULL, NULL);
	assert_true(p->server >= 0);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	control_free(&p->control);
	close(p->server);
	close(p->listener);
	unlink(p->path);
	rmdir(p->folder);
	free(p);
	return 0;
}

/* Asks while ANSWER lies ready at the server's end. */
static int
ask(struct place *p, struct span answer, json_t **answer_r, struct err *err)
{
	json_t *request = json_pack("{s:s}", "do", "status");
	int error;

	if (answer.n > 0)
		assert_int_equal(
		    send(p->server, answer.p, answer.n, MSG_NOSIGNAL),
		    answer.n);
	error = control_ask(p->control, request, answer_r, err);
	json_decref(request);
	return error;
}

static void
expect_fault(struct place *p, struct span answer, int error, const char *text)
{
	json_t *parsed;
	struct err err;

	assert_int_equal(ask(p, answer, &parsed, &err), error);
	assert_null(parsed);
	assert_string_equal(err.text, text);
}

static void
a_line_goes_out_and_a_line_comes_back(void **state)
{
	struct place *p = *state;
	json_t *answer;
	struct err err;
	char line[64];

	assert_int_equal(
	    ask(p, span_of("{\"ok\": true, \"n\": 7}\n"), &answer, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(answer, "n")), 7);
	json_decref(answer);
	assert_int_equal(recv(p->server, line, sizeof line, 0), 16);
	assert_memory_equal(line, "{\"do\":\"status\"}\n", 16);
	assert_int_equal(ask(p, span_of("{}\n"), &answer, &err), 0);
	json_decref(answer);
}

static void
an_answer_that_is_no_object_is_refused(void **state)
{
	static const char *const answers[] = {"\n", "nonsense\n", "[]\n",
	    "\"ok\"\n", "{\"ok\":true}{}\n", "{\"ok\":true,\"ok\":false}\n",
	    "{\"ok\":\"\xff\"}\n", "{}\n{}\n", "{\"ok\":tr\n"};

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		expect_fault(*state, span_of(answers[i]), -E_SYNTAX,
		    "the answer of restante cannot be understood");
	expect_fault(*state, span_make("{\"a\":\"\0\"}\n", 10), -E_SYNTAX,
	    "the answer of restante cannot be understood");
}

static void
deep_nesting_is_refused(void **state)
{
	char deep[100000];

	memset(deep, '[', sizeof deep);
	deep[sizeof deep - 1] = '\n';
	expect_fault(*state, span_make(deep, sizeof deep), -E_SYNTAX,
	    "the answer of restante cannot be understood");
}

static void
a_server_that_closes_is_noticed(void **state)
{
	struct place *p = *state;

	shutdown(p->server, SHUT_WR);
	expect_fault(
	    p, span_of(""), -E_CLOSED, "restante has closed the connection");
}

static void
a_server_that_closes_within_a_line_is_noticed(void **state)
{
	struct place *p = *state;

	assert_int_equal(send(p->server, "{\"ok\"", 5, 0), 5);
	shutdown(p->server, SHUT_WR);
	expect_fault(
	    p, span_of(""), -E_CLOSED, "restante has closed the connection");
}

/* The answer does not fit into the socket, so a second process sends it. */
static void
an_endless_line_is_refused(void **state)
{
	struct place *p = *state;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		char many[65536];

		control_free(&p->control); /* only the asker has that end */
		memset(many, ' ', sizeof many);
		while (send(p->server, many, sizeof many, MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	expect_fault(
	    p, span_of(""), -E_SYNTAX, "the answer of restante is too long");
	control_free(&p->control); /* so that the child's send fails */
	close(p->server);
	p->server = -1;
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
a_server_that_does_not_run_is_named_with_its_path(void **state)
{
	struct place *p = *state;
	struct control *control;
	struct err err;
	char expected[256];

	snprintf(expected, sizeof expected,
	    "restante is not running (no answer at %s)", p->path);
	close(p->listener); /* a socket that nobody listens at */
	p->listener = -1;
	assert_int_equal(control_open(p->path, &control, &err), -E_CLOSED);
	assert_string_equal(err.text, expected);
	unlink(p->path); /* no socket at all */
	assert_int_equal(control_open(p->path, &control, &err), -E_CLOSED);
	assert_string_equal(err.text, expected);
	assert_null(control);
}

static void
a_path_that_is_too_long_is_refused(void **state)
{
	struct control *control;
	struct err err;
	char path[200];

	(void)state;
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	assert_int_equal(control_open(path, &control, &err), -E_SYSTEM);
	assert_null(control);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_line_goes_out_and_a_line_comes_back),
	    TEST(an_answer_that_is_no_object_is_refused),
	    TEST(deep_nesting_is_refused),
	    TEST(a_server_that_closes_is_noticed),
	    TEST(a_server_that_closes_within_a_line_is_noticed),
	    TEST(an_endless_line_is_refused),
	    TEST(a_server_that_does_not_run_is_named_with_its_path),
	    TEST(a_path_that_is_too_long_is_refused),
	};

	control_wipe_what_json_frees();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
