/* Mailboxes of self-tests are removed, and nothing else. */
#include "selftest/removal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OURS    "restante-selftest-1"
#define MAIL_ID 64010 /* the user of mail, where the test is root */

struct place {
	char folder[64];
	struct settings *settings;
};

/* A folder, or a file with nothing in it, below PLACE; the mail user's. */
static void
make(const struct place *p, const char *name, bool folder)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", p->folder, name);
	if (folder) {
		assert_int_equal(mkdir(path, 0700), 0);
	} else {
		file = fopen(path, "w");
		assert_non_null(file);
		fclose(file);
	}
	if (geteuid() == 0)
		assert_int_equal(chown(path, MAIL_ID, MAIL_ID), 0);
}

static bool
has(const struct place *p, const char *name)
{
	char path[256];
	struct stat s;

	snprintf(path, sizeof path, "%s/%s", p->folder, name);
	return lstat(path, &s) == 0;
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	char text[256];
	struct err err;

	assert_non_null(p);
	snprintf(p->folder, sizeof p->folder, "/tmp/test-removal.XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(text, sizeof text,
	    "hostname = \"mx.b.test\"\ndomains = {\"b.test\"}\n"
	    "mail = \"%s\"\nmail-user = \"%d:%d\"\n",
	    p->folder, MAIL_ID, MAIL_ID);
	if (settings_parse(span_of(text), "t", &p->settings, &err) != 0)
		fail_msg("%s", err.text);
	make(p, "b.test", true);
	make(p, "b.test/" OURS, true);
	make(p, "b.test/" OURS "/Maildir", true);
	make(p, "b.test/" OURS "/Maildir/new", false);
	make(p, "b.test/bob", true);
	make(p, "b.test/bob/letter", false);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -r -- %s", p->folder);
	assert_int_equal(system(command), 0);
	settings_free(&p->settings);
	free(p);
	return 0;
}

static int
remove_of(const struct place *p, const char *address)
{
	struct err err;

	return removal_mailbox(p->settings, address, &err);
}

static void
the_mailbox_goes_and_all_in_it(void **state)
{
	const struct place *p = *state;

	assert_int_equal(remove_of(p, OURS "@b.test"), 0);
	assert_false(has(p, "b.test/" OURS));
	assert_true(has(p, "b.test/bob/letter"));
	assert_int_equal(remove_of(p, OURS "@b.test"), 0); /* none is there */
	assert_int_equal(remove_of(p, OURS "@none.test"), 0);
}

static void
a_link_in_it_leads_nowhere(void **state)
{
	const struct place *p = *state;
	char path[256];

	snprintf(path, sizeof path, "%s/b.test/%s/link", p->folder, OURS);
	assert_int_equal(symlink("../bob", path), 0);
	assert_int_equal(remove_of(p, OURS "@b.test"), 0);
	assert_false(has(p, "b.test/" OURS));
	assert_true(has(p, "b.test/bob/letter"));
}

static void
nobody_elses_is_touched(void **state)
{
	const struct place *p = *state;
	static const char *const others[] = {"bob@b.test", "bob", "",
	    OURS "/../bob@b.test", OURS "@../b.test", OURS "@.", "@b.test"};

	for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(remove_of(p, others[i]), -E_SYNTAX);
	assert_true(has(p, "b.test/bob/letter"));
	assert_true(has(p, "b.test/" OURS "/Maildir/new"));
}

/* As root it is removed by the mail's own user, who may not remove this. */
static void
what_is_not_the_mail_users_stays(void **state)
{
	const struct place *p = *state;
	char path[256];

	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof path, "%s/b.test/%s/Maildir", p->folder, OURS);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(remove_of(p, OURS "@b.test"), -E_SYSTEM);
	assert_true(has(p, "b.test/" OURS "/Maildir/new"));
}

static void
those_of_other_tests_go_and_the_own_stays(void **state)
{
	const struct place *p = *state;
	struct err err;

	make(p, "b.test/restante-selftest-2", true);
	assert_int_equal(
	    removal_left_overs(p->settings, OURS "@b.test", &err), 0);
	assert_false(has(p, "b.test/restante-selftest-2"));
	assert_true(has(p, "b.test/" OURS "/Maildir/new"));
	assert_true(has(p, "b.test/bob/letter"));
	assert_int_equal(
	    removal_left_overs(p->settings, OURS "@none.test", &err), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(the_mailbox_goes_and_all_in_it),
	    TEST(a_link_in_it_leads_nowhere),
	    TEST(nobody_elses_is_touched),
	    TEST(what_is_not_the_mail_users_stays),
	    TEST(those_of_other_tests_go_and_the_own_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
