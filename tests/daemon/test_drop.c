/* Giving up power: in a child each, since there is no way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/role/drop.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOMEBODY 64010

static struct drop_to
to_somebody(void)
{
	struct drop_to to = {
	    .uid = SOMEBODY,
	    .gid = SOMEBODY,
	    .root = -1,
	    .files = 64,
	};

	return to;
}

/* The child's verdict; _exit leaves the parent's buffers alone. */
static int
in_a_child(int (*check)(void))
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0)
		_exit(check());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
skip_unless_root(void)
{
	if (geteuid() != 0)
		skip();
}

static int
root_is_lost(void)
{
	struct drop_to to = to_somebody();
	const gid_t mains[] = {4, 5};

	if (setgroups(2, mains) != 0)
		return 5;
	if (drop_privileges(&to, NULL) != 0)
		return 1;
	if (getuid() != SOMEBODY || getegid() != SOMEBODY)
		return 2;
	if (getgroups(0, NULL) != 0)
		return 3;
	return setuid(0) == 0 || setgid(0) == 0 ? 4 : 0;
}

static void
a_role_is_somebody_else_for_good(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(in_a_child(root_is_lost), 0);
}

static int
little_is_allowed(void)
{
	struct drop_to to = to_somebody();
	struct rlimit files, core;

	if (drop_privileges(&to, NULL) != 0)
		return 1;
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_CORE, &core);
	if (files.rlim_max != 64 || core.rlim_max != 0)
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 3;
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 4;
	return umask(0) == 077 ? 0 : 5;
}

static void
a_role_leaves_no_core_and_gains_nothing(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(little_is_allowed), 0);
}

static int
an_ordinary_user_drops(void)
{
	struct drop_to to = to_somebody();

	if (geteuid() == 0 && setresuid(SOMEBODY, SOMEBODY, SOMEBODY) != 0)
		return 1;
	to.uid = to.gid = 1;
	to.files = RLIM_INFINITY;
	if (drop_privileges(&to, NULL) != 0)
		return 2;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 3;
}

static void
who_is_not_root_stays_who_he_is(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(an_ordinary_user_drops), 0);
}

static int
the_root_moves(void)
{
	char folder[] = "/tmp/test-drop-XXXXXX";
	struct drop_to to = to_somebody();
	int failed = 0;

	if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0)
		return 1;
	to.root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rmdir(folder);
	if (drop_privileges(&to, NULL) != 0)
		failed = 2;
	close(to.root);
	if (failed == 0 && access("/etc/passwd", F_OK) == 0)
		failed = 3;
	return failed;
}

static void
a_role_sees_only_its_own_root(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(in_a_child(the_root_moves), 0);
}

static int
nobody_forks(void)
{
	struct drop_to to = to_somebody();
	pid_t child;

	to.uid = to.gid = SOMEBODY + 1;
	to.processes = 1;
	if (drop_privileges(&to, NULL) != 0)
		return 1;
	child = fork();
	if (child == 0)
		_exit(0);
	return child < 0 && errno == EAGAIN ? 0 : 2;
}

static void
a_role_with_one_process_cannot_fork(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(in_a_child(nobody_forks), 0);
}

static int
root_to_root(void)
{
	struct drop_to to = to_somebody();

	to.uid = 0;
	return drop_privileges(&to, NULL) == -E_DENIED ? 0 : 1;
}

static void
no_role_stays_root(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(in_a_child(root_to_root), 0);
}

static uint64_t
capabilities(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct halves[2] = {{0}};

	if (syscall(SYS_capget, &head, halves) != 0)
		return ~0ull;
	return halves[0].permitted | halves[0].effective |
	       halves[0].inheritable | (uint64_t)halves[1].permitted << 32;
}

static int
main_drops(void)
{
	struct drop_to to = to_somebody();
	const uint64_t kept = 1ull << CAP_SYS_CHROOT | 1ull << CAP_SETUID |
			      1ull << CAP_SETGID | 1ull << CAP_KILL |
			      1ull << CAP_DAC_READ_SEARCH;

	if (drop_main(NULL) != 0)
		return 1;
	if (capabilities() != kept)
		return 2;
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) != (int)(kept >> i & 1))
			return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	/* What is left is enough for a role, which keeps nothing of it. */
	to.files = 0;
	if (drop_privileges(&to, NULL) != 0)
		return 5;
	return capabilities() == 0 ? 0 : 6;
}

static void
main_keeps_what_starts_and_ends_roles_and_no_more(void **state)
{
	(void)state;
	skip_unless_root();
	assert_int_equal(in_a_child(main_drops), 0);
}

static int
an_ordinary_main_drops(void)
{
	if (geteuid() == 0 && (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 ||
				  setresuid(SOMEBODY, SOMEBODY, SOMEBODY) != 0))
		return 1;
	if (drop_main(NULL) != 0)
		return 2;
	return capabilities() == 0 ? 0 : 3;
}

static void
an_ordinary_user_keeps_no_capability(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(an_ordinary_main_drops), 0);
}

static int
nobody_looks_in(void)
{
	struct rlimit core;

	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1)
		return 1;
	if (drop_tracing(NULL) != 0)
		return 2;
	getrlimit(RLIMIT_CORE, &core);
	if (core.rlim_max != 0)
		return 3;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 4;
}

static void
a_process_is_untraceable_from_the_start(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(nobody_looks_in), 0);
}

static void
users_are_named_or_numbered(void **state)
{
	uid_t uid = 0;
	gid_t gid = 0;

	(void)state;
	assert_int_equal(drop_user("64010", &uid, &gid, NULL), 0);
	assert_int_equal(uid, 64010);
	assert_int_equal(gid, 64010);
	assert_int_equal(drop_user("64010:64011", &uid, &gid, NULL), 0);
	assert_int_equal(gid, 64011);
	assert_int_equal(drop_user("mail", &uid, &gid, NULL), 0);
	assert_int_equal(uid, 8);
}

static void
what_names_no_user_or_root_is_refused(void **state)
{
	struct err err = {0};
	uid_t uid = 7;
	gid_t gid = 7;

	(void)state;
	assert_int_equal(drop_user("", &uid, &gid, &err), -E_SYNTAX);
	assert_int_equal(drop_user("1:", &uid, &gid, &err), -E_SYNTAX);
	assert_int_equal(drop_user(":1", &uid, &gid, &err), -E_SYNTAX);
	assert_int_equal(drop_user("1:2:3", &uid, &gid, &err), -E_SYNTAX);
	assert_int_equal(drop_user("no-such-user", &uid, &gid, &err), -E_NONE);
	assert_int_equal(drop_user("0", &uid, &gid, &err), -E_DENIED);
	assert_int_equal(drop_user("5:0", &uid, &gid, &err), -E_DENIED);
	assert_int_equal(drop_user("root", &uid, &gid, &err), -E_DENIED);
	assert_int_equal(drop_user("4294967295", &uid, &gid, &err), -E_NONE);
	assert_int_equal(uid, 7);
	assert_int_equal(gid, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_role_is_somebody_else_for_good),
	    cmocka_unit_test(a_role_leaves_no_core_and_gains_nothing),
	    cmocka_unit_test(who_is_not_root_stays_who_he_is),
	    cmocka_unit_test(a_role_sees_only_its_own_root),
	    cmocka_unit_test(a_role_with_one_process_cannot_fork),
	    cmocka_unit_test(no_role_stays_root),
	    cmocka_unit_test(main_keeps_what_starts_and_ends_roles_and_no_more),
	    cmocka_unit_test(an_ordinary_user_keeps_no_capability),
	    cmocka_unit_test(a_process_is_untraceable_from_the_start),
	    cmocka_unit_test(users_are_named_or_numbered),
	    cmocka_unit_test(what_names_no_user_or_root_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
