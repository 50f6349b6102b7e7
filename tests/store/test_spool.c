/* Names and folders of spooled bodies. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "store/spool.h"

struct spool {
	char folder[64];
	int fd;
};

static int
set_up(void **state)
{
	static struct spool s;

	snprintf(s.folder, sizeof s.folder, "/tmp/restante-spool-XXXXXX");
	assert_non_null(mkdtemp(s.folder));
	s.fd = open(s.folder, O_RDONLY | O_DIRECTORY);
	assert_true(s.fd >= 0);
	assert_int_equal(spool_prepare(s.fd, NULL), 0);
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	struct spool *s = *state;

	for (unsigned i = 0; i < 256; i++) {
		char path[80];

		snprintf(path, sizeof path, "%s/%02x", s->folder, i);
		fixture_remove_folder(path);
	}
	fixture_remove_folder(s->folder);
	close(s->fd);
	return 0;
}

static void
make(const struct spool *s, unsigned number)
{
	int fd;

	assert_int_equal(spool_create(s->fd, key_of(number), &fd, NULL), 0);
	assert_int_equal(write(fd, "body", 4), 4);
	close(fd);
}

static void
a_body_is_made_once_and_read_back(void **state)
{
	const struct spool *s = *state;
	char octets[8];
	struct stat st;
	int fd;

	make(s, 0x1234);
	assert_int_equal(
	    spool_create(s->fd, key_of(0x1234), &fd, NULL), -E_EXISTS);
	assert_int_equal(spool_open(s->fd, key_of(0x1234), &fd, NULL), 0);
	assert_int_equal(read(fd, octets, sizeof octets), 4);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	close(fd);
	assert_int_equal(fstatat(s->fd, "34/00000000000000000000000000001234",
			     &st, AT_SYMLINK_NOFOLLOW),
	    0);
}

static void
preparing_again_changes_nothing(void **state)
{
	const struct spool *s = *state;
	int fd;

	make(s, 1);
	assert_int_equal(spool_prepare(s->fd, NULL), 0);
	assert_int_equal(spool_open(s->fd, key_of(1), &fd, NULL), 0);
	close(fd);
	assert_int_equal(spool_folder(s->fd, key_of(1), &fd, NULL), 0);
	assert_int_equal(fsync(fd), 0);
	close(fd);
}

static void
a_removed_body_is_gone_and_may_be_removed_again(void **state)
{
	const struct spool *s = *state;
	int fd;

	make(s, 1);
	assert_int_equal(spool_remove(s->fd, key_of(1), NULL), 0);
	assert_int_equal(spool_remove(s->fd, key_of(1), NULL), 0);
	assert_int_equal(spool_open(s->fd, key_of(1), &fd, NULL), -E_NONE);
}

static void
a_link_is_not_followed(void **state)
{
	const struct spool *s = *state;
	int fd;

	assert_int_equal(symlinkat("/etc/passwd", s->fd,
			     "01/00000000000000000000000000000001"),
	    0);
	assert_int_equal(spool_open(s->fd, key_of(1), &fd, NULL), -E_SYSTEM);
	assert_int_equal(spool_create(s->fd, key_of(1), &fd, NULL), -E_EXISTS);
	assert_int_equal(unlinkat(s->fd, "02", AT_REMOVEDIR), 0);
	assert_int_equal(symlinkat("/tmp", s->fd, "02"), 0);
	assert_int_equal(spool_create(s->fd, key_of(2), &fd, NULL), -E_SYSTEM);
	assert_int_equal(unlinkat(s->fd, "02", 0), 0);
}

struct seen {
	unsigned count, stop_at;
	bool known[8];
};

static int
note_body(void *arg, struct key message, int64_t changed)
{
	struct seen *seen = arg;

	assert_true(changed > 0);
	seen->count++;
	seen->known[message.b[15] & 7] = true;
	return seen->count == seen->stop_at ? -E_AGAIN : 0;
}

static void
make_strange(const struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void
a_walk_sees_bodies_and_counts_what_is_none(void **state)
{
	const struct spool *s = *state;
	struct seen seen = {0};
	unsigned folder = 0, strange;

	make(s, 1);
	make(s, 2);
	make(s, 0x107);
	make_strange(s, "01/README");
	make_strange(s, "01/00000000000000000000000000000002"); /* not 02 */
	make_strange(s, "01/0000000000000000000000000000000A"); /* not ours */
	assert_int_equal(
	    mkdirat(s->fd, "03/00000000000000000000000000000003", 0700), 0);
	assert_int_equal(
	    spool_walk(s->fd, &folder, note_body, &seen, &strange, NULL), 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(strange, 4);
	assert_true(seen.known[1] && seen.known[2] && seen.known[7]);
	unlinkat(s->fd, "03/00000000000000000000000000000003", AT_REMOVEDIR);
}

static void
a_walk_ends_when_it_is_told_to(void **state)
{
	const struct spool *s = *state;
	struct seen seen = {.stop_at = 2};
	unsigned folder = 0, strange;

	make(s, 1);
	make(s, 2);
	make(s, 3);
	assert_int_equal(
	    spool_walk(s->fd, &folder, note_body, &seen, &strange, NULL),
	    -E_AGAIN);
	assert_int_equal(seen.count, 2);
}

/* What was seen of that folder is seen again, and nothing in front of it. */
static void
a_walk_goes_on_in_the_folder_where_it_ended(void **state)
{
	const struct spool *s = *state;
	struct seen seen = {.stop_at = 2};
	unsigned folder = 0, strange;

	make(s, 1);
	make(s, 2);
	make(s, 3);
	assert_int_equal(
	    spool_walk(s->fd, &folder, note_body, &seen, &strange, NULL),
	    -E_AGAIN);
	seen = (struct seen){0};
	assert_int_equal(
	    spool_walk(s->fd, &folder, note_body, &seen, &strange, NULL), 0);
	assert_int_equal(seen.count, 2);
	assert_true(seen.known[2] && seen.known[3]);
	assert_int_equal(folder, 0); /* all over again */
}

#define CASE_OF(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE_OF(a_body_is_made_once_and_read_back),
	    CASE_OF(preparing_again_changes_nothing),
	    CASE_OF(a_removed_body_is_gone_and_may_be_removed_again),
	    CASE_OF(a_link_is_not_followed),
	    CASE_OF(a_walk_sees_bodies_and_counts_what_is_none),
	    CASE_OF(a_walk_ends_when_it_is_told_to),
	    CASE_OF(a_walk_goes_on_in_the_folder_where_it_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
