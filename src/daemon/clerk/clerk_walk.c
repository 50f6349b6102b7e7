/*
 * Looks for stubs that were moved while nobody heard of it: the server was not
 * there, or too slow. A stub that lies anywhere but in Waiting is told to the
 * keeper as if it had just been moved; when that has noted it, the stub is
 * taken away. One mailbox is looked through at a time, and one stub asked
 * about, so that all else goes on meanwhile.
 *
 * Files of stubs bear the key of their notice in their name, and Dovecot keeps
 * names when it moves; only such files are opened.
 */
#include "daemon/clerk/clerk.h"

#include "base/log.h"
#include "mailbox/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WALK_EVERY  600  /* seconds */
#define WALK_ANSWER 10   /* seconds for an answer */
#define WALK_FOUND  1000 /* stubs of one mailbox in one walk */
#define WALK_SOON   10   /* seconds, where there are more of them */
#define HEAD_MAX    4096 /* octets in which the field is looked for */
#define FIELD       "\nX-Restante-Envelope: "

/* A stub that was found where none should be. */
struct found {
	struct list node;
	char folder[FOLDER_NAME_MAX];
	char token[IDENTIFIER_STUB_TEXT];
};

struct clerk_walk {
	struct clerk *clerk;
	struct event *step;
	bool walking;
	bool more; /* than this walk can find */
	DIR *domains, *users;
	char domain[NAME_MAX + 1];
	char user[2 * NAME_MAX + 2];
	struct list found;
	unsigned count;
	uint64_t question; /* 0: none is open */
	struct found *asked;
};

static void
again(struct clerk_walk *w, long seconds)
{
	const struct timeval pause = {seconds, 0};

	event_add(w->step, &pause);
}

/* ---- one mailbox ---- */

/* "<seconds>.S<32 digits>.restante", and flags behind it. */
static bool
is_stub_name(const char *name)
{
	const char *s = strstr(name, ".S");

	return s != NULL && strlen(s) >= 2 + 32 + sizeof ".restante" - 1 &&
	       strspn(s + 2, "0123456789abcdef") == 32 &&
	       strncmp(s + 34, ".restante", sizeof ".restante" - 1) == 0;
}

/* The token in the head of that file; false: it has none. */
static bool
read_token(int folder, const char *name, char token_r[IDENTIFIER_STUB_TEXT])
{
	char head[HEAD_MAX + 1] = "\n";
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? read(fd, head + 1, HEAD_MAX - 1) : -1;
	char *at;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	head[n + 1] = '\0';
	at = strstr(head, FIELD);
	if (at == NULL)
		return false;
	at += sizeof FIELD - 1;
	at[strcspn(at, "\r\n")] = '\0';
	return span_copy(span_of(at), token_r, IDENTIFIER_STUB_TEXT) == 0;
}

static void
note(struct clerk_walk *w, const char *folder, int fd, const char *name)
{
	struct found *f = calloc(1, sizeof *f);

	w->more = w->more || w->count >= WALK_FOUND;
	if (f == NULL || w->count >= WALK_FOUND ||
	    span_copy(span_of(folder), f->folder, sizeof f->folder) < 0 ||
	    !read_token(fd, name, f->token)) {
		free(f);
		return;
	}
	list_append(&w->found, &f->node);
	w->count++;
}

static DIR *
open_folder(int at, const char *path)
{
	int fd =
	    openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (folder == NULL && fd >= 0)
		close(fd);
	return folder;
}

static void
look_through(
    struct clerk_walk *w, int maildir, const char *folder, const char *part)
{
	char path[FOLDER_NAME_MAX + 8];
	struct dirent *entry;
	DIR *files;

	snprintf(path, sizeof path, "%s%s%s", folder,
	    folder[0] != '\0' ? "/" : "", part);
	files = open_folder(maildir, path);
	if (files == NULL)
		return;
	while ((entry = readdir(files)) != NULL)
		if (is_stub_name(entry->d_name))
			note(w, folder, dirfd(files), entry->d_name);
	closedir(files);
}

static void
look_into(struct clerk_walk *w, int maildir, const char *folder)
{
	if (!folder_is_on_disk(span_of(folder)) ||
	    strcmp(folder, ".Waiting") == 0)
		return;
	look_through(w, maildir, folder, "new");
	look_through(w, maildir, folder, "cur");
}

static void
look_at_user(struct clerk_walk *w, const char *local)
{
	char path[2 * NAME_MAX + 32];
	struct dirent *entry;
	DIR *maildir;

	snprintf(path, sizeof path, "%s/%s/Maildir", w->domain, local);
	snprintf(w->user, sizeof w->user, "%s@%s", local, w->domain);
	maildir = open_folder(AT_FDCWD, path);
	if (maildir == NULL)
		return;
	look_into(w, dirfd(maildir), "");
	while ((entry = readdir(maildir)) != NULL)
		if (entry->d_name[0] == '.' && entry->d_name[1] != '\0')
			look_into(w, dirfd(maildir), entry->d_name);
	closedir(maildir);
}

/* ---- from mailbox to mailbox ---- */

/* The next name in FOLDER that is not hidden; NULL at its end. */
static const char *
next_name(DIR *folder)
{
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			return entry->d_name;
	return NULL;
}

static void
close_both(struct clerk_walk *w)
{
	if (w->users != NULL)
		closedir(w->users);
	if (w->domains != NULL)
		closedir(w->domains);
	w->users = w->domains = NULL;
}

/* False: that was the last. */
static bool
next_user(struct clerk_walk *w)
{
	const char *name;

	while (w->domains != NULL) {
		name = w->users != NULL ? next_name(w->users) : NULL;
		if (name != NULL) {
			look_at_user(w, name);
			return true;
		}
		if (w->users != NULL)
			closedir(w->users);
		w->users = NULL;
		name = next_name(w->domains);
		if (name == NULL)
			return false;
		snprintf(w->domain, sizeof w->domain, "%s", name);
		w->users = open_folder(AT_FDCWD, w->domain);
	}
	return false;
}

/* ---- what was found ---- */

static void
ask(struct clerk_walk *w)
{
	struct found *f = LIST_OF(list_shift(&w->found), struct found, node);
	struct message m;

	w->count--;
	message_init(&m, MESSAGE_STUB_MOVED);
	w->question++;
	m.stub_moved.question = w->question;
	m.stub_moved.user = span_of(w->user);
	m.stub_moved.token = span_of(f->token);
	m.stub_moved.folder = span_of(f->folder);
	if (peer_ask(role_peer(w->clerk->role, ROLE_KEEPER, 0), &m))
		w->asked = f;
	else
		free(f);
}

bool
clerk_walk_answer(struct clerk_walk *w, const struct message *m)
{
	const struct clerk_stub stub = {
	    .user = span_of(w->user),
	    .folder = span_of(""),
	    .name = span_of(""),
	    .token = span_of(w->asked != NULL ? w->asked->token : ""),
	};

	if (w->asked == NULL || m->move_answer.question != w->question)
		return false;
	log_event("stub-found", "user=%s noted=%d", log_quote(stub.user),
	    m->move_answer.outcome == 0);
	if (m->move_answer.outcome == 0)
		clerk_hand_take(w->clerk->hand, &stub);
	free(w->asked);
	w->asked = NULL;
	again(w, 0);
	return true;
}

static void
step(evutil_socket_t fd, short what, void *arg)
{
	struct clerk_walk *w = arg;

	(void)fd;
	(void)what;
	free(w->asked); /* nobody answered: the next walk finds it again */
	w->asked = NULL;
	if (!w->walking)
		w->domains = open_folder(AT_FDCWD, ".");
	w->walking = true;
	if (!list_empty(&w->found)) {
		ask(w);
		again(w, w->asked != NULL ? WALK_ANSWER : 0);
	} else if (next_user(w)) {
		again(w, 0);
	} else {
		close_both(w);
		w->walking = false;
		again(w, w->more ? WALK_SOON : WALK_EVERY);
		w->more = false;
	}
}

void
clerk_walk_begin(struct clerk_walk *w)
{
	if (!w->walking)
		again(w, 0);
}

void
clerk_walk_soon(struct clerk_walk *w)
{
	if (w->more)
		return; /* and not put off by each that comes */
	w->more = true;
	if (!w->walking)
		again(w, WALK_SOON);
}

int
clerk_walk_new(struct clerk *c, struct clerk_walk **walk_r)
{
	struct clerk_walk *w = calloc(1, sizeof *w);

	if (w == NULL)
		return -E_NOMEM;
	w->clerk = c;
	w->question = UINT64_C(1) << 63; /* ears have smaller numbers */
	list_init(&w->found);
	w->step = event_new(c->role->base, -1, 0, step, w);
	*walk_r = w;
	return w->step != NULL ? 0 : -E_NOMEM;
}
