/* Delivery into Maildirs, in a folder of its own below /tmp. */
#include "mailbox/maildir.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH "b.test/bob/Maildir"

static char place[] = "/tmp/restante-maildir-XXXXXX";
static int root = -1;

static int
set_up(void **state)
{
	(void)state;
	memcpy(place + strlen(place) - 6, "XXXXXX", 6);
	if (mkdtemp(place) == NULL)
		return -1;
	root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
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
	(void)state;
	(void)close(root);
	return nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct maildir *
open_maildir(void)
{
	struct maildir *m = NULL;
	struct err err;

	assert_int_equal(maildir_open(root, PATH, &m, &err), 0);
	return m;
}

static bool
exists(const char *path)
{
	struct stat status;

	return fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned
mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW), 0);
	return status.st_mode & 07777;
}

/* How many names there are in a folder of the Maildir. */
static int
count(const char *folder)
{
	char path[100];
	struct dirent *entry;
	DIR *d;
	int n = 0;

	(void)snprintf(path, sizeof path, "%s/" PATH "/%s", place, folder);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void
assert_content(const char *path, struct span expected)
{
	static char text[100000];
	const int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = read(fd, text, sizeof text);

	assert_true(n >= 0);
	assert_true(span_equals(span_make(text, (size_t)n), expected));
	(void)close(fd);
}

static struct maildir_delivery *
begin(struct maildir *m, const char *name)
{
	struct maildir_delivery *d = NULL;
	struct err err;

	assert_int_equal(maildir_begin(m, name, false, &d, &err), 0);
	return d;
}

static void
deliver(struct maildir *m, const char *name, struct span octets)
{
	struct maildir_delivery *d = begin(m, name);
	struct err err;

	assert_int_equal(maildir_append(d, octets), 0);
	assert_int_equal(maildir_sync(d, &err), 0);
	assert_int_equal(maildir_commit(d, &err), 0);
	maildir_free(&d);
	assert_null(d);
	assert_int_equal(maildir_settle(m, &err), 0);
}

static void
folders_are_made_for_nobody_else(void **state)
{
	struct maildir *m = open_maildir();

	(void)state;
	assert_int_equal(mode_of("b.test"), 0700);
	assert_int_equal(mode_of("b.test/bob"), 0700);
	assert_int_equal(mode_of(PATH), 0700);
	assert_int_equal(mode_of(PATH "/tmp"), 0700);
	assert_int_equal(mode_of(PATH "/new"), 0700);
	assert_int_equal(mode_of(PATH "/cur"), 0700);
	maildir_close(&m);
	assert_null(m);
	m = open_maildir();
	maildir_close(&m);
	maildir_close(&m);
}

static void
paths_that_could_leave_the_root_are_refused(void **state)
{
	static const char *const broken[] = {"", "/", "/etc", "..", "../x",
	    "a/../b", "a/..", ".", "./a", "a/./b", "a//b", "a/", "a\nb",
	    "a\x7f"};
	struct maildir *m = NULL;
	struct err err;
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
		    maildir_open(root, broken[i], &m, &err), -E_SYNTAX);
	memset(text, 'x', sizeof text);
	text[256] = '\0';
	assert_int_equal(maildir_open(root, text, &m, &err), -E_SYNTAX);
	text[255] = '\0';
	assert_int_equal(maildir_open(root, text, &m, &err), 0);
	maildir_close(&m);
	assert_int_equal(maildir_open(root, "a/.Waiting", &m, &err), 0);
	maildir_close(&m);
}

static void
links_are_never_followed(void **state)
{
	struct maildir *m = open_maildir();
	struct err err;

	(void)state;
	maildir_close(&m);
	assert_int_equal(symlinkat("b.test", root, "c.test"), 0);
	assert_int_equal(
	    maildir_open(root, "c.test/bob/Maildir", &m, &err), -E_SYSTEM);
	assert_int_equal(symlinkat(".", root, "b.test/link"), 0);
	assert_int_equal(
	    maildir_open(root, "b.test/link", &m, &err), -E_SYSTEM);
	assert_int_equal(unlinkat(root, PATH "/new", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("cur", root, PATH "/new"), 0);
	assert_int_equal(maildir_open(root, PATH, &m, &err), -E_SYSTEM);
	assert_null(m);
}

static void
a_file_in_the_place_of_a_folder_is_an_error(void **state)
{
	const int fd = openat(root, "b.test", O_CREAT | O_WRONLY, 0600);
	struct maildir *m = NULL;
	struct err err;

	(void)state;
	assert_int_equal(close(fd), 0);
	assert_int_equal(maildir_open(root, PATH, &m, &err), -E_SYSTEM);
	assert_null(m);
}

static void
a_message_is_in_tmp_until_it_is_committed(void **state)
{
	struct maildir *m = open_maildir();
	struct maildir_delivery *d = begin(m, "1.m");
	struct err err;

	(void)state;
	assert_true(exists(PATH "/tmp/1.m"));
	assert_int_equal(mode_of(PATH "/tmp/1.m"), 0600);
	assert_int_equal(maildir_append(d, span_of("a\r\n")), 0);
	assert_int_equal(maildir_commit(d, &err), -E_STATE);
	assert_int_equal(count("new"), 0);
	assert_int_equal(maildir_sync(d, &err), 0);
	assert_int_equal(count("new"), 0);
	assert_int_equal(maildir_commit(d, &err), 0);
	assert_int_equal(count("tmp"), 0);
	assert_int_equal(mode_of(PATH "/new/1.m"), 0600);
	maildir_free(&d);
	assert_int_equal(maildir_settle(m, &err), 0);
	assert_content(PATH "/new/1.m", span_of("a\n"));
	maildir_close(&m);
}

static void
line_ends_are_stored_as_lf_however_they_arrive(void **state)
{
	const struct span message =
	    span_of("A: b\r\n\r\n.dot\r\n\r\n\r\nbare\rreturn\r\r\nend\r");
	const struct span stored =
	    span_of("A: b\n\n.dot\n\n\nbare\rreturn\r\nend\r");
	struct maildir *m = open_maildir();

	(void)state;
	for (size_t step = 1; step <= message.n; step++) {
		struct maildir_delivery *d;
		struct err err;
		char path[100], name[20];

		(void)snprintf(name, sizeof name, "%zu.m", step);
		(void)snprintf(path, sizeof path, PATH "/new/%s", name);
		d = begin(m, name);
		for (size_t at = 0; at < message.n; at += step)
			assert_int_equal(
			    maildir_append(d, span_part(message, at, step)), 0);
		assert_int_equal(maildir_sync(d, &err), 0);
		assert_int_equal(maildir_commit(d, &err), 0);
		maildir_free(&d);
		assert_content(path, stored);
	}
	maildir_close(&m);
}

static void
messages_larger_than_the_buffer_are_whole(void **state)
{
	static char sent[90000], stored[90000];
	struct maildir *m = open_maildir();
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof sent; i++) {
		sent[i] = "0123456789abcde\r\n"[i % 17];
		if (sent[i] != '\r' || i + 1 == sizeof sent)
			stored[n++] = sent[i];
	}
	deliver(m, "large", span_make(sent, sizeof sent));
	assert_content(PATH "/new/large", span_make(stored, n));
	deliver(m, "empty", span_of(NULL));
	assert_content(PATH "/new/empty", span_of(""));
	maildir_close(&m);
}

static void
what_was_not_committed_leaves_nothing(void **state)
{
	struct maildir *m = open_maildir();
	struct maildir_delivery *d = begin(m, "1.m"), *e = begin(m, "2.m");
	struct err err;

	(void)state;
	assert_int_equal(maildir_append(d, span_of("half")), 0);
	assert_int_equal(maildir_sync(e, &err), 0);
	maildir_free(&d);
	maildir_free(&e);
	maildir_free(&e);
	assert_int_equal(count("tmp"), 0);
	assert_int_equal(count("new"), 0);
	maildir_close(&m);
}

static void
what_a_dead_attempt_left_in_tmp_is_replaced(void **state)
{
	struct maildir *m = open_maildir();
	const int fd = openat(root, PATH "/tmp/1.m", O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_int_equal(write(fd, "left over from before", 21), 21);
	assert_int_equal(close(fd), 0);
	deliver(m, "1.m", span_of("new\r\n"));
	assert_content(PATH "/new/1.m", span_of("new\n"));
	maildir_close(&m);
}

static void
a_link_in_tmp_is_replaced_and_not_written_through(void **state)
{
	struct maildir *m = open_maildir();
	const int fd = openat(root, "victim", O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_int_equal(close(fd), 0);
	assert_int_equal(
	    symlinkat("../../../../victim", root, PATH "/tmp/1.m"), 0);
	deliver(m, "1.m", span_of("text"));
	assert_content("victim", span_of(""));
	assert_content(PATH "/new/1.m", span_of("text"));
	maildir_close(&m);
}

/* A repeated delivery of NAME while PLACED is there. */
static void
expect_repeated(
    struct maildir *m, const char *placed, const char *name, int expected)
{
	struct maildir_delivery *d = NULL;
	const int fd = openat(root, placed, O_CREAT | O_WRONLY, 0600);
	struct err err;

	assert_int_equal(close(fd), 0);
	assert_int_equal(maildir_begin(m, name, true, &d, &err), expected);
	assert_int_equal(d == NULL, expected < 0);
	maildir_free(&d);
	assert_int_equal(maildir_settle(m, &err), 0);
	assert_int_equal(unlinkat(root, placed, 0), 0);
	assert_int_equal(count("tmp"), 0);
}

/* AT-14 */
static void
a_repeated_delivery_is_found_wherever_the_reader_put_it(void **state)
{
	struct maildir *m = open_maildir();

	(void)state;
	expect_repeated(m, PATH "/new/1.m", "1.m", -E_EXISTS);
	expect_repeated(m, PATH "/cur/1.m", "1.m", -E_EXISTS);
	expect_repeated(m, PATH "/cur/1.m:2,", "1.m", -E_EXISTS);
	expect_repeated(m, PATH "/cur/1.m:2,FRS", "1.m", -E_EXISTS);
	expect_repeated(m, PATH "/cur/1.m2", "1.m", 0);
	expect_repeated(m, PATH "/cur/1.m:1,S", "1.m", 0);
	expect_repeated(m, PATH "/cur/1.", "1.m", 0);
	expect_repeated(m, PATH "/new/1.m:2,S", "1.m", 0);
	maildir_close(&m);
}

static void
a_first_delivery_does_not_search(void **state)
{
	struct maildir *m = open_maildir();
	struct maildir_delivery *d;

	(void)state;
	deliver(m, "1.m", span_of("a"));
	d = begin(m, "1.m");
	maildir_free(&d);
	assert_int_equal(count("new"), 1);
	maildir_close(&m);
}

static void
a_name_that_is_taken_is_not_overwritten(void **state)
{
	struct maildir *m = open_maildir();
	struct maildir_delivery *d;
	struct err err;

	(void)state;
	deliver(m, "1.m", span_of("first"));
	d = begin(m, "1.m");
	assert_int_equal(maildir_append(d, span_of("second")), 0);
	assert_int_equal(maildir_sync(d, &err), 0);
	assert_int_equal(maildir_commit(d, &err), -E_EXISTS);
	maildir_free(&d);
	assert_content(PATH "/new/1.m", span_of("first"));
	assert_int_equal(count("tmp"), 0);
	maildir_close(&m);
}

static void
names_are_letters_digits_and_few_marks(void **state)
{
	static const char *const broken[] = {"", ".", "..", ".a", "a/b",
	    "a:2,S", "a b", "a\n", "\xc3\xa1", "../a"};
	struct maildir *m = open_maildir();
	struct maildir_delivery *d = NULL;
	struct err err;
	char name[202];

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(
		    maildir_begin(m, broken[i], false, &d, &err), -E_SYNTAX);
	memset(name, 'x', sizeof name);
	name[201] = '\0';
	assert_int_equal(maildir_begin(m, name, false, &d, &err), -E_SYNTAX);
	name[200] = '\0';
	d = begin(m, name);
	maildir_free(&d);
	d = begin(m, "AZaz09.-_");
	maildir_free(&d);
	maildir_close(&m);
}

static void
many_deliveries_run_beside_each_other(void **state)
{
	struct maildir_delivery *all[20];
	struct maildir *m = open_maildir();
	struct err err;
	char name[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof name, "%d.m", i);
		all[i] = begin(m, name);
		assert_int_equal(maildir_append(all[i], span_of(name)), 0);
	}
	for (int i = 0; i < 20; i++)
		assert_int_equal(maildir_sync(all[i], &err), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(maildir_commit(all[i], &err), 0);
	assert_int_equal(maildir_settle(m, &err), 0);
	for (int i = 0; i < 20; i++)
		maildir_free(&all[i]);
	assert_int_equal(count("new"), 20);
	assert_content(PATH "/new/7.m", span_of("7.m"));
	maildir_close(&m);
}

static void
a_folder_that_went_away_is_an_error_that_stays(void **state)
{
	struct maildir *m = open_maildir();
	struct maildir_delivery *d = begin(m, "1.m");
	struct err err;

	(void)state;
	assert_int_equal(maildir_sync(d, &err), 0);
	assert_int_equal(unlinkat(root, PATH "/new", AT_REMOVEDIR), 0);
	assert_int_equal(maildir_commit(d, &err), -E_SYSTEM);
	assert_non_null(strstr(err.text, "new/1.m"));
	maildir_free(&d);
	assert_int_equal(count("tmp"), 0);
	maildir_close(&m);
}

static void
a_failed_write_is_told_by_all_that_follows(void **state)
{
	static char text[40000];
	struct rlimit before, small;
	struct maildir *m = open_maildir();
	struct maildir_delivery *d = begin(m, "1.m");
	struct err err = {0};

	(void)state;
	memset(text, 'x', sizeof text);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(
	    maildir_append(d, span_make(text, sizeof text)), -E_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(maildir_append(d, span_of("more")), -E_SYSTEM);
	assert_int_equal(maildir_sync(d, &err), -E_SYSTEM);
	assert_non_null(strstr(err.text, "tmp/1.m"));
	assert_int_equal(maildir_commit(d, &err), -E_SYSTEM);
	maildir_free(&d);
	assert_int_equal(count("tmp"), 0);
	assert_int_equal(count("new"), 0);
	maildir_close(&m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(folders_are_made_for_nobody_else),
	    TEST(paths_that_could_leave_the_root_are_refused),
	    TEST(links_are_never_followed),
	    TEST(a_file_in_the_place_of_a_folder_is_an_error),
	    TEST(a_message_is_in_tmp_until_it_is_committed),
	    TEST(line_ends_are_stored_as_lf_however_they_arrive),
	    TEST(messages_larger_than_the_buffer_are_whole),
	    TEST(what_was_not_committed_leaves_nothing),
	    TEST(what_a_dead_attempt_left_in_tmp_is_replaced),
	    TEST(a_link_in_tmp_is_replaced_and_not_written_through),
	    TEST(a_repeated_delivery_is_found_wherever_the_reader_put_it),
	    TEST(a_first_delivery_does_not_search),
	    TEST(a_name_that_is_taken_is_not_overwritten),
	    TEST(names_are_letters_digits_and_few_marks),
	    TEST(many_deliveries_run_beside_each_other),
	    TEST(a_folder_that_went_away_is_an_error_that_stays),
	    TEST(a_failed_write_is_told_by_all_that_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
