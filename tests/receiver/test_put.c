/* The last step: which folder, which name, which pause, and never twice. */
#include "steps.h"

#include "receiver/decide.h"
#include "receiver/put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANDED_MAX 256

/* What was handed to a poster. */
struct handed {
	struct key key;
	char folder[PUT_PATH_MAX], name[PUT_PATH_MAX], body[64];
	bool repeated, spooled;
};

struct fixture {
	struct side side;
	struct put *put;
	bool nobody; /* no poster takes anything */
	int poster;  /* the number of the one that takes it */
	unsigned count, asked, freed, told;
	char told_user[ADDRESS_TEXT];
	struct handed handed[HANDED_MAX];
};

static int
deliver(void *owner, const struct put_delivery *d)
{
	struct fixture *f = owner;
	struct handed *h;

	f->asked++;
	if (f->nobody)
		return -E_AGAIN;
	assert_true(f->count < HANDED_MAX);
	h = &f->handed[f->count++];
	memset(h, 0, sizeof *h);
	h->key = d->delivery->key;
	h->repeated = d->repeated;
	h->spooled = d->message->spooled;
	assert_int_equal(
	    span_copy(span_of(d->folder), h->folder, sizeof h->folder), 0);
	assert_int_equal(
	    span_copy(span_of(d->name), h->name, sizeof h->name), 0);
	assert_int_equal(
	    span_copy(d->message->body, h->body, sizeof h->body), 0);
	return f->poster;
}

static void
free_body(void *owner, struct key message)
{
	struct fixture *f = owner;

	assert_false(key_is_zero(message));
	f->freed++;
}

static void
delivered(void *owner, struct span user, struct key delivery)
{
	struct fixture *f = owner;

	assert_false(key_is_zero(delivery));
	assert_int_equal(span_copy(user, f->told_user, sizeof f->told_user), 0);
	f->told++;
}

static void
open_put(struct fixture *f)
{
	const struct put_world world = {f, deliver, free_body, NULL, delivered};

	assert_int_equal(
	    put_new(f->side.store, f->side.settings, NODE, &world, &f->put), 0);
}

static void
open_at(struct fixture *f, uint64_t seed)
{
	memset(f, 0, sizeof *f);
	side_open(&f->side, "b.test", "", seed);
	open_put(f);
}

static void
close_all(struct fixture *f)
{
	side_assert_clean(&f->side);
	put_free(&f->put);
	side_close(&f->side);
}

static int
set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);

	assert_non_null(f);
	open_at(f, 0);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	close_all(*state);
	free(*state);
	return 0;
}

/* A message that was pushed is in the store. */
static void
store_arrival(struct fixture *f, struct arrival *a)
{
	struct store_op *op = side_op(&f->side, STORE_MESSAGE_PUT);

	a->way = ARRIVAL_PUSHED;
	assert_int_equal(decide_pushed(f->side.settings, a, op), 0);
	/* asked again after UNSURE, it may be there already */
	assert_in_range(side_do(&f->side, op), STORE_OK, STORE_EXISTS);
	store_op_free(&op);
}

static void
store_for(struct fixture *f, const char *recipient)
{
	struct arrival a = arrival_to(recipient, NULL);

	store_arrival(f, &a);
}

static void
look(struct fixture *f)
{
	put_look(f->put, f->side.now);
	side_turn(&f->side);
}

static void
end(struct fixture *f, const struct handed *h, bool done)
{
	put_ended(f->put, h->key, done, span_of("why"), f->side.now);
	side_turn(&f->side);
}

/* ---- folders ---- */

static void
assert_folder(const char *user, const char *expected)
{
	char folder[PUT_PATH_MAX];
	int result = put_folder(span_of(user), folder);

	if (expected == NULL) {
		if (result != -E_SYNTAX)
			fail_msg("%s has a folder: %s", user, folder);
		return;
	}
	assert_int_equal(result, 0);
	assert_string_equal(folder, expected);
}

static void
a_user_has_a_folder_in_that_of_the_domain(void **state)
{
	(void)state;
	assert_folder("bob@b.test", "b.test/bob/Maildir");
	assert_folder("bob+list@b.test", "b.test/bob+list/Maildir");
	assert_folder("b.o.b@b.test", "b.test/b.o.b/Maildir");
	assert_folder("b\xc3\xbc"
		      "b@b.test",
	    "b.test/b\xc3\xbc"
	    "b/Maildir");
	assert_folder("\"a@c\"@b.test", "b.test/\"a@c\"/Maildir");
}

/* AT-27: no local part leads out of the folder of its domain. */
static void
a_hostile_local_part_has_no_folder(void **state)
{
	(void)state;
	assert_folder("../bob@b.test", NULL);
	assert_folder("..@b.test", NULL);
	assert_folder(".@b.test", NULL);
	assert_folder(".hidden@b.test", NULL);
	assert_folder("a/b@b.test", NULL);
	assert_folder("/etc/passwd@b.test", NULL);
	assert_folder("bob\n@b.test", NULL);
	assert_folder("bob\t@b.test", NULL);
	assert_folder("@b.test", NULL);
	assert_folder("bob@", NULL);
	assert_folder("bob@../b.test", NULL);
	assert_folder("bob@.b.test", NULL);
	assert_folder("bob", NULL);
	assert_folder("", NULL);
}

static void
an_octet_zero_ends_no_path(void **state)
{
	char folder[PUT_PATH_MAX];

	(void)state;
	assert_int_equal(
	    put_folder(span_make("bo\0b@b.test", 11), folder), -E_SYNTAX);
}

static void
a_path_that_is_too_long_is_refused_not_cut(void **state)
{
	char user[PUT_PATH_MAX + 32], folder[PUT_PATH_MAX];
	size_t fits = PUT_PATH_MAX - 1 - strlen("b.test//Maildir");

	(void)state;
	memset(user, 'x', sizeof user);
	memcpy(user + fits, "@b.test", sizeof "@b.test");
	assert_int_equal(put_folder(span_of(user), folder), 0);
	assert_int_equal(strlen(folder), PUT_PATH_MAX - 1);
	memset(user, 'x', sizeof user);
	memcpy(user + fits + 1, "@b.test", sizeof "@b.test");
	assert_int_equal(put_folder(span_of(user), folder), -E_SYNTAX);
}

/* ---- one delivery ---- */

static void
a_delivery_is_handed_on_with_its_content(void **state)
{
	struct fixture *f = *state;
	struct handed *h = &f->handed[0];
	char expected[PUT_PATH_MAX], key[KEY_TEXT];

	store_for(f, "Bob@b.test");
	look(f);
	assert_int_equal(f->count, 1);
	assert_string_equal(h->folder, "b.test/bob/Maildir");
	assert_string_equal(h->body, "Here they are.\r\n");
	assert_false(h->repeated);
	key_text(h->key, key);
	snprintf(expected, sizeof expected, "1800000000.R%s.restante", key);
	assert_string_equal(h->name, expected);
	end(f, h, true);
	assert_int_equal(side_count(&f->side).deliveries, 0);
	look(f);
	assert_int_equal(f->count, 1);
}

static void
every_recipient_has_a_delivery_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct arrival a =
	    arrival_to("bob@b.test", "carol@b.test", "postmaster", NULL);

	a.spooled = true;
	a.body = span_of("");
	store_arrival(f, &a);
	look(f);
	assert_int_equal(f->count, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(f->handed[i].spooled);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(
			    f->handed[i].name, f->handed[j].name);
	}
	assert_string_equal(f->handed[2].folder, "b.test/postmaster/Maildir");
	/* the body is needed until the last one is done */
	end(f, &f->handed[0], true);
	end(f, &f->handed[2], true);
	assert_int_equal(f->freed, 0);
	end(f, &f->handed[1], true);
	assert_int_equal(f->freed, 1);
}

/* ---- again ---- */

/* AT-15: the mailbox can tell a repeated attempt by its name. */
static void
every_attempt_bears_the_same_name(void **state)
{
	struct fixture *f = *state;

	store_for(f, "bob@b.test");
	for (unsigned i = 0; i < 5; i++) {
		look(f);
		assert_int_equal(f->count, i + 1);
		assert_string_equal(f->handed[i].name, f->handed[0].name);
		assert_string_equal(f->handed[i].folder, f->handed[0].folder);
		assert_int_equal(f->handed[i].repeated, i > 0);
		end(f, &f->handed[i], false);
		f->side.now += HOUR;
	}
}

static void
pauses_double_up_to_an_hour(void **state)
{
	static const int seconds[] = {
	    10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600};
	struct fixture *f = *state;

	store_for(f, "bob@b.test");
	for (unsigned i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		look(f);
		assert_int_equal(f->count, i + 1);
		end(f, &f->handed[i], false);
		f->side.now += seconds[i] - 1;
		look(f);
		assert_int_equal(f->count, i + 1);
		f->side.now++;
	}
}

static void
a_delivery_that_nobody_takes_is_tried_at_once_again(void **state)
{
	struct fixture *f = *state;

	f->nobody = true;
	store_for(f, "bob@b.test");
	look(f);
	f->nobody = false;
	look(f);
	assert_int_equal(f->count, 0);
	f->side.now++;
	look(f);
	assert_int_equal(f->count, 1);
}

/* Its body is gone, say: that is not mended within a second. */
static void
what_cannot_be_delivered_is_tried_later_and_later(void **state)
{
	struct fixture *f = *state;

	f->poster = -E_SYSTEM;
	store_for(f, "bob@b.test");
	look(f);
	assert_int_equal(f->count, 1);
	for (unsigned i = 0; i < 4; i++) {
		f->side.now++;
		look(f);
	}
	assert_int_equal(f->count, 1);
	f->poster = 0;
	f->side.now += 3600;
	look(f);
	assert_int_equal(f->count, 2);
}

static void
a_poster_that_is_lost_may_have_delivered(void **state)
{
	struct fixture *f = *state;

	store_for(f, "bob@b.test");
	store_for(f, "carol@b.test");
	look(f);
	assert_int_equal(f->count, 2);
	put_lost(f->put, 0, f->side.now);
	side_turn(&f->side);
	f->side.now++;
	look(f);
	assert_int_equal(f->count, 4);
	assert_true(f->handed[2].repeated && f->handed[3].repeated);
	/* the first attempt's answer, late: it is the same delivery */
	end(f, &f->handed[0], true);
	end(f, &f->handed[3], true);
	assert_int_equal(side_count(&f->side).deliveries, 0);
}

static void
what_another_poster_has_is_not_touched(void **state)
{
	struct fixture *f = *state;

	f->poster = 1;
	store_for(f, "bob@b.test");
	look(f);
	f->poster = 2;
	store_for(f, "carol@b.test");
	look(f);
	put_lost(f->put, 2, f->side.now);
	side_turn(&f->side);
	f->side.now++;
	look(f);
	assert_int_equal(f->count, 3);
	assert_string_equal(f->handed[2].folder, "b.test/carol/Maildir");
	end(f, &f->handed[0], true);
	end(f, &f->handed[2], true);
	assert_int_equal(side_count(&f->side).deliveries, 0);
}

/* The keeper dies after a poster has linked the file, before it heard of it. */
static void
after_a_crash_an_attempt_counts_as_repeated(void **state)
{
	struct fixture *f = *state;
	struct store_op *op;

	store_for(f, "bob@b.test");
	look(f);
	put_free(&f->put);
	open_put(f);
	op = side_op(&f->side, STORE_LEASE_FREE);
	op->lease_free.node = NODE;
	assert_int_equal(side_do(&f->side, op), STORE_OK);
	store_op_free(&op);
	look(f);
	assert_int_equal(f->count, 2);
	assert_true(f->handed[1].repeated);
	assert_string_equal(f->handed[1].name, f->handed[0].name);
}

static void
a_lease_that_ran_out_counts_as_repeated(void **state)
{
	struct fixture *f = *state;

	store_for(f, "bob@b.test");
	look(f);
	put_free(&f->put);
	open_put(f);
	f->side.now += f->side.settings->lease_time - 1;
	look(f);
	assert_int_equal(f->count, 1);
	f->side.now++;
	look(f);
	assert_int_equal(f->count, 2);
	assert_true(f->handed[1].repeated);
}

static void
answers_about_deliveries_that_are_not_there_are_dropped(void **state)
{
	struct fixture *f = *state;

	store_for(f, "bob@b.test");
	look(f);
	put_ended(f->put, key_new(NOW), true, span_of(""), NOW);
	end(f, &f->handed[0], false);
	end(f, &f->handed[0], true); /* it has ended already */
	assert_int_equal(side_count(&f->side).deliveries, 1);
}

/* A name that can have no folder must not stop the others. */
static void
a_delivery_without_a_folder_does_not_hinder_others(void **state)
{
	struct fixture *f = *state;

	store_for(f, "a/b@b.test");
	store_for(f, "bob@b.test");
	look(f);
	assert_int_equal(f->count, 1);
	assert_string_equal(f->handed[0].folder, "b.test/bob/Maildir");
	assert_int_equal(side_count(&f->side).deliveries, 2);
}

/* ---- many ---- */

static void
no_more_is_under_way_than_the_ceiling(void **state)
{
	struct fixture *f = *state;
	char recipient[32];

	for (unsigned i = 0; i < 200; i++) {
		snprintf(recipient, sizeof recipient, "user%u@b.test", i);
		store_for(f, recipient);
	}
	look(f);
	assert_int_equal(f->count, PUT_UNDER_WAY);
	/* as some end, the others follow without a further word */
	for (unsigned i = 0; i < f->count; i++)
		end(f, &f->handed[i], true);
	assert_int_equal(f->count, 200);
	assert_int_equal(side_count(&f->side).deliveries, 0);
}

/* Content is not read again and again for posters that take none. */
static void
while_nobody_takes_any_no_further_page_is_claimed(void **state)
{
	struct fixture *f = *state;
	char recipient[32];

	for (unsigned i = 0; i < 3 * PUT_PAGE; i++) {
		snprintf(recipient, sizeof recipient, "user%u@b.test", i);
		store_for(f, recipient);
	}
	f->nobody = true;
	look(f);
	assert_in_range(f->asked, 1, PUT_PAGE);
	f->nobody = false;
	f->side.now++;
	look(f);
	assert_int_equal(f->count, 3 * PUT_PAGE);
}

/* ---- a store that is not sure ---- */

/* The file of a name: there once, and a second file of a name that was not
   looked for would be a message delivered twice. */
static bool
in_any_weather_once(uint64_t seed)
{
	struct fixture f;
	unsigned luck = (unsigned)seed;
	bool delivered = false;

	open_at(&f, seed);
	store_for(&f, "bob@b.test");
	for (unsigned i = 0; i < 200; i++) {
		f.count = 0;
		look(&f);
		luck = luck * 1103515245u + 12345u;
		if (f.count > 0) {
			assert_int_equal(f.count, 1);
			assert_true(!delivered || f.handed[0].repeated);
			delivered = delivered || luck / 65536 % 3 != 0;
			if (luck / 65536 % 3 == 2)
				put_lost(f.put, 0, f.side.now);
			else
				end(&f, &f.handed[0], delivered);
		}
		f.side.now += 10 * MINUTE;
	}
	assert_int_equal(side_count(&f.side).deliveries, 0);
	close_all(&f);
	return delivered;
}

static void
in_any_weather_nothing_is_delivered_twice(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++)
		assert_true(in_any_weather_once(seed));
}

#define CASE(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* SM-18 */
static void
whose_it_was_is_told_once_it_is_there(void **state)
{
	struct fixture *f = *state;

	store_for(f, "Bob@b.test");
	look(f);
	end(f, &f->handed[0], false);
	assert_int_equal(f->told, 0);
	f->side.now += PUT_RETRY_FIRST;
	look(f);
	end(f, &f->handed[1], true);
	assert_int_equal(f->told, 1);
	assert_string_equal(f->told_user, "bob@b.test");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_user_has_a_folder_in_that_of_the_domain),
	    cmocka_unit_test(a_hostile_local_part_has_no_folder),
	    cmocka_unit_test(an_octet_zero_ends_no_path),
	    cmocka_unit_test(a_path_that_is_too_long_is_refused_not_cut),
	    CASE(whose_it_was_is_told_once_it_is_there),
	    CASE(a_delivery_is_handed_on_with_its_content),
	    CASE(every_recipient_has_a_delivery_of_its_own),
	    CASE(every_attempt_bears_the_same_name),
	    CASE(pauses_double_up_to_an_hour),
	    CASE(a_delivery_that_nobody_takes_is_tried_at_once_again),
	    CASE(what_cannot_be_delivered_is_tried_later_and_later),
	    CASE(a_poster_that_is_lost_may_have_delivered),
	    CASE(what_another_poster_has_is_not_touched),
	    CASE(after_a_crash_an_attempt_counts_as_repeated),
	    CASE(a_lease_that_ran_out_counts_as_repeated),
	    CASE(answers_about_deliveries_that_are_not_there_are_dropped),
	    CASE(a_delivery_without_a_folder_does_not_hinder_others),
	    CASE(no_more_is_under_way_than_the_ceiling),
	    CASE(while_nobody_takes_any_no_further_page_is_claimed),
	    cmocka_unit_test(in_any_weather_nothing_is_delivered_twice),
	};

	return cmocka_run_group_tests_name("put", tests, NULL, NULL);
}
