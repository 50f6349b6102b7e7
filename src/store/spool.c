/*
 * The names and folders of spooled bodies. Not what is in them, and no syncing:
 * posters do that (docs/TRUST.md). Everything is opened below a descriptor of
 * the spool folder and without following links, so that a link planted by
 * another user id leads nowhere.
 */
#include "store/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPOOL_FOLDERS     256
#define SPOOL_FOLDER_MODE 0750
#define SPOOL_FILE_MODE   0640

static void
folder_name(unsigned number, char name_r[3])
{
	static const char digits[] = "0123456789abcdef";

	name_r[0] = digits[number >> 4 & 15];
	name_r[1] = digits[number & 15];
	name_r[2] = '\0';
}

int
spool_prepare(int spool, struct err *err)
{
	char name[3];

	for (unsigned i = 0; i < SPOOL_FOLDERS; i++) {
		folder_name(i, name);
		if (mkdirat(spool, name, SPOOL_FOLDER_MODE) != 0 &&
		    errno != EEXIST)
			return err_system(err, "spool/%s", name);
	}
	return 0;
}

static int
open_folder(int spool, unsigned number, int *fd_r, struct err *err)
{
	char name[3];

	folder_name(number, name);
	*fd_r = openat(
	    spool, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd_r < 0)
		return err_system(err, "spool/%s", name);
	return 0;
}

int
spool_folder(int spool, struct key message, int *fd_r, struct err *err)
{
	return open_folder(spool, message.b[sizeof message.b - 1], fd_r, err);
}

static int
open_file(int spool, struct key message, int flags, int *fd_r, struct err *err)
{
	char name[KEY_TEXT];
	int folder, r;

	*fd_r = -1;
	r = spool_folder(spool, message, &folder, err);
	if (r < 0)
		return r;
	key_text(message, name);
	*fd_r = openat(
	    folder, name, flags | O_NOFOLLOW | O_CLOEXEC, SPOOL_FILE_MODE);
	if (*fd_r < 0 && errno == EEXIST)
		r = err_set(err, -E_EXISTS, "spool: %s is there", name);
	else if (*fd_r < 0 && errno == ENOENT)
		r = err_set(err, -E_NONE, "spool: no body %s", name);
	else if (*fd_r < 0)
		r = err_system(err, "spool: %s", name);
	close(folder);
	return r;
}

int
spool_create(int spool, struct key message, int *fd_r, struct err *err)
{
	return open_file(spool, message, O_RDWR | O_CREAT | O_EXCL, fd_r, err);
}

int
spool_open(int spool, struct key message, int *fd_r, struct err *err)
{
	return open_file(spool, message, O_RDONLY | O_NONBLOCK, fd_r, err);
}

int
spool_remove(int spool, struct key message, struct err *err)
{
	char name[KEY_TEXT];
	int folder, r;

	r = spool_folder(spool, message, &folder, err);
	if (r < 0)
		return r;
	key_text(message, name);
	if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
		r = err_system(err, "spool: %s", name);
	close(folder);
	return r;
}

struct walk {
	int (*seen)(void *arg, struct key message, int64_t changed);
	void *arg;
	unsigned *strange_r;
};

/* Is the entry a body of folder NUMBER? One that went meanwhile is none. */
static bool
is_body(int folder, unsigned number, const char *name, struct key *key_r,
    int64_t *changed_r)
{
	char exact[KEY_TEXT];
	struct stat st;

	if (key_parse(span_of(name), key_r) != 0)
		return false;
	key_text(*key_r, exact);
	if (strcmp(exact, name) != 0 || key_r->b[15] != number)
		return false;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	*changed_r = st.st_mtim.tv_sec;
	return true;
}

static int
walk_folder(DIR *entries, unsigned number, const struct walk *walk)
{
	struct dirent *entry;
	struct key key;
	int64_t changed;
	int r;

	while ((entry = readdir(entries)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (!is_body(dirfd(entries), number, entry->d_name, &key,
			&changed)) {
			++*walk->strange_r;
			continue;
		}
		r = walk->seen(walk->arg, key, changed);
		if (r != 0)
			return r;
	}
	return 0;
}

static int
walk_number(
    int spool, unsigned number, const struct walk *walk, struct err *err)
{
	DIR *entries;
	int folder, r;

	r = open_folder(spool, number, &folder, err);
	if (r < 0)
		return r;
	entries = fdopendir(folder);
	if (entries == NULL) {
		r = err_system(err, "spool: folder %u", number);
		close(folder);
		return r;
	}
	r = walk_folder(entries, number, walk);
	closedir(entries);
	return r;
}

int
spool_walk(int spool, unsigned *folder,
    int (*seen)(void *arg, struct key message, int64_t changed), void *arg,
    unsigned *strange_r, struct err *err)
{
	const struct walk walk = {seen, arg, strange_r};
	int r;

	*strange_r = 0;
	for (; *folder < SPOOL_FOLDERS; ++*folder) {
		r = walk_number(spool, *folder, &walk, err);
		if (r != 0)
			return r;
	}
	*folder = 0;
	return 0;
}
