/* Reading a Maildir, in a folder of its own below /tmp. */
#include "mailbox/maildir_read.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OURS "1800000000.R00112233445566778899aabbccddeeff.restante"

struct fixture {
	char place[64];
	int root;
	struct maildir *maildir;
	struct maildir_names names;
	struct err err;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	snprintf(f->place, sizeof f->place, "/tmp/restante-read-XXXXXX");
	assert_non_null(mkdtemp(f->place));
	f->root = open(f->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(maildir_open(f->root, "box", &f->maildir, &f->err), 0);
	*state = f;
	return 0;
}

static int
remove_one(
    const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	maildir_names_free(&f->names);
	maildir_close(&f->maildir);
	close(f->root);
	nftw(f->place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static void
put(struct fixture *f, const char *path)
{
	char name[512];
	int fd;

	snprintf(name, sizeof name, "box/%s", path);
	fd = openat(f->root, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, path, strlen(path)), strlen(path));
	close(fd);
}

static void
look(struct fixture *f)
{
	maildir_names_free(&f->names);
	assert_int_equal(maildir_names_read(f->maildir, &f->names, &f->err), 0);
}

static void
what_is_there_is_told_in_order(void **state)
{
	struct fixture *f = *state;

	look(f);
	assert_int_equal(f->names.n, 0);
	put(f, "cur/3.c:2,S");
	put(f, "new/1.a");
	put(f, "cur/2.b:2,");
	put(f, "new/.hidden");
	look(f);
	assert_int_equal(f->names.n, 3);
	assert_string_equal(f->names.v[0].text, "1.a");
	assert_string_equal(f->names.v[1].text, "2.b:2,");
	assert_string_equal(f->names.v[2].text, "3.c:2,S");
	assert_true(f->names.v[0].in_new);
	assert_false(maildir_name_is_seen(&f->names.v[1]));
	assert_true(maildir_name_is_seen(&f->names.v[2]));
	assert_int_equal(maildir_name_time("1800000000.R0.x"), 1800000000);
	assert_int_equal(maildir_name_time("x.1"), 0);
}

static void
a_list_goes_on_behind_a_name_that_has_gone(void **state)
{
	struct fixture *f = *state;

	put(f, "cur/1.a:2,S");
	put(f, "new/1.a.b");
	put(f, "new/4.d");
	look(f);
	assert_int_equal(maildir_names_after(&f->names, span_of("")), 0);
	assert_int_equal(maildir_names_after(&f->names, span_of("1.a")), 1);
	assert_int_equal(maildir_names_after(&f->names, span_of("3.c")), 2);
	assert_int_equal(maildir_names_after(&f->names, span_of("4.d")), 3);
}

/* A reader moved it while the two folders were looked at. */
static void
what_is_met_twice_is_told_once(void **state)
{
	struct fixture *f = *state;

	put(f, "new/1.a");
	put(f, "cur/1.a:2,S");
	put(f, "cur/2.b:2,S");
	look(f);
	assert_int_equal(f->names.n, 2);
}

static void
a_key_is_that_of_our_delivery_and_outlives_flags(void **state)
{
	struct key key;

	(void)state;
	assert_int_equal(
	    key_parse(span_of("00112233445566778899aabbccddeeff"), &key), 0);
	assert_true(key_equals(maildir_name_key(OURS), key));
	assert_true(key_equals(maildir_name_key(OURS ":2,FS"), key));
	assert_true(key_equals(
	    maildir_name_key("1.other"), maildir_name_key("1.other:2,S")));
	assert_false(key_equals(
	    maildir_name_key("1.other"), maildir_name_key("2.other")));
}

static void
one_is_opened_and_removed_by_its_key(void **state)
{
	struct fixture *f = *state;
	struct key key = maildir_name_key(OURS);
	char text[16];
	int fd;

	assert_int_equal(maildir_key_open(f->maildir, key, &f->err), -E_NONE);
	put(f, "cur/" OURS ":2,S");
	put(f, "new/1.other");
	fd = maildir_key_open(f->maildir, key, &f->err);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, 4), 4);
	assert_memory_equal(text, "cur/", 4);
	close(fd);
	assert_int_equal(maildir_key_remove(f->maildir, key, &f->err), 0);
	assert_int_equal(maildir_key_remove(f->maildir, key, &f->err), -E_NONE);
	look(f);
	assert_int_equal(f->names.n, 1);
}

/* Neither a way out of the mailbox, nor something that makes us wait. */
static void
only_plain_files_are_opened(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(symlinkat("/etc/passwd", f->root, "box/new/1.l"), 0);
	assert_int_equal(mkfifoat(f->root, "box/new/2.p", 0600), 0);
	look(f);
	assert_int_equal(f->names.n, 2);
	assert_true(maildir_name_open(f->maildir, &f->names.v[0]) < 0);
	assert_true(maildir_name_open(f->maildir, &f->names.v[1]) < 0);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(what_is_there_is_told_in_order),
	    CASE(a_list_goes_on_behind_a_name_that_has_gone),
	    CASE(what_is_met_twice_is_told_once),
	    CASE(a_key_is_that_of_our_delivery_and_outlives_flags),
	    CASE(one_is_opened_and_removed_by_its_key),
	    CASE(only_plain_files_are_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
