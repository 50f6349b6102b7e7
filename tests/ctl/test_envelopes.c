/*
 * What a person is shown of a message that waits elsewhere, and what they can
 * say to it, against a server that a second process plays. All that strangers
 * wrote is hostile here.
 */
#include "base/base64.h"
#include "message/envelope.h"
#include "place.h"

#include <string.h>

#define ID "019e4a6cbe0070009f0b5a3d2c1e8f70"

#define ROW(state)                                                             \
	"\"id\": \"" ID "\", \"user\": \"bob@b.test\", \"from\": "             \
	"\"alice@a.test\", \"to\": [\"bob@b.test\"], \"subject\": \"Lunch\", " \
	"\"size\": 48213, \"attachment_count\": 2, \"received\": \"T1\", "     \
	"\"expires\": \"T2\", \"state\": \"" state "\", \"dialect\": "         \
	"\"envelope\", \"origin\": {\"address\": \"192.0.2.1\", "              \
	"\"domain\": \"a.test\", \"verified\": true}"

static const char text[] =
    "From: \"Your bank\" <office@bank.test>\r\n"
    "To: Bob <bob@b.test>, carol@b.test\r\n"
    "Cc: =?utf-8?Q?D=C3=A9?= <d@c.test>\r\n"
    "Subject: =?utf-8?Q?Caf=C3=A9?= \x1b[2J\r\n"
    "Message-Size: 48213\r\n"
    "Attachment-Status: 3; \"report.pdf\" application/pdf 81234, "
    "\"\" text/html 7\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n"
    "\r\n"
    "Caf\xe9\r\n\xff\r\nthird\x07\r\nfourth\r\n";

/* An answer to envelope-show, with SAID, or no text when it is NULL. */
static const char *
answer_with(const char *state, const char *said)
{
	static char answer[2 * ENVELOPE_TEXT_MAX];
	char coded[ENVELOPE_TEXT_MAX * 4 / 3 + 2];

	base64_url(span_of(said), coded, sizeof coded);
	snprintf(answer, sizeof answer,
	    "{\"ok\": true, \"envelope\": {" ROW("%s") "%s%s%s}}", state,
	    said != NULL ? ", \"text\": \"" : "", coded,
	    said != NULL ? "\"" : "");
	return answer;
}

static int
show(struct place *p, const char *answer, const char *options)
{
	const char *const script[] = {answer, NULL};
	char line[64];
	int status;

	snprintf(line, sizeof line, "envelope show " ID "%s", options);
	place_start_server(p, script);
	status = place_run(p, line);
	place_end_server(p);
	assert_string_equal(
	    p->requests, "{\"do\":\"envelope-show\",\"id\":\"" ID "\"}\n");
	return status;
}

static void
the_confirmed_sender_comes_first_and_the_rest_behind_it(void **state)
{
	struct place *p = *state;

	assert_int_equal(show(p, answer_with("pending", text), ""), CTL_DONE);
	assert_string_equal(p->out,
	    "From:         alice@a.test\n"
	    "Says it is:   \"Your bank\" <office@bank.test>\n"
	    "Subject:      Caf\xc3\xa9 \xef\xbf\xbd[2J\n"
	    "To:           Bob <bob@b.test>, carol@b.test\n"
	    "Cc:           D\xc3\xa9 <d@c.test>\n"
	    "Received:     T1\n"
	    "Size:         47.1 KiB\n"
	    "Attachments:  report.pdf (application/pdf, 79.3 KiB)\n"
	    "              without a name (text/html, 7)\n"
	    "              and 1 more\n"
	    "First lines:  Caf\xc3\xa9\n"
	    "              \xc3\xbf\n"
	    "              third\xef\xbf\xbd\n"
	    "Vouched for:  a.test, at 192.0.2.1\n"
	    "For:          bob@b.test\n"
	    "State:        pending\n"
	    "Expires:      T2\n"
	    "Identifier:   " ID "\n"
	    "\nrestante envelope accept, authorize, reject, spam or spammer "
	    "decides.\n");
}

/* The members that issue 3 names, and header_from. */
static void
one_envelope_is_one_document(void **state)
{
	struct place *p = *state;
	json_t *e, *expected;

	assert_int_equal(
	    show(p, answer_with("pending", text), " --json"), CTL_DONE);
	e = json_loads(p->out, 0, NULL);
	expected = json_loads(
	    "{" ROW("pending") ", \"header_from\": \"\\\"Your bank\\\" "
			       "<office@bank.test>\", \"attachments\": "
			       "[{\"name\": \"report.pdf\", \"type\": "
			       "\"application/pdf\", \"size\": 81234}, "
			       "{\"name\": \"\", \"type\": \"text/html\", "
			       "\"size\": 7}], \"preview\": "
			       "\"Caf\\u00e9\\n\\u00ff\\nthird\\ufffd\"}",
	    0, NULL);
	assert_non_null(expected);
	json_object_set_new(
	    expected, "subject", json_string("Caf\xc3\xa9 \xef\xbf\xbd[2J"));
	json_object_set_new(expected, "attachment_count", json_integer(3));
	json_object_set_new(expected, "to",
	    json_pack("[s, s, s]", "bob@b.test", "carol@b.test", "d@c.test"));
	assert_true(json_equal(e, expected));
	json_decref(e);
	json_decref(expected);
}

static void
a_header_from_that_is_the_sender_is_not_said_again(void **state)
{
	static const char *const froms[][2] = {
	    {"From: Alice <Alice@a.test>\r\n\r\n", NULL},
	    {"From: alice@a.test, x@y.test\r\n\r\n", "alice@a.test, x@y.test"},
	    {"From: alice@a.test\r\nFrom: alice@a.test\r\n\r\n",
		"alice@a.test, alice@a.test"},
	    {"From: <<>\r\n\r\n", "<<>"},
	    {"Subject: nobody\r\n\r\n", NULL},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof froms / sizeof *froms; i++) {
		const char *said;
		json_t *e;

		assert_int_equal(
		    show(p, answer_with("kept", froms[i][0]), " --json"),
		    CTL_DONE);
		e = json_loads(p->out, 0, NULL);
		said = json_string_value(json_object_get(e, "header_from"));
		if (froms[i][1] == NULL)
			assert_null(said);
		else
			assert_string_equal(said, froms[i][1]);
		json_decref(e);
	}
}

/* MSID has a subject and no text; the server may send anything. */
static void
without_a_text_there_is_what_the_server_knows(void **state)
{
	struct place *p = *state;

	assert_int_equal(show(p, answer_with("wanted", NULL), ""), CTL_DONE);
	assert_non_null(strstr(p->out, "From:         alice@a.test\n"
				       "Subject:      Lunch\n"
				       "To:           bob@b.test\n"));
	assert_non_null(strstr(p->out, "Attachments:  2\nVouched for:"));
	assert_null(strstr(p->out, "decides"));
}

static void
a_text_that_is_none_is_survived(void **state)
{
	static const char *const answers[] = {
	    "{\"ok\": true, \"envelope\": {\"text\": \"%%%\"}}",
	    "{\"ok\": true, \"envelope\": {\"text\": [], \"to\": 7}}",
	    "{\"ok\": true, \"envelope\": {\"origin\": 5, \"from\": {}}}",
	    "{\"ok\": true, \"envelope\": {\"attachment_count\": \"x\"}}",
	    "{\"ok\": true, \"envelope\": {\"text\": \"AAAA\"}}",
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		assert_int_equal(show(p, answers[i], ""), CTL_DONE);
		assert_non_null(strstr(p->out, "From:         -\n"));
		assert_non_null(strstr(p->out, "Vouched for:  -, at -\n"));
	}
	assert_int_equal(
	    show(p, "{\"ok\": true, \"envelope\": []}", ""), CTL_LATER);
}

static void
the_list_needs_no_texts(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"envelopes\": [{" ROW("pending") "}], "
							      "\"next\": \"" ID
							      "\"}",
	    "{\"ok\": true, \"envelopes\": [{\"id\": \"2\", \"subject\": "
	    "\"\\u001b]0;x\\u0007\\u202e\"}], \"next\": null}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "envelope list bob@b.test"), CTL_DONE);
	place_end_server(p);
	assert_string_equal(p->out,
	    "ID                                USER        FROM          "
	    "SUBJECT      SIZE  ATTACHED  RECEIVED  STATE\n" ID
	    "  bob@b.test  alice@a.test  Lunch    47.1 KiB         2  T1      "
	    "  pending\n"
	    "2                                 -           -             "
	    "\xef\xbf\xbd]0;x\xef\xbf\xbd\xef\xbf\xbd         -         -  -  "
	    "       -\n");
	assert_string_equal(p->requests,
	    "{\"do\":\"envelope-list\",\"user\":\"bob@b.test\",\"all\":false,"
	    "\"before\":null,\"limit\":100}\n"
	    "{\"do\":\"envelope-list\",\"user\":\"bob@b.test\",\"all\":false,"
	    "\"before\":\"" ID "\",\"limit\":100}\n");
}

/* One that is swept between the two questions is not in the list. */
static void
the_list_as_a_document_is_whole(void **state)
{
	const char *const script[] = {
	    "{\"ok\": true, \"envelopes\": [{\"id\": \"1\"}, {" ROW(
		"pending") "}, {\"id\": \"3\"}], \"next\": null}",
	    "{\"ok\": false, \"error\": {\"code\": \"no-id\", \"text\": "
	    "\"gone\"}}",
	    answer_with("pending", text),
	    "{\"ok\": true, \"envelope\": {\"id\": \"3\"}}", NULL};
	struct place *p = *state;
	json_t *answer, *rows;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "envelope list --all --json"), CTL_DONE);
	place_end_server(p);
	assert_string_equal(p->err, "");
	answer = json_loads(p->out, 0, NULL);
	rows = json_object_get(answer, "envelopes");
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(rows, 0), "preview")),
	    "Caf\xc3\xa9\n\xc3\xbf\nthird\xef\xbf\xbd");
	assert_true(json_is_array(
	    json_object_get(json_array_get(rows, 1), "attachments")));
	assert_true(json_is_null(json_object_get(answer, "next")));
	json_decref(answer);
}

static void
another_failure_ends_the_list_with_one_document(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"envelopes\": [{\"id\": \"1\"}], \"next\": null}",
	    "{\"ok\": false, \"error\": {\"code\": \"later\", \"text\": "
	    "\"not now\"}}",
	    NULL};
	struct place *p = *state;
	json_t *answer;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "envelope list --json"), CTL_LATER);
	place_end_server(p);
	answer = json_loads(p->out, 0, NULL);
	assert_non_null(json_object_get(answer, "error"));
	json_decref(answer);
}

static void
a_list_of_a_user_who_is_none_says_so(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": false, \"error\": {\"code\": \"no-user\", \"text\": "
	    "\"there is no such user\"}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "envelope list x@b.test"), CTL_NO_USER);
	place_end_server(p);
}

struct verdict {
	const char *verb, *state, *words;
};

static void
each_verdict_is_put_to_the_server(void **state)
{
	static const struct verdict verdicts[] = {
	    {"accept", "wanted",
		"Accepted: the message is fetched as soon as possible.\n"},
	    {"authorize", "fetched",
		"Accepted: the message goes into the mailbox.\n"},
	    {"reject", "refused", "Refused: its sender's server is told.\n"},
	    {"spam", "refused", "Refused: its sender's server is told.\n"},
	    {"spammer", "delivered",
		"The message is here already; its sender's server is told "
		"what was decided.\n"},
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
		const struct verdict *v = &verdicts[i];
		char answer[128], line[64], asked[128];
		const char *const script[] = {answer, NULL};

		snprintf(answer, sizeof answer,
		    "{\"ok\": true, \"id\": \"i\", \"state\": \"%s\"}",
		    v->state);
		snprintf(line, sizeof line, "envelope %s i", v->verb);
		snprintf(asked, sizeof asked,
		    "{\"do\":\"envelope-decide\",\"id\":\"i\",\"verdict\":"
		    "\"%s\"}\n",
		    v->verb);
		place_start_server(p, script);
		assert_int_equal(place_run(p, line), CTL_DONE);
		place_end_server(p);
		assert_string_equal(p->out, v->words);
		assert_string_equal(p->requests, asked);
	}
}

static void
a_verdict_as_a_document_has_id_and_state(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"id\": \"i\", \"state\": \"wanted\"}", NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "envelope accept i --json"), CTL_DONE);
	place_end_server(p);
	assert_string_equal(
	    p->out, "{\n  \"id\": \"i\",\n  \"state\": \"wanted\"\n}\n");
	assert_int_equal(place_run(p, "envelope accept"), CTL_USAGE);
	assert_int_equal(place_run(p, "envelope spam i j"), CTL_USAGE);
}

static void
a_verdict_on_nothing_ends_with_no_id(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": false, \"error\": {\"code\": \"no-id\", \"text\": "
	    "\"there is no such envelope\"}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "envelope reject i --json"), CTL_NO_ID);
	place_end_server(p);
	assert_non_null(strstr(p->out, "\"code\": \"no-id\""));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(the_confirmed_sender_comes_first_and_the_rest_behind_it),
	    TEST(one_envelope_is_one_document),
	    TEST(a_header_from_that_is_the_sender_is_not_said_again),
	    TEST(without_a_text_there_is_what_the_server_knows),
	    TEST(a_text_that_is_none_is_survived),
	    TEST(the_list_needs_no_texts),
	    TEST(the_list_as_a_document_is_whole),
	    TEST(another_failure_ends_the_list_with_one_document),
	    TEST(a_list_of_a_user_who_is_none_says_so),
	    TEST(each_verdict_is_put_to_the_server),
	    TEST(a_verdict_as_a_document_has_id_and_state),
	    TEST(a_verdict_on_nothing_ends_with_no_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
