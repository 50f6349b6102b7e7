/*
 * Who may sign in to the mailboxes, as the passwd-file of Dovecot: written anew
 * after each change of an account, and put in the old one's place at once. An
 * alias is a line that names its user.
 *
 * Dovecot looks at such a file at most once a second and compares times in
 * whole seconds, so each new one is a second younger than the one before.
 */
#include "daemon/clerk/clerk.h"

#include "base/log.h"
#include "receiver/put.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH CLERK_ACCOUNTS ".new"

/* A colon ends a field, a line end a line, and "%" begins a variable. Whoever
   has them in their address signs in nowhere but here. */
static bool
is_writable(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ':' || s.p[i] == '%' || s.p[i] == '\x7f' ||
		    (unsigned char)s.p[i] <= ' ')
			return false;
	return s.n > 0;
}

/* Where the mailbox is, from the root of all files. */
static void
put_place(const struct clerk *c, struct span folder, struct buf *to)
{
	const char *mail = c->role->settings->mail;

	buf_print(to, "::::%s/%.*s::userdb_mail=maildir:%s/%.*s\n", mail,
	    (int)(folder.n - sizeof "/Maildir" + 1), folder.p, mail,
	    (int)folder.n, folder.p);
}

void
clerk_accounts_line(struct clerk *c, const struct message_account_line *m)
{
	struct buf *to = &c->accounts;
	char folder[PUT_PATH_MAX];

	c->lines++;
	if (!is_writable(m->address) || !is_writable(m->password) ||
	    put_folder(m->address, folder) < 0)
		return;
	buf_put(to, m->address);
	buf_text(to, ":{ARGON2ID}");
	buf_put(to, m->password);
	if (is_writable(m->main)) {
		buf_text(to, "::::::user=");
		buf_put(to, m->main);
		buf_text(to, "\n");
	} else {
		put_place(c, span_of(folder), to);
	}
}

static bool
write_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n <= 0)
			return false;
		s = span_skip(s, (size_t)n);
	}
	return true;
}

/* A second later than the one that is there, and not before now. */
static bool
make_younger(struct clerk *c, int fd)
{
	struct stat old;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	int64_t at = role_now();

	if (c->accounts_at == 0 &&
	    fstatat(AT_FDCWD, CLERK_ACCOUNTS, &old, AT_SYMLINK_NOFOLLOW) == 0)
		c->accounts_at = old.st_mtime;
	if (at <= c->accounts_at)
		at = c->accounts_at + 1;
	times[1].tv_sec = at;
	if (futimens(fd, times) < 0)
		return false;
	c->accounts_at = at;
	return true;
}

static bool
write_file(struct clerk *c)
{
	int fd = open(
	    FRESH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write_all(fd, buf_span(&c->accounts)) &&
		    make_younger(c, fd) && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good && rename(FRESH, CLERK_ACCOUNTS) == 0;
}

void
clerk_accounts_end(struct clerk *c, uint64_t count)
{
	bool good =
	    c->lines == count && !buf_bad(&c->accounts) && write_file(c);

	log_event(good ? "accounts-written" : "accounts-not-written",
	    "count=%llu", (unsigned long long)count);
	buf_wipe(&c->accounts);
	buf_init(&c->accounts, CLERK_ACCOUNTS_MAX);
	c->lines = 0;
}
