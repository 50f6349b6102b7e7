/* What requests of the operator say, and what is refused in which words. */
#include "daemon/control/control_words.h"

#include "base/arena.h"
#include "daemon/auth/password_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1800000000

struct words {
	struct store_op *op;
	struct hosts *local; /* b.test */
	struct err err;
};

static int
set_up(void **state)
{
	static const char *const domains[] = {"b.test"};
	struct words *w = calloc(1, sizeof *w);

	assert_non_null(w);
	w->op = store_op_new(STORE_USER_PUT, NOW);
	w->local = hosts_new(domains, 1, &w->err);
	assert_true(w->op != NULL && w->local != NULL);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct words *w = *state;

	store_op_free(&w->op);
	hosts_free(&w->local);
	free(w);
	return 0;
}

static void
assert_text(struct span s, const char *expected)
{
	assert_true(span_equals(s, span_of(expected)));
}

/* The request TEXT, which is JSON, as a user of LOCAL domains or an old one. */
static int
take_user(struct words *w, const char *text, bool is_new)
{
	json_t *q = json_loads(text, 0, NULL);
	int error;

	assert_non_null(q);
	error = control_words_user(w->op, q, is_new ? w->local : NULL, &w->err);
	json_decref(q);
	return error;
}

static void
a_new_user_has_address_mode_and_a_secret(void **state)
{
	struct words *w = *state;
	const struct store_user *user = &w->op->user_put.user;
	static const uint8_t nothing[STORE_SECRET];

	assert_int_equal(take_user(w,
			     "{\"address\": \"Dave@B.test\", \"password\": "
			     "\"x\", \"mode\": \"ask\", \"from_check\": "
			     "\"envelope\", \"answers\": \"asked\", "
			     "\"trash\": \"reject\"}",
			     true),
	    0);
	assert_text(user->address, "dave@b.test");
	assert_int_equal(user->mode, MODE_ASK);
	assert_int_equal(user->from_check, FROM_CHECK_ENVELOPE);
	assert_int_equal(user->answers, ANSWERS_ASKED);
	assert_int_equal(user->trash, TRASH_REJECT);
	assert_int_equal(user->created, NOW);
	assert_memory_not_equal(user->secret, nothing, sizeof nothing);
	assert_true(w->op->user_put.only_new && !w->op->user_put.only_old);
}

static void
a_change_leaves_open_what_it_does_not_say(void **state)
{
	struct words *w = *state;

	assert_int_equal(
	    take_user(w, "{\"address\": \"dave@old.test\"}", false), 0);
	assert_int_equal(w->op->user_put.user.mode, 0);
	assert_int_equal(w->op->user_put.user.from_check, 0);
	assert_int_equal(w->op->user_put.user.answers, 0);
	assert_int_equal(w->op->user_put.user.trash, 0);
	assert_true(!w->op->user_put.only_new && w->op->user_put.only_old);
}

static void
a_user_that_cannot_be_is_refused_in_words(void **state)
{
	static const struct {
		const char *request, *why;
	} rows[] = {
	    {"{}", "that is no mail address"},
	    {"[7]", "that is no mail address"},
	    {"{\"address\": 7}", "that is no mail address"},
	    {"{\"address\": \"dave\"}", "that is no mail address"},
	    {"{\"address\": \"dave@c.test\"}",
		"its domain is none of ours (key `domains`)"},
	    {"{\"address\": \"d/ave@b.test\"}",
		"no mailbox can have that name"},
	    {"{\"address\": \"dave@b.test\"}", "a password is needed"},
	    {"{\"address\": \"dave@b.test\", \"mode\": \"maybe\"}",
		"mode is \"server\" or \"ask\""},
	    {"{\"address\": \"dave@b.test\", \"from_check\": \"no\"}",
		"from-check is \"both\" or \"envelope\""},
	    {"{\"address\": \"dave@b.test\", \"answers\": \"no\"}",
		"answers is \"listed\" or \"asked\""},
	};
	struct words *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(
		    take_user(w, rows[i].request, true), -E_SYNTAX);
		assert_string_equal(w->err.text, rows[i].why);
	}
}

static void
a_password_has_a_ceiling(void **state)
{
	struct words *w = *state;
	char password[PASSWORD_HASH_OCTETS + 2];
	json_t *q;

	memset(password, 'x', sizeof password - 1);
	password[sizeof password - 1] = '\0';
	q = json_pack(
	    "{s:s, s:s}", "address", "dave@b.test", "password", password);
	assert_int_equal(
	    control_words_user(w->op, q, w->local, &w->err), -E_SYNTAX);
	assert_string_equal(w->err.text, "the password is too long");
	json_decref(q);
}

static void
a_peer_has_one_spelling(void **state)
{
	static const struct {
		const char *said, *kept; /* NULL: refused */
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1"},
	    {"192.0.2.1/32", "192.0.2.1"},
	    {"::ffff:192.0.2.1", "192.0.2.1"},
	    {"192.0.2.0/24", "192.0.2.0/24"},
	    {"2001:DB8:0::/32", "2001:db8::/32"},
	    {"B.Test", "b.test"},
	    {"b\xc3\xbc.test", "xn--b-eha.test"},
	    {"192.0.2.1/24", NULL},
	    {"not_a_name", NULL},
	    {"", NULL},
	};
	struct words *w = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span name = {0};
		int error = control_words_peer(
		    w->op, span_of(rows[i].said), &name, &w->err);

		assert_int_equal(error == 0, rows[i].kept != NULL);
		if (error == 0)
			assert_text(name, rows[i].kept);
	}
}

static void
what_no_list_takes_is_not_listed_but_can_be_forgotten(void **state)
{
	static const char *const slips[] = {"10.0.0.256", "192.0.2", "7"};
	struct words *w = *state;
	struct span name = {0};

	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
		struct span said = span_of(slips[i]);

		assert_int_equal(
		    control_words_listed(w->op, said, &name, &w->err),
		    -E_SYNTAX);
		assert_non_null(
		    strstr(w->err.text, "is no address, network or host name"));
		assert_int_equal(
		    control_words_peer(w->op, said, &name, &w->err), 0);
		assert_text(name, slips[i]);
	}
	assert_int_equal(
	    control_words_listed(w->op, span_of("B.Test"), &name, &w->err), 0);
	assert_text(name, "b.test");
	assert_int_equal(
	    control_words_listed(w->op, span_of("a b"), &name, &w->err),
	    -E_SYNTAX);
	assert_string_equal(
	    w->err.text, "that is no address, network or domain");
}

static void
a_limit_that_makes_no_sense_is_a_page(void **state)
{
	static const struct {
		const char *request;
		unsigned limit;
	} rows[] = {{"{}", 100}, {"{\"limit\": 7}", 7}, {"{\"limit\": 0}", 100},
	    {"{\"limit\": -1}", 100}, {"{\"limit\": 1001}", 100},
	    {"{\"limit\": \"7\"}", 100}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *q = json_loads(rows[i].request, 0, NULL);

		assert_int_equal(control_words_limit(q), rows[i].limit);
		json_decref(q);
	}
	assert_int_equal(control_words_limit(NULL), 100);
	assert_int_equal(control_words_text(NULL, "do").n, 0);
}

static void
a_refusal_has_code_and_text(void **state)
{
	json_t *answer = control_words_refusal("later", "not now");
	char *text = json_dumps(answer, JSON_COMPACT);

	(void)state;
	assert_string_equal(text, "{\"ok\":false,\"error\":{\"code\":\"later\","
				  "\"text\":\"not now\"}}");
	free(text);
	json_decref(answer);
}

static void
a_hash_fits_its_password_and_no_other(void **state)
{
	char hash[PASSWORD_HASH_TEXT], again[PASSWORD_HASH_TEXT];
	char longest[PASSWORD_HASH_OCTETS + 1] = "";

	(void)state;
	assert_int_equal(password_hash_begin(), 0);
	assert_int_equal(password_hash_make(span_of("secret"), hash), 0);
	assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
	assert_true(password_hash_fits(hash, span_of("secret")));
	assert_false(password_hash_fits(hash, span_of("secret ")));
	assert_int_equal(password_hash_make(span_of("secret"), again), 0);
	assert_string_not_equal(hash, again);
	assert_int_equal(
	    password_hash_make(span_make(longest, sizeof longest), hash),
	    -E_RANGE);
	assert_string_equal(hash, "");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_new_user_has_address_mode_and_a_secret),
	    TEST(a_change_leaves_open_what_it_does_not_say),
	    TEST(a_user_that_cannot_be_is_refused_in_words),
	    TEST(a_password_has_a_ceiling),
	    TEST(a_peer_has_one_spelling),
	    TEST(what_no_list_takes_is_not_listed_but_can_be_forgotten),
	    TEST(a_limit_that_makes_no_sense_is_a_page),
	    TEST(a_refusal_has_code_and_text),
	    TEST(a_hash_fits_its_password_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
