/* Which refusals are failures of whoever asked, and which are not (WIRE 7). */
#include "serving.h"

#include <string.h>

static void
expect_failure(struct fixture *f, const char *id, const char *asker, bool is)
{
	struct pulled p = ask(f, id, asker);

	assert_int_equal(p.reply, REPLY_NOT_FOR_YOU);
	assert_int_equal(p.is_failure, is);
}

/* As the server could have made it, but it never did. */
static void
no_such_row(const struct fixture *f, char id_r[IDENTIFIER_TEXT])
{
	static const uint8_t zeros[IDENTIFIER_SECRET];
	const struct identifier_parts parts = {
	    .key = key_new(f->side.now),
	    .server_secret = f->side.secret,
	    .user_secret = zeros,
	    .digest = zeros, /* as many octets */
	};

	identifier_make(&parts, id_r);
}

/* GD-45 GD-48 AT-05, WIRE 7 */
static void
what_was_never_issued_and_what_is_not_theirs_is_a_failure(void **state)
{
	struct fixture *f = *state;
	struct held gone = f->held;
	char id[IDENTIFIER_TEXT];

	/* aimed at nobody yet: nobody was told its name */
	expect_failure(f, f->held.id, PEER, true);
	held_notice(&f->side, &f->held, 48 * HOUR);
	expect_failure(f, "no-such-name", PEER, true);
	expect_failure(f, f->held.id, "192.0.2.8", true);
	/* one letter of the key, of the second tag */
	for (unsigned i = 0; i < 40; i += 39) {
		memcpy(id, f->held.id, sizeof id);
		id[i] = id[i] == 'A' ? 'B' : 'A';
		expect_failure(f, id, PEER, true);
	}
	/* right first tag, but there is no such row */
	no_such_row(f, gone.id);
	expect_failure(f, gone.id, PEER, true);
	assert_true(judge(f, &gone, VERDICT_SPAM, "", false).is_failure);
	assert_false(ask(f, f->held.id, PEER).is_failure);
}

/* GD-45, WIRE 7: a lost reply, a second look; however often. */
static void
asking_again_for_ones_own_message_is_no_failure(void **state)
{
	struct fixture *f = *state;

	held_notice(&f->side, &f->held, 48 * HOUR);
	f->side.now = NOW + 50 * HOUR; /* expired, though not swept yet */
	expect_failure(f, f->held.id, PEER, false);
	expect_failure(f, f->held.id, "192.0.2.8", true);
	f->side.now = NOW;
	f->serve.to = span_of("nobody@b.test");
	expect_failure(f, f->held.id, PEER, false);
	f->serve.to = span_of("");
	held_lease(&f->side, &f->held);
	settle(f, HOLD_TAKEN);
	for (unsigned i = 0; i < 30; i++)
		expect_failure(f, f->held.id, PEER, false);
	expect_failure(f, f->held.id, "192.0.2.8", true);
}

/* The same for verdicts. */
static void
a_verdict_again_is_no_failure_and_a_foreign_one_is(void **state)
{
	struct fixture *f = *state;
	struct judged j;

	j = judge(f, &f->held, VERDICT_REJECT, "", false);
	assert_true(j.reply == REPLY_NOT_FOR_YOU && j.is_failure);
	held_notice(&f->side, &f->held, 48 * HOUR);
	j = judge(f, &f->held, VERDICT_REJECT, "eve@b.test", false);
	assert_true(j.reply == REPLY_NOT_FOR_YOU && !j.is_failure);
	j = judge(f, &f->held, VERDICT_REJECT, "", false);
	assert_true(j.reply == REPLY_VERDICT_OK && !j.is_failure);
	j = judge(f, &f->held, VERDICT_ACCEPT, "", true);
	assert_true(j.reply == REPLY_NOT_FOR_YOU && !j.is_failure);
	expect_failure(f, f->held.id, PEER, false);
	j = judge_as(f, "192.0.2.8", &f->held,
	    (struct serve_verdict){.verdict = VERDICT_REJECT});
	assert_true(j.reply == REPLY_NOT_FOR_YOU && j.is_failure);
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(what_was_never_issued_and_what_is_not_theirs_is_a_failure),
	    CASE(asking_again_for_ones_own_message_is_no_failure),
	    CASE(a_verdict_again_is_no_failure_and_a_foreign_one_is),
	};

	return cmocka_run_group_tests_name("serve-failure", tests, NULL, NULL);
}
