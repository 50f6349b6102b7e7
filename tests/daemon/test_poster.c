/* The poster as a whole, when a body does not reach it. */
#include "single.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int
set_up(void **state)
{
	struct single *s = malloc(sizeof *s);

	assert_non_null(s);
	single_open(s, &poster_program);
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	single_close(*state);
	free(*state);
	return 0;
}

static void
bring_body(struct single *s, struct span octets)
{
	struct message m;

	message_init(&m, MESSAGE_POST_BODY);
	m.post_body.delivery.b[0] = 1;
	m.post_body.octets = octets;
	single_hear(s, ROLE_KEEPER, &m);
}

/* What became of it: an outcome as in POSTED. */
static uint64_t
post(struct single *s)
{
	struct message m;

	message_init(&m, MESSAGE_POST);
	m.post.delivery.b[0] = 1;
	m.post.folder = span_of("bob");
	m.post.name = span_of("1.bob");
	m.post.head = span_of("Subject: minutes\r\n\r\n");
	s->sent[MESSAGE_POSTED] = 0;
	single_hear(s, ROLE_KEEPER, &m);
	single_run(s);
	assert_int_equal(s->sent[MESSAGE_POSTED], 1);
	return s->last[MESSAGE_POSTED].posted.outcome;
}

static unsigned
delivered(void)
{
	DIR *new = opendir("bob/new");
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(new);
	while ((entry = readdir(new)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(new);
	return n;
}

static void
a_body_is_delivered(void **state)
{
	bring_body(*state, span_of("Here they are.\r\n"));
	assert_int_equal(post(*state), 0);
	assert_int_equal(delivered(), 1);
}

/* More than there is room for is the same as no memory for it. */
static void
a_message_whose_body_was_not_kept_is_not_delivered_without_it(void **state)
{
	static char octets[MESSAGE_CONTENT_MAX + 1];

	memset(octets, 'x', sizeof octets);
	bring_body(*state, span_make(octets, sizeof octets));
	assert_int_equal(post(*state), E_NOMEM);
	assert_int_equal(delivered(), 0);
}

/* The same again without its body: it would be an empty one. */
static void
a_body_serves_one_delivery(void **state)
{
	bring_body(*state, span_of("Here they are.\r\n"));
	assert_int_equal(post(*state), 0);
	assert_int_equal(rename("bob/new", "bob/read"), 0);
	assert_int_equal(mkdir("bob/new", 0700), 0);
	assert_int_equal(post(*state), E_SYNTAX);
	assert_int_equal(delivered(), 0);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(a_body_is_delivered),
	    CASE(a_message_whose_body_was_not_kept_is_not_delivered_without_it),
	    CASE(a_body_serves_one_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
