/* Whole commands against a server that a second process plays. */
#include "ctl/control.h"
#include "place.h"

#include <string.h>

static void
a_user_is_added_with_a_password_from_input(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"user\": {}}", NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run_with(p, "user add b@a.test --mode ask",
			     "a \"pass\" word\r\nmore\n"),
	    CTL_DONE);
	place_end_server(p);
	assert_string_equal(p->out, "b@a.test is a user now\n");
	assert_string_equal(p->requests,
	    "{\"do\":\"user-add\",\"address\":\"b@a.test\","
	    "\"password\":\"a \\\"pass\\\" word\",\"mode\":\"ask\","
	    "\"from_check\":\"both\",\"answers\":\"listed\",\"trash\":"
	    "\"nothing\"}\n");
}

static void
a_refusal_is_shown_harmless(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": false, \"error\": {\"code\": \"no-user\", "
	    "\"text\": \"b\\u001b[2J is there\\u202e not\"}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(
	    place_run(p, "user remove b@a.test --json"), CTL_NO_USER);
	place_end_server(p);
	assert_string_equal(
	    p->err, "restante: b\xef\xbf\xbd[2J is there\xef\xbf\xbd not\n");
	assert_non_null(strstr(p->out, "\"code\": \"no-user\""));
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

	place_start_server(p, script);
	assert_int_equal(place_run(p, "user list"), CTL_DONE);
	place_end_server(p);
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
	    "{\"ok\": true, \"held\": [{\"id\": \"1\", \"size\": 2048, "
	    "\"route\": \"push\"}], \"next\": \"1\"}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(
	    place_run(p, "held list u@a.test --all --limit 1"), CTL_DONE);
	place_end_server(p);
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

	place_start_server(p, script);
	assert_int_equal(place_run(p, "notice list --json"), CTL_DONE);
	place_end_server(p);
	assert_non_null(strstr(p->out, "\"next\": null"));
}

static void
an_answer_without_its_list_is_refused(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"notices\": [7]}", NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "notice list"), CTL_LATER);
	place_end_server(p);
	assert_string_equal(
	    p->err, "restante: the answer of restante cannot be understood\n");
}

static void
one_hold_is_shown_whole(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"hold\": {\"id\": \"i\", \"state\": \"noticed\", "
	    "\"route\": \"gdel\", \"size\": 7, \"last_reply\": \"250 "
	    "\\u0007\", "
	    "\"subject\": \"Re: lunch\", "
	    "\"targets\": [\"127.0.2.1\", 5]}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "held show i"), CTL_DONE);
	place_end_server(p);
	assert_non_null(strstr(p->out, "Identifier:   i\n"));
	assert_non_null(strstr(p->out, "Last reply:   250 \xef\xbf\xbd\n"));
	assert_non_null(strstr(p->out, "Told to:      127.0.2.1\n"));
	assert_non_null(strstr(p->out, "Subject:      Re: lunch\n"));
	assert_non_null(strstr(p->out, "Ended:        -\n"));
}

static void
the_status_shows_numbers_of_any_depth(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"hostname\": \"mx.a.test\", \"version\": \"0\", "
	    "\"uptime\": 90061, \"roles\": [{\"name\": \"front\", \"pid\": 7, "
	    "\"restarts\": 2}, {\"name\": \"keeper\", \"pid\": 12, "
	    "\"restarts\": 0}], \"commits\": {\"largest\": 9}, \"counts\": "
	    "{\"users\": 3, \"holds\": {\"noticed\": 12}}, "
	    "\"counters\": {\"octets_pulls\": 5}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "status"), CTL_DONE);
	place_end_server(p);
	assert_non_null(strstr(p->out, "Up for:       1 d 01:01:01\n"));
	assert_non_null(strstr(p->out, "ROLE    PROCESS  RESTARTS\n"
				       "front         7         2\n"
				       "keeper       12         0\n"));
	assert_non_null(strstr(p->out, "largest  9\n"));
	assert_non_null(strstr(p->out, "\nholds noticed  12\n"));
	assert_non_null(strstr(p->out, "octets_pulls"));
}

static void
a_status_of_the_wrong_types_is_survived(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"hostname\": [], \"uptime\": {}, \"roles\": "
	    "[{\"a\": {\"b\": []}}, 7], \"commits\": [], \"counts\": [1], "
	    "\"counters\": "
	    "{\"x\": {\"x\": {\"x\": {\"x\": {\"x\": {}}}}}}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "status"), CTL_DONE);
	place_end_server(p);
	assert_non_null(strstr(p->out, "Server:       -\n"));
}

static void
a_message_is_withdrawn_or_tried_again(void **state)
{
	static const char hold[] = "{\"ok\": true, \"hold\": {}}";
	static const char *const script[] = {hold, NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "held withdraw 0123"), CTL_DONE);
	place_end_server(p);
	assert_string_equal(p->out, "The message is withdrawn.\n");
	assert_string_equal(
	    p->requests, "{\"do\":\"held-withdraw\",\"id\":\"0123\"}\n");
	assert_int_equal(place_run(p, "held retry"), CTL_USAGE);
}

static void
peers_are_listed_by_address_or_domain(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"peers\": [{\"address\": \"192.0.2.1\", "
	    "\"list\": \"deny\", \"until\": \"T\", \"notices\": 3, "
	    "\"pulls\": 0, \"failures\": 12, \"quality\": null}, {\"domain\": "
	    "\"b.test\", "
	    "\"list\": \"allow\", \"until\": null, \"notices\": 0, "
	    "\"pulls\": 0, \"failures\": 0, \"quality\": {\"value\": -0.35, "
	    "\"standing\": \"alert\"}}], \"next\": null}",
	    "{\"ok\": true, \"guessing\": [], \"next\": null}", NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "peer list"), CTL_DONE);
	place_end_server(p);
	assert_string_equal(p->out,
	    "PEER       LIST   UNTIL  NOTICES  PULLS  FAILURES       QUALITY\n"
	    "192.0.2.1  deny   T            3      0        12             -\n"
	    "b.test     allow  -            0      0         0  -0.350 "
	    "alert\n");
}

/* SM-40 SM-41: in plain words. */
static void
the_quality_of_a_domain_is_explained(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"peer\": {\"domain\": \"c.test\", \"quality\": "
	    "{\"messages\": 40, \"accepted\": 3, \"refused\": 17, \"value\": "
	    "-0.35, \"standing\": \"alert\", \"least\": 20, \"alert_below\": "
	    "-0.3, \"block_below\": null, \"days\": [{\"day\": "
	    "\"2026-11-22\", \"messages\": 40, \"accepted\": 3, "
	    "\"refused\": 17}]}}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "peer show c.test"), CTL_DONE);
	place_end_server(p);
	assert_non_null(strstr(p->out,
	    "\nOf 40 messages from this domain users accepted 3 and refused "
	    "17.\n"
	    "Quality: -0.350 (accepted less refused, by messages; from -1 to "
	    "1).\n"
	    "Below -0.300 (quality-alert) the operator is warned, as now.\n"
	    "No figure is so low that the domain is refused (quality-block is "
	    "off).\n"
	    "  2026-11-22: 40 messages, 3 accepted, 17 refused\n"));
}

static const char *const guessers[] = {
    "{\"ok\": true, \"peers\": [], \"next\": null}",
    "{\"ok\": true, \"guessing\": [{\"address\": \"192.0.2.7\", "
    "\"until\": \"T\"}, {\"address\": \"2001:db8::/64\", \"until\": "
    "\"U\"}], \"next\": \"2001:db8::/64\"}",
    NULL};

/* GD-49 */
static void
those_that_guessed_are_listed_with_the_others(void **state)
{
	struct place *p = *state;

	place_start_server(p, guessers);
	assert_int_equal(place_run(p, "peer list --limit 2"), CTL_DONE);
	place_end_server(p);
	assert_string_equal(p->out, "PEER           LIST      UNTIL  NOTICES  "
				    "PULLS  FAILURES  QUALITY\n"
				    "192.0.2.7      guessing  T            -   "
				    "   -         -        -\n"
				    "2001:db8::/64  guessing  U            -   "
				    "   -         -        -\n"
				    "There are more; --limit is reached.\n");
	assert_non_null(strstr(p->requests, "\"do\":\"guessing-list\""));
}

static void
programs_are_told_apart_who_guessed(void **state)
{
	struct place *p = *state;
	json_t *said, *rows;

	place_start_server(p, guessers);
	assert_int_equal(place_run(p, "--json peer list --limit 2"), CTL_DONE);
	place_end_server(p);
	said = json_loads(p->out, 0, NULL);
	rows = json_object_get(said, "guessing");
	assert_int_equal(json_array_size(rows), 2);
	assert_int_equal(json_object_size(json_array_get(rows, 0)), 2);
	assert_int_equal(json_array_size(json_object_get(said, "peers")), 0);
	json_decref(said);
}

static void
a_peer_is_denied_for_a_time(void **state)
{
	static const char *const script[] = {
	    "{\"ok\": true, \"peer\": {\"domain\": \"b.test\", \"list\": "
	    "\"deny\"}}",
	    NULL};
	struct place *p = *state;

	place_start_server(p, script);
	assert_int_equal(place_run(p, "peer deny b.test --for 24h"), CTL_DONE);
	place_end_server(p);
	assert_non_null(strstr(p->out, "Peer:         b.test\n"));
	assert_string_equal(p->requests,
	    "{\"do\":\"peer-deny\",\"peer\":\"b.test\",\"for\":86400}\n");
	assert_int_equal(
	    place_run(p, "peer deny b.test --for soon"), CTL_USAGE);
	assert_int_equal(
	    place_run(p, "peer forget b.test --for 1h"), CTL_USAGE);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_user_is_added_with_a_password_from_input),
	    TEST(a_refusal_is_shown_harmless),
	    TEST(pages_are_followed_to_their_end),
	    TEST(a_limit_ends_the_pages),
	    TEST(pages_that_never_end_are_left),
	    TEST(an_answer_without_its_list_is_refused),
	    TEST(one_hold_is_shown_whole),
	    TEST(the_status_shows_numbers_of_any_depth),
	    TEST(a_status_of_the_wrong_types_is_survived),
	    TEST(a_message_is_withdrawn_or_tried_again),
	    TEST(peers_are_listed_by_address_or_domain),
	    TEST(the_quality_of_a_domain_is_explained),
	    TEST(those_that_guessed_are_listed_with_the_others),
	    TEST(programs_are_told_apart_who_guessed),
	    TEST(a_peer_is_denied_for_a_time),
	};

	control_wipe_what_json_frees();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
