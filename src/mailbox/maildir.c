/*
 * Delivers messages into Maildirs so that one is either there whole or not at
 * all, whenever the power goes.
 *
 * Not for reading mail: a reader moves files from new/ to cur/ and adds flags
 * to their names at any time, and this file only has to live with that. Which
 * folder, which name and which message is decided in receiver/put.c.
 *
 * Read on in maildir.h; the format: Bernstein, "Using maildir format".
 *
 *   begin --> WRITING --sync--> SYNCED --commit--> COMMITTED
 *
 * What must stay true: a name in new/ never stands for a file whose octets
 * were not synced before.
 */
#include "mailbox/maildir_inner.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_OCTETS   1000  /* domain, user and folder, each below 255 */
#define NAME_OCTETS   200   /* leaves room for the flags of a reader */
#define BUFFER_OCTETS 16384 /* written at once */

enum delivery_state { WRITING, SYNCED, COMMITTED };

struct maildir_delivery {
	struct maildir *maildir;
	enum delivery_state state;
	int fd;
	bool carriage_return; /* held back until its LF comes or does not */
	struct err failure;   /* the first one */
	char name[NAME_OCTETS + 1];
	size_t n;
	char buffer[BUFFER_OCTETS];
};

int
maildir_open_folder(int parent, const char *name)
{
	return openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens a folder, made when missing; then its name is safe on the disk too. */
static int
make_folder(int parent, const char *name, struct err *err)
{
	int fd = maildir_open_folder(parent, name);

	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
			return err_system(err, "cannot make folder %s", name);
		if (fsync(parent) < 0)
			return err_system(err, "cannot sync above %s", name);
		fd = maildir_open_folder(parent, name);
	}
	if (fd < 0)
		return err_system(err, "cannot open folder %s", name);
	return fd;
}

static void
close_folder(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static bool
is_component(struct span s)
{
	if (s.n == 0 || s.n > NAME_MAX || span_equals(s, span_of(".")) ||
	    span_equals(s, span_of("..")))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	return true;
}

static bool
is_path(struct span s)
{
	struct span part;

	if (s.n == 0 || s.n > PATH_OCTETS || s.p[s.n - 1] == '/')
		return false;
	while (span_cut(&s, '/', &part)) {
		if (!is_component(part))
			return false;
	}
	return true;
}

/* Walks down PATH, folder by folder, so that no step follows a link. */
static int
descend(int root, struct span path, struct err *err)
{
	char name[NAME_MAX + 1];
	struct span part;
	int child, fd = -1;

	while (span_cut(&path, '/', &part)) {
		(void)span_copy(part, name, sizeof name);
		child = make_folder(fd < 0 ? root : fd, name, err);
		close_folder(fd);
		if (child < 0)
			return child;
		fd = child;
	}
	return fd;
}

int
maildir_open(
    int root, const char *path, struct maildir **maildir_r, struct err *err)
{
	struct maildir *m;
	int folder, rc;

	if (!is_path(span_of(path)))
		return err_set(err, -E_SYNTAX, "no path for a Maildir");
	m = calloc(1, sizeof *m);
	if (m == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	m->tmp = m->new = m->cur = -1;
	folder = rc = descend(root, span_of(path), err);
	if (rc >= 0)
		m->tmp = rc = make_folder(folder, "tmp", err);
	if (rc >= 0)
		m->new = rc = make_folder(folder, "new", err);
	if (rc >= 0)
		m->cur = rc = make_folder(folder, "cur", err);
	close_folder(folder);
	if (rc < 0) {
		maildir_close(&m);
		return rc;
	}
	*maildir_r = m;
	return 0;
}

void
maildir_close(struct maildir **m)
{
	if (*m == NULL)
		return;
	close_folder((*m)->tmp);
	close_folder((*m)->new);
	close_folder((*m)->cur);
	free(*m);
	*m = NULL;
}

static bool
is_name(struct span s)
{
	if (s.n == 0 || s.n > NAME_OCTETS || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		const char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* 1 when NAME is in new/. */
static int
is_in_new(const struct maildir *m, const char *name, struct err *err)
{
	struct stat status;

	if (fstatat(m->new, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : err_system(err, "cannot look into new");
}

/* True for NAME itself and NAME with the flags of a reader. */
static bool
is_name_of(const char *entry, const char *name)
{
	const size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 &&
	       (entry[n] == '\0' || strncmp(entry + n, ":2,", 3) == 0);
}

/* 1 when NAME is in cur/. A descriptor of its own: the offset is shared. */
static int
is_in_cur(const struct maildir *m, const char *name, struct err *err)
{
	const int fd = maildir_open_folder(m->cur, ".");
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int rc = 0;

	if (folder == NULL) {
		rc = err_system(err, "cannot look into cur");
		close_folder(fd);
		return rc;
	}
	errno = 0;
	while (rc == 0 && (entry = readdir(folder)) != NULL)
		rc = is_name_of(entry->d_name, name);
	if (rc == 0 && errno != 0)
		rc = err_system(err, "cannot read cur");
	(void)closedir(folder);
	return rc;
}

/*
 * 1 when an earlier attempt got through. First new/, then cur/: that is the
 * way a message goes, so one that moves meanwhile is met at least once. (A
 * reader that changes flags while cur/ is read may hide a name; then there
 * will be a second copy, which is the lesser evil.)
 */
static int
is_delivered(struct maildir *m, const char *name, struct err *err)
{
	int rc = is_in_new(m, name, err);

	if (rc != 0)
		return rc;
	rc = is_in_cur(m, name, err);
	m->cur_unsafe |= rc == 1;
	return rc;
}

/* A file of that name was left by an attempt that died: it is replaced. */
static int
create_file(const struct maildir *m, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(m->tmp, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(m->tmp, name, 0) == 0)
		fd = openat(m->tmp, name, flags, 0600);
	return fd;
}

int
maildir_begin(struct maildir *m, const char *name, bool repeated,
    struct maildir_delivery **delivery_r, struct err *err)
{
	struct maildir_delivery *d;
	int rc;

	if (!is_name(span_of(name)))
		return err_set(err, -E_SYNTAX, "no name for a message");
	rc = repeated ? is_delivered(m, name, err) : 0;
	if (rc == 1)
		return err_set(err, -E_EXISTS, "%s is delivered", name);
	if (rc < 0)
		return rc;
	d = calloc(1, sizeof *d);
	if (d == NULL)
		return err_set(err, -E_NOMEM, "no memory");
	d->maildir = m;
	d->state = WRITING;
	(void)span_copy(span_of(name), d->name, sizeof d->name);
	d->fd = create_file(m, name);
	if (d->fd < 0) {
		rc = err_system(err, "cannot create tmp/%s", name);
		free(d);
		return rc;
	}
	*delivery_r = d;
	return 0;
}

static void
flush(struct maildir_delivery *d)
{
	size_t done = 0;

	while (done < d->n && d->failure.code == 0) {
		const ssize_t n = write(d->fd, d->buffer + done, d->n - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			(void)err_system(
			    &d->failure, "cannot write tmp/%s", d->name);
	}
	d->n = 0;
}

static void
put(struct maildir_delivery *d, char c)
{
	if (d->n == sizeof d->buffer)
		flush(d);
	d->buffer[d->n++] = c;
}

int
maildir_append(struct maildir_delivery *d, struct span octets)
{
	assert(d->state == WRITING);
	for (size_t i = 0; i < octets.n; i++) {
		const char c = octets.p[i];

		if (d->carriage_return && c != '\n')
			put(d, '\r');
		d->carriage_return = c == '\r';
		if (c != '\r')
			put(d, c);
	}
	return d->failure.code;
}

static int
tell_failure(const struct maildir_delivery *d, struct err *err)
{
	return err_set(err, d->failure.code, "%s", d->failure.text);
}

int
maildir_sync(struct maildir_delivery *d, struct err *err)
{
	assert(d->state == WRITING);
	if (d->carriage_return)
		put(d, '\r');
	d->carriage_return = false;
	flush(d);
	/* A sync that failed once may falsely succeed later: never again. */
	if (d->failure.code == 0 && fsync(d->fd) < 0)
		(void)err_system(&d->failure, "cannot sync tmp/%s", d->name);
	if (d->failure.code != 0)
		return tell_failure(d, err);
	d->state = SYNCED;
	return 0;
}

int
maildir_commit(struct maildir_delivery *d, struct err *err)
{
	const struct maildir *m = d->maildir;

	if (d->failure.code != 0)
		return tell_failure(d, err);
	if (d->state != SYNCED)
		return err_set(err, -E_STATE, "%s is not synced", d->name);
	/* Not rename(), which would replace what is there. */
	if (linkat(m->tmp, d->name, m->new, d->name, 0) < 0) {
		if (errno == EEXIST)
			return err_set(
			    err, -E_EXISTS, "%s is delivered", d->name);
		return err_system(err, "cannot link new/%s", d->name);
	}
	d->state = COMMITTED;
	/* Should it stay, readers remove it from tmp/ after 36 hours. */
	(void)unlinkat(m->tmp, d->name, 0);
	return 0;
}

void
maildir_free(struct maildir_delivery **d)
{
	if (*d == NULL)
		return;
	if ((*d)->state != COMMITTED)
		(void)unlinkat((*d)->maildir->tmp, (*d)->name, 0);
	(void)close((*d)->fd);
	free(*d);
	*d = NULL;
}

int
maildir_settle(struct maildir *m, struct err *err)
{
	if (fsync(m->new) < 0)
		return err_system(err, "cannot sync new");
	if (m->cur_unsafe && fsync(m->cur) < 0)
		return err_system(err, "cannot sync cur");
	m->cur_unsafe = false;
	return 0;
}
