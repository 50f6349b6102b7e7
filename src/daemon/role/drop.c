/*
 * Giving up power. Not for system calls and paths: confine.c, afterwards. The
 * order is the point:
 *
 *   limits      while root, because raising a hard limit needs root
 *   chroot      needs root, and must come before the user is changed
 *   groups      needs root; main's own groups would otherwise stay
 *   gid         before uid, because afterwards we may not
 *   uid         real, effective and saved: the door falls shut
 *   proof       every way back is tried and must fail
 *   dumpable    last: the kernel sets it anew at each change of user
 *
 * Capabilities are set by the system call: the library for them would be one
 * more to trust.
 */
#include "daemon/role/drop.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The two highest numbers mean "nobody" and "leave it" to the kernel. */
#define DROP_ID_MAX 4294967293u

static int
limit(__rlimit_resource_t what, rlim_t to, struct err *err)
{
	struct rlimit both = {to, to};

	if (setrlimit(what, &both) != 0)
		return err_system(err, "cannot limit resource %d", (int)what);
	return 0;
}

/* What an ordinary user may do, too: lower, never raise. */
static int
limit_files(rlim_t files, bool root, struct err *err)
{
	struct rlimit now;

	if (files == 0)
		return 0;
	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		return err_system(err, "cannot learn the limit of files");
	if (!root && files > now.rlim_max)
		files = now.rlim_max;
	return limit(RLIMIT_NOFILE, files, err);
}

static int
change_root(int root, struct err *err)
{
	if (root < 0)
		return 0;
	/* By descriptor, so that no name can be exchanged in between; the
	   second chdir leaves no working directory outside. */
	if (fchdir(root) != 0 || chroot(".") != 0 || chdir("/") != 0)
		return err_system(err, "cannot change the root directory");
	return 0;
}

static int
change_user(const struct drop_to *to, struct err *err)
{
	if (setgroups(0, NULL) != 0)
		return err_system(err, "cannot leave the groups");
	if (setresgid(to->gid, to->gid, to->gid) != 0)
		return err_system(err, "cannot become group %u", to->gid);
	if (setresuid(to->uid, to->uid, to->uid) != 0)
		return err_system(err, "cannot become user %u", to->uid);
	return 0;
}

/* Trusts no return code: asks the kernel who we are, and tries the ways back.
 */
static int
prove(const struct drop_to *to, struct err *err)
{
	uid_t real, effective, saved;
	gid_t real_group, effective_group, saved_group;

	if (getresuid(&real, &effective, &saved) != 0 ||
	    getresgid(&real_group, &effective_group, &saved_group) != 0)
		return err_system(err, "cannot learn who we are");
	if (real != to->uid || effective != to->uid || saved != to->uid)
		return err_set(err, -E_DENIED, "the user was not changed");
	if (real_group != to->gid || effective_group != to->gid ||
	    saved_group != to->gid || getgroups(0, NULL) != 0)
		return err_set(err, -E_DENIED, "the group was not changed");
	if (setuid(0) == 0 || seteuid(0) == 0 || setgroups(0, NULL) == 0)
		return err_set(err, -E_DENIED, "root can be had again");
	if (to->gid != 0 && (setgid(0) == 0 || setegid(0) == 0))
		return err_set(err, -E_DENIED, "root's group is still ours");
	return 0;
}

static int
leave_root(const struct drop_to *to, struct err *err)
{
	int failed;

	if (to->uid == 0)
		return err_set(err, -E_DENIED, "no role runs as root");
	failed = change_root(to->root, err);
	if (failed == 0)
		failed = change_user(to, err);
	if (failed == 0)
		failed = prove(to, err);
	return failed;
}

/* ---- capabilities ---- */

/*
 * What main keeps, as root: roles change root directory, user and group; main
 * kills one that does not end; a certificate that is read again may belong to
 * somebody else.
 */
#define BIT(capability) (1ull << (capability))
#define MAIN_KEEPS                                                 \
	(BIT(CAP_SYS_CHROOT) | BIT(CAP_SETUID) | BIT(CAP_SETGID) | \
	    BIT(CAP_KILL) | BIT(CAP_DAC_READ_SEARCH))

static int
keep_capabilities(uint64_t keep, struct err *err)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct halves[2] = {{0}};

	if (syscall(SYS_capget, &head, halves) != 0)
		return err_system(err, "cannot learn capabilities");
	for (unsigned i = 0; i < 2; i++) {
		halves[i].permitted &= (uint32_t)(keep >> 32 * i);
		halves[i].effective = halves[i].permitted;
		halves[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, halves) != 0)
		return err_system(err, "cannot give up capabilities");
	return 0;
}

/* What no program that we become may have, root or not. */
static int
bound_capabilities(uint64_t keep, struct err *err)
{
	for (unsigned i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		if ((keep & BIT(i)) == 0 &&
		    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
			return err_system(err, "cannot bound capabilities");
	return 0;
}

int
drop_main(struct err *err)
{
	const uint64_t keep = geteuid() == 0 ? MAIN_KEEPS : 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_system(err, "cannot refuse new privileges");
	/* Without it root's programs would have all again; somebody else may
	   not, and gains nothing by exec anyway. */
	if (geteuid() == 0 && bound_capabilities(keep, err) < 0)
		return err->code;
	if (keep_capabilities(keep, err) < 0)
		return err->code;
	if (access("/proc/self/exe", X_OK) != 0)
		return err_set(err, -E_DENIED,
		    "root may not start this program: its owner or mode");
	return 0;
}

/* ---- all of it ---- */

int
drop_tracing(struct err *err)
{
	if (limit(RLIMIT_CORE, 0, err) != 0) /* mail, keys, passwords */
		return -E_SYSTEM;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_system(err, "cannot become untraceable");
	return 0;
}

int
drop_privileges(const struct drop_to *to, struct err *err)
{
	bool root = geteuid() == 0;
	int failed = limit_files(to->files, root, err);

	if (failed == 0 && root)
		failed = leave_root(to, err);
	if (failed == 0)
		failed = keep_capabilities(0, err);
	/* Counted for each user: as root it would bind to nothing, and before
	   the change it could refuse the change itself (execve(2), EAGAIN). */
	if (failed == 0 && to->processes != 0)
		failed = limit(RLIMIT_NPROC, to->processes, err);
	if (failed != 0)
		return failed;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_system(err, "cannot refuse new privileges");
	umask(077);
	return drop_tracing(err);
}

/* "64010" or "64010:64010"; -E_SYNTAX when it is neither. */
static int
numbers(struct span text, uint64_t *user_r, uint64_t *group_r)
{
	struct span user;
	bool both = memchr(text.p, ':', text.n) != NULL;

	if (!span_cut(&text, ':', &user))
		return -E_SYNTAX;
	if (span_number(user, DROP_ID_MAX, user_r) != 0)
		return -E_SYNTAX;
	*group_r = *user_r;
	if (both && span_number(text, DROP_ID_MAX, group_r) != 0)
		return -E_SYNTAX;
	return 0;
}

int
drop_user(const char *name, uid_t *uid_r, gid_t *gid_r, struct err *err)
{
	uint64_t user, group;
	const struct passwd *entry;

	if (numbers(span_of(name), &user, &group) != 0) {
		if (name[0] == '\0' || strchr(name, ':') != NULL)
			return err_set(err, -E_SYNTAX, "no user: %s", name);
		entry = getpwnam(name);
		if (entry == NULL)
			return err_set(err, -E_NONE, "no such user: %s", name);
		user = entry->pw_uid;
		group = entry->pw_gid;
	}
	if (user == 0 || group == 0)
		return err_set(err, -E_DENIED, "%s means root", name);
	*uid_r = (uid_t)user;
	*gid_r = (gid_t)group;
	return 0;
}
