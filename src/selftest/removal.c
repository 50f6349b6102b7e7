/*
 * A mailbox belongs to Dovecot and to the user of mail, and is removed as that
 * user, so that no link in it leads a process with more power astray.
 */
#include "selftest/removal.h"

#include "base/span.h"
#include "ctl/selftest.h"
#include "daemon/role/drop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS 16 /* for folders within each other */

static int
remove_one(const char *path, const struct stat *s, int what, struct FTW *where)
{
	(void)s;
	(void)what;
	(void)where;
	return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static int
remove_all(const char *name)
{
	if (nftw(name, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0)
		return 0;
	return errno == ENOENT ? 0 : -1;
}

/* In a process of its own, which ends. */
static void
remove_as(uid_t uid, gid_t gid, const char *name)
{
	const struct drop_to to = {.uid = uid, .gid = gid, .root = -1};
	struct err err;

	_exit(drop_privileges(&to, &err) == 0 && remove_all(name) == 0 ? 0 : 1);
}

static int
remove_as_mail(const char *mail_user, const char *name, struct err *err)
{
	uid_t uid;
	gid_t gid;
	int status;
	pid_t pid;

	if (drop_user(mail_user, &uid, &gid, err) != 0)
		return err->code;
	pid = fork();
	if (pid < 0)
		return err_system(err, "fork");
	if (pid == 0)
		remove_as(uid, gid, name);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_system(err, "waitpid");
	return status == 0 ? 0
			   : err_set(err, -E_SYSTEM,
				 "the user %s could not remove it", mail_user);
}

/* One name of a folder, no way up or down. */
static bool
is_name(struct span s)
{
	return s.n > 0 && s.p[0] != '.' && span_find(s, 0, '/') == s.n;
}

/* Only what a self-test can have made. */
static bool
is_ours(struct span local)
{
	return span_starts_nocase(local, span_of(SELFTEST_PREFIX)) &&
	       is_name(local);
}

/* NAME is in the current folder. */
static int
remove_here(const char *mail_user, const char *name, struct err *err)
{
	struct stat s;

	if (lstat(name, &s) < 0 && errno == ENOENT)
		return 0;
	if (geteuid() == 0)
		return remove_as_mail(mail_user, name, err);
	return remove_all(name) == 0 ? 0 : err_system(err, "%s", name);
}

int
removal_mailbox(const struct settings *s, const char *address, struct err *err)
{
	struct span domain = span_from_last(span_of(address), '@');
	struct span local =
	    span_part(span_of(address), 0, strlen(address) - domain.n);
	char path[PATH_MAX], name[NAME_MAX + 1];
	int folder, back, error;

	if (!is_ours(local) || span_copy(local, name, sizeof name) < 0 ||
	    !is_name(span_skip(domain, 1)))
		return err_set(
		    err, -E_SYNTAX, "%s is no user of a self-test", address);
	snprintf(path, sizeof path, "%s/%.*s", s->mail, (int)domain.n - 1,
	    domain.p + 1);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : err_system(err, "%s", path);
	/* by its descriptor: the way to it may be open to root alone */
	back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = fchdir(folder) == 0 ? remove_here(s->mail_user, name, err)
				    : err_system(err, "%s", path);
	if (back >= 0 && fchdir(back) < 0 && error == 0)
		error = err_system(err, "the working folder");
	if (back >= 0)
		close(back);
	close(folder);
	return error;
}

/* ---- those of others ---- */

static int
remove_others(const struct settings *s, DIR *folder, const char *own,
    struct span domain, struct err *err)
{
	char address[2 * NAME_MAX + 2];
	const struct dirent *entry;
	int error = 0;

	while (error == 0 && (entry = readdir(folder)) != NULL) {
		if (!is_ours(span_of(entry->d_name)))
			continue;
		snprintf(address, sizeof address, "%s%.*s", entry->d_name,
		    (int)domain.n, domain.p);
		if (strcmp(address, own) != 0)
			error = removal_mailbox(s, address, err);
	}
	return error;
}

int
removal_left_overs(
    const struct settings *s, const char *address, struct err *err)
{
	struct span domain = span_from_last(span_of(address), '@');
	char path[PATH_MAX];
	DIR *folder;
	int error;

	if (!is_name(span_skip(domain, 1)) || domain.n > NAME_MAX)
		return err_set(err, -E_SYNTAX, "%s has no domain", address);
	snprintf(path, sizeof path, "%s/%.*s", s->mail, (int)domain.n - 1,
	    domain.p + 1);
	folder = opendir(path);
	if (folder == NULL)
		return errno == ENOENT ? 0 : err_system(err, "%s", path);
	error = remove_others(s, folder, address, domain, err);
	closedir(folder);
	return error;
}
