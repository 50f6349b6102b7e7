/*
 * Requests about envelopes on the control socket, put to a store in memory: the
 * keeper without processes and sockets.
 */
#include "asking.h"

#include "base/base64.h"
#include "daemon/control/keeper_envelope.h"

#include <stdlib.h>
#include <string.h>

/* Not UTF-8, and with an octet that ends texts in C. */
static const char text[] = "Subject: Caf\xe9\r\n\r\n\0";
#define TEXT span_make(text, sizeof text - 1)

/* ---- the keeper that is played ---- */

struct played {
	struct asking asking;
	unsigned calls, deliveries;
};

/* ---- its world ---- */

static int
call(void *owner, const struct pull_call *c)
{
	struct played *d = owner;

	d->calls += c->count;
	return 0;
}

static int
deliver(void *owner, const struct put_delivery *delivery)
{
	struct played *d = owner;

	assert_true(
	    span_equals(delivery->delivery->user, span_of("bob@b.test")));
	d->deliveries++;
	return 0;
}

static int
put_stub(void *owner, const struct show_stub *stub)
{
	(void)owner;
	(void)stub;
	return 0;
}

static int
set_up(void **state)
{
	struct played *d = calloc(1, sizeof *d);
	const struct pull_world pulls = {.owner = d, .call = call};
	const struct put_world puts = {
	    .owner = d, .deliver = deliver, .free_body = keeper_free_body};
	const struct show_world shows = {.owner = d, .put = put_stub};
	static const uint8_t secret[IDENTIFIER_SECRET];

	assert_non_null(d);
	asking_begin(&d->asking, "");
	side_add_user(&d->asking.side, "bob@b.test");
	side_add_user(&d->asking.side, "eve@b.test");
	assert_int_equal(pull_new(d->asking.side.store, d->asking.side.settings,
			     NODE, &pulls, &d->asking.keeper.pull),
	    0);
	assert_int_equal(put_new(d->asking.side.store, d->asking.side.settings,
			     NODE, &puts, &d->asking.keeper.put),
	    0);
	assert_int_equal(show_new(d->asking.side.store, d->asking.side.settings,
			     NODE, secret, &shows, &d->asking.keeper.show),
	    0);
	*state = d;
	return 0;
}

static int
tear_down(void **state)
{
	struct played *d = *state;

	pull_free(&d->asking.keeper.pull);
	put_free(&d->asking.keeper.put);
	show_free(&d->asking.keeper.show);
	asking_end(&d->asking);
	free(d);
	return 0;
}

/* ---- what the cases do ---- */

static struct store_notice
notice_for(const struct played *d, const char *id, const char *user)
{
	return (struct store_notice){
	    .id = span_of(id),
	    .domain = span_of("a.test"),
	    .named = span_of(user),
	    .to = span_of(user),
	    .sender = span_of("alice@a.test"),
	    .subject = span_of("Lunch"),
	    .envelope = TEXT,
	    .attachments = 2,
	    .key = key_new(d->asking.side.now),
	    .address = ip_of("192.0.2.1"),
	    .dialect = ROUTE_ENVELOPE,
	    .state = NOTICE_PENDING,
	    .has_size = true,
	    .size = 48213,
	    .created = d->asking.side.now,
	    .next_at = d->asking.side.now,
	    .expires_at = d->asking.side.now + DAY,
	};
}

/* Its key as text; borrowed until the next call. */
static const char *
put_notice(struct played *d, const char *id, const char *user)
{
	static char key[KEY_TEXT];
	struct store_op *op = side_op(&d->asking.side, STORE_NOTICE_PUT);
	const struct store_notice n = notice_for(d, id, user);

	op->notice_put.count = 1;
	op->notice_put.notices = &n;
	assert_int_equal(side_do(&d->asking.side, op), STORE_OK);
	assert_int_equal(op->notice_put.outcomes[0], STORE_OK);
	store_op_free(&op);
	key_text(n.key, key);
	d->asking.side.now++;
	return key;
}

static const json_t *
decide(struct played *d, const char *id, const char *verdict)
{
	return asking_ask(
	    &d->asking, json_pack("{s:s, s:s, s:s}", "do", "envelope-decide",
			    "id", id, "verdict", verdict));
}

static void
assert_refused(const json_t *answer, const char *code)
{
	const json_t *error = json_object_get(answer, "error");

	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_string_equal(
	    json_string_value(json_object_get(error, "code")), code);
}

static void
assert_state(const json_t *answer, const char *id, const char *state)
{
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_string_equal(
	    json_string_value(json_object_get(answer, "id")), id);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), state);
}

/* ---- cases ---- */

static void
an_envelope_is_shown_with_its_text_octet_for_octet(void **state)
{
	struct played *d = *state;
	const char *key = put_notice(d, "one", "bob@b.test");
	const json_t *answer = asking_ask(&d->asking,
	    json_pack("{s:s, s:s}", "do", "envelope-show", "id", key));
	json_t *e = json_object_get(answer, "envelope"), *expected;
	char octets[64];
	size_t n;

	assert_int_equal(base64_url_decode(span_of(json_string_value(
					       json_object_get(e, "text"))),
			     octets, sizeof octets, &n),
	    0);
	assert_true(span_equals(span_make(octets, n), TEXT));
	json_object_del(e, "text");
	expected = json_pack(
	    "{s:s, s:s, s:s, s:[s], s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:s,"
	    " s:b, s:s, s:{s:s, s:s, s:b}}",
	    "id", key, "user", "bob@b.test", "from", "alice@a.test", "to",
	    "bob@b.test", "subject", "Lunch", "size", 48213, "attachment_count",
	    2, "received", "2027-01-15T08:00:00Z", "expires",
	    "2027-01-16T08:00:00Z", "state", "pending", "dialect", "envelope",
	    "verdict", "none", "verdict_due", 0, "last_reply", "", "origin",
	    "address", "192.0.2.1", "domain", "a.test", "verified", 1);
	assert_true(json_equal(e, expected));
	json_decref(expected);
}

static void
the_list_is_newest_first_in_pages(void **state)
{
	struct played *d = *state;
	const json_t *answer, *rows;
	char second[KEY_TEXT], third[KEY_TEXT];

	put_notice(d, "one", "bob@b.test");
	span_copy(
	    span_of(put_notice(d, "two", "bob@b.test")), second, sizeof second);
	put_notice(d, "of-eve", "eve@b.test");
	span_copy(
	    span_of(put_notice(d, "three", "bob@b.test")), third, sizeof third);
	answer = asking_ask(
	    &d->asking, json_pack("{s:s, s:s, s:n, s:i}", "do", "envelope-list",
			    "user", "Bob@B.test", "before", "limit", 2));
	rows = json_object_get(answer, "envelopes");
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(rows, 0), "id")),
	    third);
	assert_null(json_object_get(json_array_get(rows, 0), "text"));
	assert_string_equal(
	    json_string_value(json_object_get(answer, "next")), second);
	answer = asking_ask(&d->asking,
	    json_pack("{s:s, s:s, s:s, s:i}", "do", "envelope-list", "user",
		"bob@b.test", "before", second, "limit", 2));
	assert_int_equal(
	    json_array_size(json_object_get(answer, "envelopes")), 1);
	assert_true(json_is_null(json_object_get(answer, "next")));
	answer =
	    asking_ask(&d->asking, json_pack("{s:s}", "do", "envelope-list"));
	assert_int_equal(
	    json_array_size(json_object_get(answer, "envelopes")), 4);
}

static void
a_list_tells_nobody_from_nothing(void **state)
{
	struct played *d = *state;
	const json_t *answer =
	    asking_ask(&d->asking, json_pack("{s:s, s:s}", "do",
				       "envelope-list", "user", "bob@b.test"));

	assert_int_equal(
	    json_array_size(json_object_get(answer, "envelopes")), 0);
	assert_true(json_is_array(json_object_get(answer, "envelopes")));
	assert_refused(asking_ask(&d->asking,
			   json_pack("{s:s, s:s}", "do", "envelope-list",
			       "user", "nobody@b.test")),
	    "no-user");
	assert_refused(
	    asking_ask(&d->asking,
		json_pack("{s:s, s:s}", "do", "envelope-list", "user", "@")),
	    "bad");
	assert_refused(
	    asking_ask(&d->asking, json_pack("{s:s, s:s}", "do",
				       "envelope-list", "before", "yesterday")),
	    "bad");
}

static void
what_is_accepted_is_pulled_at_once(void **state)
{
	struct played *d = *state;
	const char *key = put_notice(d, "one", "bob@b.test");

	pull_look(d->asking.keeper.pull, d->asking.side.now);
	side_turn(&d->asking.side);
	assert_int_equal(d->calls, 0);
	assert_state(decide(d, key, "accept"), key, "wanted");
	assert_int_equal(d->calls, 1);
	assert_int_equal(d->deliveries, 0);
}

static void
what_is_refused_is_told_at_once(void **state)
{
	static const char *const verdicts[] = {"reject", "spam", "spammer"};
	struct played *d = *state;

	for (unsigned i = 0; i < 3; i++) {
		const char *key = put_notice(d, verdicts[i], "bob@b.test");
		const json_t *answer, *e;

		assert_state(decide(d, key, verdicts[i]), key, "refused");
		assert_state(decide(d, key, verdicts[i]), key, "refused");
		assert_refused(decide(d, key, "accept"), "conflict");
		answer = asking_ask(&d->asking,
		    json_pack("{s:s, s:s}", "do", "envelope-show", "id", key));
		e = json_object_get(answer, "envelope");
		assert_string_equal(
		    json_string_value(json_object_get(e, "verdict")),
		    verdicts[i]);
		assert_true(json_is_true(json_object_get(e, "verdict_due")));
		pull_lost(d->asking.keeper.pull, d->asking.side.now);
		side_turn(&d->asking.side);
	}
	assert_true(d->calls > 0);
}

static void
decided_envelopes_are_listed_when_all_are_asked_for(void **state)
{
	struct played *d = *state;
	const char *key = put_notice(d, "one", "bob@b.test");
	const json_t *answer;

	assert_state(decide(d, key, "reject"), key, "refused");
	answer =
	    asking_ask(&d->asking, json_pack("{s:s}", "do", "envelope-list"));
	assert_int_equal(
	    json_array_size(json_object_get(answer, "envelopes")), 0);
	answer = asking_ask(&d->asking,
	    json_pack("{s:s, s:b}", "do", "envelope-list", "all", 1));
	assert_int_equal(
	    json_array_size(json_object_get(answer, "envelopes")), 1);
}

/* An identifier that exists and is somebody else's is none. */
static void
verdicts_that_make_no_sense_are_refused(void **state)
{
	struct played *d = *state;
	const char *key = put_notice(d, "one", "bob@b.test");
	static const char none[] = "019e4a6cbe0070009f0b5a3d2c1e8f70";

	assert_refused(decide(d, none, "accept"), "no-id");
	assert_refused(decide(d, "one", "accept"), "no-id");
	assert_refused(decide(d, "", "accept"), "no-id");
	assert_refused(decide(d, key, "burn"), "bad");
	assert_refused(decide(d, key, "none"), "bad");
	assert_refused(
	    asking_ask(&d->asking,
		json_pack("{s:s, s:s, s:s, s:s}", "do", "envelope-decide", "id",
		    key, "verdict", "accept", "user", "eve@b.test")),
	    "no-id");
	assert_refused(
	    asking_ask(&d->asking,
		json_pack("{s:s, s:s, s:s, s:s}", "do", "envelope-decide", "id",
		    key, "verdict", "accept", "user", "@")),
	    "bad");
	assert_refused(asking_ask(&d->asking, json_pack("{s:s, s:s}", "do",
						  "envelope-show", "id", none)),
	    "no-id");
	assert_refused(asking_ask(&d->asking, json_pack("{s:s, s:i}", "do",
						  "envelope-show", "id", 7)),
	    "no-id");
	assert_state(
	    asking_ask(&d->asking,
		json_pack("{s:s, s:s, s:s, s:s}", "do", "envelope-decide", "id",
		    key, "verdict", "accept", "user", "Bob@b.test")),
	    key, "wanted");
}

/* The longest rows, two hundred of them, fit into one line. */
static void
a_page_of_long_rows_fits_into_a_line(void **state)
{
	struct played *d = *state;
	char id[129], domain[256], mailbox[321], subject[1024];
	const json_t *answer;
	char *line;

	memset(id, 'i', sizeof id);
	memset(domain, 'd', sizeof domain);
	memset(mailbox, 'm', sizeof mailbox);
	memset(subject, '"', sizeof subject); /* two octets each in JSON */
	for (unsigned i = 0; i < KEEPER_ENVELOPE_PAGE + 1; i++) {
		struct store_op *op =
		    side_op(&d->asking.side, STORE_NOTICE_PUT);
		struct store_notice n = notice_for(d, "", "");

		snprintf(id, sizeof id, "%0128u", i);
		n.id = span_make(id, 128);
		n.domain = span_make(domain, 255);
		n.named = n.to = n.sender = span_make(mailbox, 320);
		n.subject = span_make(subject, sizeof subject);
		n.reply = span_make(subject, 512);
		op->notice_put.count = 1;
		op->notice_put.notices = &n;
		assert_int_equal(side_do(&d->asking.side, op), STORE_OK);
		store_op_free(&op);
		d->asking.side.now++;
	}
	answer = asking_ask(&d->asking,
	    json_pack("{s:s, s:i}", "do", "envelope-list", "limit", 1000));
	assert_int_equal(json_array_size(json_object_get(answer, "envelopes")),
	    KEEPER_ENVELOPE_PAGE);
	assert_true(json_is_string(json_object_get(answer, "next")));
	line = json_dumps(answer, JSON_COMPACT);
	assert_true(strlen(line) < 1u << 20);
	free(line);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(an_envelope_is_shown_with_its_text_octet_for_octet),
	    TEST(the_list_is_newest_first_in_pages),
	    TEST(a_list_tells_nobody_from_nothing),
	    TEST(what_is_accepted_is_pulled_at_once),
	    TEST(what_is_refused_is_told_at_once),
	    TEST(decided_envelopes_are_listed_when_all_are_asked_for),
	    TEST(verdicts_that_make_no_sense_are_refused),
	    TEST(a_page_of_long_rows_fits_into_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
