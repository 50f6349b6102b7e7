/* The poster as a whole: when a body does not reach it, and mailboxes. */
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

/* ---- stubs ---- */

/* What a stranger's envelope says is read here; the keeper only passes it on.
 */
static void
post_stub(struct single *s, const char *envelope)
{
	struct message m;

	message_init(&m, MESSAGE_POST_STUB);
	m.post_stub.notice.b[0] = 2;
	m.post_stub.folder = span_of("bob");
	m.post_stub.name = span_of("1.S2.restante");
	m.post_stub.token = span_of("token-1");
	m.post_stub.reply_to = span_of("answer+token-1@b.test");
	m.post_stub.user = span_of("bob@b.test");
	m.post_stub.sender = span_of("alice@a.test");
	m.post_stub.server = span_of("mx.a.test");
	m.post_stub.subject = span_of("Minutes");
	m.post_stub.created = 1795341600;
	m.post_stub.envelope = span_of(envelope);
	s->sent[MESSAGE_POSTED] = 0;
	single_hear(s, ROLE_KEEPER, &m);
	single_run(s);
	assert_int_equal(s->sent[MESSAGE_POSTED], 1);
	assert_int_equal(s->last[MESSAGE_POSTED].posted.outcome, 0);
	assert_int_equal(s->last[MESSAGE_POSTED].posted.delivery.b[0], 2);
}

/* Are these octets in the file? */
static bool
stub_has(const char *octets)
{
	char text[65536];
	FILE *file = fopen("bob/new/1.S2.restante", "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = '\0';
	return strstr(text, octets) != NULL;
}

static void
a_stub_is_made_and_put(void **state)
{
	post_stub(*state, "From: alice@a.test\r\n"
			  "Subject: Minutes of Monday\r\n\r\nHello.\r\n");
	assert_int_equal(delivered(), 1);
	assert_true(stub_has("X-Restante-Envelope: token-1\n"));
	assert_true(stub_has("Minutes of Monday"));
	assert_true(stub_has("answer+token-1@b.test"));
}

/* What is malformed is as if it had not been sent: the notice itself is told.
 */
static void
a_stub_is_made_without_an_envelope_that_is_none(void **state)
{
	post_stub(*state, "\xff\x00 no envelope");
	assert_int_equal(delivered(), 1);
	assert_true(stub_has("X-Restante-Envelope: token-1\n"));
	assert_true(stub_has("Minutes"));
}

/* ---- mailboxes, for their users ---- */

#define KEY_TEXT_1 "00112233445566778899aabbccddeeff"
#define KEY_TEXT_2 "ffeeddccbbaa99887766554433221100"

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
}

static void
make_box(void)
{
	assert_int_equal(mkdir("bob", 0700), 0);
	assert_int_equal(mkdir("bob/tmp", 0700), 0);
	assert_int_equal(mkdir("bob/new", 0700), 0);
	assert_int_equal(mkdir("bob/cur", 0700), 0);
}

static const struct message_box_listed *
list(struct single *s, const char *after)
{
	struct message m;

	message_init(&m, MESSAGE_BOX_LIST);
	m.box_list.question = 7;
	m.box_list.folder = span_of("bob");
	m.box_list.after = span_of(after);
	s->sent[MESSAGE_BOX_ITEM] = s->sent[MESSAGE_BOX_LISTED] = 0;
	single_hear(s, ROLE_KEEPER, &m);
	assert_int_equal(s->sent[MESSAGE_BOX_LISTED], 1);
	return &s->last[MESSAGE_BOX_LISTED].box_listed;
}

static uint64_t
open_one(struct single *s, const char *key)
{
	struct message m;

	message_init(&m, MESSAGE_BOX_OPEN);
	m.box_open.folder = span_of("bob");
	assert_int_equal(key_parse(span_of(key), &m.box_open.key), 0);
	single_hear(s, ROLE_KEEPER, &m);
	return s->last[MESSAGE_BOX_OPENED].box_opened.outcome;
}

static void
a_mailbox_is_listed_page_by_page(void **state)
{
	struct single *s = *state;
	const struct message_box_listed *end;
	char path[64], last[64];

	make_box();
	for (unsigned i = 0; i < 120; i++) {
		snprintf(path, sizeof path, "bob/%s/%u.x%s",
		    i % 2 == 0 ? "new" : "cur", 1800000000 + i,
		    i % 2 == 0 ? "" : ":2,S");
		put(path, "Return-Path: <a@a.test>\nSubject: x\n\nHere.\n");
	}
	end = list(s, "");
	assert_int_equal(s->sent[MESSAGE_BOX_ITEM], 50);
	assert_int_equal(end->outcome, 0);
	assert_true(end->more);
	assert_int_equal(s->last[MESSAGE_BOX_ITEM].box_item.time, 1800000049);
	assert_true(s->last[MESSAGE_BOX_ITEM].box_item.seen);
	end = list(s, "1800000049.x");
	assert_int_equal(s->sent[MESSAGE_BOX_ITEM], 50);
	snprintf(last, sizeof last, "%u.x", 1800000099);
	end = list(s, last);
	assert_int_equal(s->sent[MESSAGE_BOX_ITEM], 20);
	assert_false(end->more);
	assert_false(s->last[MESSAGE_BOX_ITEM].box_item.size == 0);
}

static void
a_page_that_does_not_get_through_is_told(void **state)
{
	struct single *s = *state;

	make_box();
	put("bob/new/1.x", "Subject: x\n\n");
	s->refuse[MESSAGE_BOX_ITEM] = true;
	assert_int_not_equal(list(s, "")->outcome, 0);
	s->refuse[MESSAGE_BOX_ITEM] = false;
	assert_int_equal(list(s, "")->outcome, 0);
}

/* SM-25: what we wrote at its delivery says which notice it came by; what
   somebody else wrote does not. */
static void
the_key_of_a_message_is_read_from_our_own_trace(void **state)
{
	struct single *s = *state;
	struct key key;

	make_box();
	put("bob/new/1.R" KEY_TEXT_1 ".restante",
	    "Return-Path: <a@a.test>\n"
	    "Received: from a.test ([192.0.2.1])\n\tby mx.a.test with GDEL "
	    "id " KEY_TEXT_2 ";\n\tthen\n\nHere.\n");
	assert_int_equal(open_one(s, KEY_TEXT_1), 0);
	assert_int_equal(key_parse(span_of(KEY_TEXT_2), &key), 0);
	assert_true(
	    key_equals(s->last[MESSAGE_BOX_OPENED].box_opened.message, key));
	assert_int_equal(open_one(s, KEY_TEXT_2), E_NONE);
	put("bob/new/1.R" KEY_TEXT_1 ".restante",
	    "Received: by other.test with GDEL id " KEY_TEXT_2 "; x\n\n");
	assert_int_equal(open_one(s, KEY_TEXT_1), 0);
	assert_true(
	    key_is_zero(s->last[MESSAGE_BOX_OPENED].box_opened.message));
}

static void
a_message_is_removed_once(void **state)
{
	struct single *s = *state;
	struct message m;

	make_box();
	put("bob/cur/1.R" KEY_TEXT_1 ".restante:2,S", "Here.\n");
	message_init(&m, MESSAGE_BOX_REMOVE);
	m.box_remove.folder = span_of("bob");
	assert_int_equal(key_parse(span_of(KEY_TEXT_1), &m.box_remove.key), 0);
	single_hear(s, ROLE_KEEPER, &m);
	assert_int_equal(s->last[MESSAGE_BOX_REMOVED].box_removed.outcome, 0);
	single_hear(s, ROLE_KEEPER, &m);
	assert_int_equal(
	    s->last[MESSAGE_BOX_REMOVED].box_removed.outcome, E_NONE);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(a_body_is_delivered),
	    CASE(a_message_whose_body_was_not_kept_is_not_delivered_without_it),
	    CASE(a_body_serves_one_delivery),
	    CASE(a_stub_is_made_and_put),
	    CASE(a_stub_is_made_without_an_envelope_that_is_none),
	    CASE(a_mailbox_is_listed_page_by_page),
	    CASE(a_page_that_does_not_get_through_is_told),
	    CASE(the_key_of_a_message_is_read_from_our_own_trace),
	    CASE(a_message_is_removed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
