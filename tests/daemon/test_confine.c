/*
 * Each role tries what it must not and what it needs, in a child of its own:
 * done, refused, or the end of the process. A child does what the role does:
 * drops its power in its folder, and is confined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/role/confine.h"
#include "daemon/role/drop.h"
#include "trying.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOMEBODY 64010

#define BIT(role) (1u << ROLE_##role)
#define NONE      0u
#define DISK      (BIT(KEEPER) | BIT(SWEEPER) | BIT(POSTER))
#define EVERY     (((1u << ROLE_KINDS) - 1) & ~BIT(MAIN))

static char folder[64];

static const struct row {
	const char *what;
	enum outcome (*try)(void);
	unsigned done, killed; /* sets of roles */
	int landlock;
} rows[] = {
#define TRY(name, done, killed, landlock) \
	{#name, trying_##name, done, killed, landlock},
#include "tries.def"
#undef TRY
};

/* ---- in a child ---- */

static bool smdp; /* users read their mail here */

static int
confined(enum role_kind role)
{
	const struct drop_to to = {
	    .uid = SOMEBODY, .gid = SOMEBODY, .root = -1};

	confine_prepare();
	if (chdir(folder) != 0 || chdir("own") != 0 ||
	    drop_privileges(&to, NULL) != 0)
		return -1;
	return confine_role(role, smdp, NULL);
}

static enum outcome
outcome_of(enum role_kind role, enum outcome (*try)(void))
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0)
		_exit(confined(role) < 0 ? OTHERWISE : (int)try());
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status))
		return (enum outcome)WEXITSTATUS(status);
	if (WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WTERMSIG(status) == SIGABRT ? ABORTED : OTHERWISE;
}

static void
place(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", folder, name);
}

static void
make_file(const char *name)
{
	char path[128];
	int fd;

	place(name, path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0666), 0);
	close(fd);
}

static void
remove_file(const char *name)
{
	char path[128];

	place(name, path);
	unlink(path);
}

/* As it was before the last one tried. */
static void
tidy_up(void)
{
	static const char *const made[] = {"own/new", "own/store/new",
	    "own/spool/new", "own/store/linked", "own/store/etc"};

	for (unsigned i = 0; i < sizeof made / sizeof *made; i++)
		remove_file(made[i]);
	make_file("outside");
	make_file("own/store/file");
	make_file("own/spool/file");
}

static void
check(const struct row *row, enum role_kind role)
{
	const unsigned bit = 1u << role;
	const enum outcome right = (row->done & bit) != 0     ? DONE
				   : (row->killed & bit) != 0 ? KILLED
							      : REFUSED;
	enum outcome is;

	tidy_up();
	is = outcome_of(role, row->try);
	if (is != right)
		fail_msg("%s: %s: %d, not %d", role_kind_name(role), row->what,
		    (int)is, (int)right);
}

static void
each_role_can_do_what_its_rows_say_and_nothing_else(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
		for (unsigned role = ROLE_MAIN + 1; role < ROLE_KINDS; role++)
			if (rows[i].landlock <= confine_landlock())
				check(&rows[i], (enum role_kind)role);
}

/* The tries are not refused by anything else: without the last step they can
   be done. */
static enum outcome unconfined(enum outcome (*try)(void))
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0)
		_exit(chdir(folder) != 0 || chdir("own") != 0 ? OTHERWISE
							      : (int)try());
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status)
				 : OTHERWISE;
}

static void
what_is_refused_would_be_possible_without(void **state)
{
	static enum outcome (*const possible[])(void) = {trying_tcp_socket,
	    trying_udp_socket, trying_unix_socket, trying_listen_again,
	    trying_run_a_program, trying_fork_itself, trying_signal_another,
	    trying_become_traceable, trying_memory_to_execute,
	    trying_read_outside, trying_read_the_system,
	    trying_write_beside_the_store, trying_read_a_body,
	    trying_link_a_body_elsewhere, trying_make_a_link_by_name};

	(void)state;
	for (unsigned i = 0; i < sizeof possible / sizeof *possible; i++) {
		tidy_up();
		assert_int_equal(unconfined(possible[i]), DONE);
	}
}

/* TRY(read_the_store) has it for the others: a file in the mail folder. */
static void
a_poster_reads_files_only_where_users_read_their_mail(void **state)
{
	(void)state;
	if (confine_landlock() < 2)
		skip();
	tidy_up();
	smdp = true;
	assert_int_equal(outcome_of(ROLE_POSTER, trying_read_the_store), DONE);
	assert_int_equal(outcome_of(ROLE_POSTER, trying_read_outside), REFUSED);
	smdp = false;
	assert_int_equal(
	    outcome_of(ROLE_POSTER, trying_read_the_store), REFUSED);
}

static void
a_role_may_end_itself(void **state)
{
	(void)state;
	for (unsigned role = ROLE_MAIN + 1; role < ROLE_KINDS; role++)
		assert_int_equal(
		    outcome_of((enum role_kind)role, trying_abort_itself),
		    ABORTED);
}

static int
a_folder_is_missing(void)
{
	const struct drop_to to = {
	    .uid = SOMEBODY, .gid = SOMEBODY, .root = -1};

	if (chdir(folder) != 0 || drop_privileges(&to, NULL) != 0)
		return 2;
	return confine_role(ROLE_KEEPER, false, NULL) < 0 ? 0 : 1;
}

static void
without_its_folders_a_role_does_not_begin(void **state)
{
	int status = 0;
	pid_t child;

	(void)state;
	if (confine_landlock() == 0)
		skip();
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(a_folder_is_missing());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- the folders ---- */

static void
make_folder(const char *name)
{
	char path[128];

	place(name, path);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(chmod(path, 0777), 0);
}

static int
set_up(void **state)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};

	(void)state;
	trying_victim = getpid();
	snprintf(folder, sizeof folder, "/tmp/test-confine-XXXXXX");
	if (mkdtemp(folder) == NULL || chmod(folder, 0777) != 0)
		return -1;
	make_folder("own");
	make_folder("own/store");
	make_folder("own/spool");
	make_folder("own/.restante");
	trying_listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	return bind(trying_listener, (const struct sockaddr *)&any,
		   sizeof any) != 0 ||
		       listen(trying_listener, 1) != 0
		   ? -1
		   : 0;
}

static int
tear_down(void **state)
{
	static const char *const folders[] = {
	    "own/store", "own/spool", "own/.restante", "own", ""};
	char path[128];

	(void)state;
	tidy_up();
	remove_file("outside");
	remove_file("own/store/file");
	remove_file("own/spool/file");
	for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++) {
		place(folders[i], path);
		if (rmdir(path) != 0)
			return -1;
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		each_role_can_do_what_its_rows_say_and_nothing_else),
	    cmocka_unit_test(what_is_refused_would_be_possible_without),
	    cmocka_unit_test(a_role_may_end_itself),
	    cmocka_unit_test(
		a_poster_reads_files_only_where_users_read_their_mail),
	    cmocka_unit_test(without_its_folders_a_role_does_not_begin),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
