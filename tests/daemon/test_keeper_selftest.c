/*
 * A message for the self-test: both ends of a hold, put into a store in memory
 * by one request on the control socket.
 */
#include "asking.h"

#include "ctl/selftest.h"
#include "message/envelope.h"
#include "store/target.h"

#include <stdlib.h>
#include <string.h>

#define USER SELFTEST_PREFIX "x@b.test"

/* Nobody puts stubs here. */
static int
put_stub(void *owner, const struct show_stub *stub)
{
	(void)owner;
	(void)stub;
	return -E_AGAIN;
}

static int
begin(void **state, const char *settings)
{
	struct asking *d = calloc(1, sizeof *d);
	const struct show_world world = {d, put_stub, put_stub};

	assert_non_null(d);
	asking_begin(d, settings);
	side_add_user(&d->side, USER);
	side_add_user(&d->side, "bob@b.test");
	d->keeper.accept.server_secret = d->side.secret;
	assert_int_equal(show_new(d->side.store, d->side.settings, NODE,
			     d->side.secret, &world, &d->keeper.show),
	    0);
	*state = d;
	return 0;
}

static int
set_up(void **state)
{
	return begin(state, "");
}

static int
set_up_elsewhere(void **state)
{
	return begin(state, "smtp-port = 2525\n");
}

static int
tear_down(void **state)
{
	struct asking *d = *state;

	show_free(&d->keeper.show);
	asking_end(d);
	free(d);
	return 0;
}

/* The answer, borrowed. */
static const json_t *
ask_for(struct asking *d, const char *user)
{
	return asking_ask(
	    d, json_pack("{s:s, s:s}", "do", "selftest-put", "user", user));
}

static void
assert_refused(const json_t *answer, const char *code)
{
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(answer, "error"), "code")),
	    code);
}

static const char *
text_of(const json_t *answer, const char *member)
{
	const char *text = json_string_value(json_object_get(answer, member));

	assert_non_null(text);
	return text;
}

static void
it_waits_at_both_ends_under_one_identifier(void **state)
{
	struct asking *d = *state;
	const json_t *answer = ask_for(d, USER);
	struct store_op *hold = side_only_hold(&d->side);
	struct store_op *notice = side_only_notice(&d->side);
	const struct store_hold *h = &hold->hold_list.rows[0].hold;
	const struct store_notice *n = &notice->notice_list.notices[0];
	char key[KEY_TEXT], ip[IP_TEXT];

	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_int_equal(h->state, HOLD_NOTICED);
	assert_int_equal(n->state, NOTICE_PENDING);
	assert_true(span_equals(h->id, n->id));
	key_text(n->key, key);
	assert_string_equal(text_of(answer, "id"), key);
	key_text(h->key, key);
	assert_string_equal(text_of(answer, "hold"), key);
	/* where it waits is who may fetch it */
	ip_text(n->address, ip);
	assert_string_equal(text_of(answer, "address"), ip);
	assert_true(target_has(h->targets, n->address));
	assert_true(span_equals(n->recipient, span_of(USER)));
	assert_int_equal(n->expires_at, NOW + SELFTEST_LIFE);
	assert_int_equal(h->expires_at, NOW + SELFTEST_LIFE);
	store_op_free(&hold);
	store_op_free(&notice);
}

static void
what_was_announced_is_what_waits(void **state)
{
	struct asking *d = *state;
	struct store_op *notice, *found, *hold;
	const struct store_message *m;
	static struct envelope envelope;

	ask_for(d, USER);
	hold = side_only_hold(&d->side);
	m = &hold->hold_list.rows[0].message;
	notice = side_only_notice(&d->side);
	found = side_op(&d->side, STORE_NOTICE_GET);
	found->notice_get.key = notice->notice_list.notices[0].key;
	found->notice_get.whole = true;
	assert_int_equal(side_do(&d->side, found), STORE_OK);
	assert_int_equal(found->notice_get.notice.size, m->size);
	assert_memory_equal(
	    found->notice_get.notice.digest, m->digest, STORE_DIGEST);
	assert_int_equal(
	    envelope_parse(found->notice_get.notice.envelope, &envelope, NULL),
	    0);
	assert_string_equal(envelope.subject, text_of(d->answer, "subject"));
	assert_non_null(strstr(envelope.preview, "restante selftest"));
	store_op_free(&hold);
	store_op_free(&notice);
	store_op_free(&found);
}

/* Nobody wrote it: nobody is told of it, and no complaint counts. */
static void
it_is_no_users_message(void **state)
{
	struct asking *d = *state;
	struct store_op *hold;

	ask_for(d, USER);
	hold = side_only_hold(&d->side);
	assert_int_equal(hold->hold_list.rows[0].message.user.n, 0);
	assert_true(hold->hold_list.rows[0].hold.report_at == INT64_MAX);
	/* nor is it ever announced, also not before it is noticed */
	assert_true(hold->hold_list.rows[0].hold.next_at == INT64_MAX);
	store_op_free(&hold);
}

static void
only_users_of_the_self_test_get_one(void **state)
{
	struct asking *d = *state;

	assert_refused(ask_for(d, "bob@b.test"), "bad");
	assert_refused(ask_for(d, "x" USER), "bad");
	assert_refused(ask_for(d, ""), "bad");
	assert_refused(ask_for(d, SELFTEST_PREFIX "other@b.test"), "no-user");
	assert_int_equal(side_count(&d->side).messages, 0);
}

static void
another_address_of_somebody_gets_none(void **state)
{
	struct asking *d = *state;
	struct store_op *op = side_op(&d->side, STORE_IDENTITY_PUT);

	op->identity_put.identity.address =
	    span_of(SELFTEST_PREFIX "bob@b.test");
	op->identity_put.identity.user = span_of("bob@b.test");
	assert_int_equal(side_do(&d->side, op), STORE_OK);
	store_op_free(&op);
	assert_refused(ask_for(d, SELFTEST_PREFIX "bob@b.test"), "no-user");
	assert_int_equal(side_count(&d->side).messages, 0);
}

static void
few_wait_at_once(void **state)
{
	struct asking *d = *state;

	for (unsigned i = 0; i < SELFTEST_PENDING; i++)
		text_of(ask_for(d, USER), "id");
	assert_refused(ask_for(d, USER), "full");
}

static void
a_server_that_cannot_call_itself_says_so(void **state)
{
	struct asking *d = *state;

	assert_refused(ask_for(d, USER), "bad");
	assert_int_equal(side_count(&d->side).messages, 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(it_waits_at_both_ends_under_one_identifier),
	    TEST(what_was_announced_is_what_waits),
	    TEST(it_is_no_users_message),
	    TEST(only_users_of_the_self_test_get_one),
	    TEST(another_address_of_somebody_gets_none),
	    TEST(few_wait_at_once),
	    cmocka_unit_test_setup_teardown(
		a_server_that_cannot_call_itself_says_so, set_up_elsewhere,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
