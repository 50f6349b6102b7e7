/*
 * Reads a Maildir, and removes from it. Not for delivering: maildir.c.
 *
 * Read on in maildir_read.h; the names of our own deliveries are made in
 * receiver/put.c.
 */
#include "mailbox/maildir_read.h"

#include "base/hash.h"
#include "mailbox/maildir_inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_ROOM 64
#define OUR_END    ".restante"

/* ---- names ---- */

struct span
maildir_name_base(const char *text)
{
	const char *flags = strstr(text, ":2,");

	return flags == NULL ? span_of(text)
			     : span_make(text, (size_t)(flags - text));
}

bool
maildir_name_is_seen(const struct maildir_name *name)
{
	const struct span base = maildir_name_base(name->text);

	return !name->in_new && strchr(name->text + base.n, 'S') != NULL;
}

int64_t
maildir_name_time(const char *text)
{
	const struct span all = span_of(text);
	uint64_t seconds;

	if (span_number(span_part(all, 0, span_find(all, 0, '.')),
		(uint64_t)INT64_MAX, &seconds) != 0)
		return 0;
	return (int64_t)seconds;
}

/* "<seconds>.R<key>.restante" */
static bool
is_ours(struct span base, struct key *key_r)
{
	const struct span end = span_of(OUR_END);
	const size_t dot = span_find(base, 0, '.');
	const struct span rest = span_skip(base, dot + 1);

	return rest.n == 1 + KEY_TEXT - 1 + end.n && rest.p[0] == 'R' &&
	       span_equals(span_skip(rest, KEY_TEXT), end) &&
	       key_parse(span_part(rest, 1, KEY_TEXT - 1), key_r) == 0;
}

struct key
maildir_name_key(const char *text)
{
	static struct hash_salt salts[2];
	static bool salted;
	const struct span base = maildir_name_base(text);
	struct key key;
	uint64_t half;

	if (is_ours(base, &key))
		return key;
	if (!salted) {
		hash_salt_fill(&salts[0]);
		hash_salt_fill(&salts[1]);
		salted = true;
	}
	for (unsigned i = 0; i < 2; i++) {
		half = hash_span(&salts[i], base);
		memcpy(key.b + i * sizeof half, &half, sizeof half);
	}
	return key;
}

/* ---- the folder ---- */

static int
add(struct maildir_names *names, const char *text, bool in_new)
{
	if (names->n == names->room) {
		const unsigned room =
		    names->room == 0 ? FIRST_ROOM : names->room * 2;
		struct maildir_name *v =
		    realloc(names->v, room * sizeof names->v[0]);

		if (v == NULL)
			return -E_NOMEM;
		names->v = v;
		names->room = room;
	}
	names->v[names->n].in_new = in_new;
	names->v[names->n].text = strdup(text);
	if (names->v[names->n].text == NULL)
		return -E_NOMEM;
	names->n++;
	return 0;
}

static int
read_names(DIR *folder, bool in_new, struct maildir_names *names)
{
	struct dirent *entry;
	int result = 0;

	errno = 0;
	while (result == 0 && names->n < MAILDIR_NAMES_MAX &&
	       (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			result = add(names, entry->d_name, in_new);
	return result == 0 && errno != 0 ? -E_SYSTEM : result;
}

/* A descriptor of its own: the offset is shared. */
static int
read_folder(
    int parent, bool in_new, struct maildir_names *names, struct err *err)
{
	const int fd = maildir_open_folder(parent, ".");
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	int result;

	if (folder == NULL) {
		result = err_system(err, "cannot look into a mailbox");
		if (fd >= 0)
			(void)close(fd);
		return result;
	}
	result = read_names(folder, in_new, names);
	if (result < 0)
		err_set(err, result, "cannot read a mailbox");
	(void)closedir(folder);
	return result;
}

static int
compare(struct span a, struct span b)
{
	const int r = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return r != 0 ? r : (a.n > b.n) - (a.n < b.n);
}

static int
by_name(const void *a, const void *b)
{
	const struct maildir_name *x = a, *y = b;

	return compare(maildir_name_base(x->text), maildir_name_base(y->text));
}

/* First new/, then cur/: that is the way a message goes, so one that moves
   meanwhile is met at least once. Of two of one base the later goes. */
int
maildir_names_read(
    struct maildir *m, struct maildir_names *names_r, struct err *err)
{
	int result;
	unsigned kept = 0;

	*names_r = (struct maildir_names){0};
	result = read_folder(m->new, true, names_r, err);
	if (result == 0)
		result = read_folder(m->cur, false, names_r, err);
	if (result < 0 || names_r->n == 0)
		return result;
	qsort(names_r->v, names_r->n, sizeof names_r->v[0], by_name);
	for (unsigned i = 1; i < names_r->n; i++) {
		if (span_equals(maildir_name_base(names_r->v[i].text),
			maildir_name_base(names_r->v[kept].text)))
			free(names_r->v[i].text);
		else
			names_r->v[++kept] = names_r->v[i];
	}
	names_r->n = kept + 1;
	return 0;
}

void
maildir_names_free(struct maildir_names *names)
{
	for (unsigned i = 0; i < names->n; i++)
		free(names->v[i].text);
	free(names->v);
	*names = (struct maildir_names){0};
}

unsigned
maildir_names_after(const struct maildir_names *names, struct span base)
{
	unsigned low = 0, high = names->n;

	while (base.n > 0 && low < high) {
		const unsigned middle = low + (high - low) / 2;

		if (compare(maildir_name_base(names->v[middle].text), base) <=
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- one of them ---- */

/* Not a pipe that a reader put there, for which opening would wait. */
int
maildir_name_open(struct maildir *m, const struct maildir_name *name)
{
	const int fd = openat(name->in_new ? m->new : m->cur, name->text,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return errno == ENOENT ? -E_NONE : -E_SYSTEM;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	(void)close(fd);
	return -E_NONE;
}

static int
open_one(struct maildir *m, const struct maildir_name *name, struct err *err)
{
	const int fd = maildir_name_open(m, name);

	return fd >= 0 ? fd : err_set(err, fd, "cannot open a message");
}

/* It comes back to nobody, whenever the power goes. */
static int
remove_one(struct maildir *m, const struct maildir_name *name, struct err *err)
{
	const int folder = name->in_new ? m->new : m->cur;

	if (unlinkat(folder, name->text, 0) < 0)
		return errno == ENOENT
			   ? err_set(err, -E_NONE, "it has gone")
			   : err_system(err, "cannot remove a message");
	if (fsync(folder) < 0)
		return err_system(err, "cannot sync a mailbox");
	return 0;
}

typedef int
act(struct maildir *m, const struct maildir_name *name, struct err *err);

static int
find(struct maildir *m, struct key key, act *run, struct err *err)
{
	struct maildir_names names;
	int result = maildir_names_read(m, &names, err);
	unsigned i = 0;

	while (result == 0 && i < names.n &&
	       !key_equals(maildir_name_key(names.v[i].text), key))
		i++;
	if (result == 0)
		result = i < names.n ? run(m, &names.v[i], err)
				     : err_set(err, -E_NONE,
					   "there is no such message");
	maildir_names_free(&names);
	return result;
}

/* Another program may have moved it between looking and doing: once more. */
static int
find_again(struct maildir *m, struct key key, act *run, struct err *err)
{
	const int result = find(m, key, run, err);

	return result == -E_NONE ? find(m, key, run, err) : result;
}

int
maildir_key_open(struct maildir *m, struct key key, struct err *err)
{
	return find_again(m, key, open_one, err);
}

int
maildir_key_remove(struct maildir *m, struct key key, struct err *err)
{
	return find_again(m, key, remove_one, err);
}
