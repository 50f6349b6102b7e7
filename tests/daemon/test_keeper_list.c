/*
 * Requests about users' lists on the control socket, put to a store in memory:
 * the keeper without processes and sockets.
 */
#include "asking.h"

#include "daemon/control/keeper_list.h"

#include <stdlib.h>
#include <string.h>

#define BOB "bob@b.test"

static int
begin(void **state, const char *settings)
{
	struct asking *d = calloc(1, sizeof *d);

	assert_non_null(d);
	asking_begin(d, settings);
	side_add_user(&d->side, BOB);
	*state = d;
	return 0;
}

static int
set_up(void **state)
{
	return begin(state, "");
}

static int
set_up_for_two(void **state)
{
	return begin(state, "list-entries = 2\n");
}

static int
tear_down(void **state)
{
	struct asking *d = *state;

	asking_end(d);
	free(d);
	return 0;
}

/* ---- what the cases do ---- */

static json_t *
entry_of(const char *list, const char *address, const char *server)
{
	return json_pack("{s:s, s:s, s:s*}", "list", list, "address", address,
	    "server", server);
}

/* ENTRIES is taken over. */
static const json_t *
put(struct asking *d, const char *side, json_t *entries, bool check)
{
	return asking_ask(
	    d, json_pack("{s:s, s:s, s:s, s:b, s:o}", "do", "list-put", "user",
		   BOB, "side", side, "check", (int)check, "entries", entries));
}

static const json_t *
put_one(struct asking *d, const char *side, const char *list,
    const char *address, const char *server)
{
	return put(
	    d, side, json_pack("[o]", entry_of(list, address, server)), false);
}

static const json_t *
show(struct asking *d, const char *side, const char *address)
{
	return asking_ask(
	    d, json_pack("{s:s, s:s, s:s, s:s*}", "do", "list-show", "user",
		   BOB, "side", side, "address", address));
}

static unsigned
count(struct asking *d, const char *side)
{
	return (unsigned)json_array_size(
	    json_object_get(show(d, side, NULL), "entries"));
}

static void
assert_done(const json_t *answer)
{
	assert_true(json_is_true(json_object_get(answer, "ok")));
}

static void
assert_refused(const json_t *answer, const char *code)
{
	const json_t *error = json_object_get(answer, "error");

	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_string_equal(
	    json_string_value(json_object_get(error, "code")), code);
}

/* Row AT of ANSWER is so; SERVER NULL: null. */
static void
assert_row(const json_t *answer, size_t at, const char *list,
    const char *address, const char *server)
{
	const json_t *row =
	    json_array_get(json_object_get(answer, "entries"), at);
	json_t *expected = json_pack("{s:s, s:s, s:s?, s:s, s:s}", "list", list,
	    "address", address, "server", server, "by", "hand", "since",
	    "2027-01-15T08:00:00Z");

	assert_true(json_equal(row, expected));
	json_decref(expected);
}

/* ---- cases ---- */

/* SM-26: in one spelling, however they are written */
static void
entries_are_put_folded_and_shown(void **state)
{
	struct asking *d = *state;
	const json_t *answer;

	answer = put_one(d, "incoming", "allow",
	    "Alice@B\xc3\xbc"
	    "cher.test",
	    "A.Test");
	assert_done(answer);
	assert_int_equal(json_integer_value(json_object_get(answer, "put")), 1);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(answer, "entry"), "address")),
	    "alice@xn--bcher-kva.test");
	assert_done(put_one(d, "incoming", "deny", "*@Spam.Test", NULL));
	assert_done(put_one(d, "incoming", "allow", "ip@a.test", "192.0.2.1"));
	assert_done(put_one(d, "outgoing", "deny", "carol@c.test", NULL));
	answer = show(d, "incoming", NULL);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "entries")), 3);
	assert_row(answer, 0, "deny", "@spam.test", NULL);
	assert_row(answer, 1, "allow", "alice@xn--bcher-kva.test", "a.test");
	assert_row(answer, 2, "allow", "ip@a.test", "192.0.2.1");
	assert_row(show(d, "outgoing", NULL), 0, "deny", "carol@c.test", NULL);
	answer = show(d, "incoming", "@SPAM.test");
	assert_int_equal(
	    json_array_size(json_object_get(answer, "entries")), 1);
	assert_row(answer, 0, "deny", "@spam.test", NULL);
}

static void
what_makes_no_entry_is_refused_and_named(void **state)
{
	static const char *const wrong[][3] = {{"allow", "a.test", NULL},
	    {"allow", "@", NULL}, {"allow", "@a..test", NULL},
	    {"allow", "", NULL}, {"allow", "x@a.test", "not a name"},
	    {"burn", "x@a.test", NULL}, {"allow", "postmaster", NULL},
	    {"none", "x@a.test", NULL}};
	struct asking *d = *state;

	for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		json_t *entries =
		    json_pack("[o, o]", entry_of("allow", "good@a.test", NULL),
			entry_of(wrong[i][0], wrong[i][1], wrong[i][2]));
		const json_t *answer = put(d, "incoming", entries, false);

		assert_refused(answer, "bad");
		assert_int_equal(
		    json_integer_value(json_object_get(
			json_object_get(answer, "error"), "entry")),
		    1);
	}
	assert_refused(
	    put_one(d, "outgoing", "allow", "x@a.test", "a.test"), "bad");
	assert_refused(put_one(d, "both", "allow", "x@a.test", NULL), "bad");
	assert_refused(put(d, "incoming", json_array(), false), "bad");
	assert_refused(put(d, "incoming", json_string("all"), false), "bad");
	assert_refused(put(d, "incoming", json_pack("[i]", 7), false), "bad");
	assert_int_equal(count(d, "incoming"), 0);
}

static void
what_is_only_looked_at_is_not_put(void **state)
{
	struct asking *d = *state;

	assert_done(put(d, "incoming",
	    json_pack("[o]", entry_of("allow", "x@a.test", NULL)), true));
	assert_int_equal(count(d, "incoming"), 0);
}

static void
a_thousand_come_in_one_request_and_no_more(void **state)
{
	struct asking *d = *state;
	json_t *entries = json_array();
	char address[32];
	const json_t *answer;

	for (unsigned i = 0; i < KEEPER_LIST_PUT; i++) {
		snprintf(address, sizeof address, "x%u@a.test", i);
		json_array_append_new(entries, entry_of("deny", address, NULL));
	}
	answer = put(d, "incoming", json_incref(entries), false);
	assert_done(answer);
	assert_int_equal(json_integer_value(json_object_get(answer, "put")),
	    KEEPER_LIST_PUT);
	assert_null(json_object_get(answer, "entry"));
	json_array_append_new(entries, entry_of("deny", "y@a.test", NULL));
	assert_refused(put(d, "incoming", entries, false), "bad");
}

static void
the_list_comes_in_pages(void **state)
{
	struct asking *d = *state;
	const json_t *answer;
	json_t *next = json_null();
	unsigned pages = 0, rows = 0;

	put_one(d, "incoming", "deny", "\"a b\"@a.test", NULL);
	put_one(d, "incoming", "allow", "\"a b\"@a.test", "a.test");
	put_one(d, "incoming", "allow", "\"a b\"@a.test", "b.test");
	do {
		answer =
		    asking_ask(d, json_pack("{s:s, s:s, s:s, s:i, s:o}", "do",
				      "list-show", "user", BOB, "side",
				      "incoming", "limit", 1, "after", next));
		rows += (unsigned)json_array_size(
		    json_object_get(answer, "entries"));
		next = json_incref(json_object_get(answer, "next"));
		pages++;
	} while (json_is_string(next));
	assert_int_equal(rows, 3);
	assert_int_equal(pages, 4);
}

static void
one_entry_is_forgotten_or_all_of_the_address(void **state)
{
	struct asking *d = *state;
	json_t *forget = json_pack("{s:s, s:s, s:s, s:s}", "do", "list-forget",
	    "user", BOB, "side", "incoming", "address", "X@a.test");
	json_t *only = json_copy(forget);

	put_one(d, "incoming", "allow", "x@a.test", "a.test");
	put_one(d, "incoming", "allow", "x@a.test", "b.test");
	put_one(d, "incoming", "deny", "x@a.test", NULL);
	json_object_set_new(only, "server", json_string("B.test"));
	assert_done(asking_ask(d, only));
	assert_int_equal(count(d, "incoming"), 2);
	assert_string_equal(
	    json_string_value(json_object_get(
		asking_ask(d, json_incref(forget)), "forgotten")),
	    "x@a.test");
	assert_int_equal(count(d, "incoming"), 0);
	assert_refused(asking_ask(d, forget), "no-id");
}

static void
a_user_who_does_not_exist_has_no_list(void **state)
{
	static const char *const words[] = {
	    "list-show", "list-put", "list-forget"};
	struct asking *d = *state;

	for (unsigned i = 0; i < 3; i++) {
		assert_refused(
		    asking_ask(d,
			json_pack("{s:s, s:s, s:s, s:s*, s:[o]}", "do",
			    words[i], "user", "nobody@b.test", "side",
			    "incoming", "address", i == 2 ? "x@a.test" : NULL,
			    "entries", entry_of("allow", "x@a.test", NULL))),
		    "no-user");
		assert_refused(
		    asking_ask(d, json_pack("{s:s, s:s, s:s}", "do", words[i],
				      "user", "@", "side", "incoming")),
		    "bad");
		assert_refused(asking_ask(d, json_pack("{s:s, s:s}", "do",
						 words[i], "user", BOB)),
		    "bad");
	}
}

static void
a_full_list_says_so_and_how_many_were_put(void **state)
{
	struct asking *d = *state;
	const json_t *answer = put(d, "incoming",
	    json_pack("[o, o, o]", entry_of("allow", "x@a.test", NULL),
		entry_of("allow", "y@a.test", NULL),
		entry_of("allow", "z@a.test", NULL)),
	    false);
	const json_t *error = json_object_get(answer, "error");

	assert_refused(answer, "full");
	assert_int_equal(json_integer_value(json_object_get(error, "put")), 2);
	assert_non_null(strstr(
	    json_string_value(json_object_get(error, "text")), "list-entries"));
	/* what is there already needs no room, and the other list has its own
	 */
	assert_done(put_one(d, "incoming", "deny", "x@a.test", NULL));
	assert_done(put_one(d, "outgoing", "deny", "z@a.test", NULL));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(entries_are_put_folded_and_shown),
	    TEST(what_makes_no_entry_is_refused_and_named),
	    TEST(what_is_only_looked_at_is_not_put),
	    TEST(a_thousand_come_in_one_request_and_no_more),
	    TEST(the_list_comes_in_pages),
	    TEST(one_entry_is_forgotten_or_all_of_the_address),
	    TEST(a_user_who_does_not_exist_has_no_list),
	    cmocka_unit_test_setup_teardown(
		a_full_list_says_so_and_how_many_were_put, set_up_for_two,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
